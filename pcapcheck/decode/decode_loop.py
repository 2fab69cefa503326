# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Decode frames: record batch in, frame rows and frame groups out.

Every frame is counted in its *group*: the frames alike in capture point, link addresses, direction, what they
carry and what their TTL says. What the pairing of echoes needs is written down as an *event*. A *row* with all fields
is written only for frames that are read later: ICMP errors, or all where ``keep_all`` is
set. A field that was not captured stays ABSENT.

Sources: IEEE 802.3 and 802.1Q, tcpdump.org's LINKTYPE_LINUX_SLL and _SLL2, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293
(TCP flags), RFC 2003 (IP in IP), RFC 7348 (VXLAN).

The loops run as plain Python or compiled by Cython with the C types in ``decode_loop.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import printed_layout, scan_layout
    from pcapcheck.capture.octets import i64, mac, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.icmp_arp import (
        arp_message,
        blank_event,
        blank_row,
        cut_short,
        decode_arp,
        decode_fragment_header,
        decode_icmp,
        decode_icmpv6,
        event_of_error,
        find_fragment,
        is_icmp_error,
        neighbour_message,
        outer_addresses,
        query,
        upper_layer,
    )
    from pcapcheck.decode.sighting import find_address_pair, identify


def ttl_says(ttl: int) -> int:
    """Whether a TTL is an initial one (64, 128, 255) or at most 31 hops below it."""
    if ttl == 64 or ttl == 128 or ttl == 255:
        return layout.TTL_ORIGINAL
    if 33 <= ttl < 64 or 97 <= ttl < 128 or 224 <= ttl < 255:
        return layout.TTL_DECREMENTED
    return layout.TTL_SILENT


