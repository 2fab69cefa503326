# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Messages: what asks for or tells a MAC, by ARP or neighbour discovery, in the words of ARP.

Sources: RFC 826 (ARP), RFC 5227 (probes and announcements), RFC 4861 (neighbour discovery).

The steps run as plain Python or compiled by Cython with the C types in ``arp_messages.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import printed_layout
    from pcapcheck.capture.octets import i64, mac, octet, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.icmp_arp import decode_arp, link_address


def emit_message(frame: Frame, at: int) -> int:
    """Write down the message of a frame of ARP or neighbour discovery, and return the place of the next.

    A probe and what has no sender's address are no messages: they claim nothing and ask for nobody.
    """
    # A text may show no MAC of the sender, whose number then stands for its address.
    frame.messages[at + layout.M_ETH_SRC] = frame.source if frame.source < printed_layout.NO_MAC else layout.ABSENT
    is_message = arp_message(frame, at) if frame.carries == layout.ARP else neighbour_message(frame, at)
    if not is_message:
        return at
    frame.messages[at + layout.M_NUMBER] = frame.number
    frame.messages[at + layout.M_TIME] = frame.time
    frame.messages[at + layout.M_GROUP] = frame.group
    frame.messages[at + layout.M_POINT] = (frame.interface << 32) | (frame.ifindex + 1)
    return at + layout.MESSAGE_FIELDS


def arp_message(frame: Frame, at: int) -> bool:
    """What an ARP packet says; False where it has no sender's address, or is a probe."""
    if is_usual_arp(frame):
        read_usual_arp(frame, at)
    else:
        for field in range(layout.M_KIND, layout.M_TARGET_LOW + 1):
            frame.messages[at + field] = layout.ABSENT
        # Opcode, sender and target lie in a message as in a row.
        decode_arp(frame.buffer, frame.header, frame.end, frame.messages, 1, at + layout.M_KIND - layout.ARP_OPCODE)
        if frame.link == layout.LINK_PRINTED:
            blank_message(frame, at)
    sender = frame.messages[at + layout.M_SENDER_LOW]
    if sender == layout.ABSENT or sender == layout.MAPPED:
        return False
    frame.messages[at + layout.M_KIND] = kind_of_arp(frame, at)
    frame.messages[at + layout.M_SENDER_HIGH] = 0
    frame.messages[at + layout.M_TARGET_HIGH] = 0
    frame.messages[at + layout.M_CAST] = layout.TO_ONE if frame.cast == layout.TO_OTHER else frame.cast
    return True


def is_usual_arp(frame: Frame) -> bool:
    """Whether a frame holds a whole ARP packet of Ethernet and IPv4 addresses, as nearly all are."""
    return (
        frame.header + 28 <= frame.end
        and frame.link != layout.LINK_PRINTED
        and i64(frame.buffer, frame.header) >> 16 == layout.ETHERNET_IPV4
    )


def read_usual_arp(frame: Frame, at: int) -> None:
    """Opcode, sender and target of such a packet: what ``decode_arp`` says of it."""
    header = frame.header
    frame.messages[at + layout.M_KIND] = u16be(frame.buffer, header + 6)
    frame.messages[at + layout.M_SENDER_MAC] = mac(frame.buffer, header + 8)
    frame.messages[at + layout.M_SENDER_LOW] = layout.MAPPED | u32be(frame.buffer, header + 14)
    frame.messages[at + layout.M_TARGET_MAC] = mac(frame.buffer, header + 18)
    frame.messages[at + layout.M_TARGET_LOW] = layout.MAPPED | u32be(frame.buffer, header + 24)


