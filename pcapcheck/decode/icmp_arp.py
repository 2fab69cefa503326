# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""The fields of a frame row that not every frame has: ARP, ICMP, neighbour discovery, quoted and outer datagrams.

Also which of them a printed frame has: those that the text told.

Sources: RFC 826 (ARP), RFC 2225 (ARP over ATM), RFC 791 (IPv4), RFC 8200 (IPv6), RFC 792 and 4443 (ICMP), RFC 4861
(neighbour discovery).

The loops run as plain Python or compiled by Cython with the C types in ``details.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture.octets import i64, mac, u16be, u32be
    from pcapcheck.capture.printed_layout import *
    from pcapcheck.decode.frame_layout import *


def decode_arp(buffer: bytearray, position: int, end: int, rows: array[int], capacity: int, row: int) -> None:
    """ARP (RFC 826), its addresses cut by the lengths that it declares; only Ethernet and IPv4 ones are kept.

    Of one whose lengths contradict its types only the opcode is kept: every kernel drops it.
    """
    if end - position < 8:
        return
    hardware = u16be(buffer, position)
    protocol = u16be(buffer, position + 2)
    hardware_size = buffer[position + 4]
    protocol_size = buffer[position + 5]
    rows[ARP_OPCODE * capacity + row] = u16be(buffer, position + 6)
    # Hardware types 1 (Ethernet) and 6 (IEEE 802) have six-byte addresses.
    ethernet = hardware == 1 or hardware == 6
    if (ethernet and hardware_size != 6) or (protocol == 0x0800 and protocol_size != 4):
        return
    macs = ethernet
    # Hardware type 19 (ATM) has a layout of its own (RFC 2225).
    addresses = protocol == 0x0800 and hardware != 19
    at = position + 8
    if macs and at + 6 <= end:
        rows[ARP_SRC_MAC * capacity + row] = mac(buffer, at)
    at = at + hardware_size
    if addresses and at + 4 <= end:
        rows[ARP_SRC_IP * capacity + row] = MAPPED | u32be(buffer, at)
    at = at + protocol_size
    if macs and at + 6 <= end:
        rows[ARP_DST_MAC * capacity + row] = mac(buffer, at)
    at = at + hardware_size
    if addresses and at + 4 <= end:
        rows[ARP_DST_IP * capacity + row] = MAPPED | u32be(buffer, at)


def upper_layer(buffer: bytearray, position: int, end: int, protocol: int) -> int:
    """Where the payload begins behind IPv6 extension headers: position * 256 + protocol, or -1 where it was cut.

    A fragment header stops the walk unless it begins the datagram; its caller has read it already.
    """
    while True:
        if protocol == 0 or protocol == 43 or protocol == 60:
            if position + 8 > end:
                return -1
            protocol = buffer[position]
            position = position + 8 + buffer[position + 1] * 8
        elif protocol == 51:
            if position + 8 > end:
                return -1
            protocol = buffer[position]
            position = position + 8 + buffer[position + 1] * 4
        elif protocol == 44:
            if position + 8 > end:
                return -1
            if (u16be(buffer, position + 2) & 0xFFF8) != 0:
                return -1
            protocol = buffer[position]
            position = position + 8
        else:
            break
        if position > end:
            return -1
    return position * 256 + protocol


