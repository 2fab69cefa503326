# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Decode frames: record batch in, frame rows and frame groups out.

Every frame is counted in its *group*: the frames alike in capture point, link addresses, direction, what they
carry and what their TTL says. What the pairing of echoes needs is written down as an *event*. A *row* with all fields
is written only for frames that somebody reads: ARP, neighbour discovery and ICMP errors, or all where ``keep_all`` is
set. A field that was not captured stays ABSENT.

Sources: IEEE 802.3 and 802.1Q, tcpdump.org's LINKTYPE_LINUX_SLL and _SLL2, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293
(TCP flags), RFC 2003 (IP in IP), RFC 7348 (VXLAN).

The loops run as plain Python or compiled by Cython with the C types in ``frame.pxd``.
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
    from pcapcheck.capture.scan_layout import ABSENT_TIME
    from pcapcheck.capture.scan_layout import CAPTURED as R_CAPTURED
    from pcapcheck.capture.scan_layout import DIRECTION as R_DIRECTION
    from pcapcheck.capture.scan_layout import FIELDS as R_FIELDS
    from pcapcheck.capture.scan_layout import INTERFACE as R_INTERFACE
    from pcapcheck.capture.scan_layout import LENGTH as R_LENGTH
    from pcapcheck.capture.scan_layout import OFFSET as R_OFFSET
    from pcapcheck.capture.scan_layout import TIME as R_TIME
    from pcapcheck.decode.frame_layout import *
    from pcapcheck.decode.icmp_arp import (
        blank_event,
        blank_row,
        cut_short,
        decode_arp,
        decode_fragment_header,
        decode_icmp,
        decode_icmpv6,
        event_of_error,
        find_fragment,
        outer_addresses,
        query,
        refuses,
        upper_layer,
    )
    from pcapcheck.decode.sighting import find_flow, identify


def ttl_says(ttl: int) -> int:
    """Whether a TTL is one that hosts begin with (64, 128, 255) or lies within 31 hops below one."""
    if ttl == 64 or ttl == 128 or ttl == 255:
        return TTL_ORIGINAL
    if 33 <= ttl < 64 or 97 <= ttl < 128 or 224 <= ttl < 255:
        return TTL_DECREMENTED
    return TTL_SILENT


def is_multicast(
    groups: array[int], group: int, interface: int, ifindex: int, source: int, destination: int, kind: int
) -> bool:
    """Whether a group has this key. Group 0, which takes what finds no room, never does."""
    row = group * GROUP_FIELDS
    return (
        group > 0
        and groups[row + G_SRC] == source
        and groups[row + G_DST] == destination
        and groups[row + G_KIND] == kind
        and groups[row + G_INTERFACE] == interface
        and groups[row + G_IFINDEX] == ifindex
    )


def find_group(
    groups: array[int],
    slots: array[int],
    mask: int,
    limit: int,
    state: array[int],
    interface: int,
    ifindex: int,
    source: int,
    destination: int,
    kind: int,
) -> int:
    """The group with this key, made if it is new; group 0 takes what finds no room."""
    mixed = source ^ (destination * 31) ^ (kind << 7) ^ (interface << 17) ^ (ifindex << 27)
    mixed = mixed ^ (mixed >> 29) ^ (mixed >> 13)
    slot = mixed & mask
    while True:
        group = slots[slot]
        if group < 0:
            break
        if is_multicast(groups, group, interface, ifindex, source, destination, kind):
            return group
        slot = (slot + 1) & mask
    group = state[S_GROUPS]
    if group >= limit:
        return 0
    state[S_GROUPS] = group + 1
    slots[slot] = group
    row = group * GROUP_FIELDS
    groups[row + G_INTERFACE] = interface
    groups[row + G_IFINDEX] = ifindex
    groups[row + G_SRC] = source
    groups[row + G_DST] = destination
    groups[row + G_KIND] = kind
    return group


def is_control(kind: int) -> bool:
    """Whether an ICMPv6 type belongs to neighbour discovery or multicast listener discovery."""
    return 130 <= kind <= 137 or kind == 143 or 151 <= kind <= 153


