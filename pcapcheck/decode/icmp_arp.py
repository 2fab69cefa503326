# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""The fields of a frame row that not every frame has: ARP, ICMP, neighbour discovery and outer datagrams.

Also which of them a printed frame has: those that its text holds.

Sources: RFC 826 (ARP), RFC 2225 (ARP over ATM), RFC 791 (IPv4), RFC 8200 (IPv6), RFC 792 and 4443 (ICMP), RFC 4861
(neighbour discovery).

The loops run as plain Python or compiled by Cython with the C types in ``icmp_arp.pxd``.
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
    from pcapcheck.capture.octets import i64, mac, u16be, u32be
    from pcapcheck.decode import frame_layout as layout


def decode_arp(buffer: bytearray, position: int, end: int, rows: array[int], capacity: int, row: int) -> None:
    """ARP (RFC 826), its addresses cut by the lengths that it declares; only Ethernet and IPv4 ones are kept.

    If its lengths contradict its types, only the opcode is kept: every kernel drops it.
    """
    if end - position >= 8:
        hardware = u16be(buffer, position)
        protocol = u16be(buffer, position + 2)
        # Hardware types 1 (Ethernet) and 6 (IEEE 802) have six-byte addresses.
        ethernet = hardware == 1 or hardware == 6
        of_ipv4 = protocol == protocols.ETHERTYPE_IPV4
        rows[layout.ARP_OPCODE * capacity + row] = u16be(buffer, position + 6)
        if (not ethernet or buffer[position + 4] == 6) and (not of_ipv4 or buffer[position + 5] == 4):
            # Hardware type 19 (ATM) has a layout of its own (RFC 2225).
            arp_addresses(buffer, position, end, ethernet, of_ipv4 and hardware != 19, rows, capacity, row)


def arp_addresses(
    buffer: bytearray, position: int, end: int, macs: bool, ipv4: bool, rows: array[int], capacity: int, row: int
) -> None:
    """The addresses of ARP, as far as they were captured; ``macs`` and ``ipv4``: which of them are kept."""
    hardware_size = buffer[position + 4]
    at = position + 8
    if macs and at + 6 <= end:
        rows[layout.ARP_SRC_MAC * capacity + row] = mac(buffer, at)
    at = at + hardware_size
    if ipv4 and at + 4 <= end:
        rows[layout.ARP_SRC_IP * capacity + row] = layout.MAPPED | u32be(buffer, at)
    at = at + buffer[position + 5]
    if macs and at + 6 <= end:
        rows[layout.ARP_DST_MAC * capacity + row] = mac(buffer, at)
    at = at + hardware_size
    if ipv4 and at + 4 <= end:
        rows[layout.ARP_DST_IP * capacity + row] = layout.MAPPED | u32be(buffer, at)


def upper_layer(buffer: bytearray, position: int, end: int, protocol: int) -> int:
    """Where the payload begins behind IPv6 extension headers: position * 256 + protocol, or -1 where it was cut.

    A fragment header stops the walk unless it begins the datagram; its caller has read it already.
    """
    while True:
        if (
            protocol == protocols.HOP_BY_HOP
            or protocol == protocols.ROUTING_HEADER
            or protocol == protocols.DESTINATION_OPTIONS
        ):
            if position + 8 > end:
                return -1
            protocol = buffer[position]
            position = position + 8 + buffer[position + 1] * 8
        elif protocol == protocols.AH:
            if position + 8 > end:
                return -1
            protocol = buffer[position]
            position = position + 8 + buffer[position + 1] * 4
        elif protocol == protocols.FRAGMENT_HEADER:
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


def decode_icmp(buffer: bytearray, position: int, end: int, rows: array[int], capacity: int, row: int) -> None:
    """ICMP (RFC 792): type, code, identifier and sequence number where the type has them."""
    icmp_type = buffer[position]
    rows[layout.ICMP_TYPE * capacity + row] = icmp_type
    if position + 2 <= end:
        rows[layout.ICMP_CODE * capacity + row] = buffer[position + 1]
    if (
        icmp_type == protocols.ICMP_ECHO_REPLY
        or icmp_type == protocols.ICMP_ECHO_REQUEST
        or protocols.ICMP_TIMESTAMP_REQUEST <= icmp_type <= protocols.ICMP_MASK_REPLY
    ):
        if position + 6 <= end:
            rows[layout.ICMP_IDENT * capacity + row] = u16be(buffer, position + 4)
        if position + 8 <= end:
            rows[layout.ICMP_SEQ * capacity + row] = u16be(buffer, position + 6)


