"""Checksums as tcpdump -v prints them: right, wrong, not filled in yet, or unknown (``checksum_layout``).

It says so of TCP, UDP and ICMPv6 whenever it could compute them; of an IPv4 header and of ICMP, only that they are
wrong (its print-ip.c, print-icmp.c, print-icmp6.c, print-tcp.c, print-udp.c). What ``decode.checksums`` finds in the
bytes is found here.

A sender leaves TCP's and UDP's to its NIC: until then the field holds the sum of the pseudo header alone (RFC 9293,
section 3.1; RFC 768; RFC 8200, section 8.1; kernel: Documentation/networking/checksum-offloads.rst).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.capture import checksum_layout as layout
from pcapcheck.capture.text.printed_packet import (
    NOT_MADE,
    RIGHT,
    Datagram,
    Icmp,
    PrintedPacket,
    PrintedTunnel,
    Transport,
)
from pcapcheck.protocols import ICMP_OF, TCP, UDP
from pcapcheck.values import is_ipv4, is_name

# [udp sum ok], [no cksum], [bad udp cksum 0x1643 -> 0xa1b2!]; old ones without 0x.
_MARK = re.compile(r"\[(?:(?:udp|tcp|icmp6) sum (ok)|(no) cksum|bad (?:udp|tcp|icmp6) cksum (?:0x)?([\da-f]{1,4})\b)")
_WRONG_ICMP = re.compile(r"\(wrong icmp cksum ([\da-f]{1,4}) ")
_WRONG_HEADER = re.compile(r", bad cksum ([\da-f]{1,4}) ")
# Of IPv4, without options, and of IPv6.
_HEADER, _HEADER6 = 20, 40
# More than any link's header and tags take.
_LINK_HEADER = 64


def marked_checksum(words: str, start: int = 0) -> int | None:
    """The checksum by the mark that stands at ``start``; None if none stands there."""
    match = _MARK.match(words, start)
    if match is None:
        return None
    return RIGHT if match[1] else NOT_MADE if match[2] else int(match[3], 16)


def icmp_checksum(words: str) -> int | None:
    """The checksum of an ICMP message, where tcpdump says that it is wrong."""
    match = _WRONG_ICMP.search(words)
    return int(match[1], 16) if match else None


def header_checksum(head: str) -> int | None:
    """The checksum of an IPv4 header, where tcpdump says that it is wrong."""
    match = _WRONG_HEADER.search(head)
    return int(match[1], 16) if match else None


def checksums_of(packet: PrintedPacket, snaplen: int, verified: bool) -> int:
    """What is printed of a packet's checksums, as a number of ``checksum_layout``.

    ``snaplen`` is how much of each frame was recorded, 0 if that is not printed; ``verified``: tcpdump
    looked at checksums, it ran without -K.
    """
    datagrams = list(_datagrams(packet.body))
    if not datagrams or not any(_is_verbose(datagram) for datagram in datagrams):
        return layout.NO_SUMS
    first, last = datagrams[0], datagrams[-1]
    recorded = first.length is not None and first.length + _HEADER6 + _LINK_HEADER <= snaplen
    whole = verified and recorded and not any(datagram.cut for datagram in datagrams)
    inner, upper = _header_sum(last, verified), _upper_sum(last, whole, carrier=False)
    outer = carrier = layout.SUM_ABSENT
    if len(datagrams) > 1:
        outer, carrier = _header_sum(first, verified), _upper_sum(first, whole, carrier=True)
        if carrier == layout.SUM_WRONG and upper == layout.SUM_UNFILLED:
            # Made for what the inner one will be (local checksum offload).
            carrier = layout.SUM_UNFILLED
    wide = layout.SUM_BITS
    return inner | upper << wide | outer << 2 * wide | carrier << 3 * wide


def is_wrong(checksums: int) -> bool:
    """Whether one of a packet's checksums is wrong and not left to a NIC to fill in."""
    places = range(0, 4 * layout.SUM_BITS, layout.SUM_BITS)
    return any(checksums >> place & layout.SUM_ABSENT == layout.SUM_WRONG for place in places)


def is_carrier_doubtful(packet: PrintedPacket) -> bool:
    """Whether the outer checksum of a tunnel is called wrong between hosts with names.

    It may be left to a NIC, but VXLAN needs none (RFC 7348, section 5): to print one at all is unusual.
    """
    datagrams = list(_datagrams(packet.body))
    if len(datagrams) < 2 or not _has_checksum(datagrams[0]):
        return False
    upper = datagrams[0].upper
    printed = upper.checksum if upper is not None else None
    return printed not in (None, NOT_MADE, RIGHT) and _pseudo_header(datagrams[0]) is None


def _datagrams(body: object) -> Iterator[Datagram]:
    """A datagram and those that it carries."""
    while isinstance(body, Datagram):
        yield body
        body = body.upper.inner if isinstance(body.upper, PrintedTunnel) else None


def _is_verbose(datagram: Datagram) -> bool:
    """Whether its header was printed (-v), without which nothing is said of checksums."""
    return datagram.ttl is not None


def _header_sum(datagram: Datagram, verified: bool) -> int:
    if datagram.version != 4:
        return layout.SUM_ABSENT
    if datagram.checksum is None:
        return layout.SUM_OK if verified and _is_verbose(datagram) else layout.SUM_UNKNOWN
    return layout.SUM_WRONG if datagram.checksum else layout.SUM_UNFILLED


def _upper_sum(datagram: Datagram, whole: bool, carrier: bool) -> int:
    """The checksum of what a datagram carries; ``whole``: all of it was there when it was printed."""
    upper = datagram.upper
    if not _has_checksum(datagram):
        return layout.SUM_ABSENT
    if upper is None or datagram.mf or datagram.later:
        return layout.SUM_UNKNOWN
    if upper.checksum is None:
        silent = isinstance(upper, Icmp) and upper.icmp_type is not None and datagram.version == 4
        return layout.SUM_OK if silent and whole and _is_verbose(datagram) else layout.SUM_UNKNOWN
    if upper.checksum == NOT_MADE:
        # IPv6 allows that in tunnels only.
        return layout.SUM_OK if datagram.version == 4 or carrier else layout.SUM_WRONG
    if upper.checksum == RIGHT:
        return layout.SUM_OK
    if isinstance(upper, Icmp):
        return layout.SUM_WRONG
    unfilled = _pseudo_header(datagram)
    if unfilled is None:
        # Where hosts have names, it may be left to the NIC.
        return layout.SUM_UNKNOWN
    return layout.SUM_UNFILLED if upper.checksum == unfilled else layout.SUM_WRONG


def _has_checksum(datagram: Datagram) -> bool:
    """Whether a datagram carries ICMP, TCP or UDP."""
    upper = datagram.upper
    if isinstance(upper, Transport):
        return upper.protocol in (TCP, UDP)
    if isinstance(upper, PrintedTunnel):
        return upper.vni is not None
    return isinstance(upper, Icmp) or datagram.protocol in (TCP, UDP, ICMP_OF[datagram.version])


def _pseudo_header(datagram: Datagram) -> int | None:
    """The sum of its pseudo header as 16 bits (RFC 1071); None if the text does not hold all of it."""
    src, dst, length, protocol = datagram.src, datagram.dst, datagram.length, datagram.protocol
    if src is None or dst is None or length is None or protocol is None or is_name(src) or is_name(dst):
        return None
    words = 2 if is_ipv4(src) else 8
    total = protocol + length - (_HEADER if datagram.version == 4 else 0)
    total += sum(address >> 16 * word & 0xFFFF for address in (src, dst) for word in range(words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
