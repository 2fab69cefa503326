# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""ICMP errors: what they say, what they quote, and what the exchanges need of them.

Sources: RFC 792 and 4443 (ICMP), RFC 791 (IPv4), RFC 8200 (IPv6), RFC 1035 (DNS).

The steps run as plain Python or compiled by Cython with the C types in ``error_reading.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import printed_layout
    from pcapcheck.capture.octets import i64, octet, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.error_frame import ErrorFrame
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.icmp_arp import upper_layer


def may_be_error(frame: Frame) -> bool:
    """Whether a frame carries an ICMP message that is no echo and no neighbour discovery."""
    return (
        frame.payload >= 0
        and frame.fragment == 0
        and not frame.is_echo
        and frame.carries != layout.ND
        and (
            (frame.version == 4 and frame.protocol == protocols.ICMP)
            or (frame.version == 6 and frame.protocol == protocols.ICMPV6)
        )
    )


def read_error(frame: Frame, error: ErrorFrame) -> None:
    """Read an ICMP message, and the packet that it quotes."""
    position = frame.payload
    end = frame.payload_end
    error.icmp_type = layout.ABSENT
    error.code = layout.ABSENT
    error.mtu = layout.ABSENT
    error.meaning = 0
    blank_quote(error)
    if position < end:
        error.icmp_type = octet(frame.buffer, position)
        if position + 2 <= end:
            error.code = octet(frame.buffer, position + 1)
        error.meaning = error_class(frame.version, error.icmp_type, error.code)
        if position + 8 <= end and error.meaning == layout.TOO_BIG:
            error.mtu = u16be(frame.buffer, position + 6) if frame.version == 4 else u32be(frame.buffer, position + 4)
        if quotes(frame.version, error.icmp_type):
            read_quoted(frame.buffer, position + 8, end, frame.version, error)


def quotes(version: int, icmp_type: int) -> bool:
    """Whether an ICMP message of this type quotes a packet."""
    if version == 4:
        return (
            icmp_type == protocols.ICMP_UNREACHABLE
            or icmp_type == protocols.ICMP_SOURCE_QUENCH
            or icmp_type == protocols.ICMP_REDIRECT
            or icmp_type == protocols.ICMP_TIME_EXCEEDED
            or icmp_type == protocols.ICMP_PARAMETER_PROBLEM
        )
    return protocols.ICMPV6_UNREACHABLE <= icmp_type <= protocols.ICMPV6_PARAMETER_PROBLEM


def error_class(family: int, icmp_type: int, code: int) -> int:
    """What an ICMP error says to whoever waits for a reply; 0 where it does not end an exchange."""
    if family == 4:
        if icmp_type == protocols.ICMP_UNREACHABLE:
            return layout.TOO_BIG if code == 4 else layout.UNREACHABLE
        if icmp_type == protocols.ICMP_TIME_EXCEEDED:
            return layout.EXCEEDED
        return layout.OTHER_ERROR if icmp_type == protocols.ICMP_PARAMETER_PROBLEM else 0
    if icmp_type == protocols.ICMPV6_UNREACHABLE:
        return layout.UNREACHABLE
    if icmp_type == protocols.ICMPV6_TOO_BIG:
        return layout.TOO_BIG
    if icmp_type == protocols.ICMPV6_TIME_EXCEEDED:
        return layout.EXCEEDED
    return layout.OTHER_ERROR if icmp_type == protocols.ICMPV6_PARAMETER_PROBLEM else 0


def blank_quote(error: ErrorFrame) -> None:
    """No packet is quoted, as far as is known."""
    error.is_quoted = False
    error.src_high = 0
    error.src_low = 0
    error.dst_high = 0
    error.dst_low = 0
    error.ttl = layout.ABSENT
    error.protocol = layout.ABSENT
    error.asks = layout.ABSENT
    error.ident = layout.ABSENT
    error.seq = layout.ABSENT
    error.src_port = layout.ABSENT
    error.dst_port = layout.ABSENT
    error.query = layout.ABSENT