def fill_event(
    buffer: bytearray,
    payload: int,
    events: array[int],
    event: int,
    number: int,
    time: int,
    group: int,
) -> None:
    """What requests and replies of both families have alike."""
    events[event + E_NUMBER] = number
    events[event + E_TIME] = time
    events[event + E_GROUP] = group
    events[event + E_IDENT_SEQ] = u32be(buffer, payload + 4)


def fill_datagram(buffer: bytearray, version: int, header: int, events: array[int], event: int) -> None:
    """What the IP header says of one."""
    if version == 4:
        events[event + E_SIZE] = u16be(buffer, header + 2)
        events[event + E_IP_ID] = u16be(buffer, header + 4)
        events[event + E_TTL] = buffer[header + 8]
        events[event + E_SRC_HIGH] = 0
        events[event + E_SRC_LOW] = MAPPED | u32be(buffer, header + 12)
        events[event + E_DST_HIGH] = 0
        events[event + E_DST_LOW] = MAPPED | u32be(buffer, header + 16)
    else:
        events[event + E_SIZE] = 40 + u16be(buffer, header + 4)
        events[event + E_IP_ID] = ABSENT
        events[event + E_TTL] = buffer[header + 7]
        events[event + E_SRC_HIGH] = i64(buffer, header + 8)
        events[event + E_SRC_LOW] = i64(buffer, header + 16)
        events[event + E_DST_HIGH] = i64(buffer, header + 24)
        events[event + E_DST_LOW] = i64(buffer, header + 32)


def connect(
    buffer: bytearray,
    payload: int,
    events: array[int],
    event: int,
    number: int,
    time: int,
    group: int,
    flags: int,
) -> None:
    """A segment with SYN or RST: only a SYN by itself asks."""
    fill_event(buffer, payload, events, event, number, time, group)
    src_port = u16be(buffer, payload)
    dst_port = u16be(buffer, payload + 2)
    if flags & (SYN | RST | ACK) == SYN:
        events[event + E_KIND] = E_REQUEST | E_CONNECT
        events[event + E_IDENT_SEQ] = CONNECTION | (src_port << 16) | dst_port
    else:
        events[event + E_KIND] = E_REPLY | E_CONNECT
        events[event + E_IDENT_SEQ] = CONNECTION | (dst_port << 16) | src_port


def datagram_end(buffer: bytearray, version: int, header: int, wire_end: int) -> int:
    """Where a datagram ends by its own header; where that does not tell, as of large segments, by the frame."""
    if version == 4:
        total = u16be(buffer, header + 2)
        return header + total if total >= 20 else wire_end
    total = u16be(buffer, header + 4)
    return header + 40 + total if total else wire_end


def segment(
    buffer: bytearray,
    version: int,
    protocol: int,
    header: int,
    payload: int,
    payload_end: int,
    wire_end: int,
    numbered: bool,
    segments: array[int],
    at: int,
) -> bool:
    """What a conversation is told of a packet of TCP, UDP or SCTP; False where too little of it is there.

    DNS has its own table. Without its numbers (``numbered``), as texts may lack them, TCP's data is not known again.
    """
    if payload + 8 > payload_end:
        return False
    size = 0
    flags = 0
    seq = 0
    ack = 0
    if protocol == TCP:
        if not numbered or payload + 16 > payload_end:
            return False
        size = datagram_end(buffer, version, header, wire_end) - payload - (buffer[payload + 12] >> 4) * 4
        flags = buffer[payload + 13] & 63
        seq = u32be(buffer, payload + 4)
        ack = u32be(buffer, payload + 8)
        if u16be(buffer, payload + 14) == 0:
            ack = ack | CLOSED
    elif protocol == UDP:
        if u16be(buffer, payload) == DNS_PORT or u16be(buffer, payload + 2) == DNS_PORT:
            return False
        size = u16be(buffer, payload + 4) - 8
    elif protocol == SCTP:
        if payload + 13 > payload_end:
            return False
        flags = buffer[payload + 12] & 127
    if size < 0:
        size = 0
    segments[at + T_PORTS] = (protocol << 32) | u32be(buffer, payload)
    segments[at + T_SIZE] = (size << 16) | flags
    segments[at + T_SEQ] = seq
    segments[at + T_ACK] = ack
    if version == 4:
        segments[at + T_SRC_HIGH] = 0
        segments[at + T_SRC_LOW] = MAPPED | u32be(buffer, header + 12)
        segments[at + T_DST_HIGH] = 0
        segments[at + T_DST_LOW] = MAPPED | u32be(buffer, header + 16)
    else:
        segments[at + T_SRC_HIGH] = i64(buffer, header + 8)
        segments[at + T_SRC_LOW] = i64(buffer, header + 16)
        segments[at + T_DST_HIGH] = i64(buffer, header + 24)
        segments[at + T_DST_LOW] = i64(buffer, header + 32)
    return True


