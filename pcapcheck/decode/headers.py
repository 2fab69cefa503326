# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""The headers of a frame, layer by layer: the link, its tags, IP, and the tunnels in which IP is carried.

What was not captured, or is none of this, stays ABSENT.

Sources: IEEE 802.3 and 802.1Q, tcpdump.org's LINKTYPE_LINUX_SLL and _SLL2, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 2003
(IP in IP), RFC 7348 (VXLAN).

The steps run as plain Python or compiled by Cython with the C types in ``headers.pxd``.
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
        mac,
        mac_within,
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
    from pcapcheck.decode.icmp_arp import upper_layer


def read_headers(frame: Frame) -> None:
    """Read what ``frame`` says of all its layers."""
    frame.source = layout.ABSENT
    frame.destination = layout.ABSENT
    frame.ethertype = layout.ABSENT
    frame.ifindex = layout.ABSENT
    frame.vlan = layout.ABSENT
    frame.cast = layout.ABSENT
    frame.position = frame.start
    if frame.link == layout.LINK_ETHERNET:
        read_ethernet(frame)
    elif frame.link == layout.LINK_COOKED:
        read_cooked(frame)
    elif frame.link == layout.LINK_COOKED2:
        read_cooked2(frame)
    elif frame.link == layout.LINK_RAW:
        read_raw(frame)
    elif frame.link == layout.LINK_NULL or frame.link == layout.LINK_LOOP:
        read_loopback(frame)
    elif frame.link == layout.LINK_PRINTED:
        read_printed(frame)
    if frame.destination >= 0:
        frame.cast = layout.TO_MANY if (frame.destination >> 40) & 1 else layout.TO_ONE
    read_tags(frame)
    read_network(frame)


def read_ethernet(frame: Frame) -> None:
    """An Ethernet header."""
    start = frame.start
    if start + 14 <= frame.end:
        require(frame.buffer, start, 14)
        frame.destination = mac_within(frame.buffer, start)
        frame.source = mac_within(frame.buffer, start + 6)
        frame.ethertype = u16be_within(frame.buffer, start + 12)
        frame.position = start + 14
    elif start + 12 <= frame.end:
        frame.destination = mac(frame.buffer, start)
        frame.source = mac(frame.buffer, start + 6)
        frame.position = start + 14
    elif start + 6 <= frame.end:
        frame.destination = mac(frame.buffer, start)


def read_cooked(frame: Frame) -> None:
    """A header of LINKTYPE_LINUX_SLL."""
    start = frame.start
    if start + 16 <= frame.end:
        read_packet_type(u16be(frame.buffer, start), frame)
        if u16be(frame.buffer, start + 4) == 6:
            frame.source = mac(frame.buffer, start + 6)
        frame.ethertype = u16be(frame.buffer, start + 14)
        frame.position = start + 16


def read_cooked2(frame: Frame) -> None:
    """A header of LINKTYPE_LINUX_SLL2."""
    start = frame.start
    if start + 20 <= frame.end:
        require(frame.buffer, start, 20)
        frame.ethertype = u16be_within(frame.buffer, start)
        frame.ifindex = u32be_within(frame.buffer, start + 4)
        read_packet_type(octet_within(frame.buffer, start + 10), frame)
        if octet_within(frame.buffer, start + 11) == 6:
            frame.source = mac_within(frame.buffer, start + 12)
        frame.position = start + 20


def read_packet_type(packet_type: int, frame: Frame) -> None:
    """The packet type of Linux: to us, broadcast, multicast, to another host, or sent by us (4)."""
    frame.direction = 1 if packet_type == 4 else 0
    if packet_type < 4:
        frame.cast = layout.TO_MANY if packet_type == 1 or packet_type == 2 else layout.TO_ONE


def read_raw(frame: Frame) -> None:
    """No header: IP itself."""
    if frame.start < frame.end:
        frame.ethertype = (
            protocols.ETHERTYPE_IPV6 if octet(frame.buffer, frame.start) >> 4 == 6 else protocols.ETHERTYPE_IPV4
        )


def read_loopback(frame: Frame) -> None:
    """An address family: of LOOP in network order, of NULL in the recorder's; it fits in one byte either way."""
    if frame.start + 4 <= frame.end:
        family = octet(frame.buffer, frame.start) | octet(frame.buffer, frame.start + 3)
        frame.position = frame.start + 4
        if family == 2:
            frame.ethertype = protocols.ETHERTYPE_IPV4
        elif family == 10 or family == 24 or family == 28 or family == 30:
            frame.ethertype = protocols.ETHERTYPE_IPV6