def blank_message(frame: Frame, at: int) -> None:
    """Make absent what the text of a printed ARP packet does not hold, and take MACs of its frame for those of its own.

    A reply's text may not say to whom it goes, its frame does.
    """
    opcode = frame.messages[at + layout.M_KIND]
    if not frame.present & printed_layout.PRESENT_SENDER_MAC:
        frame.messages[at + layout.M_SENDER_MAC] = layout.ABSENT
        if opcode == protocols.ARP_REQUEST:
            frame.messages[at + layout.M_SENDER_MAC] = frame.messages[at + layout.M_ETH_SRC]
    if not frame.present & printed_layout.PRESENT_SENDER_IP:
        frame.messages[at + layout.M_SENDER_LOW] = layout.ABSENT
    if not frame.present & printed_layout.PRESENT_TARGET_MAC:
        known = frame.destination if opcode == protocols.ARP_REPLY else layout.ABSENT
        frame.messages[at + layout.M_TARGET_MAC] = known
    if not frame.present & printed_layout.PRESENT_TARGET_IP:
        frame.messages[at + layout.M_TARGET_LOW] = layout.ABSENT


def kind_of_arp(frame: Frame, at: int) -> int:
    """The kind of message of an ARP packet, which still holds its opcode; announcements neither ask nor answer."""
    opcode = frame.messages[at + layout.M_KIND]
    target = frame.messages[at + layout.M_TARGET_LOW]
    target_mac = frame.messages[at + layout.M_TARGET_MAC]
    kind = layout.M_PRINTED if frame.link == layout.LINK_PRINTED else layout.M_OTHER
    announces = frame.messages[at + layout.M_SENDER_LOW] == target
    if opcode == protocols.ARP_REPLY:
        if frame.link == layout.LINK_PRINTED:
            announces = target_mac == layout.BROADCAST_MAC
        elif (
            target_mac > 0
            and target_mac != layout.BROADCAST_MAC
            and target_mac != frame.messages[at + layout.M_SENDER_MAC]
        ):
            # A reply to a host about that host's own address comes from proxy ARP; an announcement is meant for all.
            announces = False
        if not announces:
            kind = kind | layout.M_REPLY
    elif opcode == protocols.ARP_REQUEST and not announces and target != layout.ABSENT:
        kind = kind | layout.M_REQUEST
    return kind


def neighbour_message(frame: Frame, at: int) -> bool:
    """What a neighbour solicitation or advertisement says.

    False for other packets, for those cut before the target, and for duplicate address detection (RFC 4862), which asks
    for nobody.
    """
    payload = frame.payload
    if payload + 24 > frame.payload_end:
        return False
    asks = octet(frame.buffer, payload) == protocols.NEIGHBOR_SOLICITATION
    if not asks and octet(frame.buffer, payload) != protocols.NEIGHBOR_ADVERTISEMENT:
        return False
    sender = frame.header + 8 if asks else payload + 8
    target = payload + 8 if asks else frame.header + 24
    high = i64(frame.buffer, sender)
    low = i64(frame.buffer, sender + 8)
    if high == 0 and (low == 0 or low == layout.MAPPED):
        return False
    frame.messages[at + layout.M_SENDER_HIGH] = high
    frame.messages[at + layout.M_SENDER_LOW] = low
    frame.messages[at + layout.M_TARGET_HIGH] = i64(frame.buffer, target)
    frame.messages[at + layout.M_TARGET_LOW] = i64(frame.buffer, target + 8)
    frame.messages[at + layout.M_TARGET_MAC] = layout.ABSENT
    # The option may be left out if the frame's source says the same (RFC 4861, section 4.4).
    mac = layout.ABSENT if asks else link_address(frame.buffer, payload, frame.payload_end)
    frame.messages[at + layout.M_SENDER_MAC] = frame.messages[at + layout.M_ETH_SRC] if mac == layout.ABSENT else mac
    to_many = octet(frame.buffer, frame.header + 24) == 0xFF
    frame.messages[at + layout.M_CAST] = layout.TO_MANY if to_many else layout.TO_ONE
    kind = layout.M_REQUEST if asks else layout.M_OTHER if to_many else layout.M_REPLY
    frame.messages[at + layout.M_KIND] = layout.M_ND | kind
    return True