def segment_of_error(rows: array[int], capacity: int, row: int, segments: array[int], at: int) -> bool:
    """What a conversation is told of a row that is an ICMP error about one of its packets; False of other rows."""
    protocol = rows[QUOTED_PROTO * capacity + row]
    if (protocol != TCP and protocol != UDP and protocol != SCTP) or rows[QUOTED_DST_PORT * capacity + row] < 0:
        return False
    ports = (rows[QUOTED_SRC_PORT * capacity + row] << 16) | rows[QUOTED_DST_PORT * capacity + row]
    segments[at + T_PORTS] = (protocol << 32) | ports
    segments[at + T_SIZE] = T_ERROR
    segments[at + T_SRC_HIGH] = rows[QUOTED_SRC_HIGH * capacity + row]
    segments[at + T_SRC_LOW] = rows[QUOTED_SRC_LOW * capacity + row]
    segments[at + T_DST_HIGH] = rows[QUOTED_DST_HIGH * capacity + row]
    segments[at + T_DST_LOW] = rows[QUOTED_DST_LOW * capacity + row]
    return True


def place_segment(segments: array[int], at: int, number: int, time: int, group: int, point: int) -> int:
    """Say where a segment was seen, and return where the next goes."""
    segments[at + T_FRAME] = (number << 16) | group
    segments[at + T_TIME] = time
    segments[at + T_POINT] = point
    return at + SEGMENT_FIELDS


def begins_ip(buffer: bytearray, position: int, end: int, ethertype: int) -> bool:
    """Whether a whole IP header begins here, of the version that the ethertype says."""
    if ethertype == 0x0800:
        return position + 20 <= end and buffer[position] >> 4 == 4 and (buffer[position] & 15) >= 5
    return ethertype == 0x86DD and position + 40 <= end and buffer[position] >> 4 == 6


