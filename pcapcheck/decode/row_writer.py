# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""The row of a frame: all its fields, for frames that are read later. A field that was not captured stays ABSENT.

The steps run as plain Python or compiled by Cython with the C types in ``row_writer.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture.octets import i64, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.error_frame import ErrorFrame
    from pcapcheck.decode.error_reading import may_be_error
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.icmp_arp import (
        decode_arp,
        decode_fragment_header,
        decode_icmp,
        decode_icmpv6,
        outer_addresses,
    )


def write_row(
    frame: Frame, error: ErrorFrame, rows: array[int], capacity: int, row: int
) -> None:  # fmt: skip
    """Write down all fields of a frame, with those of the ``error`` that was read of it, if it may be one."""
    blank_parts(rows, capacity, row)
    write_link(frame, rows, capacity, row)
    if frame.depth:
        outer_addresses(frame.buffer, frame.position, frame.outer_version, rows, capacity, row)
    if frame.carries == layout.ARP:
        decode_arp(frame.buffer, frame.header, frame.end, rows, capacity, row)
    elif frame.version == 4:
        write_ipv4(frame, rows, capacity, row)
    elif frame.version == 6:
        write_ipv6(frame, rows, capacity, row)
    if frame.payload >= 0 and frame.fragment == 0 and frame.payload < frame.payload_end:
        write_payload(frame, rows, capacity, row)
        if may_be_error(frame):
            write_error(error, rows, capacity, row)
    written = written_parts(frame, rows[layout.HAS * capacity + row])
    rows[layout.BLANK * capacity + row] = layout.EVERY_PART - written


def blank_parts(rows: array[int], capacity: int, row: int) -> None:
    """Make every part ABSENT in which the frame before, of another batch, may have left something."""
    left = layout.EVERY_PART - rows[layout.BLANK * capacity + row]
    if left & layout.PART_ARP:
        blank_fields(rows, capacity, row, layout.ARP_OPCODE, layout.ARP_DST_IP)
    if left & layout.PART_IP:
        blank_fields(rows, capacity, row, layout.IP_VERSION, layout.IP_MF)
    if left & layout.PART_ICMP:
        blank_fields(rows, capacity, row, layout.ICMP_TYPE, layout.ICMP_MTU)
    if left & layout.PART_QUOTED:
        blank_fields(rows, capacity, row, layout.QUOTED_SRC_HIGH, layout.QUOTED_DST_PORT)
        rows[layout.QUOTED_QUERY * capacity + row] = layout.ABSENT
    if left & layout.PART_ND:
        blank_fields(rows, capacity, row, layout.ND_TARGET_HIGH, layout.ND_MAC)
    if left & layout.PART_PORTS:
        blank_fields(rows, capacity, row, layout.SRC_PORT, layout.TCP_FLAGS)
    if left & layout.PART_TUNNEL:
        blank_fields(rows, capacity, row, layout.ENCAP, layout.INNER_ETH_DST)


def blank_fields(rows: array[int], capacity: int, row: int, first: int, last: int) -> None:
    """Make fields ABSENT that stand one after the other."""
    for field in range(first, last + 1):
        rows[field * capacity + row] = layout.ABSENT


def written_parts(frame: Frame, has: int) -> int:
    """The parts in which a frame may have left something; ``has`` is what its row says in HAS."""
    parts = 0
    if frame.carries == layout.ARP:
        parts = layout.PART_ARP
    elif frame.version > 0:
        parts = layout.PART_IP
    if frame.depth or frame.encap != layout.PLAIN:
        parts = parts | layout.PART_TUNNEL
    if frame.protocol == protocols.ICMP or frame.protocol == protocols.ICMPV6:
        parts = parts | layout.PART_ICMP
    elif frame.protocol == protocols.TCP or frame.protocol == protocols.UDP:
        parts = parts | layout.PART_PORTS
    if has & layout.HAS_QUOTED:
        parts = parts | layout.PART_QUOTED
    if has & layout.HAS_TARGET:
        parts = parts | layout.PART_ND
    return parts


def write_link(frame: Frame, rows: array[int], capacity: int, row: int) -> None:
    """The record, its frame group, the link layer and the tunnel."""
    rows[layout.NUMBER * capacity + row] = frame.number
    rows[layout.TIME * capacity + row] = frame.time
    rows[layout.INTERFACE * capacity + row] = frame.interface
    rows[layout.IFINDEX * capacity + row] = frame.ifindex
    rows[layout.GROUP * capacity + row] = frame.group
    rows[layout.CAPTURED * capacity + row] = frame.captured
    rows[layout.LENGTH * capacity + row] = frame.length
    rows[layout.DIRECTION * capacity + row] = frame.direction
    rows[layout.CARRIES * capacity + row] = frame.carries
    rows[layout.CAST * capacity + row] = frame.cast
    rows[layout.HAS * capacity + row] = 0
    rows[layout.ETH_SRC * capacity + row] = frame.source
    rows[layout.ETH_DST * capacity + row] = frame.destination
    rows[layout.ETH_TYPE * capacity + row] = frame.ethertype
    rows[layout.VLAN * capacity + row] = frame.vlan
    rows[layout.POSITION * capacity + row] = frame.start
    if frame.encap != layout.PLAIN:
        rows[layout.ENCAP * capacity + row] = frame.encap
        rows[layout.VNI * capacity + row] = frame.vni
        rows[layout.INNER_ETH_SRC * capacity + row] = frame.inner_source
        rows[layout.INNER_ETH_DST * capacity + row] = frame.inner_destination


