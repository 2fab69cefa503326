# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Segments: what the following of conversations needs of a TCP segment.

Source: RFC 9293 (TCP).

The steps run as plain Python or compiled by Cython with the C types in ``segments.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import printed_layout
    from pcapcheck.capture.octets import (
        i64_within,
        octet,
        octet_within,
        require,
        u16be,
        u16be_within,
        u32be,
        u32be_within,
    )
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode import stream_layout
    from pcapcheck.decode.error_frame import ErrorFrame
    from pcapcheck.decode.frame import Frame


def emit_segment(frame: Frame, at: int) -> int:
    """Write down the segment of a frame of TCP, unless it was cut too short, and return the place of the next."""
    payload = frame.payload
    if frame.carries != layout.UNICAST or frame.cast == layout.TO_MANY or frame.encap == layout.WIREGUARD:
        return at
    if payload < 0 or frame.fragment != 0 or payload + 8 > frame.payload_end:
        return at
    if not note_tcp(frame, at):
        return at
    frame.segments[at + layout.T_PORTS] = (protocols.TCP << 32) | u32be_within(frame.buffer, payload)
    note_addresses(frame, at)
    return place_segment(frame, at)


def note_tcp(frame: Frame, at: int) -> bool:
    """Size, flags and numbers of a TCP segment. Texts may lack the numbers: then its data is not known again."""
    payload = frame.payload
    numbered = frame.link != layout.LINK_PRINTED or (frame.present & printed_layout.PRESENT_DATA) != 0
    if not numbered or payload + 16 > frame.payload_end:
        return False
    require(frame.buffer, payload, 16)
    options = payload + 20
    data = payload + (octet_within(frame.buffer, payload + 12) >> 4) * 4
    size = datagram_end(frame) - data
    ack = u32be_within(frame.buffer, payload + 8)
    if u16be_within(frame.buffer, payload + 14) == 0:
        ack = ack | layout.CLOSED
    flags = octet_within(frame.buffer, payload + 13)
    if flags & protocols.TCP_SYN:
        if data > options:
            ack = ack | (offered_size(frame, options, data) << layout.MSS_SHIFT)
    elif size <= 0 and data >= options + layout.STAMP and has_gap(frame, options, data, ack & stream_layout.WORD):
        ack = ack | layout.SACKED
    frame.segments[at + layout.T_SIZE] = ((size if size > 0 else 0) << 16) | (flags & 63)
    frame.segments[at + layout.T_SEQ] = u32be_within(frame.buffer, payload + 4) | (ttl_of(frame) << 32)
    frame.segments[at + layout.T_ACK] = ack
    return True


def ttl_of(frame: Frame) -> int:
    """The TTL or hop limit of the packet plus 1; 0 where a text does not print it."""
    if frame.link == layout.LINK_PRINTED and (frame.present & printed_layout.PRESENT_TTL) == 0:
        return 0
    return octet(frame.buffer, frame.header + (8 if frame.version == 4 else 7)) + 1


def offered_size(frame: Frame, option: int, end: int) -> int:
    """The largest segment that the sender of a SYN takes (MSS; RFC 9293, section 3.7.1); 0 where it does not say.

    The first ``option`` is where it begins, the last before ``end``.
    """
    option = find_option(frame, option, end, protocols.TCP_OPTION_MSS, 4)
    return u16be(frame.buffer, option + 2) if option else 0


def find_option(frame: Frame, option: int, end: int, wanted: int, size: int) -> int:
    """Where an option of the TCP header is that has ``size`` bytes within it; 0 if there is none."""
    if end > frame.payload_end:
        end = frame.payload_end
    while option + size <= end:
        kind = octet(frame.buffer, option)
        if kind == wanted:
            return option
        if kind == protocols.TCP_OPTION_END:
            return 0
        if kind == protocols.TCP_OPTION_NOTHING:
            option = option + 1
        elif octet(frame.buffer, option + 1) < 2:
            return 0
        else:
            option = option + octet(frame.buffer, option + 1)
    return 0


def has_gap(frame: Frame, option: int, end: int, ack: int) -> bool:
    """Whether a segment says that its sender has data beyond ``ack``, without what is between (SACK; RFC 2018).

    The first block may be about data that came twice (RFC 2883). Most segments have nothing but a time stamp.
    """
    if end == option + layout.STAMP and (
        end > frame.payload_end or octet(frame.buffer, option + 2) != protocols.TCP_OPTION_SACK
    ):
        return False
    option = find_option(frame, option, end, protocols.TCP_OPTION_SACK, 10)
    if option == 0:
        return False
    for block in range(2):
        at = option + 2 + 8 * block
        if 10 + 8 * block > octet(frame.buffer, option + 1) or at + 8 > frame.payload_end:
            return False
        if 0 < (u32be(frame.buffer, at) - ack) & stream_layout.WORD < stream_layout.HALF_WAY:
            return True
    return False


def note_addresses(frame: Frame, at: int) -> None:
    """The addresses of an IP header."""
    header = frame.header
    if frame.version == 4:
        require(frame.buffer, header, 20)
        frame.segments[at + layout.T_SRC_HIGH] = 0
        frame.segments[at + layout.T_SRC_LOW] = layout.MAPPED | u32be_within(frame.buffer, header + 12)
        frame.segments[at + layout.T_DST_HIGH] = 0
        frame.segments[at + layout.T_DST_LOW] = layout.MAPPED | u32be_within(frame.buffer, header + 16)
    else:
        require(frame.buffer, header, 40)
        frame.segments[at + layout.T_SRC_HIGH] = i64_within(frame.buffer, header + 8)
        frame.segments[at + layout.T_SRC_LOW] = i64_within(frame.buffer, header + 16)
        frame.segments[at + layout.T_DST_HIGH] = i64_within(frame.buffer, header + 24)
        frame.segments[at + layout.T_DST_LOW] = i64_within(frame.buffer, header + 32)


def place_segment(frame: Frame, at: int) -> int:
    """Note where a segment was seen, and return the place of the next."""
    frame.segments[at + layout.T_FRAME] = (frame.number << 16) | frame.group
    frame.segments[at + layout.T_TIME] = frame.time
    frame.segments[at + layout.T_POINT] = (frame.interface << 32) | (frame.ifindex + 1)
    return at + layout.SEGMENT_FIELDS


def datagram_end(frame: Frame) -> int:
    """Where a datagram ends: by its own header, or by the frame where that says nothing, as in large segments."""
    if frame.version == 4:
        total = u16be(frame.buffer, frame.header + 2)
        if total >= 20:
            return frame.header + total
    else:
        total = u16be(frame.buffer, frame.header + 4)
        if total:
            return frame.header + 40 + total
    return frame.start + frame.length - frame.trailer


def emit_segment_of_error(frame: Frame, error: ErrorFrame, at: int) -> int:
    """The same of an ICMP error about a segment."""
    if error.protocol != protocols.TCP or error.dst_port < 0:
        return at
    frame.segments[at + layout.T_PORTS] = (protocols.TCP << 32) | (error.src_port << 16) | error.dst_port
    frame.segments[at + layout.T_SIZE] = layout.T_ERROR
    frame.segments[at + layout.T_SRC_HIGH] = error.src_high
    frame.segments[at + layout.T_SRC_LOW] = error.src_low
    frame.segments[at + layout.T_DST_HIGH] = error.dst_high
    frame.segments[at + layout.T_DST_LOW] = error.dst_low
    return place_segment(frame, at)