def decode_quoted(
    buffer: bytearray, position: int, end: int, version: int, rows: array[int], capacity: int, row: int
) -> None:
    """The datagram quoted inside an ICMP error: addresses, protocol, and what identifies it there."""
    if version == 4:
        if end - position < 20 or buffer[position] >> 4 != 4:
            return
        header = (buffer[position] & 15) * 4
        if header < 20:
            return
        protocol = buffer[position + 9]
        rows[QUOTED_TTL * capacity + row] = buffer[position + 8]
        rows[QUOTED_SRC_HIGH * capacity + row] = 0
        rows[QUOTED_SRC_LOW * capacity + row] = MAPPED | u32be(buffer, position + 12)
        rows[QUOTED_DST_HIGH * capacity + row] = 0
        rows[QUOTED_DST_LOW * capacity + row] = MAPPED | u32be(buffer, position + 16)
        later = u16be(buffer, position + 6) & 0x1FFF
        position = position + header
        echo_request = 8
        echo_reply = 0
    else:
        if end - position < 40 or buffer[position] >> 4 != 6:
            return
        protocol = buffer[position + 6]
        rows[QUOTED_TTL * capacity + row] = buffer[position + 7]
        rows[QUOTED_SRC_HIGH * capacity + row] = i64(buffer, position + 8)
        rows[QUOTED_SRC_LOW * capacity + row] = i64(buffer, position + 16)
        rows[QUOTED_DST_HIGH * capacity + row] = i64(buffer, position + 24)
        rows[QUOTED_DST_LOW * capacity + row] = i64(buffer, position + 32)
        rows[HAS * capacity + row] |= HAS_QUOTED
        packed = upper_layer(buffer, position + 40, end, protocol)
        if packed < 0:
            return
        later = 0
        protocol = packed & 255
        position = packed >> 8
        echo_request = 128
        echo_reply = 129
    rows[HAS * capacity + row] |= HAS_QUOTED
    rows[QUOTED_PROTO * capacity + row] = protocol
    if later:
        return
    if (version == 4 and protocol == 1) or (version == 6 and protocol == 58):
        if position + 1 <= end:
            rows[QUOTED_TYPE * capacity + row] = buffer[position]
            if position + 8 <= end and (buffer[position] == echo_request or buffer[position] == echo_reply):
                rows[QUOTED_IDENT * capacity + row] = u16be(buffer, position + 4)
                rows[QUOTED_SEQ * capacity + row] = u16be(buffer, position + 6)
    elif (protocol == 6 or protocol == 17 or protocol == 132) and position + 4 <= end:
        rows[QUOTED_SRC_PORT * capacity + row] = u16be(buffer, position)
        rows[QUOTED_DST_PORT * capacity + row] = u16be(buffer, position + 2)
        if protocol == 17 and u16be(buffer, position + 2) == DNS_PORT and position + 10 <= end:
            rows[QUOTED_QUERY * capacity + row] = u16be(buffer, position + 8)


def decode_icmp(buffer: bytearray, position: int, end: int, rows: array[int], capacity: int, row: int) -> None:
    """ICMP (RFC 792): type, code, identifier and sequence number where the type has them, the quoted datagram."""
    if position + 1 > end:
        return
    kind = buffer[position]
    rows[ICMP_TYPE * capacity + row] = kind
    if position + 2 <= end:
        rows[ICMP_CODE * capacity + row] = buffer[position + 1]
    if kind == 0 or kind == 8 or 13 <= kind <= 18:
        if position + 6 <= end:
            rows[ICMP_IDENT * capacity + row] = u16be(buffer, position + 4)
        if position + 8 <= end:
            rows[ICMP_SEQ * capacity + row] = u16be(buffer, position + 6)
    elif kind == 3 or kind == 4 or kind == 5 or kind == 11 or kind == 12:
        if kind == 3 and position + 8 <= end and buffer[position + 1] == 4:
            rows[ICMP_MTU * capacity + row] = u16be(buffer, position + 6)
        decode_quoted(buffer, position + 8, end, 4, rows, capacity, row)


def decode_icmpv6(buffer: bytearray, position: int, end: int, rows: array[int], capacity: int, row: int) -> None:
    """ICMPv6 (RFC 4443) and neighbour solicitation and advertisement (RFC 4861, sections 4.3 and 4.4)."""
    if position + 1 > end:
        return
    kind = buffer[position]
    rows[ICMP_TYPE * capacity + row] = kind
    if position + 2 <= end:
        rows[ICMP_CODE * capacity + row] = buffer[position + 1]
    if kind == 128 or kind == 129:
        if position + 6 <= end:
            rows[ICMP_IDENT * capacity + row] = u16be(buffer, position + 4)
        if position + 8 <= end:
            rows[ICMP_SEQ * capacity + row] = u16be(buffer, position + 6)
    elif 1 <= kind <= 4:
        if kind == 2 and position + 8 <= end:
            rows[ICMP_MTU * capacity + row] = u32be(buffer, position + 4)
        decode_quoted(buffer, position + 8, end, 6, rows, capacity, row)
    elif kind == 135 or kind == 136:
        if position + 24 > end:
            return
        rows[ND_TARGET_HIGH * capacity + row] = i64(buffer, position + 8)
        rows[ND_TARGET_LOW * capacity + row] = i64(buffer, position + 16)
        rows[HAS * capacity + row] |= HAS_TARGET
        # Option 1 of a solicitation is the asker's link address, option 2 of an advertisement the target's.
        wanted = kind - 134
        option = position + 24
        while option + 8 <= end:
            size = buffer[option + 1] * 8
            if size == 0:
                break
            if buffer[option] == wanted and size == 8:
                rows[ND_MAC * capacity + row] = mac(buffer, option + 2)
                break
            option = option + size