def decode_icmpv6(buffer: bytearray, position: int, end: int, rows: array[int], capacity: int, row: int) -> None:
    """ICMPv6 (RFC 4443) and neighbour solicitation and advertisement (RFC 4861, sections 4.3 and 4.4)."""
    icmp_type = buffer[position]
    rows[layout.ICMP_TYPE * capacity + row] = icmp_type
    if position + 2 <= end:
        rows[layout.ICMP_CODE * capacity + row] = buffer[position + 1]
    if icmp_type == protocols.ICMPV6_ECHO_REQUEST or icmp_type == protocols.ICMPV6_ECHO_REPLY:
        if position + 6 <= end:
            rows[layout.ICMP_IDENT * capacity + row] = u16be(buffer, position + 4)
        if position + 8 <= end:
            rows[layout.ICMP_SEQ * capacity + row] = u16be(buffer, position + 6)
    elif icmp_type == protocols.NEIGHBOR_SOLICITATION or icmp_type == protocols.NEIGHBOR_ADVERTISEMENT:
        if position + 24 <= end:
            rows[layout.ND_TARGET_HIGH * capacity + row] = i64(buffer, position + 8)
            rows[layout.ND_TARGET_LOW * capacity + row] = i64(buffer, position + 16)
            rows[layout.HAS * capacity + row] |= layout.HAS_TARGET
            rows[layout.ND_MAC * capacity + row] = link_address(buffer, position, end)


def link_address(buffer: bytearray, position: int, end: int) -> int:
    """The MAC in the options of a solicitation or advertisement whose ICMPv6 header begins here; ABSENT without one."""
    # Option 1 of a solicitation is the asker's link address, option 2 of an advertisement the target's.
    wanted = 1 if buffer[position] == protocols.NEIGHBOR_SOLICITATION else 2
    option = position + 24
    while option + 8 <= end:
        size = buffer[option + 1] * 8
        if size == 0:
            break
        if buffer[option] == wanted and size == 8:
            return mac(buffer, option + 2)
        option = option + size
    return layout.ABSENT


def outer_addresses(buffer: bytearray, position: int, version: int, rows: array[int], capacity: int, row: int) -> None:
    """The addresses of the outermost IP header of a datagram that carries another."""
    rows[layout.HAS * capacity + row] |= layout.HAS_OUTER
    if version == 4:
        rows[layout.OUTER_SRC_HIGH * capacity + row] = 0
        rows[layout.OUTER_SRC_LOW * capacity + row] = layout.MAPPED | u32be(buffer, position + 12)
        rows[layout.OUTER_DST_HIGH * capacity + row] = 0
        rows[layout.OUTER_DST_LOW * capacity + row] = layout.MAPPED | u32be(buffer, position + 16)
    else:
        rows[layout.OUTER_SRC_HIGH * capacity + row] = i64(buffer, position + 8)
        rows[layout.OUTER_SRC_LOW * capacity + row] = i64(buffer, position + 16)
        rows[layout.OUTER_DST_HIGH * capacity + row] = i64(buffer, position + 24)
        rows[layout.OUTER_DST_LOW * capacity + row] = i64(buffer, position + 32)