def read_quoted(buffer: bytearray, position: int, end: int, version: int, error: ErrorFrame) -> None:
    """The quoted packet: addresses, protocol, and what identifies it there."""
    packed = -1
    if (
        version == 4
        and end - position >= 20
        and octet(buffer, position) >> 4 == 4
        and (octet(buffer, position) & 15) >= 5
    ):
        packed = quoted_ipv4(buffer, position, error)
    elif version == 6 and end - position >= 40 and octet(buffer, position) >> 4 == 6:
        packed = quoted_ipv6(buffer, position, end, error)
    if packed >= 0:
        protocol = packed & 255
        position = packed >> 8
        if (version == 4 and protocol == protocols.ICMP) or (version == 6 and protocol == protocols.ICMPV6):
            quoted_icmp(buffer, position, end, version, error)
        elif protocol == protocols.TCP or protocol == protocols.UDP or protocol == protocols.SCTP:
            quoted_ports(buffer, position, end, protocol, error)


def quoted_ipv4(buffer: bytearray, position: int, error: ErrorFrame) -> int:
    """A quoted IPv4 header: position * 256 + protocol of its payload, or -1 of a later fragment."""
    protocol = octet(buffer, position + 9)
    error.is_quoted = True
    error.protocol = protocol
    error.ttl = octet(buffer, position + 8)
    error.src_high = 0
    error.src_low = layout.MAPPED | u32be(buffer, position + 12)
    error.dst_high = 0
    error.dst_low = layout.MAPPED | u32be(buffer, position + 16)
    if u16be(buffer, position + 6) & 0x1FFF:
        return -1
    return (position + (octet(buffer, position) & 15) * 4) * 256 + protocol


def quoted_ipv6(buffer: bytearray, position: int, end: int, error: ErrorFrame) -> int:
    """The same of a quoted IPv6 header, and those behind it."""
    error.is_quoted = True
    error.ttl = octet(buffer, position + 7)
    error.src_high = i64(buffer, position + 8)
    error.src_low = i64(buffer, position + 16)
    error.dst_high = i64(buffer, position + 24)
    error.dst_low = i64(buffer, position + 32)
    packed = upper_layer(buffer, position + 40, end, octet(buffer, position + 6))
    if packed >= 0:
        error.protocol = packed & 255
    return packed


def quoted_icmp(buffer: bytearray, position: int, end: int, version: int, error: ErrorFrame) -> None:
    """A quoted ICMP message: its type, of an echo also identifier and sequence number."""
    echo_request = protocols.ICMP_ECHO_REQUEST if version == 4 else protocols.ICMPV6_ECHO_REQUEST
    echo_reply = protocols.ICMP_ECHO_REPLY if version == 4 else protocols.ICMPV6_ECHO_REPLY
    if position + 1 <= end:
        error.asks = octet(buffer, position)
        if position + 8 <= end and (octet(buffer, position) == echo_request or octet(buffer, position) == echo_reply):
            error.ident = u16be(buffer, position + 4)
            error.seq = u16be(buffer, position + 6)


def quoted_ports(buffer: bytearray, position: int, end: int, protocol: int, error: ErrorFrame) -> None:
    """The ports of a quoted segment or datagram, of a DNS query also its identifier."""
    if position + 4 <= end:
        error.src_port = u16be(buffer, position)
        error.dst_port = u16be(buffer, position + 2)
        if protocol == protocols.UDP and u16be(buffer, position + 2) == protocols.DNS_PORT and position + 10 <= end:
            error.query = u16be(buffer, position + 8)


def emit_event_of_error(frame: Frame, error: ErrorFrame, event: int) -> int:
    """Write down the event of an error about a TCP segment, DNS query or echo request; returns the place of the next.

    It has one where it quotes as much as is needed to know the exchange.
    """
    request = protocols.ICMP_ECHO_REQUEST if frame.version == 4 else protocols.ICMPV6_ECHO_REQUEST
    kind = layout.ABSENT
    if error.meaning == 0:
        kind = layout.ABSENT
    elif error.protocol == protocols.TCP and error.dst_port >= 0:
        kind = layout.E_ICMP_ERROR | layout.E_CONNECT
        frame.events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (error.src_port << 16) | error.dst_port
    elif error.protocol == protocols.UDP and error.query >= 0:
        kind = layout.E_ICMP_ERROR | layout.E_QUERY
        frame.events[event + layout.E_IDENT_SEQ] = layout.QUERY | (error.src_port << 16) | error.query
    elif error.asks == request and error.seq >= 0:
        kind = layout.E_ICMP_ERROR
        frame.events[event + layout.E_IDENT_SEQ] = (error.ident << 16) | error.seq
    if kind < 0:
        return event
    frame.events[event + layout.E_NUMBER] = frame.number
    frame.events[event + layout.E_TIME] = frame.time
    frame.events[event + layout.E_GROUP] = frame.group
    frame.events[event + layout.E_KIND] = kind
    frame.events[event + layout.E_SRC_HIGH] = error.src_high
    frame.events[event + layout.E_SRC_LOW] = error.src_low
    frame.events[event + layout.E_DST_HIGH] = error.dst_high
    frame.events[event + layout.E_DST_LOW] = error.dst_low
    frame.events[event + layout.E_IP_ID] = layout.ABSENT
    frame.events[event + layout.E_TTL] = ttl_of(frame)
    frame.events[event + layout.E_POINT] = (frame.interface << 32) | (frame.ifindex + 1)
    code = error.code if error.code > 0 else 0
    frame.events[event + layout.E_ERROR] = (error.meaning << 16) | (error.icmp_type << 8) | code
    frame.events[event + layout.E_FROM_HIGH] = source_high(frame)
    frame.events[event + layout.E_FROM_LOW] = source_low(frame)
    frame.events[event + layout.E_MTU] = error.mtu
    return event + layout.EVENT_FIELDS


