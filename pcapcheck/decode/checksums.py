# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Checksums of a frame: right, wrong, not filled in yet, or unknown.

A sender leaves the checksums of TCP and UDP to its card, and until then the field holds the sum of the pseudo header
alone; the kernel leaves it so on every way that meets no card, and after it has joined received segments (GRO). So one
that is not filled in says nothing of a fault.

Sources: RFC 1071 (the sum), RFC 791 (IPv4), RFC 792 and RFC 4443 (ICMP), RFC 768, RFC 8200 section 8.1 and RFC 6935
(UDP), RFC 9293 section 3.1 (TCP); kernel: Documentation/networking/checksum-offloads.rst.

The steps run as plain Python or compiled by Cython with the C types in ``checksums.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import checksum_layout, printed_layout
    from pcapcheck.capture.octets import u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.frame import Frame


def checksums_of(frame: Frame) -> int:
    """What the checksums of a frame are, as a number of ``checksum_layout``."""
    if frame.version == 0:
        return checksum_layout.NO_SUMS
    if frame.link == layout.LINK_PRINTED:
        # The headers are made from the text; what it says of their checksums stands before them.
        return u32be(frame.buffer, frame.start + printed_layout.P_SUMS)
    inner = header_sum(frame, frame.header, frame.version)
    upper = upper_sum(frame, frame.header, frame.version, frame.payload, frame.protocol, frame.fragment)
    outer = checksum_layout.SUM_ABSENT
    carrier = checksum_layout.SUM_ABSENT
    if frame.depth:
        outer = header_sum(frame, frame.position, frame.outer_version)
        carried = frame.buffer[frame.position + (9 if frame.outer_version == 4 else 6)]
        carrier = upper_sum(frame, frame.position, frame.outer_version, frame.outer_payload, carried, 0)
        if carrier == checksum_layout.SUM_WRONG and upper == checksum_layout.SUM_UNFILLED:
            # Made for what the inner one will be (local checksum offload).
            carrier = checksum_layout.SUM_UNFILLED
    wide = checksum_layout.SUM_BITS
    return inner | (upper << wide) | (outer << (2 * wide)) | (carrier << (3 * wide))


def ones_sum(buffer: bytearray, start: int, end: int, total: int) -> int:
    """Add the 16-bit words of some bytes to a sum, and fold it to 16 bits (RFC 1071)."""
    at = start
    while at + 1 < end:
        total = total + u16be(buffer, at)
        at = at + 2
    if at < end:
        total = total + buffer[at] * 256
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def header_sum(frame: Frame, header: int, version: int) -> int:
    """The checksum of an IP header; IPv6 has none."""
    if version != 4:
        return checksum_layout.SUM_ABSENT
    size = (frame.buffer[header] & 15) * 4
    if header + size > frame.end:
        return checksum_layout.SUM_UNKNOWN
    if ones_sum(frame.buffer, header, header + size, 0) == 0xFFFF:
        return checksum_layout.SUM_OK
    return checksum_layout.SUM_UNFILLED if u16be(frame.buffer, header + 10) == 0 else checksum_layout.SUM_WRONG


def is_part(buffer: bytearray, header: int, version: int, offset: int) -> bool:
    """Whether a packet is a fragment, or has a header that may replace its destination."""
    if version == 4:
        return offset != 0 or (buffer[header + 6] & 0x20) != 0
    extension = buffer[header + 6]
    return offset != 0 or extension == protocols.FRAGMENT_HEADER or extension == protocols.ROUTING_HEADER


def upper_sum(
    frame: Frame, header: int, version: int, payload: int, protocol: int, offset: int
) -> int:  # fmt: skip
    """The checksum of ICMP, TCP or UDP, where all of the datagram was captured."""
    field = -1
    if protocol == protocols.TCP:
        field = 16
    elif protocol == protocols.UDP:
        field = 6
    elif (version == 4 and protocol == protocols.ICMP) or (version == 6 and protocol == protocols.ICMPV6):
        field = 2
    if field < 0:
        return checksum_layout.SUM_ABSENT
    if payload < 0 or is_part(frame.buffer, header, version, offset):
        return checksum_layout.SUM_UNKNOWN
    end = header + u16be(frame.buffer, header + 2) if version == 4 else header + 40 + u16be(frame.buffer, header + 4)
    # A length of 0 is a large segment, to be cut by the card.
    if end > frame.end or payload + field + 2 > end:
        return checksum_layout.SUM_UNKNOWN
    if protocol == protocols.UDP:
        if u16be(frame.buffer, payload + 6) == 0:
            # None was made: IPv6 allows that in tunnels only.
            is_allowed = version == 4 or (header == frame.position and frame.depth)
            return checksum_layout.SUM_OK if is_allowed else checksum_layout.SUM_WRONG
        if u16be(frame.buffer, payload + 4) != end - payload:
            return checksum_layout.SUM_UNKNOWN
    pseudo = 0
    if version == 4 and protocol != protocols.ICMP:
        pseudo = ones_sum(frame.buffer, header + 12, header + 20, protocol + end - payload)
    elif version == 6:
        pseudo = ones_sum(frame.buffer, header + 8, header + 40, protocol + end - payload)
    if ones_sum(frame.buffer, payload, end, pseudo) == 0xFFFF:
        return checksum_layout.SUM_OK
    if field != 2 and u16be(frame.buffer, payload + field) == pseudo:
        return checksum_layout.SUM_UNFILLED
    return checksum_layout.SUM_WRONG
