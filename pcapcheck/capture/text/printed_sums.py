"""Checksums that tcpdump -v calls wrong, except those that are not filled in yet.

A sender leaves TCP's and UDP's to its NIC: until then the field holds the sum of the pseudo header alone (RFC 9293,
section 3.1; RFC 768; RFC 8200, section 8.1; kernel: Documentation/networking/checksum-offloads.rst).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.capture.text.printed_packet import Datagram, Icmp, PrintedPacket, PrintedTunnel
from pcapcheck.values import is_ipv4, is_name

# print-udp.c, print-tcp.c and print-icmp.c of tcpdump.
_WRONG = re.compile(
    r"cksum(?:(?:(?<=\[bad udp cksum)|(?<=\[bad tcp cksum)|(?<=\[bad icmp6 cksum)) 0x([0-9a-f]+)"
    r"|(?<=\bcksum) 0x([0-9a-f]+) \((?:incorrect|wrong)|(?<=\(wrong icmp cksum))"
)
# Of IPv4, without options.
_HEADER = 20


def is_wrong(packet: PrintedPacket, words: str) -> bool:
    """Whether a checksum of a packet, printed as ``words``, is wrong and not left to a NIC to fill in."""
    found = [match[1] or match[2] for match in _WRONG.finditer(words)]
    if not found:
        return False
    datagrams = list(_datagrams(packet.body))
    if any(isinstance(datagram.upper, Icmp) and datagram.upper.quoted is not None for datagram in datagrams):
        # The receiver has checked what an error quotes.
        return False
    unfilled = {_pseudo_header(datagram) for datagram in datagrams}
    # Where hosts have names, the pseudo header is not known.
    return any(value is None or not unfilled & {None, int(value, 16)} for value in found)


def _datagrams(body: object) -> Iterator[Datagram]:
    """A datagram and those that it carries."""
    while isinstance(body, Datagram):
        yield body
        body = body.upper.inner if isinstance(body.upper, PrintedTunnel) else None


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
