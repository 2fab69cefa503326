# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Events: what the pairing of exchanges needs of a frame that asks or answers.

That is an echo request or reply, a segment of TCP with SYN or RST, a DNS query or response, another datagram of UDP, or
the packet of SCTP that opens an association or answers that. (Events of ICMP errors are made of what they quote:
``error_reading``.)

Sources: RFC 792 and 4443 (echo), RFC 9293 (TCP flags).

The steps run as plain Python or compiled by Cython with the C types in ``events.pxd``.
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
    from pcapcheck.decode.datagrams import associate, datagram
    from pcapcheck.decode.dns_messages import is_of_dns, query
    from pcapcheck.decode.dns_streams import begin_segment, begin_stream, next_message, over_tcp
    from pcapcheck.decode.frame import Frame


def emit_event(frame: Frame, event: int) -> int:
    """Write down the events of a frame, mostly none or one, and return the place of the next."""
    frame.is_echo = False
    payload = frame.payload
    if payload < 0 or frame.fragment != 0 or payload + 8 > frame.payload_end:
        return event
    present = frame.present
    kind = layout.ABSENT
    if frame.protocol == protocols.ICMP or frame.protocol == protocols.ICMPV6:
        kind = kind_of_icmp(frame)
        if kind >= 0:
            frame.is_echo = True
            frame.events[event + layout.E_IDENT_SEQ] = u32be(frame.buffer, payload + 4)
    elif frame.carries == layout.UNICAST:
        # The ports are there, so the identifier does not count as absent.
        present = present | printed_layout.PRESENT_IDENT
        if frame.protocol == protocols.TCP:
            kind = connect(frame, event)
            if is_of_dns(frame):
                if kind != layout.ABSENT:
                    begin_stream(frame)
                elif frame.link == layout.LINK_PRINTED:
                    return emit_printed(frame, present, event)
                else:
                    return emit_messages(frame, event)
        elif frame.protocol == protocols.UDP:
            if is_of_dns(frame):
                kind = query(frame, frame.buffer, payload + 8, frame.payload_end, event)
            else:
                kind = datagram(frame, event)
        elif frame.protocol == protocols.SCTP:
            kind = associate(frame, event)
    if kind < 0:
        return event
    frame.events[event + layout.E_KIND] = kind
    place_event(frame, event)
    if frame.link == layout.LINK_PRINTED:
        blank_event(frame, present, event)
    return event + layout.EVENT_FIELDS


def kind_of_icmp(frame: Frame) -> int:
    """The kind of event of an ICMP message; ABSENT where it is no echo."""
    icmp_type = octet(frame.buffer, frame.payload)
    if frame.version == 4 and frame.protocol == protocols.ICMP:
        asks = icmp_type == protocols.ICMP_ECHO_REQUEST
        answers = icmp_type == protocols.ICMP_ECHO_REPLY
    elif frame.version == 6 and frame.protocol == protocols.ICMPV6 and frame.carries != layout.ND:
        asks = icmp_type == protocols.ICMPV6_ECHO_REQUEST
        answers = icmp_type == protocols.ICMPV6_ECHO_REPLY
    else:
        return layout.ABSENT
    if not asks and not answers:
        return layout.ABSENT
    kind = layout.E_REQUEST if asks else layout.E_REPLY
    return kind | layout.E_TO_MANY if frame.carries == layout.MULTICAST else kind


def connect(frame: Frame, event: int) -> int:
    """The kind of event of a segment with SYN or RST, whose ports are written down: only a SYN by itself asks."""
    payload = frame.payload
    if payload + 14 > frame.payload_end:
        return layout.ABSENT
    flags = octet(frame.buffer, payload + 13) & (protocols.TCP_SYN | protocols.TCP_RST | protocols.TCP_ACK)
    if not flags & (protocols.TCP_SYN | protocols.TCP_RST):
        return layout.ABSENT
    src_port = u16be(frame.buffer, payload)
    dst_port = u16be(frame.buffer, payload + 2)
    if flags == protocols.TCP_SYN:
        frame.events[event + layout.E_ATTEMPT] = u32be(frame.buffer, payload + 4)
        frame.events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (src_port << 16) | dst_port
        return layout.E_REQUEST | layout.E_CONNECT
    frame.events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (dst_port << 16) | src_port
    kind = layout.E_REPLY | layout.E_CONNECT
    return kind | layout.E_RESET if flags & protocols.TCP_RST else kind