def has_key(
    groups: array[int], group: int, interface: int, ifindex: int, source: int, destination: int, kind: int
) -> bool:
    """Whether a group has this key. Group 0, which takes what finds no room, never does."""
    row = group * layout.GROUP_FIELDS
    return (
        group > 0
        and groups[row + layout.G_SRC] == source
        and groups[row + layout.G_DST] == destination
        and groups[row + layout.G_KIND] == kind
        and groups[row + layout.G_INTERFACE] == interface
        and groups[row + layout.G_IFINDEX] == ifindex
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
    """The group with this key, new if need be; group 0 takes what finds no room."""
    mixed = source ^ (destination * 31) ^ (kind << 7) ^ (interface << 17) ^ (ifindex << 27)
    mixed = mixed ^ (mixed >> 29) ^ (mixed >> 13)
    slot = mixed & mask
    while True:
        group = slots[slot]
        if group < 0:
            break
        if has_key(groups, group, interface, ifindex, source, destination, kind):
            return group
        slot = (slot + 1) & mask
    group = state[layout.S_GROUPS]
    if group >= limit:
        return 0
    state[layout.S_GROUPS] = group + 1
    slots[slot] = group
    row = group * layout.GROUP_FIELDS
    groups[row + layout.G_INTERFACE] = interface
    groups[row + layout.G_IFINDEX] = ifindex
    groups[row + layout.G_SRC] = source
    groups[row + layout.G_DST] = destination
    groups[row + layout.G_KIND] = kind
    return group


def is_control(icmp_type: int) -> bool:
    """Whether an ICMPv6 type belongs to neighbour discovery or multicast listener discovery."""
    return (
        protocols.MLD_QUERY <= icmp_type <= protocols.ICMPV6_REDIRECT
        or icmp_type == protocols.MLD2_REPORT
        or protocols.MULTICAST_ROUTER_ADVERTISEMENT <= icmp_type <= protocols.MULTICAST_ROUTER_TERMINATION
    )


def fill_event(
    buffer: bytearray,
    payload: int,
    events: array[int],
    event: int,
    number: int,
    time: int,
    group: int,
) -> None:
    """The fields of an event that requests and replies of both families share."""
    events[event + layout.E_NUMBER] = number
    events[event + layout.E_TIME] = time
    events[event + layout.E_GROUP] = group
    events[event + layout.E_IDENT_SEQ] = u32be(buffer, payload + 4)


def fill_datagram(buffer: bytearray, version: int, header: int, events: array[int], event: int) -> None:
    """The fields of an event that the IP header holds."""
    if version == 4:
        events[event + layout.E_SIZE] = u16be(buffer, header + 2)
        events[event + layout.E_IP_ID] = u16be(buffer, header + 4)
        events[event + layout.E_TTL] = buffer[header + 8]
        events[event + layout.E_SRC_HIGH] = 0
        events[event + layout.E_SRC_LOW] = layout.MAPPED | u32be(buffer, header + 12)
        events[event + layout.E_DST_HIGH] = 0
        events[event + layout.E_DST_LOW] = layout.MAPPED | u32be(buffer, header + 16)
    else:
        events[event + layout.E_SIZE] = 40 + u16be(buffer, header + 4)
        events[event + layout.E_IP_ID] = layout.ABSENT
        events[event + layout.E_TTL] = buffer[header + 7]
        events[event + layout.E_SRC_HIGH] = i64(buffer, header + 8)
        events[event + layout.E_SRC_LOW] = i64(buffer, header + 16)
        events[event + layout.E_DST_HIGH] = i64(buffer, header + 24)
        events[event + layout.E_DST_LOW] = i64(buffer, header + 32)


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
    if flags & (protocols.TCP_SYN | protocols.TCP_RST | protocols.TCP_ACK) == protocols.TCP_SYN:
        events[event + layout.E_KIND] = layout.E_REQUEST | layout.E_CONNECT
        events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (src_port << 16) | dst_port
    else:
        events[event + layout.E_KIND] = layout.E_REPLY | layout.E_CONNECT
        events[event + layout.E_IDENT_SEQ] = layout.CONNECTION | (dst_port << 16) | src_port


def datagram_end(buffer: bytearray, version: int, header: int, wire_end: int) -> int:
    """Where a datagram ends: by its own header, or by the frame where that says nothing, as in large segments."""
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
    """The segment of a TCP, UDP or SCTP packet; False where too little of it was recorded.

    DNS has its own table. Without its numbers (``numbered``), as texts may lack them, TCP's data is not known again.
    """
    if payload + 8 > payload_end:
        return False
    size = 0
    flags = 0
    seq = 0
    ack = 0
    if protocol == protocols.TCP:
        if not numbered or payload + 16 > payload_end:
            return False
        size = datagram_end(buffer, version, header, wire_end) - payload - (buffer[payload + 12] >> 4) * 4
        flags = buffer[payload + 13] & 63
        seq = u32be(buffer, payload + 4)
        ack = u32be(buffer, payload + 8)
        if u16be(buffer, payload + 14) == 0:
            ack = ack | layout.CLOSED
    elif protocol == protocols.UDP:
        if u16be(buffer, payload) == protocols.DNS_PORT or u16be(buffer, payload + 2) == protocols.DNS_PORT:
            return False
        size = u16be(buffer, payload + 4) - 8
    elif protocol == protocols.SCTP:
        if payload + 13 > payload_end:
            return False
        flags = buffer[payload + 12] & 127
    if size < 0:
        size = 0
    segments[at + layout.T_PORTS] = (protocol << 32) | u32be(buffer, payload)
    segments[at + layout.T_SIZE] = (size << 16) | flags
    segments[at + layout.T_SEQ] = seq
    segments[at + layout.T_ACK] = ack
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
    return True


def segment_of_error(rows: array[int], capacity: int, row: int, segments: array[int], at: int) -> bool:
    """The segment of a row that is an ICMP error about a packet of a conversation; False for other rows."""
    protocol = rows[layout.QUOTED_PROTO * capacity + row]
    if (protocol != protocols.TCP and protocol != protocols.UDP and protocol != protocols.SCTP) or rows[
        layout.QUOTED_DST_PORT * capacity + row
    ] < 0:
        return False
    ports = (rows[layout.QUOTED_SRC_PORT * capacity + row] << 16) | rows[layout.QUOTED_DST_PORT * capacity + row]
    segments[at + layout.T_PORTS] = (protocol << 32) | ports
    segments[at + layout.T_SIZE] = layout.T_ERROR
    segments[at + layout.T_SRC_HIGH] = rows[layout.QUOTED_SRC_HIGH * capacity + row]
    segments[at + layout.T_SRC_LOW] = rows[layout.QUOTED_SRC_LOW * capacity + row]
    segments[at + layout.T_DST_HIGH] = rows[layout.QUOTED_DST_HIGH * capacity + row]
    segments[at + layout.T_DST_LOW] = rows[layout.QUOTED_DST_LOW * capacity + row]
    return True


def place_segment(segments: array[int], at: int, number: int, time: int, group: int, point: int) -> int:
    """Note where a segment was seen, and return the place of the next."""
    segments[at + layout.T_FRAME] = (number << 16) | group
    segments[at + layout.T_TIME] = time
    segments[at + layout.T_POINT] = point
    return at + layout.SEGMENT_FIELDS


def place_message(messages: array[int], at: int, number: int, time: int, group: int, point: int) -> int:
    """Note where a message of ARP or neighbour discovery was seen, and return the place of the next."""
    messages[at + layout.M_NUMBER] = number
    messages[at + layout.M_TIME] = time
    messages[at + layout.M_GROUP] = group
    messages[at + layout.M_POINT] = point
    return at + layout.MESSAGE_FIELDS


def begins_ip(buffer: bytearray, position: int, end: int, ethertype: int) -> bool:
    """Whether a whole IP header begins here, of the version that the ethertype says."""
    if ethertype == protocols.ETHERTYPE_IPV4:
        return position + 20 <= end and buffer[position] >> 4 == 4 and (buffer[position] & 15) >= 5
    return ethertype == protocols.ETHERTYPE_IPV6 and position + 40 <= end and buffer[position] >> 4 == 6


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
    address_pairs: array[int],
    pair_slots: array[int],
    pair_limit: int,
    sightings: array[int],
    segments: array[int],
    messages: array[int],
    state: array[int],
) -> None:
    """Decode the records from ``state[S_RECORD]`` on, until all are done or the rows are full.

    ``links`` has two numbers per interface: the link type as in ``frame_layout`` and the length of the frame check
    sequence. ``events``, ``segments``, ``messages`` and ``sightings`` have room for one per record; sightings are
    written down only where ``follow``, and only those whose loose key has no bit of ``sample``. Frames before ``since``
    or from ``until`` on (nanoseconds) are passed over.
    """
    with cython.nogil:
        row = 0
        event = 0
        sighting = 0
        talk = 0
        message = 0
        record = state[layout.S_RECORD]
        mask = len(slots) - 1
        latest = 0
        before = 0
        present = 0
        while record < count and row < capacity:
            entry = record * scan_layout.FIELDS
            start = records[entry + scan_layout.OFFSET]
            captured = records[entry + scan_layout.CAPTURED]
            length = records[entry + scan_layout.LENGTH]
            time = records[entry + scan_layout.TIME]
            interface = records[entry + scan_layout.INTERFACE]
            direction = records[entry + scan_layout.DIRECTION]
            number = first_number + record
            record = record + 1
            if time < since or time >= until:
                if time != scan_layout.ABSENT_TIME:
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
            if link == layout.LINK_ETHERNET:
                if start + 12 <= end:
                    destination = mac(buffer, start)
                    source = mac(buffer, start + 6)
                    position = start + 14
                    if position <= end:
                        ethertype = u16be(buffer, start + 12)
                elif start + 6 <= end:
                    destination = mac(buffer, start)
            elif link == layout.LINK_COOKED:
                if start + 16 <= end:
                    packet_type = u16be(buffer, start)
                    direction = 1 if packet_type == 4 else 0
                    if packet_type < 4:
                        cast = layout.TO_MANY if packet_type == 1 or packet_type == 2 else layout.TO_ONE
                    if u16be(buffer, start + 4) == 6:
                        source = mac(buffer, start + 6)
                    ethertype = u16be(buffer, start + 14)
                    position = start + 16
            elif link == layout.LINK_COOKED2:
                if start + 20 <= end:
                    ethertype = u16be(buffer, start)
                    ifindex = u32be(buffer, start + 4)
                    packet_type = buffer[start + 10]
                    direction = 1 if packet_type == 4 else 0
                    if packet_type < 4:
                        cast = layout.TO_MANY if packet_type == 1 or packet_type == 2 else layout.TO_ONE
                    if buffer[start + 11] == 6:
                        source = mac(buffer, start + 12)
                    position = start + 20
            elif link == layout.LINK_RAW:
                if start < end:
                    ethertype = protocols.ETHERTYPE_IPV6 if buffer[start] >> 4 == 6 else protocols.ETHERTYPE_IPV4
            elif link == layout.LINK_NULL or link == layout.LINK_LOOP:
                if start + 4 <= end:
                    # LOOP is in network order, NULL in that of the recorder: a family fits in one byte either way.
                    family = buffer[start] | buffer[start + 3]
                    position = start + 4
                    if family == 2:
                        ethertype = protocols.ETHERTYPE_IPV4
                    elif family == 10 or family == 24 or family == 28 or family == 30:
                        ethertype = protocols.ETHERTYPE_IPV6
            elif link == layout.LINK_PRINTED:
                if start + printed_layout.PRINTED_BYTES <= end:
                    present = u32be(buffer, start + printed_layout.P_PRESENT)
                    ifindex = u32be(buffer, start + printed_layout.P_IFINDEX)
                    ifindex = ifindex - 1
                    source = i64(buffer, start + printed_layout.P_SENDER)
                    destination = i64(buffer, start + printed_layout.P_DESTINATION)
                    ethertype = u16be(buffer, start + printed_layout.P_ETHERTYPE)
                    if ethertype == 0:
                        ethertype = -1
                    vlan = u16be(buffer, start + printed_layout.P_VLAN)
                    vlan = vlan - 1
                    if present & printed_layout.PRESENT_CAST:
                        cast = layout.TO_MANY if present & printed_layout.PRESENT_MANY else layout.TO_ONE
                    position = start + printed_layout.PRINTED_BYTES
            if destination >= 0:
                cast = layout.TO_MANY if (destination >> 40) & 1 else layout.TO_ONE
            while True:
                if (
                    ethertype == protocols.VLAN_TAG
                    or ethertype == protocols.SERVICE_TAG
                    or ethertype == protocols.OLD_TAG
                    or ethertype == protocols.OLD_SERVICE_TAG
                ):
                    if position + 4 > end:
                        break
                    vlan = u16be(buffer, position) & 0xFFF
                    ethertype = u16be(buffer, position + 2)
                    position = position + 4
                elif link == layout.LINK_ETHERNET and 0 <= ethertype <= 1500:
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

            carries = layout.OTHER
            says = layout.TTL_SILENT
            encap = layout.PLAIN
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
                carries = layout.UNDECODED
                carried = -1
                state[layout.S_UNDECODED] = state[layout.S_UNDECODED] + 1
            elif ethertype == protocols.ETHERTYPE_ARP:
                carries = layout.ARP
            while True:
                version = 0
                payload = -1
                protocol = -1
                fragment = 0
                within = payload_end
                if carried == protocols.ETHERTYPE_IPV4:
                    if header < within and buffer[header] >> 4 == 4 and (buffer[header] & 15) >= 5:
                        version = 4
                        if header + 20 <= within:
                            protocol = buffer[header + 9]
                            if depth == 0:
                                says = ttl_says(buffer[header + 8])
                                first = buffer[header + 16]
                                if 224 <= first < 240 or u32be(buffer, header + 16) == layout.LIMITED_BROADCAST:
                                    carries = layout.MULTICAST
                                else:
                                    carries = layout.UNICAST
                            total = u16be(buffer, header + 2)
                            # A total length of 0 is a large segment handed down to be cut by the card (TSO).
                            if total >= (buffer[header] & 15) * 4 and header + total < within:
                                payload_end = header + total
                            fragment = (u16be(buffer, header + 6) & 0x1FFF) * 8
                            payload = header + (buffer[header] & 15) * 4
                elif carried == protocols.ETHERTYPE_IPV6:
                    if header < within and buffer[header] >> 4 == 6:
                        version = 6
                        if header + 40 <= within:
                            protocol = buffer[header + 6]
                            if depth == 0:
                                says = ttl_says(buffer[header + 7])
                                carries = layout.MULTICAST if buffer[header + 24] == 0xFF else layout.UNICAST
                            total = u16be(buffer, header + 4) + 40
                            # A payload length of 0 is a jumbogram, a large segment to be cut by the card, or nothing.
                            if total == 40 and (
                                protocol == protocols.HOP_BY_HOP
                                or protocol == protocols.TCP
                                or protocol == protocols.UDP
                            ):
                                total = within - header
                            if header + total < within:
                                payload_end = header + total
                            packed = upper_layer(buffer, header + 40, payload_end, protocol)
                            if packed >= 0:
                                payload = packed >> 8
                                protocol = packed & 255
                                if (
                                    depth == 0
                                    and protocol == protocols.ICMPV6
                                    and payload < payload_end
                                    and is_control(buffer[payload])
                                ):
                                    carries = layout.ND
                if depth == 0:
                    outer_version = version
                    outer_payload = payload
                if (
                    (protocol != protocols.UDP and protocol != protocols.IPIP and protocol != protocols.IPV6)
                    or payload < 0
                    or fragment != 0
                ):
                    break
                if depth == layout.DEEPEST:
                    break
                if protocol != protocols.UDP:
                    inside = protocols.ETHERTYPE_IPV4 if protocol == protocols.IPIP else protocols.ETHERTYPE_IPV6
                    if not begins_ip(buffer, payload, payload_end, inside):
                        break
                    encap = layout.IPIP
                    carried = inside
                    header = payload
                elif payload + 8 <= payload_end:
                    port = u16be(buffer, payload + 2)
                    if port == protocols.WIREGUARD_PORT or port == protocols.WIREGUARD_PORT6:
                        encap = layout.WIREGUARD
                        break
                    # RFC 7348: UDP, 8 bytes of VXLAN whose flag I says that the network identifier counts, Ethernet.
                    if port != protocols.VXLAN_PORT or payload + 30 > payload_end or (buffer[payload + 8] & 8) == 0:
                        break
                    if not begins_ip(buffer, payload + 30, payload_end, u16be(buffer, payload + 28)):
                        break
                    encap = layout.VXLAN
                    vni = u32be(buffer, payload + 12) >> 8
                    inner_destination = mac(buffer, payload + 16)
                    inner_source = mac(buffer, payload + 22)
                    carried = u16be(buffer, payload + 28)
                    header = payload + 30
                else:
                    break
                depth = depth + 1
            if carries == layout.ND or carries == layout.MULTICAST:
                says = layout.TTL_SILENT

            recorded_direction = direction if direction >= 0 else 2
            kind = carries + says * layout.KIND_TTL + recorded_direction * layout.KIND_DIRECTION
            # Frames of the same two groups alternate in most captures: question and answer, data and acknowledgement.
            if not has_key(groups, latest, interface, ifindex, source, destination, kind):
                if has_key(groups, before, interface, ifindex, source, destination, kind):
                    group = before
                else:
                    group = find_group(groups, slots, mask, limit, state, interface, ifindex, source, destination, kind)
                before = latest
                latest = group
            group = latest
            entry = group * layout.GROUP_FIELDS
            seen = groups[entry + layout.G_COUNT]
            groups[entry + layout.G_COUNT] = seen + 1
            if seen < layout.EVIDENCE_FRAMES:
                groups[entry + layout.G_EVIDENCE + seen] = number
                if seen == 0:
                    groups[entry + layout.G_FIRST] = time
                    groups[entry + layout.G_LAST] = time
                if seen == 0 and outer_payload >= 0 and carries != layout.OTHER:
                    groups[entry + layout.G_HAS_SOURCE] = outer_version
                    if outer_version == 4:
                        groups[entry + layout.G_SOURCE_LOW] = layout.MAPPED | u32be(buffer, position + 12)
                    else:
                        groups[entry + layout.G_SOURCE_HIGH] = i64(buffer, position + 8)
                        groups[entry + layout.G_SOURCE_LOW] = i64(buffer, position + 16)
                if seen == 0 and version == 4 and payload >= 0:
                    groups[entry + layout.G_IP_VERSION] = 4
                    groups[entry + layout.G_IP_SRC_LOW] = layout.MAPPED | u32be(buffer, header + 12)
                    groups[entry + layout.G_IP_DST_LOW] = layout.MAPPED | u32be(buffer, header + 16)
                elif seen == 0 and version == 6 and header + 40 <= end:
                    groups[entry + layout.G_IP_VERSION] = 6
                    groups[entry + layout.G_IP_SRC_HIGH] = i64(buffer, header + 8)
                    groups[entry + layout.G_IP_SRC_LOW] = i64(buffer, header + 16)
                    groups[entry + layout.G_IP_DST_HIGH] = i64(buffer, header + 24)
                    groups[entry + layout.G_IP_DST_LOW] = i64(buffer, header + 32)
            if time != scan_layout.ABSENT_TIME:
                if time < groups[entry + layout.G_FIRST] or groups[entry + layout.G_FIRST] == scan_layout.ABSENT_TIME:
                    groups[entry + layout.G_FIRST] = time
                if time > groups[entry + layout.G_LAST]:
                    groups[entry + layout.G_LAST] = time

            if captured < length and payload_end == end and link != layout.LINK_PRINTED:
                groups[entry + layout.G_HOLDS] |= cut_short(
                    buffer, captured, carries, ethertype, version, protocol, header, payload, fragment, end
                )

            if carries == layout.ARP or carries == layout.ND:
                shown = source if source < printed_layout.NO_MAC else layout.ABSENT
                if carries == layout.ND:
                    is_message = neighbour_message(buffer, header, payload, payload_end, shown, messages, message)
                else:
                    held = present if link == layout.LINK_PRINTED else -1
                    is_message = arp_message(buffer, header, end, held, shown, destination, cast, messages, message)
                if is_message:
                    message = place_message(messages, message, number, time, group, (interface << 32) | (ifindex + 1))
                if not keep_all:
                    continue

            has_event = False
            if protocol == protocols.TCP and payload >= 0 and payload + 14 <= payload_end and fragment == 0:
                flags = buffer[payload + 13] & (protocols.TCP_SYN | protocols.TCP_ACK)
                if flags == protocols.TCP_SYN:
                    groups[entry + layout.G_HOLDS] |= layout.TCP_OPENS
                elif flags == protocols.TCP_ACK:
                    groups[entry + layout.G_HOLDS] |= layout.TCP_GOES_ON
                if carries == layout.UNICAST and buffer[payload + 13] & (protocols.TCP_SYN | protocols.TCP_RST):
                    has_event = True
                    connect(buffer, payload, events, event, number, time, group, buffer[payload + 13])
            elif (
                protocol == protocols.UDP
                and payload >= 0
                and payload + 8 <= payload_end
                and fragment == 0
                and carries == layout.UNICAST
            ):
                has_event = query(buffer, payload, payload_end, events, event, number, time, group)
            if has_event:
                fill_datagram(buffer, version, header, events, event)
                if link == layout.LINK_PRINTED:
                    # The ports are there, so the identifier does not count as absent.
                    blank_event(present | printed_layout.PRESENT_IDENT, events, event)
                events[event + layout.E_POINT] = (interface << 32) | (ifindex + 1)
                event = event + layout.EVENT_FIELDS
            has_event = False
            if payload >= 0 and fragment == 0 and payload + 8 <= payload_end and carries != layout.ND:
                if (
                    version == 4
                    and protocol == protocols.ICMP
                    and (buffer[payload] == protocols.ICMP_ECHO_REQUEST or buffer[payload] == protocols.ICMP_ECHO_REPLY)
                ):
                    has_event = True
                    fill_event(buffer, payload, events, event, number, time, group)
                    events[event + layout.E_KIND] = (
                        layout.E_REQUEST if buffer[payload] == protocols.ICMP_ECHO_REQUEST else layout.E_REPLY
                    )
                    fill_datagram(buffer, version, header, events, event)
                elif (
                    version == 6
                    and protocol == protocols.ICMPV6
                    and (
                        buffer[payload] == protocols.ICMPV6_ECHO_REQUEST
                        or buffer[payload] == protocols.ICMPV6_ECHO_REPLY
                    )
                ):
                    has_event = True
                    fill_event(buffer, payload, events, event, number, time, group)
                    events[event + layout.E_KIND] = (
                        layout.E_REQUEST if buffer[payload] == protocols.ICMPV6_ECHO_REQUEST else layout.E_REPLY
                    )
                    fill_datagram(buffer, version, header, events, event)
            if has_event:
                if link == layout.LINK_PRINTED:
                    blank_event(present, events, event)
                events[event + layout.E_POINT] = (interface << 32) | (ifindex + 1)
                if carries == layout.MULTICAST:
                    events[event + layout.E_KIND] |= layout.E_TO_MANY
                event = event + layout.EVENT_FIELDS
            if (
                (protocol == protocols.TCP or protocol == protocols.UDP or protocol == protocols.SCTP)
                and payload >= 0
                and fragment == 0
            ):
                said = carries == layout.UNICAST and cast != layout.TO_MANY and encap != layout.WIREGUARD
                if said and segment(
                    buffer,
                    version,
                    protocol,
                    header,
                    payload,
                    payload_end,
                    start + length - trailer,
                    link != layout.LINK_PRINTED or (present & printed_layout.PRESENT_DATA) != 0,
                    segments,
                    talk,
                ):
                    talk = place_segment(segments, talk, number, time, group, (interface << 32) | (ifindex + 1))
            identification = 0
            if follow and version == 6 and payload < 0 and carries == layout.UNICAST and header + 40 <= payload_end:
                where = find_fragment(buffer, header + 40, payload_end, buffer[header + 6])
                if where >= 0:
                    protocol = buffer[where]
                    payload = where + 8
                    fragment = u16be(buffer, where + 2) & 0xFFF8
                    identification = u32be(buffer, where + 4)
            followed = follow and payload >= 0 and payload <= payload_end and carries == layout.UNICAST
            if followed and link == layout.LINK_PRINTED:
                # Of printed packets only echoes, TCP segments and encrypted packets show enough to be known again.
                followed = (
                    has_event
                    or (present & printed_layout.PRESENT_WHOLE) != 0
                    or (encap == layout.WIREGUARD and (present & printed_layout.PRESENT_ID) != 0)
                )
            if followed:
                pair = find_address_pair(address_pairs, pair_slots, pair_limit, state, buffer, version, header)
                hashed = state[layout.S_HASH]
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
                if (sightings[sighting + layout.V_LOOSE] & sample) == 0:
                    if depth:
                        wrapped = find_address_pair(
                            address_pairs, pair_slots, pair_limit, state, buffer, outer_version, position
                        )
                        pair = pair | (wrapped << 14)
                    sightings[sighting + layout.V_TIME] = time
                    sightings[sighting + layout.V_FRAME] = (number << 16) | group
                    sightings[sighting + layout.V_WHAT] |= (pair << 32) | (encap << 12)
                    if link == layout.LINK_PRINTED and has_event and not present & printed_layout.PRESENT_IDENT:
                        sightings[sighting + layout.V_WHAT] = sightings[sighting + layout.V_WHAT] >> 8 << 8
                    sighting = sighting + layout.SIGHTING_FIELDS
            if not keep_all:
                if (
                    has_event
                    or fragment != 0
                    or not (
                        (protocol == protocols.ICMP and version == 4) or (protocol == protocols.ICMPV6 and version == 6)
                    )
                ):
                    continue
            for field in range(layout.FIELDS):
                rows[field * capacity + row] = layout.ABSENT
            rows[layout.NUMBER * capacity + row] = number
            rows[layout.TIME * capacity + row] = time
            rows[layout.INTERFACE * capacity + row] = interface
            rows[layout.IFINDEX * capacity + row] = ifindex
            rows[layout.GROUP * capacity + row] = group
            rows[layout.CAPTURED * capacity + row] = captured
            rows[layout.LENGTH * capacity + row] = length
            rows[layout.DIRECTION * capacity + row] = direction
            rows[layout.CARRIES * capacity + row] = carries
            rows[layout.CAST * capacity + row] = cast
            rows[layout.HAS * capacity + row] = 0
            rows[layout.ETH_SRC * capacity + row] = source
            rows[layout.ETH_DST * capacity + row] = destination
            rows[layout.ETH_TYPE * capacity + row] = ethertype
            rows[layout.VLAN * capacity + row] = vlan
            rows[layout.POSITION * capacity + row] = start
            if encap != layout.PLAIN:
                rows[layout.ENCAP * capacity + row] = encap
                rows[layout.VNI * capacity + row] = vni
                rows[layout.INNER_ETH_SRC * capacity + row] = inner_source
                rows[layout.INNER_ETH_DST * capacity + row] = inner_destination
            if depth:
                outer_addresses(buffer, position, outer_version, rows, capacity, row)
            if carries == layout.ARP:
                decode_arp(buffer, header, end, rows, capacity, row)
            elif version == 4:
                rows[layout.IP_VERSION * capacity + row] = 4
                if header + 4 <= end:
                    rows[layout.IP_LENGTH * capacity + row] = u16be(buffer, header + 2)
                if header + 6 <= end:
                    rows[layout.IP_ID * capacity + row] = u16be(buffer, header + 4)
                if header + 8 <= end:
                    rows[layout.IP_DF * capacity + row] = (buffer[header + 6] >> 6) & 1
                    rows[layout.IP_MF * capacity + row] = (buffer[header + 6] >> 5) & 1
                    rows[layout.IP_FRAGMENT * capacity + row] = (u16be(buffer, header + 6) & 0x1FFF) * 8
                if header + 9 <= end:
                    rows[layout.IP_TTL * capacity + row] = buffer[header + 8]
                if header + 10 <= end:
                    rows[layout.IP_PROTO * capacity + row] = buffer[header + 9]
                if payload >= 0:
                    rows[layout.HAS * capacity + row] |= layout.HAS_ADDRESSES
                    rows[layout.IP_SRC_HIGH * capacity + row] = 0
                    rows[layout.IP_SRC_LOW * capacity + row] = layout.MAPPED | u32be(buffer, header + 12)
                    rows[layout.IP_DST_HIGH * capacity + row] = 0
                    rows[layout.IP_DST_LOW * capacity + row] = layout.MAPPED | u32be(buffer, header + 16)
            elif version == 6:
                rows[layout.IP_VERSION * capacity + row] = 6
                if header + 6 <= end:
                    rows[layout.IP_LENGTH * capacity + row] = u16be(buffer, header + 4)
                if header + 8 <= end:
                    rows[layout.IP_TTL * capacity + row] = buffer[header + 7]
                if header + 40 <= end:
                    rows[layout.HAS * capacity + row] |= layout.HAS_ADDRESSES
                    rows[layout.IP_SRC_HIGH * capacity + row] = i64(buffer, header + 8)
                    rows[layout.IP_SRC_LOW * capacity + row] = i64(buffer, header + 16)
                    rows[layout.IP_DST_HIGH * capacity + row] = i64(buffer, header + 24)
                    rows[layout.IP_DST_LOW * capacity + row] = i64(buffer, header + 32)
                    if payload >= 0:
                        rows[layout.IP_PROTO * capacity + row] = protocol
                    decode_fragment_header(buffer, header + 40, end, buffer[header + 6], rows, capacity, row)
            if payload < 0 or fragment != 0 or payload > payload_end:
                if link == layout.LINK_PRINTED:
                    blank_row(buffer, start, rows, capacity, row)
                row = row + 1
                continue
            if version == 4 and protocol == protocols.ICMP:
                decode_icmp(buffer, payload, payload_end, rows, capacity, row)
                if segment_of_error(rows, capacity, row, segments, talk):
                    talk = place_segment(segments, talk, number, time, group, (interface << 32) | (ifindex + 1))
                if is_icmp_error(rows, capacity, row, 4):
                    event_of_error(rows, capacity, row, 4, events, event)
                    event = event + layout.EVENT_FIELDS
            elif version == 6 and protocol == protocols.ICMPV6:
                decode_icmpv6(buffer, payload, payload_end, rows, capacity, row)
                if segment_of_error(rows, capacity, row, segments, talk):
                    talk = place_segment(segments, talk, number, time, group, (interface << 32) | (ifindex + 1))
                if is_icmp_error(rows, capacity, row, 6):
                    event_of_error(rows, capacity, row, 6, events, event)
                    event = event + layout.EVENT_FIELDS
            elif protocol == protocols.TCP or protocol == protocols.UDP:
                if payload + 4 <= payload_end:
                    rows[layout.SRC_PORT * capacity + row] = u16be(buffer, payload)
                    rows[layout.DST_PORT * capacity + row] = u16be(buffer, payload + 2)
                if protocol == protocols.TCP and payload + 14 <= payload_end:
                    rows[layout.TCP_FLAGS * capacity + row] = u16be(buffer, payload + 12) & 0xFFF
            if link == layout.LINK_PRINTED:
                blank_row(buffer, start, rows, capacity, row)
            row = row + 1
        state[layout.S_RECORD] = record
        state[layout.S_ROWS] = row
        state[layout.S_EVENTS] = event // layout.EVENT_FIELDS
        state[layout.S_SIGHTINGS] = sighting // layout.SIGHTING_FIELDS
        state[layout.S_SEGMENTS] = talk // layout.SEGMENT_FIELDS
        state[layout.S_MESSAGES] = message // layout.MESSAGE_FIELDS