def error_class(family: int, kind: int, code: int) -> int:
    """What an ICMP error says to whoever waits for a reply; 0 where it does not end an exchange."""
    if family == 4:
        if kind == 3:
            return TOO_BIG if code == 4 else UNREACHABLE
        if kind == 11:
            return EXCEEDED
        return OTHER_ERROR if kind == 12 else 0
    if kind == 1:
        return UNREACHABLE
    if kind == 2:
        return TOO_BIG
    if kind == 3:
        return EXCEEDED
    return OTHER_ERROR if kind == 4 else 0


def refuses(rows: array[int], capacity: int, row: int, family: int) -> bool:
    """Whether a row is an ICMP error about a TCP segment, DNS query or echo request, quoted as far as is needed."""
    if error_class(family, rows[ICMP_TYPE * capacity + row], rows[ICMP_CODE * capacity + row]) == 0:
        return False
    if rows[QUOTED_PROTO * capacity + row] == 6:
        return rows[QUOTED_DST_PORT * capacity + row] >= 0
    if rows[QUOTED_PROTO * capacity + row] == 17:
        return rows[QUOTED_QUERY * capacity + row] >= 0
    request = 8 if family == 4 else 128
    return rows[QUOTED_TYPE * capacity + row] == request and rows[QUOTED_SEQ * capacity + row] >= 0


def event_of_error(rows: array[int], capacity: int, row: int, family: int, events: array[int], event: int) -> None:
    """The event of such a row."""
    kind = rows[ICMP_TYPE * capacity + row]
    code = rows[ICMP_CODE * capacity + row]
    events[event + E_NUMBER] = rows[NUMBER * capacity + row]
    events[event + E_TIME] = rows[TIME * capacity + row]
    events[event + E_GROUP] = rows[GROUP * capacity + row]
    events[event + E_KIND] = E_REFUSED
    events[event + E_SRC_HIGH] = rows[QUOTED_SRC_HIGH * capacity + row]
    events[event + E_SRC_LOW] = rows[QUOTED_SRC_LOW * capacity + row]
    events[event + E_DST_HIGH] = rows[QUOTED_DST_HIGH * capacity + row]
    events[event + E_DST_LOW] = rows[QUOTED_DST_LOW * capacity + row]
    events[event + E_IDENT_SEQ] = (rows[QUOTED_IDENT * capacity + row] << 16) | rows[QUOTED_SEQ * capacity + row]
    if rows[QUOTED_PROTO * capacity + row] == 6:
        ports = (rows[QUOTED_SRC_PORT * capacity + row] << 16) | rows[QUOTED_DST_PORT * capacity + row]
        events[event + E_KIND] = E_REFUSED | E_CONNECT
        events[event + E_IDENT_SEQ] = CONNECTION | ports
    elif rows[QUOTED_PROTO * capacity + row] == 17:
        ports = (rows[QUOTED_SRC_PORT * capacity + row] << 16) | rows[QUOTED_QUERY * capacity + row]
        events[event + E_KIND] = E_REFUSED | E_QUERY
        events[event + E_IDENT_SEQ] = QUERY | ports
    events[event + E_IP_ID] = ABSENT
    events[event + E_TTL] = rows[IP_TTL * capacity + row]
    events[event + E_POINT] = (rows[INTERFACE * capacity + row] << 32) | (rows[IFINDEX * capacity + row] + 1)
    events[event + E_ERROR] = (error_class(family, kind, code) << 16) | (kind << 8) | (code if code > 0 else 0)
    events[event + E_FROM_HIGH] = rows[IP_SRC_HIGH * capacity + row]
    events[event + E_FROM_LOW] = rows[IP_SRC_LOW * capacity + row]
    events[event + E_MTU] = rows[ICMP_MTU * capacity + row]


def question_of(buffer: bytearray, position: int, end: int) -> int:
    """A hash of the question that begins here: name, type and class (RFC 1035, section 4.1.2); never 0.

    Case does not count: resolvers play with it (draft-vixie-dnsext-dns0x20). What was cut is cut in the answer too.
    """
    stop = position
    while stop < end and buffer[stop] != 0:
        stop = stop + 1 + buffer[stop]
    if stop > end:
        stop = end
    mixed = MULTIPLY
    while position + 8 <= stop:
        mixed = ((mixed ^ (i64(buffer, position) | SMALL_LETTERS)) * MULTIPLY) & LONG
        mixed = mixed ^ (mixed >> 29)
        position = position + 8
    while position < stop:
        mixed = ((mixed ^ (buffer[position] | 32)) * MULTIPLY) & LONG
        position = position + 1
    if stop + 5 <= end:
        mixed = mixed ^ (mixed >> 29) ^ u32be(buffer, stop + 1)
        mixed = (mixed * MULTIPLY) & LONG
    return (mixed >> 2) | 1