def read_printed(frame: Frame) -> None:
    """What stands before a frame made from tcpdump's text (see ``printed_layout``)."""
    start = frame.start
    frame.present = 0
    if start + printed_layout.PRINTED_BYTES <= frame.end:
        frame.present = u32be(frame.buffer, start + printed_layout.P_PRESENT)
        frame.ifindex = u32be(frame.buffer, start + printed_layout.P_IFINDEX)
        frame.ifindex = frame.ifindex - 1
        frame.source = i64(frame.buffer, start + printed_layout.P_SENDER)
        frame.destination = i64(frame.buffer, start + printed_layout.P_DESTINATION)
        frame.ethertype = u16be(frame.buffer, start + printed_layout.P_ETHERTYPE)
        if frame.ethertype == 0:
            frame.ethertype = layout.ABSENT
        frame.vlan = u16be(frame.buffer, start + printed_layout.P_VLAN)
        frame.vlan = frame.vlan - 1
        if frame.present & printed_layout.PRESENT_CAST:
            frame.cast = layout.TO_MANY if frame.present & printed_layout.PRESENT_MANY else layout.TO_ONE
        frame.position = start + printed_layout.PRINTED_BYTES


def is_tag(ethertype: int) -> bool:
    """Whether a VLAN tag begins with this ethertype."""
    return (
        ethertype == protocols.VLAN_TAG
        or ethertype == protocols.SERVICE_TAG
        or ethertype == protocols.OLD_TAG
        or ethertype == protocols.OLD_SERVICE_TAG
    )


def read_tags(frame: Frame) -> None:
    """VLAN tags, and the ethertype of an IEEE 802.3 frame, with or without a tag."""
    while True:
        if is_tag(frame.ethertype):
            if frame.position + 4 > frame.end:
                break
            frame.vlan = u16be(frame.buffer, frame.position) & 0xFFF
            frame.ethertype = u16be(frame.buffer, frame.position + 2)
            frame.position = frame.position + 4
        elif frame.link == layout.LINK_ETHERNET and 0 <= frame.ethertype <= 1500:
            read_llc(frame)
        else:
            break


def read_llc(frame: Frame) -> None:
    """IEEE 802.3 has a length instead of an ethertype; LLC with a SNAP header names one again (RFC 1042)."""
    position = frame.position
    frame.ethertype = layout.ABSENT
    if (
        position + 8 <= frame.end
        and octet(frame.buffer, position) == 0xAA
        and octet(frame.buffer, position + 1) == 0xAA
        and octet(frame.buffer, position + 2) == 3
        and octet(frame.buffer, position + 3) == 0
        and octet(frame.buffer, position + 4) == 0
        and octet(frame.buffer, position + 5) == 0
    ):
        frame.ethertype = u16be(frame.buffer, position + 6)
        frame.position = position + 8


def read_network(frame: Frame) -> None:
    """All IP headers, from the outermost to the innermost that can be read."""
    frame.carries = layout.OTHER
    frame.says = layout.TTL_SILENT
    frame.encap = layout.PLAIN
    frame.vni = layout.ABSENT
    frame.inner_source = layout.ABSENT
    frame.inner_destination = layout.ABSENT
    frame.header = frame.position
    frame.payload_end = frame.end
    frame.depth = 0
    if frame.link == layout.LINK_UNKNOWN:
        frame.carries = layout.UNDECODED
    elif frame.ethertype == protocols.ETHERTYPE_ARP:
        frame.carries = layout.ARP
    carried = frame.ethertype
    while True:
        read_ip(frame, carried)
        if frame.depth == 0:
            frame.outer_version = frame.version
            frame.outer_payload = frame.payload
        carried = enter_tunnel(frame)
        if carried < 0:
            break
        frame.depth = frame.depth + 1
    if frame.carries == layout.ND or frame.carries == layout.MULTICAST:
        frame.says = layout.TTL_SILENT


def ttl_says(ttl: int) -> int:
    """Whether a TTL is an initial one (64, 128, 255) or at most 31 hops below it."""
    if ttl == 64 or ttl == 128 or ttl == 255:
        return layout.TTL_ORIGINAL
    if 33 <= ttl < 64 or 97 <= ttl < 128 or 224 <= ttl < 255:
        return layout.TTL_DECREMENTED
    return layout.TTL_SILENT


def read_ip(frame: Frame, carried: int) -> None:
    """The IP header of this ethertype, as far as it was captured."""
    frame.version = 0
    frame.payload = layout.ABSENT
    frame.protocol = layout.ABSENT
    frame.fragment = 0
    if frame.header < frame.payload_end:
        first = octet(frame.buffer, frame.header)
        if carried == protocols.ETHERTYPE_IPV4 and first >> 4 == 4 and (first & 15) >= 5:
            frame.version = 4
            if frame.header + 20 <= frame.payload_end:
                read_ipv4(frame)
        elif carried == protocols.ETHERTYPE_IPV6 and first >> 4 == 6:
            frame.version = 6
            if frame.header + 40 <= frame.payload_end:
                read_ipv6(frame)


