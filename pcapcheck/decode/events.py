# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Events: what the pairing of exchanges needs of a frame that asks or answers.

That is an echo request or reply, a segment of TCP with SYN or RST, or a DNS query or response over UDP. (Events of ICMP
errors are made of their rows: ``icmp_arp``.)

Sources: RFC 792 and 4443 (echo), RFC 9293 (TCP flags), RFC 1035 (DNS).

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
        i64,
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
    from pcapcheck.decode.frame import Frame


def emit_event(frame: Frame, event: int) -> int:
    """Write down the event of a frame, if it has one, and return the place of the next."""
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
        elif frame.protocol == protocols.UDP:
            kind = query(frame, event)
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
        frame.events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (src_port << 16) | dst_port
        return layout.E_REQUEST | layout.E_CONNECT
    frame.events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (dst_port << 16) | src_port
    kind = layout.E_REPLY | layout.E_CONNECT
    return kind | layout.E_RESET if flags & protocols.TCP_RST else kind


def question_of(buffer: bytearray, position: int, end: int) -> int:
    """A hash of the question that begins here: name, type and class (RFC 1035, section 4.1.2); never 0.

    Case does not count: resolvers play with it (draft-vixie-dnsext-dns0x20). What was cut is cut in the answer too.
    """
    stop = position
    size = octet(buffer, stop)
    while size != 0:
        stop = stop + 1 + size
        size = octet(buffer, stop) if stop < end else 0
    if stop > end:
        stop = end
    # The last eight bytes may be mixed in twice: names that differ in length alone must differ all the same.
    mixed = layout.MULTIPLY ^ (stop - position)
    last = stop - 8 if stop - position > 8 else position
    while position + 8 <= stop:
        mixed = ((mixed ^ (i64(buffer, position) | layout.SMALL_LETTERS)) * layout.MULTIPLY) & layout.LONG
        mixed = mixed ^ (mixed >> 29)
        position = position + 8
        if position > last and position < stop:
            position = last
    while position < stop:
        mixed = ((mixed ^ (octet(buffer, position) | 32)) * layout.MULTIPLY) & layout.LONG
        position = position + 1
    if stop + 5 <= end:
        mixed = mixed ^ (mixed >> 29) ^ u32be(buffer, stop + 1)
        mixed = (mixed * layout.MULTIPLY) & layout.LONG
    return (mixed >> 2) | 1


def query(frame: Frame, event: int) -> int:
    """The kind of event of a UDP datagram that is a DNS query or a response to one (RFC 1035, section 4.1.1).

    Its port and identifier, question and code are written down. A message cut behind its identifier is known by the
    ports alone. ABSENT for other datagrams.
    """
    payload = frame.payload
    end = frame.payload_end
    src_port = u16be(frame.buffer, payload)
    dst_port = u16be(frame.buffer, payload + 2)
    asks = dst_port == protocols.DNS_PORT
    if (not asks and src_port != protocols.DNS_PORT) or payload + 10 > end:
        return layout.ABSENT
    question = 0
    code = layout.ABSENT
    if payload + 12 <= end:
        flags = u16be(frame.buffer, payload + 10)
        # Where both ports are those of DNS, as between servers, only the message decides.
        if asks == (flags >> 15) and src_port != dst_port:
            return layout.ABSENT
        asks = flags >> 15 == 0
        # Notifications and updates are not questions.
        if (flags >> 11) & 15:
            return layout.ABSENT
        code = flags & 15
    if payload + 20 < end and u16be(frame.buffer, payload + 12) > 0:
        question = question_of(frame.buffer, payload + 20, end)
    elif asks and payload + 20 <= end:
        return layout.ABSENT
    port = src_port if asks else dst_port
    frame.events[event + layout.E_IDENT_SEQ] = layout.QUERY | (port << 16) | u16be(frame.buffer, payload + 8)
    frame.events[event + layout.E_RCODE] = code
    frame.events[event + layout.E_QUESTION] = question
    return (layout.E_REQUEST if asks else layout.E_REPLY) | layout.E_QUERY


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