def query(
    buffer: bytearray, payload: int, end: int, events: array[int], event: int, number: int, time: int, group: int
) -> bool:
    """The event of a UDP datagram that is a DNS query or a response to one (RFC 1035, section 4.1.1); False of others.

    ``payload`` is where the UDP header begins. A message cut behind its identifier is told by the ports alone.
    """
    asks = u16be(buffer, payload + 2) == DNS_PORT
    if (not asks and u16be(buffer, payload) != DNS_PORT) or payload + 10 > end:
        return False
    question = 0
    code = ABSENT
    if payload + 12 <= end:
        flags = u16be(buffer, payload + 10)
        # Where both ports are those of DNS, as between servers, only the message tells.
        if asks == (flags >> 15) and u16be(buffer, payload) != u16be(buffer, payload + 2):
            return False
        asks = flags >> 15 == 0
        # Notifications and updates are something else.
        if (flags >> 11) & 15:
            return False
        code = flags & 15
    if payload + 20 < end and u16be(buffer, payload + 12) > 0:
        question = question_of(buffer, payload + 20, end)
    elif asks and payload + 20 <= end:
        return False
    events[event + E_NUMBER] = number
    events[event + E_TIME] = time
    events[event + E_GROUP] = group
    events[event + E_KIND] = (E_REQUEST if asks else E_REPLY) | E_QUERY
    port = u16be(buffer, payload if asks else payload + 2)
    events[event + E_IDENT_SEQ] = QUERY | (port << 16) | u16be(buffer, payload + 8)
    events[event + E_RCODE] = code
    events[event + E_QUESTION] = question
    return True


def outer_addresses(buffer: bytearray, position: int, version: int, rows: array[int], capacity: int, row: int) -> None:
    """The addresses of the outermost IP header of a datagram that carries another."""
    rows[HAS * capacity + row] |= HAS_OUTER
    if version == 4:
        rows[OUTER_SRC_HIGH * capacity + row] = 0
        rows[OUTER_SRC_LOW * capacity + row] = MAPPED | u32be(buffer, position + 12)
        rows[OUTER_DST_HIGH * capacity + row] = 0
        rows[OUTER_DST_LOW * capacity + row] = MAPPED | u32be(buffer, position + 16)
    else:
        rows[OUTER_SRC_HIGH * capacity + row] = i64(buffer, position + 8)
        rows[OUTER_SRC_LOW * capacity + row] = i64(buffer, position + 16)
        rows[OUTER_DST_HIGH * capacity + row] = i64(buffer, position + 24)
        rows[OUTER_DST_LOW * capacity + row] = i64(buffer, position + 32)


def find_fragment(buffer: bytearray, position: int, end: int, protocol: int) -> int:
    """Where the IPv6 fragment header stands behind others (RFC 8200, section 4.5); -1 where there is none."""
    while position + 8 <= end:
        if protocol == 44:
            return position
        if protocol != 0 and protocol != 43 and protocol != 60:
            return -1
        protocol = buffer[position]
        position = position + 8 + buffer[position + 1] * 8
    return -1


def cut_short(
    buffer: bytearray,
    captured: int,
    carries: int,
    ethertype: int,
    version: int,
    protocol: int,
    header: int,
    payload: int,
    fragment: int,
    end: int,
) -> int:
    """What a frame that was cut at ``end`` may have been: a packet that cannot be known again, a question for a MAC.

    Bits of G_HOLDS. ``header`` is the innermost IP header that was reached, ``payload`` -1 where it has none.
    """
    if carries == ARP:
        return CUT_ARP if header + 28 > end else 0
    if carries == ND:
        # As far as the target (RFC 4861, section 4.3).
        return CUT_ARP if payload + 24 > end else 0
    if carries == OTHER and ethertype < 0:
        # Of more bytes than these, an IEEE 802.3 length without a SNAP header makes it nobody's packet.
        return CUT_PACKET | CUT_ARP if captured < 22 else 0
    if ethertype == 0x8100 or ethertype == 0x88A8 or ethertype == 0x9100 or ethertype == 0x9200:
        return CUT_PACKET | CUT_ARP
    if payload < 0:
        if version == 4 or (ethertype == 0x0800 and header >= end):
            return CUT_PACKET
        if version == 6 and header + 40 <= end and find_fragment(buffer, header + 40, end, buffer[header + 6]) >= 0:
            return 0
        return CUT_PACKET | CUT_ARP if version == 6 or (ethertype == 0x86DD and header >= end) else 0
    if fragment != 0:
        return 0
    if protocol == 58 and payload >= end:
        return CUT_PACKET | CUT_ARP
    if protocol == 6:
        needed = 14
    elif protocol == 4:
        needed = 20
    elif protocol == 41:
        needed = 40
    elif protocol == 17 and payload + 4 <= end and u16be(buffer, payload + 2) == VXLAN_PORT:
        # An Ethernet and an IPv6 header behind eight bytes each of UDP and VXLAN.
        needed = 70
    elif protocol == 1 or protocol == 17 or protocol == 58 or protocol == 132:
        needed = 8
    else:
        needed = 0
    return CUT_PACKET if payload + needed > end else 0