def read_ipv4(frame: Frame) -> None:
    """A whole IPv4 header."""
    header = frame.header
    within = frame.payload_end
    require(frame.buffer, header, 20)
    size = (octet_within(frame.buffer, header) & 15) * 4
    frame.protocol = octet_within(frame.buffer, header + 9)
    if frame.depth == 0:
        frame.says = ttl_says(octet_within(frame.buffer, header + 8))
        first = octet_within(frame.buffer, header + 16)
        frame.carries = layout.UNICAST
        if 224 <= first < 240 or u32be_within(frame.buffer, header + 16) == layout.LIMITED_BROADCAST:
            frame.carries = layout.MULTICAST
    total = u16be_within(frame.buffer, header + 2)
    # A total length of 0 is a large segment handed down to be cut by the card (TSO).
    if total >= size and header + total < within:
        frame.payload_end = header + total
    frame.fragment = (u16be_within(frame.buffer, header + 6) & 0x1FFF) * 8
    frame.payload = header + size


def read_ipv6(frame: Frame) -> None:
    """A whole IPv6 header, and the extension headers behind it."""
    header = frame.header
    within = frame.payload_end
    require(frame.buffer, header, 40)
    protocol = octet_within(frame.buffer, header + 6)
    frame.protocol = protocol
    if frame.depth == 0:
        frame.says = ttl_says(octet_within(frame.buffer, header + 7))
        frame.carries = layout.MULTICAST if octet_within(frame.buffer, header + 24) == 0xFF else layout.UNICAST
    total = u16be_within(frame.buffer, header + 4) + 40
    # A payload length of 0 is a jumbogram, a large segment to be cut by the card, or nothing.
    if total == 40 and (protocol == protocols.HOP_BY_HOP or protocol == protocols.TCP or protocol == protocols.UDP):
        total = within - header
    if header + total < within:
        frame.payload_end = header + total
    packed = upper_layer(frame.buffer, header + 40, frame.payload_end, protocol)
    if packed >= 0:
        frame.payload = packed >> 8
        frame.protocol = packed & 255
        whole = frame.payload < frame.payload_end
        if (
            frame.protocol == protocols.ICMPV6
            and frame.depth == 0
            and whole
            and is_control(octet(frame.buffer, frame.payload))
        ):
            frame.carries = layout.ND


def is_control(icmp_type: int) -> bool:
    """Whether an ICMPv6 type belongs to neighbour discovery or multicast listener discovery."""
    return (
        protocols.MLD_QUERY <= icmp_type <= protocols.ICMPV6_REDIRECT
        or icmp_type == protocols.MLD2_REPORT
        or protocols.MULTICAST_ROUTER_ADVERTISEMENT <= icmp_type <= protocols.MULTICAST_ROUTER_TERMINATION
    )


def enter_tunnel(frame: Frame) -> int:
    """Move ``frame.header`` into the tunnel that its payload is; the ethertype of what is inside, or -1."""
    protocol = frame.protocol
    if protocol != protocols.UDP and protocol != protocols.IPIP and protocol != protocols.IPV6:
        return -1
    if frame.payload < 0 or frame.fragment != 0 or frame.depth == layout.DEEPEST:
        return -1
    if protocol == protocols.UDP:
        return enter_udp(frame)
    inside = protocols.ETHERTYPE_IPV4 if protocol == protocols.IPIP else protocols.ETHERTYPE_IPV6
    if not begins_ip(frame.buffer, frame.payload, frame.payload_end, inside):
        return -1
    frame.encap = layout.IPIP
    frame.header = frame.payload
    return inside


def enter_udp(frame: Frame) -> int:
    """The same for a UDP datagram: VXLAN is entered, WireGuard cannot be."""
    payload = frame.payload
    if payload + 8 > frame.payload_end:
        return -1
    port = u16be(frame.buffer, payload + 2)
    if port == protocols.WIREGUARD_PORT or port == protocols.WIREGUARD_PORT6:
        frame.encap = layout.WIREGUARD
        return -1
    if (
        port != protocols.VXLAN_PORT
        and port != protocols.KERNEL_VXLAN_PORT
        and frame.present & printed_layout.PRESENT_VXLAN == 0
    ):
        return -1
    # RFC 7348: UDP, 8 bytes of VXLAN whose flag I says that the network identifier counts, Ethernet.
    if payload + 30 > frame.payload_end or (octet(frame.buffer, payload + 8) & 8) == 0:
        return -1
    inside = u16be(frame.buffer, payload + 28)
    if not begins_ip(frame.buffer, payload + 30, frame.payload_end, inside):
        return -1
    frame.encap = layout.VXLAN
    frame.vni = u32be(frame.buffer, payload + 12) >> 8
    frame.inner_destination = mac(frame.buffer, payload + 16)
    frame.inner_source = mac(frame.buffer, payload + 22)
    frame.header = payload + 30
    return inside


def begins_ip(buffer: bytearray, position: int, end: int, ethertype: int) -> bool:
    """Whether a whole IP header begins here, of the version that the ethertype says."""
    if ethertype == protocols.ETHERTYPE_IPV4:
        return position + 20 <= end and octet(buffer, position) >> 4 == 4 and (octet(buffer, position) & 15) >= 5
    return ethertype == protocols.ETHERTYPE_IPV6 and position + 40 <= end and octet(buffer, position) >> 4 == 6