def ttl_of(frame: Frame) -> int:
    """The TTL or hop limit of a frame's innermost header."""
    return octet(frame.buffer, frame.header + 8) if frame.version == 4 else octet(frame.buffer, frame.header + 7)


def source_high(frame: Frame) -> int:
    """The upper half of the source address in a frame's innermost header."""
    return 0 if frame.version == 4 else i64(frame.buffer, frame.header + 8)


def source_low(frame: Frame) -> int:
    """Its lower half."""
    return (
        layout.MAPPED | u32be(frame.buffer, frame.header + 12)
        if frame.version == 4
        else i64(frame.buffer, frame.header + 16)
    )


def emit_error(frame: Frame, error: ErrorFrame, at: int) -> int:
    """Write down an error that ends an exchange, as it is counted, and return the place of the next."""
    if error.meaning == 0:
        return at
    frame.errors[at + layout.ERR_NUMBER] = frame.number
    frame.errors[at + layout.ERR_TIME] = frame.time
    frame.errors[at + layout.ERR_GROUP] = frame.group
    frame.errors[at + layout.ERR_POINT] = (frame.interface << 32) | (frame.ifindex + 1)
    frame.errors[at + layout.ERR_VERSION] = frame.version
    frame.errors[at + layout.ERR_TYPE] = error.icmp_type
    frame.errors[at + layout.ERR_CODE] = error.code
    frame.errors[at + layout.ERR_FROM_HIGH] = source_high(frame)
    frame.errors[at + layout.ERR_FROM_LOW] = source_low(frame)
    frame.errors[at + layout.ERR_MTU] = error.mtu
    frame.errors[at + layout.ERR_TTL] = ttl_of(frame)
    frame.errors[at + layout.ERR_PROTO] = error.protocol if error.is_quoted else layout.ABSENT
    frame.errors[at + layout.ERR_ASKS] = error.asks
    frame.errors[at + layout.ERR_IDENT] = error.ident
    frame.errors[at + layout.ERR_SEQ] = error.seq
    frame.errors[at + layout.ERR_SRC_HIGH] = error.src_high
    frame.errors[at + layout.ERR_SRC_LOW] = error.src_low
    frame.errors[at + layout.ERR_DST_HIGH] = error.dst_high
    frame.errors[at + layout.ERR_DST_LOW] = error.dst_low
    if frame.link == layout.LINK_PRINTED:
        blank_error(frame, at)
    return at + layout.ERROR_FIELDS


def blank_error(frame: Frame, at: int) -> None:
    """Make absent what the text of a printed frame does not hold."""
    if not frame.present & printed_layout.PRESENT_TTL:
        frame.errors[at + layout.ERR_TTL] = layout.ABSENT
    if not frame.present & printed_layout.PRESENT_CODE:
        frame.errors[at + layout.ERR_CODE] = layout.ABSENT
    if not frame.present & printed_layout.PRESENT_MTU:
        frame.errors[at + layout.ERR_MTU] = layout.ABSENT
    if not frame.present & printed_layout.PRESENT_QUOTE:
        frame.errors[at + layout.ERR_PROTO] = layout.ABSENT
        frame.errors[at + layout.ERR_ASKS] = layout.ABSENT
        frame.errors[at + layout.ERR_IDENT] = layout.ABSENT
        frame.errors[at + layout.ERR_SEQ] = layout.ABSENT