def decode_fragment_header(
    buffer: bytearray, position: int, end: int, protocol: int, rows: array[int], capacity: int, row: int
) -> None:
    """The IPv6 fragment header (RFC 8200, section 4.5), where the datagram has one."""
    position = find_fragment(buffer, position, end, protocol)
    if position >= 0:
        rows[IP_PROTO * capacity + row] = buffer[position]
        rows[IP_ID * capacity + row] = u32be(buffer, position + 4)
        rows[IP_FRAGMENT * capacity + row] = u16be(buffer, position + 2) & 0xFFF8
        rows[IP_MF * capacity + row] = buffer[position + 3] & 1


def blank_event(present: int, events: array[int], event: int) -> None:
    """Make absent what the text of a printed frame does not hold of an echo."""
    if not present & PRESENT_ID:
        events[event + E_IP_ID] = ABSENT
    if not present & PRESENT_TTL:
        events[event + E_TTL] = ABSENT
    if not present & PRESENT_IDENT:
        events[event + E_IDENT_SEQ] |= UNTOLD_IDENT


def blank_row(buffer: bytearray, start: int, rows: array[int], capacity: int, row: int) -> None:
    """Make absent what the text of a printed frame, whose header begins at ``start``, does not hold."""
    present = u32be(buffer, start + P_PRESENT)
    length = u32be(buffer, start + P_LENGTH)
    rows[CAPTURED * capacity + row] = ABSENT
    rows[LENGTH * capacity + row] = length if length > 0 else ABSENT
    if rows[ETH_SRC * capacity + row] >= NO_MAC:
        rows[ETH_SRC * capacity + row] = ABSENT
    if not present & PRESENT_TTL:
        rows[IP_TTL * capacity + row] = ABSENT
    if not present & PRESENT_QUOTE:
        rows[HAS * capacity + row] -= rows[HAS * capacity + row] & HAS_QUOTED
        rows[QUOTED_PROTO * capacity + row] = ABSENT
        rows[QUOTED_TTL * capacity + row] = ABSENT
        rows[QUOTED_TYPE * capacity + row] = ABSENT
        rows[QUOTED_IDENT * capacity + row] = ABSENT
        rows[QUOTED_SEQ * capacity + row] = ABSENT
    if not present & PRESENT_ID:
        rows[IP_ID * capacity + row] = ABSENT
    if not present & PRESENT_DF:
        rows[IP_DF * capacity + row] = ABSENT
    if not present & PRESENT_FRAGMENT:
        rows[IP_FRAGMENT * capacity + row] = ABSENT
    if not present & PRESENT_MF:
        rows[IP_MF * capacity + row] = ABSENT
    if not present & PRESENT_LENGTH:
        rows[IP_LENGTH * capacity + row] = ABSENT
    if not present & PRESENT_PROTO:
        rows[IP_PROTO * capacity + row] = ABSENT
    if not present & PRESENT_CODE:
        rows[ICMP_CODE * capacity + row] = ABSENT
    if not present & PRESENT_MTU:
        rows[ICMP_MTU * capacity + row] = ABSENT
    if not present & PRESENT_IDENT:
        rows[ICMP_IDENT * capacity + row] = ABSENT
    if not present & PRESENT_SRC_PORT:
        rows[SRC_PORT * capacity + row] = ABSENT
    if not present & PRESENT_DST_PORT:
        rows[DST_PORT * capacity + row] = ABSENT
    if not present & PRESENT_INNER:
        rows[INNER_ETH_SRC * capacity + row] = ABSENT
        rows[INNER_ETH_DST * capacity + row] = ABSENT
    if not present & PRESENT_SENDER_MAC:
        rows[ARP_SRC_MAC * capacity + row] = ABSENT
    if not present & PRESENT_SENDER_IP:
        rows[ARP_SRC_IP * capacity + row] = ABSENT
    if not present & PRESENT_TARGET_MAC:
        rows[ARP_DST_MAC * capacity + row] = ABSENT
    if not present & PRESENT_TARGET_IP:
        rows[ARP_DST_IP * capacity + row] = ABSENT