def decode_frames(
    buffer: bytearray,
    records: array[int],
    count: int,
    first_number: int,
    links: array[int],
    since: int,
    until: int,
    keep_all: bool,
    groups: array[int],
    slots: array[int],
    limit: int,
    rows: array[int],
    capacity: int,
    events: array[int],
    follow: bool,
    sample: int,
    flows: array[int],
    flow_slots: array[int],
    flow_limit: int,
    sightings: array[int],
    segments: array[int],
    state: array[int],
) -> None:
    """Decode the records from ``state[S_RECORD]`` on, until all are done or the rows are full.

    ``links`` has two numbers per interface: the link type as in ``frame_layout`` and the length of the frame check
    sequence. ``events``, ``segments`` and ``sightings`` have room for one per record; sightings are written down only
    where ``follow``, and only those whose loose key has no bit of ``sample``. Frames before ``since`` or from ``until``
    on (nanoseconds) are passed over.
    """
    with cython.nogil:
        row = 0
        event = 0
        sighting = 0
        talk = 0
        record = state[S_RECORD]
        mask = len(slots) - 1
        latest = 0
        before = 0
        present = 0
        while record < count and row < capacity:
            entry = record * R_FIELDS
            start = records[entry + R_OFFSET]
            captured = records[entry + R_CAPTURED]
            length = records[entry + R_LENGTH]
            time = records[entry + R_TIME]
            interface = records[entry + R_INTERFACE]
            direction = records[entry + R_DIRECTION]
            number = first_number + record
            record = record + 1
            if time < since or time >= until:
                if time != ABSENT_TIME:
                    continue
            link = links[interface * 2]
            end = start + captured
            trailer = links[interface * 2 + 1]
            if captured == length and captured >= trailer:
                end = end - trailer
            source = -1
            destination = -1
            ethertype = -1
            ifindex = -1
            vlan = -1
            cast = -1
            position = start
            if link == LINK_ETHERNET:
                if start + 12 <= end:
                    destination = mac(buffer, start)
                    source = mac(buffer, start + 6)
                    position = start + 14
                    if position <= end:
                        ethertype = u16be(buffer, start + 12)
                elif start + 6 <= end:
                    destination = mac(buffer, start)
            elif link == LINK_COOKED:
                if start + 16 <= end:
                    packet_type = u16be(buffer, start)
                    direction = 1 if packet_type == 4 else 0
                    if packet_type < 4:
                        cast = TO_MANY if packet_type == 1 or packet_type == 2 else TO_ONE
                    if u16be(buffer, start + 4) == 6:
                        source = mac(buffer, start + 6)
                    ethertype = u16be(buffer, start + 14)
                    position = start + 16
            elif link == LINK_COOKED2:
                if start + 20 <= end:
                    ethertype = u16be(buffer, start)
                    ifindex = u32be(buffer, start + 4)
                    packet_type = buffer[start + 10]
                    direction = 1 if packet_type == 4 else 0
                    if packet_type < 4:
                        cast = TO_MANY if packet_type == 1 or packet_type == 2 else TO_ONE
                    if buffer[start + 11] == 6:
                        source = mac(buffer, start + 12)
                    position = start + 20
            elif link == LINK_RAW:
                if start < end:
                    ethertype = 0x86DD if buffer[start] >> 4 == 6 else 0x0800
            elif link == LINK_NULL or link == LINK_LOOP:
                if start + 4 <= end:
                    # LOOP is in network order, NULL in that of the recorder: a family fits in one byte either way.
                    family = buffer[start] | buffer[start + 3]
                    position = start + 4
                    if family == 2:
                        ethertype = 0x0800
                    elif family == 10 or family == 24 or family == 28 or family == 30:
                        ethertype = 0x86DD
            elif link == LINK_PRINTED:
                if start + PRINTED_BYTES <= end:
                    present = u32be(buffer, start + P_PRESENT)
                    ifindex = u32be(buffer, start + P_IFINDEX)
                    ifindex = ifindex - 1
                    source = i64(buffer, start + P_SENDER)
                    destination = i64(buffer, start + P_DESTINATION)
                    ethertype = u16be(buffer, start + P_ETHERTYPE)
                    if ethertype == 0:
                        ethertype = -1
                    vlan = u16be(buffer, start + P_VLAN)
                    vlan = vlan - 1
                    if present & PRESENT_CAST:
                        cast = TO_MANY if present & PRESENT_MANY else TO_ONE
                    position = start + PRINTED_BYTES
            if destination >= 0:
                cast = TO_MANY if (destination >> 40) & 1 else TO_ONE
            while True:
                if ethertype == 0x8100 or ethertype == 0x88A8 or ethertype == 0x9100 or ethertype == 0x9200:
                    if position + 4 > end:
                        break
                    vlan = u16be(buffer, position) & 0xFFF
                    ethertype = u16be(buffer, position + 2)
                    position = position + 4
                elif link == LINK_ETHERNET and 0 <= ethertype <= 1500:
                    # IEEE 802.3 length, also behind a tag; LLC with a SNAP header names an ethertype again (RFC 1042).
                    ethertype = -1
                    if (
                        position + 8 <= end
                        and buffer[position] == 0xAA
                        and buffer[position + 1] == 0xAA
                        and buffer[position + 2] == 3
                        and buffer[position + 3] == 0
                        and buffer[position + 4] == 0
                        and buffer[position + 5] == 0
                    ):
                        ethertype = u16be(buffer, position + 6)
                        position = position + 8
                else:
                    break

            carries = OTHER
            says = TTL_SILENT
            encap = PLAIN
            vni = -1
            inner_source = -1
            inner_destination = -1
            # The outermost IP header begins at ``position``, the innermost that can be read at ``header``.
            header = position
            carried = ethertype
            payload_end = end
            outer_version = 0
            outer_payload = -1
            depth = 0
            if link == 0:
                carries = UNDECODED
                carried = -1
                state[S_UNDECODED] = state[S_UNDECODED] + 1
            elif ethertype == 0x0806:
                carries = ARP
            while True:
                version = 0
                payload = -1
                protocol = -1
                fragment = 0
                within = payload_end
                if carried == 0x0800:
                    if header < within and buffer[header] >> 4 == 4 and (buffer[header] & 15) >= 5:
                        version = 4
                        if header + 20 <= within:
                            protocol = buffer[header + 9]
                            if depth == 0:
                                says = ttl_says(buffer[header + 8])
                                first = buffer[header + 16]
                                if 224 <= first < 240 or u32be(buffer, header + 16) == LIMITED_BROADCAST:
                                    carries = MULTICAST
                                else:
                                    carries = UNICAST
                            total = u16be(buffer, header + 2)
                            # A total length of 0 is a large segment handed down to be cut by the card (TSO).
                            if total >= (buffer[header] & 15) * 4 and header + total < within:
                                payload_end = header + total
                            fragment = (u16be(buffer, header + 6) & 0x1FFF) * 8
                            payload = header + (buffer[header] & 15) * 4
                elif carried == 0x86DD:
                    if header < within and buffer[header] >> 4 == 6:
                        version = 6
                        if header + 40 <= within:
                            protocol = buffer[header + 6]
                            if depth == 0:
                                says = ttl_says(buffer[header + 7])
                                carries = MULTICAST if buffer[header + 24] == 0xFF else UNICAST
                            total = u16be(buffer, header + 4) + 40
                            # A payload length of 0 is a jumbogram, a large segment to be cut by the card, or nothing.
                            if total == 40 and (protocol == 0 or protocol == 6 or protocol == 17):
                                total = within - header
                            if header + total < within:
                                payload_end = header + total
                            packed = upper_layer(buffer, header + 40, payload_end, protocol)
                            if packed >= 0:
                                payload = packed >> 8
                                protocol = packed & 255
                                if (
                                    depth == 0
                                    and protocol == 58
                                    and payload < payload_end
                                    and is_control(buffer[payload])
                                ):
                                    carries = ND
                if depth == 0:
                    outer_version = version
                    outer_payload = payload
                if (protocol != 17 and protocol != 4 and protocol != 41) or payload < 0 or fragment != 0:
                    break
                if depth == DEEPEST:
                    break
                if protocol != 17:
                    inside = 0x0800 if protocol == 4 else 0x86DD
                    if not begins_ip(buffer, payload, payload_end, inside):
                        break
                    encap = IPIP
                    carried = inside
                    header = payload
                elif payload + 8 <= payload_end:
                    port = u16be(buffer, payload + 2)
                    if port == WIREGUARD_PORT or port == WIREGUARD_PORT6:
                        encap = WIREGUARD
                        break
                    # RFC 7348: UDP, 8 bytes of VXLAN whose flag I says that the network identifier counts, Ethernet.
                    if port != VXLAN_PORT or payload + 30 > payload_end or (buffer[payload + 8] & 8) == 0:
                        break
                    if not begins_ip(buffer, payload + 30, payload_end, u16be(buffer, payload + 28)):
                        break
                    encap = VXLAN
                    vni = u32be(buffer, payload + 12) >> 8
                    inner_destination = mac(buffer, payload + 16)
                    inner_source = mac(buffer, payload + 22)
                    carried = u16be(buffer, payload + 28)
                    header = payload + 30
                else:
                    break
                depth = depth + 1
            if carries == ND or carries == MULTICAST:
                says = TTL_SILENT

            told_direction = direction if direction >= 0 else 2
            kind = carries + says * KIND_TTL + told_direction * KIND_DIRECTION
            # Frames of the same two groups alternate in most captures: question and answer, data and acknowledgement.
            if not is_multicast(groups, latest, interface, ifindex, source, destination, kind):
                if is_multicast(groups, before, interface, ifindex, source, destination, kind):
                    group = before
                else:
                    group = find_group(groups, slots, mask, limit, state, interface, ifindex, source, destination, kind)
                before = latest
                latest = group
            group = latest
            entry = group * GROUP_FIELDS
            seen = groups[entry + G_COUNT]
            groups[entry + G_COUNT] = seen + 1
            if seen < EVIDENCE_FRAMES:
                groups[entry + G_EVIDENCE + seen] = number
                if seen == 0:
                    groups[entry + G_FIRST] = time
                    groups[entry + G_LAST] = time
                if seen == 0 and outer_payload >= 0 and carries != OTHER:
                    groups[entry + G_HAS_SOURCE] = outer_version
                    if outer_version == 4:
                        groups[entry + G_SOURCE_LOW] = MAPPED | u32be(buffer, position + 12)
                    else:
                        groups[entry + G_SOURCE_HIGH] = i64(buffer, position + 8)
                        groups[entry + G_SOURCE_LOW] = i64(buffer, position + 16)
                if seen == 0 and version == 4 and payload >= 0:
                    groups[entry + G_IP_VERSION] = 4
                    groups[entry + G_IP_SRC_LOW] = MAPPED | u32be(buffer, header + 12)
                    groups[entry + G_IP_DST_LOW] = MAPPED | u32be(buffer, header + 16)
                elif seen == 0 and version == 6 and header + 40 <= end:
                    groups[entry + G_IP_VERSION] = 6
                    groups[entry + G_IP_SRC_HIGH] = i64(buffer, header + 8)
                    groups[entry + G_IP_SRC_LOW] = i64(buffer, header + 16)
                    groups[entry + G_IP_DST_HIGH] = i64(buffer, header + 24)
                    groups[entry + G_IP_DST_LOW] = i64(buffer, header + 32)
            if time != ABSENT_TIME:
                if time < groups[entry + G_FIRST] or groups[entry + G_FIRST] == ABSENT_TIME:
                    groups[entry + G_FIRST] = time
                if time > groups[entry + G_LAST]:
                    groups[entry + G_LAST] = time

            if captured < length and payload_end == end and link != LINK_PRINTED:
                groups[entry + G_HOLDS] |= cut_short(
                    buffer, captured, carries, ethertype, version, protocol, header, payload, fragment, end
                )

            told = False
            if protocol == 6 and payload >= 0 and payload + 14 <= payload_end and fragment == 0:
                flags = buffer[payload + 13] & (SYN | ACK)
                if flags == SYN:
                    groups[entry + G_HOLDS] |= TCP_OPENS
                elif flags == ACK:
                    groups[entry + G_HOLDS] |= TCP_GOES_ON
                if carries == UNICAST and buffer[payload + 13] & (SYN | RST):
                    told = True
                    connect(buffer, payload, events, event, number, time, group, buffer[payload + 13])
            elif (
                protocol == 17 and payload >= 0 and payload + 8 <= payload_end and fragment == 0 and carries == UNICAST
            ):
                told = query(buffer, payload, payload_end, events, event, number, time, group)
            if told:
                fill_datagram(buffer, version, header, events, event)
                if link == LINK_PRINTED:
                    # That no identifier is told is told already: the ports are.
                    blank_event(present | PRESENT_IDENT, events, event)
                events[event + E_POINT] = (interface << 32) | (ifindex + 1)
                event = event + EVENT_FIELDS
            told = False
            if payload >= 0 and fragment == 0 and payload + 8 <= payload_end and carries != ND:
                if version == 4 and protocol == 1 and (buffer[payload] == 8 or buffer[payload] == 0):
                    told = True
                    fill_event(buffer, payload, events, event, number, time, group)
                    events[event + E_KIND] = E_REQUEST if buffer[payload] == 8 else E_REPLY
                    fill_datagram(buffer, version, header, events, event)
                elif version == 6 and protocol == 58 and (buffer[payload] == 128 or buffer[payload] == 129):
                    told = True
                    fill_event(buffer, payload, events, event, number, time, group)
                    events[event + E_KIND] = E_REQUEST if buffer[payload] == 128 else E_REPLY
                    fill_datagram(buffer, version, header, events, event)
            if told:
                if link == LINK_PRINTED:
                    blank_event(present, events, event)
                events[event + E_POINT] = (interface << 32) | (ifindex + 1)
                if carries == MULTICAST:
                    events[event + E_KIND] |= E_TO_MANY
                event = event + EVENT_FIELDS
            if (protocol == TCP or protocol == UDP or protocol == SCTP) and payload >= 0 and fragment == 0:
                said = carries == UNICAST and cast != TO_MANY and encap != WIREGUARD
                if said and segment(
                    buffer,
                    version,
                    protocol,
                    header,
                    payload,
                    payload_end,
                    start + length - trailer,
                    link != LINK_PRINTED or (present & PRESENT_DATA) != 0,
                    segments,
                    talk,
                ):
                    talk = place_segment(segments, talk, number, time, group, (interface << 32) | (ifindex + 1))
            identification = 0
            if follow and version == 6 and payload < 0 and carries == UNICAST and header + 40 <= payload_end:
                where = find_fragment(buffer, header + 40, payload_end, buffer[header + 6])
                if where >= 0:
                    protocol = buffer[where]
                    payload = where + 8
                    fragment = u16be(buffer, where + 2) & 0xFFF8
                    identification = u32be(buffer, where + 4)
            followed = follow and payload >= 0 and payload <= payload_end and carries == UNICAST
            if followed and link == LINK_PRINTED:
                # Of printed packets none but echoes, segments of TCP and encrypted ones tell enough to be known again.
                followed = (
                    told or (present & PRESENT_WHOLE) != 0 or (encap == WIREGUARD and (present & PRESENT_ID) != 0)
                )
            if followed:
                flow = find_flow(flows, flow_slots, flow_limit, state, buffer, version, header)
                hashed = state[S_HASH]
                cut = captured < length
                identify(
                    buffer,
                    version,
                    identification,
                    protocol,
                    header,
                    payload,
                    payload_end,
                    fragment,
                    cut,
                    hashed,
                    sightings,
                    sighting,
                )
                if (sightings[sighting + V_LOOSE] & sample) == 0:
                    if depth:
                        wrapped = find_flow(flows, flow_slots, flow_limit, state, buffer, outer_version, position)
                        flow = flow | (wrapped << 14)
                    sightings[sighting + V_TIME] = time
                    sightings[sighting + V_FRAME] = (number << 16) | group
                    sightings[sighting + V_WHAT] |= (flow << 32) | (encap << 12)
                    if link == LINK_PRINTED and told and not present & PRESENT_IDENT:
                        sightings[sighting + V_WHAT] = sightings[sighting + V_WHAT] >> 8 << 8
                    sighting = sighting + SIGHTING_FIELDS
            if not keep_all and carries != ARP and carries != ND:
                if told or fragment != 0 or not ((protocol == 1 and version == 4) or (protocol == 58 and version == 6)):
                    continue
            for field in range(FIELDS):
                rows[field * capacity + row] = ABSENT
            rows[NUMBER * capacity + row] = number
            rows[TIME * capacity + row] = time
            rows[INTERFACE * capacity + row] = interface
            rows[IFINDEX * capacity + row] = ifindex
            rows[GROUP * capacity + row] = group
            rows[CAPTURED * capacity + row] = captured
            rows[LENGTH * capacity + row] = length
            rows[DIRECTION * capacity + row] = direction
            rows[CARRIES * capacity + row] = carries
            rows[CAST * capacity + row] = cast
            rows[HAS * capacity + row] = 0
            rows[ETH_SRC * capacity + row] = source
            rows[ETH_DST * capacity + row] = destination
            rows[ETH_TYPE * capacity + row] = ethertype
            rows[VLAN * capacity + row] = vlan
            rows[POSITION * capacity + row] = start
            if encap != PLAIN:
                rows[ENCAP * capacity + row] = encap
                rows[VNI * capacity + row] = vni
                rows[INNER_ETH_SRC * capacity + row] = inner_source
                rows[INNER_ETH_DST * capacity + row] = inner_destination
            if depth:
                outer_addresses(buffer, position, outer_version, rows, capacity, row)
            if carries == ARP:
                decode_arp(buffer, header, end, rows, capacity, row)
            elif version == 4:
                rows[IP_VERSION * capacity + row] = 4
                if header + 4 <= end:
                    rows[IP_LENGTH * capacity + row] = u16be(buffer, header + 2)
                if header + 6 <= end:
                    rows[IP_ID * capacity + row] = u16be(buffer, header + 4)
                if header + 8 <= end:
                    rows[IP_DF * capacity + row] = (buffer[header + 6] >> 6) & 1
                    rows[IP_MF * capacity + row] = (buffer[header + 6] >> 5) & 1
                    rows[IP_FRAGMENT * capacity + row] = (u16be(buffer, header + 6) & 0x1FFF) * 8
                if header + 9 <= end:
                    rows[IP_TTL * capacity + row] = buffer[header + 8]
                if header + 10 <= end:
                    rows[IP_PROTO * capacity + row] = buffer[header + 9]
                if payload >= 0:
                    rows[HAS * capacity + row] |= HAS_ADDRESSES
                    rows[IP_SRC_HIGH * capacity + row] = 0
                    rows[IP_SRC_LOW * capacity + row] = MAPPED | u32be(buffer, header + 12)
                    rows[IP_DST_HIGH * capacity + row] = 0
                    rows[IP_DST_LOW * capacity + row] = MAPPED | u32be(buffer, header + 16)
            elif version == 6:
                rows[IP_VERSION * capacity + row] = 6
                if header + 6 <= end:
                    rows[IP_LENGTH * capacity + row] = u16be(buffer, header + 4)
                if header + 8 <= end:
                    rows[IP_TTL * capacity + row] = buffer[header + 7]
                if header + 40 <= end:
                    rows[HAS * capacity + row] |= HAS_ADDRESSES
                    rows[IP_SRC_HIGH * capacity + row] = i64(buffer, header + 8)
                    rows[IP_SRC_LOW * capacity + row] = i64(buffer, header + 16)
                    rows[IP_DST_HIGH * capacity + row] = i64(buffer, header + 24)
                    rows[IP_DST_LOW * capacity + row] = i64(buffer, header + 32)
                    if payload >= 0:
                        rows[IP_PROTO * capacity + row] = protocol
                    decode_fragment_header(buffer, header + 40, end, buffer[header + 6], rows, capacity, row)
            if payload < 0 or fragment != 0 or payload > payload_end:
                if link == LINK_PRINTED:
                    blank_row(buffer, start, rows, capacity, row)
                row = row + 1
                continue
            if version == 4 and protocol == 1:
                decode_icmp(buffer, payload, payload_end, rows, capacity, row)
                if segment_of_error(rows, capacity, row, segments, talk):
                    talk = place_segment(segments, talk, number, time, group, (interface << 32) | (ifindex + 1))
                if refuses(rows, capacity, row, 4):
                    event_of_error(rows, capacity, row, 4, events, event)
                    event = event + EVENT_FIELDS
            elif version == 6 and protocol == 58:
                decode_icmpv6(buffer, payload, payload_end, rows, capacity, row)
                if segment_of_error(rows, capacity, row, segments, talk):
                    talk = place_segment(segments, talk, number, time, group, (interface << 32) | (ifindex + 1))
                if refuses(rows, capacity, row, 6):
                    event_of_error(rows, capacity, row, 6, events, event)
                    event = event + EVENT_FIELDS
            elif protocol == 6 or protocol == 17:
                if payload + 4 <= payload_end:
                    rows[SRC_PORT * capacity + row] = u16be(buffer, payload)
                    rows[DST_PORT * capacity + row] = u16be(buffer, payload + 2)
                if protocol == 6 and payload + 14 <= payload_end:
                    rows[TCP_FLAGS * capacity + row] = u16be(buffer, payload + 12) & 0xFFF
            if link == LINK_PRINTED:
                blank_row(buffer, start, rows, capacity, row)
            row = row + 1
        state[S_RECORD] = record
        state[S_ROWS] = row
        state[S_EVENTS] = event // EVENT_FIELDS
        state[S_SIGHTINGS] = sighting // SIGHTING_FIELDS
        state[S_SEGMENTS] = talk // SEGMENT_FIELDS
