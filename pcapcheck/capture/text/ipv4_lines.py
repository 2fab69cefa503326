"""IPv4 as tcpdump prints nearly all of it: from the link header to the addresses by one regular expression.

What has another shape is left to the grammar of the other modules, which reads these lines to the same packet.
"""

from __future__ import annotations

import re

from pcapcheck import protocols
from pcapcheck.capture.text.names import MAC, mac_of
from pcapcheck.capture.text.network import Lines, upper
from pcapcheck.capture.text.printed_packet import Datagram, Icmp, PrintedPacket

ETHERNET = 1
_HOST = r"(\d{1,3}(?:\.\d{1,3}){3}(?:\.\w{1,15})?)"
# With -e the MACs, with -v the header, whose addresses are on the next line.
_LINE = re.compile(
    rf"(?:({MAC}) > ({MAC}), ethertype IPv4 \(0x0800\), length (\d{{1,7}}): |IP )"
    rf"(?:{_HOST} > {_HOST}:(?= )"
    r"|\(tos 0x[0-9a-f]{1,2}, ttl (\d{1,3}), id (\d{1,5}), offset 0, flags \[(none|DF)\], "
    r"proto [A-Z]{1,8} \((\d{1,3})\), length (\d{1,5})\)$)",
    re.ASCII,
)
_ENDS = re.compile(rf" {{4}}{_HOST} > {_HOST}:(?= )", re.ASCII)
_ECHO = re.compile(
    r" ICMP echo (?:(request)|reply), id (\d{1,5}), seq (\d{1,5}), length (\d{1,7})"
    r"(?: \(wrong icmp cksum [0-9a-f]{1,4} \(->[0-9a-f]{1,4}\)!\))?$",
    re.ASCII,
)


def ipv4_packet(lines: Lines) -> PrintedPacket | None:
    """The packet of these lines if they have the usual shape; else None, and nothing is taken from them."""
    text = lines.peek()
    match = _LINE.match(text)
    if match is None:
        return None
    eth_src, eth_dst, size, src, dst, ttl, ident, flags, protocol, length = match.groups()
    found, rest, taken = Datagram(4), text[match.end() :], 1
    if ttl is not None:
        ends = _ENDS.match(lines.lines[1]) if len(lines.lines) > 1 else None
        if ends is None:
            return None
        src, dst = ends.groups()
        rest, taken = lines.lines[1][ends.end() :], 2
        found.ttl, found.ident, found.offset, found.length = int(ttl), int(ident), 0, int(length)
        found.df, found.mf, found.protocol = flags == "DF", False, int(protocol)
    lines.place = taken
    echo = _ECHO.match(rest)
    if echo:
        types = protocols.ECHO_REQUEST if echo[1] else protocols.ECHO_REPLY
        found.upper = Icmp(types[4], ident=int(echo[2]), seq=int(echo[3]), size=int(echo[4]))
        found.src, found.dst = lines.addresses.of(src, 4), lines.addresses.of(dst, 4)
    else:
        upper(found, src, dst, rest, lines)
    if found.src is None or found.dst is None:
        lines.place = lines.depth = 0
        return None
    packet = PrintedPacket(ethertype=protocols.ETHERTYPE_IPV4, body=found, understood=found.understood)
    if eth_src is not None:
        packet.link_type, packet.length = ETHERNET, int(size)
        packet.eth_src, packet.eth_dst = mac_of(eth_src), mac_of(eth_dst)
    return packet
