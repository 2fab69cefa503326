# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Segments: what the following of conversations needs of a TCP segment, UDP datagram or SCTP packet.

Sources: RFC 9293 (TCP), RFC 768 (UDP), RFC 9260 (SCTP).

The steps run as plain Python or compiled by Cython with the C types in ``segments.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import printed_layout
    from pcapcheck.capture.octets import i64, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.error_frame import ErrorFrame
    from pcapcheck.decode.frame import Frame


def emit_segment(buffer: bytearray, frame: Frame, segments: array[int], at: int) -> int:
    """Write down the segment of a frame, if it has one, and return the place of the next.

    DNS has its own table. A packet that was cut too short has none.
    """
    protocol = frame.protocol
    payload = frame.payload
    if frame.carries != layout.UNICAST or frame.cast == layout.TO_MANY or frame.encap == layout.WIREGUARD:
        return at
    if payload < 0 or frame.fragment != 0 or payload + 8 > frame.payload_end:
        return at
    segments[at + layout.T_SEQ] = 0
    segments[at + layout.T_ACK] = 0
    if protocol == protocols.TCP:
        noted = note_tcp(buffer, frame, segments, at)
    elif protocol == protocols.UDP:
        noted = note_udp(buffer, payload, segments, at)
    else:
        noted = note_sctp(buffer, frame, segments, at)
    if not noted:
        return at
    segments[at + layout.T_PORTS] = (protocol << 32) | u32be(buffer, payload)
    note_addresses(buffer, frame.version, frame.header, segments, at)
    return place_segment(frame, segments, at)


def note_tcp(buffer: bytearray, frame: Frame, segments: array[int], at: int) -> bool:
    """Size, flags and numbers of a TCP segment. Texts may lack the numbers: then its data is not known again."""
    payload = frame.payload
    numbered = frame.link != layout.LINK_PRINTED or (frame.present & printed_layout.PRESENT_DATA) != 0
    if not numbered or payload + 16 > frame.payload_end:
        return False
    wire_end = frame.start + frame.length - frame.trailer
    size = datagram_end(buffer, frame.version, frame.header, wire_end) - payload - (buffer[payload + 12] >> 4) * 4
    ack = u32be(buffer, payload + 8)
    if u16be(buffer, payload + 14) == 0:
        ack = ack | layout.CLOSED
    if buffer[payload + 13] & protocols.TCP_SYN:
        ack = ack | (offered_size(buffer, payload, frame.payload_end) << layout.MSS_SHIFT)
    segments[at + layout.T_SIZE] = ((size if size > 0 else 0) << 16) | (buffer[payload + 13] & 63)
    segments[at + layout.T_SEQ] = u32be(buffer, payload + 4) | (ttl_of(buffer, frame) << 32)
    segments[at + layout.T_ACK] = ack
    return True


def ttl_of(buffer: bytearray, frame: Frame) -> int:
    """The TTL or hop limit of the packet plus 1; 0 where a text does not print it."""
    if frame.link == layout.LINK_PRINTED and (frame.present & printed_layout.PRESENT_TTL) == 0:
        return 0
    return buffer[frame.header + (8 if frame.version == 4 else 7)] + 1


def offered_size(buffer: bytearray, payload: int, end: int) -> int:
    """The largest segment that the sender of a SYN takes (MSS; RFC 9293, section 3.7.1); 0 where it does not say."""
    options_end = payload + (buffer[payload + 12] >> 4) * 4
    if options_end > end:
        options_end = end
    option = payload + 20
    while option + 4 <= options_end:
        kind = buffer[option]
        if kind == protocols.TCP_OPTION_MSS:
            return u16be(buffer, option + 2)
        if kind == protocols.TCP_OPTION_END:
            return 0
        if kind == protocols.TCP_OPTION_NOTHING:
            option = option + 1
        elif buffer[option + 1] < 2:
            return 0
        else:
            option = option + buffer[option + 1]
    return 0


def note_udp(buffer: bytearray, payload: int, segments: array[int], at: int) -> bool:
    """Size of a UDP datagram."""
    if u16be(buffer, payload) == protocols.DNS_PORT or u16be(buffer, payload + 2) == protocols.DNS_PORT:
        return False
    size = u16be(buffer, payload + 4) - 8
    segments[at + layout.T_SIZE] = (size if size > 0 else 0) << 16
    return True


def note_sctp(buffer: bytearray, frame: Frame, segments: array[int], at: int) -> bool:
    """The first chunk of an SCTP packet."""
    if frame.payload + 13 > frame.payload_end:
        return False
    segments[at + layout.T_SIZE] = buffer[frame.payload + 12] & 127
    return True


def note_addresses(buffer: bytearray, version: int, header: int, segments: array[int], at: int) -> None:
    """The addresses of an IP header."""
    if version == 4:
        segments[at + layout.T_SRC_HIGH] = 0
        segments[at + layout.T_SRC_LOW] = layout.MAPPED | u32be(buffer, header + 12)
        segments[at + layout.T_DST_HIGH] = 0
        segments[at + layout.T_DST_LOW] = layout.MAPPED | u32be(buffer, header + 16)
    else:
        segments[at + layout.T_SRC_HIGH] = i64(buffer, header + 8)
        segments[at + layout.T_SRC_LOW] = i64(buffer, header + 16)
        segments[at + layout.T_DST_HIGH] = i64(buffer, header + 24)
        segments[at + layout.T_DST_LOW] = i64(buffer, header + 32)


def place_segment(frame: Frame, segments: array[int], at: int) -> int:
    """Note where a segment was seen, and return the place of the next."""
    segments[at + layout.T_FRAME] = (frame.number << 16) | frame.group
    segments[at + layout.T_TIME] = frame.time
    segments[at + layout.T_POINT] = (frame.interface << 32) | (frame.ifindex + 1)
    return at + layout.SEGMENT_FIELDS


def datagram_end(buffer: bytearray, version: int, header: int, wire_end: int) -> int:
    """Where a datagram ends: by its own header, or by the frame where that says nothing, as in large segments."""
    if version == 4:
        total = u16be(buffer, header + 2)
        return header + total if total >= 20 else wire_end
    total = u16be(buffer, header + 4)
    return header + 40 + total if total else wire_end


def emit_segment_of_error(frame: Frame, error: ErrorFrame, segments: array[int], at: int) -> int:
    """The same of an ICMP error about a packet of a conversation."""
    protocol = error.protocol
    if protocol != protocols.TCP and protocol != protocols.UDP and protocol != protocols.SCTP:
        return at
    if error.dst_port < 0:
        return at
    segments[at + layout.T_PORTS] = (protocol << 32) | (error.src_port << 16) | error.dst_port
    segments[at + layout.T_SIZE] = layout.T_ERROR
    segments[at + layout.T_SRC_HIGH] = error.src_high
    segments[at + layout.T_SRC_LOW] = error.src_low
    segments[at + layout.T_DST_HIGH] = error.dst_high
    segments[at + layout.T_DST_LOW] = error.dst_low
    return place_segment(frame, segments, at)