def write_ipv4(frame: Frame, rows: array[int], capacity: int, row: int) -> None:
    """The innermost IPv4 header, as far as it was captured."""
    header = frame.header
    end = frame.end
    rows[layout.IP_VERSION * capacity + row] = 4
    if header + 4 <= end:
        rows[layout.IP_LENGTH * capacity + row] = u16be(frame.buffer, header + 2)
    if header + 6 <= end:
        rows[layout.IP_ID * capacity + row] = u16be(frame.buffer, header + 4)
    if header + 8 <= end:
        rows[layout.IP_DF * capacity + row] = (frame.buffer[header + 6] >> 6) & 1
        rows[layout.IP_MF * capacity + row] = (frame.buffer[header + 6] >> 5) & 1
        rows[layout.IP_FRAGMENT * capacity + row] = (u16be(frame.buffer, header + 6) & 0x1FFF) * 8
    if header + 9 <= end:
        rows[layout.IP_TTL * capacity + row] = frame.buffer[header + 8]
    if header + 10 <= end:
        rows[layout.IP_PROTO * capacity + row] = frame.buffer[header + 9]
    if frame.payload >= 0:
        rows[layout.HAS * capacity + row] |= layout.HAS_ADDRESSES
        rows[layout.IP_SRC_HIGH * capacity + row] = 0
        rows[layout.IP_SRC_LOW * capacity + row] = layout.MAPPED | u32be(frame.buffer, header + 12)
        rows[layout.IP_DST_HIGH * capacity + row] = 0
        rows[layout.IP_DST_LOW * capacity + row] = layout.MAPPED | u32be(frame.buffer, header + 16)


def write_ipv6(frame: Frame, rows: array[int], capacity: int, row: int) -> None:
    """The innermost IPv6 header, as far as it was captured."""
    header = frame.header
    end = frame.end
    rows[layout.IP_VERSION * capacity + row] = 6
    if header + 6 <= end:
        rows[layout.IP_LENGTH * capacity + row] = u16be(frame.buffer, header + 4)
    if header + 8 <= end:
        rows[layout.IP_TTL * capacity + row] = frame.buffer[header + 7]
    if header + 40 <= end:
        rows[layout.HAS * capacity + row] |= layout.HAS_ADDRESSES
        rows[layout.IP_SRC_HIGH * capacity + row] = i64(frame.buffer, header + 8)
        rows[layout.IP_SRC_LOW * capacity + row] = i64(frame.buffer, header + 16)
        rows[layout.IP_DST_HIGH * capacity + row] = i64(frame.buffer, header + 24)
        rows[layout.IP_DST_LOW * capacity + row] = i64(frame.buffer, header + 32)
        if frame.payload >= 0:
            rows[layout.IP_PROTO * capacity + row] = frame.protocol
        decode_fragment_header(frame.buffer, header + 40, end, frame.buffer[header + 6], rows, capacity, row)


def write_payload(frame: Frame, rows: array[int], capacity: int, row: int) -> None:
    """ICMP, or the ports of TCP and UDP."""
    payload = frame.payload
    end = frame.payload_end
    protocol = frame.protocol
    if frame.version == 4 and protocol == protocols.ICMP:
        decode_icmp(frame.buffer, payload, end, rows, capacity, row)
    elif frame.version == 6 and protocol == protocols.ICMPV6:
        decode_icmpv6(frame.buffer, payload, end, rows, capacity, row)
    elif protocol == protocols.TCP or protocol == protocols.UDP:
        if payload + 4 <= end:
            rows[layout.SRC_PORT * capacity + row] = u16be(frame.buffer, payload)
            rows[layout.DST_PORT * capacity + row] = u16be(frame.buffer, payload + 2)
        if protocol == protocols.TCP and payload + 14 <= end:
            rows[layout.TCP_FLAGS * capacity + row] = u16be(frame.buffer, payload + 12) & 0xFFF


def write_error(error: ErrorFrame, rows: array[int], capacity: int, row: int) -> None:
    """The packet that an ICMP error quotes, and the MTU that it names."""
    rows[layout.ICMP_MTU * capacity + row] = error.mtu
    if error.is_quoted:
        rows[layout.HAS * capacity + row] |= layout.HAS_QUOTED
        rows[layout.QUOTED_SRC_HIGH * capacity + row] = error.src_high
        rows[layout.QUOTED_SRC_LOW * capacity + row] = error.src_low
        rows[layout.QUOTED_DST_HIGH * capacity + row] = error.dst_high
        rows[layout.QUOTED_DST_LOW * capacity + row] = error.dst_low
        rows[layout.QUOTED_PROTO * capacity + row] = error.protocol
        rows[layout.QUOTED_TTL * capacity + row] = error.ttl
        rows[layout.QUOTED_TYPE * capacity + row] = error.asks
        rows[layout.QUOTED_IDENT * capacity + row] = error.ident
        rows[layout.QUOTED_SEQ * capacity + row] = error.seq
        rows[layout.QUOTED_SRC_PORT * capacity + row] = error.src_port
        rows[layout.QUOTED_DST_PORT * capacity + row] = error.dst_port
        rows[layout.QUOTED_QUERY * capacity + row] = error.query