def emit_printed(frame: Frame, present: int, event: int) -> int:
    """Write down the events of the messages that a text shows of a segment, and return the place of the next.

    Each stands behind its length, and no options of TCP before them. A message may be longer than the segment that it
    ends in: tshark puts it together. For those that find no place ``emit_messages`` has the reason.
    """
    place = frame.payload + 20
    while place + 2 < frame.end:
        message = place + 2
        place = message + u16be(frame.buffer, place)
        if place > frame.end:
            place = frame.end
        if event + (frame.following + 1) * layout.EVENT_FIELDS > len(frame.events):
            frame.passed_over = frame.passed_over + 1
            return event
        kind = over_tcp(frame, query(frame, frame.buffer, message, place, event), event)
        if kind >= 0:
            frame.events[event + layout.E_KIND] = kind
            place_event(frame, event)
            blank_event(frame, present, event)
            event = event + layout.EVENT_FIELDS
    return event


def emit_messages(frame: Frame, event: int) -> int:
    """Write down the events of all messages of DNS in a segment, and return the place of the next.

    Each frame that follows in the batch may want one: beyond that, messages are passed over and counted.
    """
    if not begin_segment(frame):
        return event
    while True:
        if event + (frame.following + 1) * layout.EVENT_FIELDS > len(frame.events):
            frame.passed_over = frame.passed_over + 1
            return event
        kind = next_message(frame, event)
        if kind == layout.ABSENT:
            return event
        frame.events[event + layout.E_KIND] = kind
        place_event(frame, event)
        event = event + layout.EVENT_FIELDS


def place_event(frame: Frame, event: int) -> None:
    """Where and when a frame was seen, and what its IP header says."""
    header = frame.header
    frame.events[event + layout.E_NUMBER] = frame.number
    frame.events[event + layout.E_TIME] = frame.time
    frame.events[event + layout.E_GROUP] = frame.group
    frame.events[event + layout.E_POINT] = (frame.interface << 32) | (frame.ifindex + 1)
    if frame.version == 4:
        require(frame.buffer, header, 20)
        frame.events[event + layout.E_SIZE] = u16be_within(frame.buffer, header + 2)
        frame.events[event + layout.E_IP_ID] = u16be_within(frame.buffer, header + 4)
        frame.events[event + layout.E_TTL] = octet_within(frame.buffer, header + 8)
        frame.events[event + layout.E_SRC_HIGH] = 0
        frame.events[event + layout.E_SRC_LOW] = layout.MAPPED | u32be_within(frame.buffer, header + 12)
        frame.events[event + layout.E_DST_HIGH] = 0
        frame.events[event + layout.E_DST_LOW] = layout.MAPPED | u32be_within(frame.buffer, header + 16)
    else:
        require(frame.buffer, header, 40)
        frame.events[event + layout.E_SIZE] = 40 + u16be_within(frame.buffer, header + 4)
        frame.events[event + layout.E_IP_ID] = layout.ABSENT
        frame.events[event + layout.E_TTL] = octet_within(frame.buffer, header + 7)
        frame.events[event + layout.E_SRC_HIGH] = i64_within(frame.buffer, header + 8)
        frame.events[event + layout.E_SRC_LOW] = i64_within(frame.buffer, header + 16)
        frame.events[event + layout.E_DST_HIGH] = i64_within(frame.buffer, header + 24)
        frame.events[event + layout.E_DST_LOW] = i64_within(frame.buffer, header + 32)


def blank_event(frame: Frame, present: int, event: int) -> None:
    """Make absent what the text of a printed frame does not hold of an echo."""
    if not present & printed_layout.PRESENT_ID:
        frame.events[event + layout.E_IP_ID] = layout.ABSENT
    if not present & printed_layout.PRESENT_TTL:
        frame.events[event + layout.E_TTL] = layout.ABSENT
    if not present & printed_layout.PRESENT_IDENT:
        frame.events[event + layout.E_IDENT_SEQ] |= layout.ABSENT_IDENT