def find_fragment(buffer: bytearray, position: int, end: int, protocol: int) -> int:
    """Where the IPv6 fragment header stands behind others (RFC 8200, section 4.5); -1 where there is none."""
    while position + 8 <= end:
        if protocol == protocols.FRAGMENT_HEADER:
            return position
        if (
            protocol != protocols.HOP_BY_HOP
            and protocol != protocols.ROUTING_HEADER
            and protocol != protocols.DESTINATION_OPTIONS
        ):
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
    if carries == layout.ARP:
        return layout.CUT_ARP if header + 28 > end else 0
    if carries == layout.ND:
        # As far as the target (RFC 4861, section 4.3).
        return layout.CUT_ARP if payload + 24 > end else 0
    if carries == layout.OTHER and ethertype < 0:
        # With more bytes than these, an IEEE 802.3 length without a SNAP header shows that it is no packet of ours.
        return layout.CUT_PACKET | layout.CUT_ARP if captured < 22 else 0
    if (
        ethertype == protocols.VLAN_TAG
        or ethertype == protocols.SERVICE_TAG
        or ethertype == protocols.OLD_TAG
        or ethertype == protocols.OLD_SERVICE_TAG
    ):
        return layout.CUT_PACKET | layout.CUT_ARP
    if payload < 0:
        if version == 4 or (ethertype == protocols.ETHERTYPE_IPV4 and header >= end):
            return layout.CUT_PACKET
        if version == 6 and header + 40 <= end and find_fragment(buffer, header + 40, end, buffer[header + 6]) >= 0:
            return 0
        return (
            layout.CUT_PACKET | layout.CUT_ARP
            if version == 6 or (ethertype == protocols.ETHERTYPE_IPV6 and header >= end)
            else 0
        )
    if fragment != 0:
        return 0
    if protocol == protocols.ICMPV6 and payload >= end:
        return layout.CUT_PACKET | layout.CUT_ARP
    if protocol == protocols.TCP:
        needed = 14
    elif protocol == protocols.IPIP:
        needed = 20
    elif protocol == protocols.IPV6:
        needed = 40
    elif (
        protocol == protocols.UDP
        and payload + 4 <= end
        and (
            u16be(buffer, payload + 2) == protocols.VXLAN_PORT
            or u16be(buffer, payload + 2) == protocols.KERNEL_VXLAN_PORT
        )
    ):
        # An Ethernet and an IPv6 header behind eight bytes each of UDP and VXLAN.
        needed = 70
    elif (
        protocol == protocols.ICMP
        or protocol == protocols.UDP
        or protocol == protocols.ICMPV6
        or protocol == protocols.SCTP
    ):
        needed = 8
    else:
        needed = 0
    return layout.CUT_PACKET if payload + needed > end else 0


def decode_fragment_header(
    buffer: bytearray, position: int, end: int, protocol: int, rows: array[int], capacity: int, row: int
) -> None:
    """The IPv6 fragment header (RFC 8200, section 4.5), where the datagram has one."""
    position = find_fragment(buffer, position, end, protocol)
    if position >= 0:
        rows[layout.IP_PROTO * capacity + row] = buffer[position]
        rows[layout.IP_ID * capacity + row] = u32be(buffer, position + 4)
        rows[layout.IP_FRAGMENT * capacity + row] = u16be(buffer, position + 2) & 0xFFF8
        rows[layout.IP_MF * capacity + row] = buffer[position + 3] & 1


def blank_row(buffer: bytearray, start: int, rows: array[int], capacity: int, row: int) -> None:
    """Make absent what the text of a printed frame, whose header begins at ``start``, does not hold."""
    present = u32be(buffer, start + printed_layout.P_PRESENT)
    length = u32be(buffer, start + printed_layout.P_LENGTH)
    rows[layout.CAPTURED * capacity + row] = layout.ABSENT
    rows[layout.LENGTH * capacity + row] = length if length > 0 else layout.ABSENT
    if rows[layout.ETH_SRC * capacity + row] >= printed_layout.NO_MAC:
        rows[layout.ETH_SRC * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_TTL:
        rows[layout.IP_TTL * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_QUOTE:
        rows[layout.HAS * capacity + row] -= rows[layout.HAS * capacity + row] & layout.HAS_QUOTED
        rows[layout.QUOTED_PROTO * capacity + row] = layout.ABSENT
        rows[layout.QUOTED_TTL * capacity + row] = layout.ABSENT
        rows[layout.QUOTED_TYPE * capacity + row] = layout.ABSENT
        rows[layout.QUOTED_IDENT * capacity + row] = layout.ABSENT
        rows[layout.QUOTED_SEQ * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_ID:
        rows[layout.IP_ID * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_DF:
        rows[layout.IP_DF * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_FRAGMENT:
        rows[layout.IP_FRAGMENT * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_MF:
        rows[layout.IP_MF * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_LENGTH:
        rows[layout.IP_LENGTH * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_PROTO:
        rows[layout.IP_PROTO * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_CODE:
        rows[layout.ICMP_CODE * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_MTU:
        rows[layout.ICMP_MTU * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_IDENT:
        rows[layout.ICMP_IDENT * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_SRC_PORT:
        rows[layout.SRC_PORT * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_DST_PORT:
        rows[layout.DST_PORT * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_INNER:
        rows[layout.INNER_ETH_SRC * capacity + row] = layout.ABSENT
        rows[layout.INNER_ETH_DST * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_SENDER_MAC:
        rows[layout.ARP_SRC_MAC * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_SENDER_IP:
        rows[layout.ARP_SRC_IP * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_TARGET_MAC:
        rows[layout.ARP_DST_MAC * capacity + row] = layout.ABSENT
    if not present & printed_layout.PRESENT_TARGET_IP:
        rows[layout.ARP_DST_IP * capacity + row] = layout.ABSENT
