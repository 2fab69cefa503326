# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Sightings: what identifies a packet wherever it is seen, so that it can be followed from link to link.

The *key* of a packet is a hash of what no router changes: addresses, protocol, identification and fragment offset
of the datagram, the ICMP type, identifier and sequence number, the TCP or UDP ports and numbers. The *loose* key
leaves out what network address translation may change as well (addresses, ports, the ICMP identifier). The *digest* is
of the first bytes of the payload; it is ABSENT where a snapshot length cut them off.

The loops run as plain Python or compiled by Cython with the C types in ``sighting.pxd``.
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
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.icmp_arp import find_fragment


def emit_sighting(frame: Frame, sample: int, step: int, sighting: int) -> int:
    """Write down the sighting of a frame, if it shows enough, and return the place of the next.

    Field ``f`` of sighting ``n`` is ``frame.sightings[f * step + n]``. Only those are kept whose loose key has no bit
    of ``sample``. A later fragment of IPv6 has its payload behind the fragment header.
    """
    if frame.carries != layout.UNICAST:
        return sighting
    protocol = frame.protocol
    payload = frame.payload
    fragment = frame.fragment
    identification = 0
    if payload < 0 and frame.version == 6 and frame.header + 40 <= frame.payload_end:
        where = find_fragment(frame.buffer, frame.header + 40, frame.payload_end, octet(frame.buffer, frame.header + 6))
        if where >= 0:
            protocol = octet(frame.buffer, where)
            payload = where + 8
            fragment = u16be(frame.buffer, where + 2) & 0xFFF8
            identification = u32be(frame.buffer, where + 4)
    if payload < 0 or payload > frame.payload_end or not shows_enough(frame):
        return sighting
    if not identify(frame, identification, protocol, payload, fragment, sample, step, sighting):
        return sighting
    if frame.depth:
        wrapped = find_address_pair(frame, frame.outer_version, frame.position)
        frame.sightings[layout.V_WHAT * step + sighting] |= wrapped << 46
    frame.sightings[layout.V_TIME * step + sighting] = frame.time
    frame.sightings[layout.V_FRAME * step + sighting] = (frame.number << 16) | frame.group
    frame.sightings[layout.V_WHAT * step + sighting] |= frame.encap << 12
    if frame.link == layout.LINK_PRINTED and frame.is_echo and not frame.present & printed_layout.PRESENT_IDENT:
        frame.sightings[layout.V_WHAT * step + sighting] = frame.sightings[layout.V_WHAT * step + sighting] >> 8 << 8
    return sighting + 1


def shows_enough(frame: Frame) -> bool:
    """Whether a packet can be known again: of printed ones echoes, encrypted packets and what its text identifies."""
    return (
        frame.link != layout.LINK_PRINTED
        or frame.is_echo
        or (frame.present & printed_layout.PRESENT_WHOLE) != 0
        or (frame.encap == layout.WIREGUARD and (frame.present & printed_layout.PRESENT_ID) != 0)
    )


def stir(mixed: int, value: int) -> int:
    """Mix a number into a hash of 64 bits."""
    mixed = ((mixed ^ (value & layout.LONG)) * layout.MULTIPLY) & layout.LONG
    return mixed ^ (mixed >> 29)


def long_of(buffer: bytearray, position: int) -> int:
    """Eight bytes in network order, unsigned; that they are there is known."""
    return i64_within(buffer, position) & layout.LONG


def find_address_pair(frame: Frame, version: int, position: int) -> int:
    """The number of an address pair, made if it is new; pair 0 takes what finds no room.

    ``position`` is where the IP header begins. ``frame.pair_hash`` is then a hash of the pair.
    """
    if version == 4:
        require(frame.buffer, position, 20)
        src_high = 0
        src_low = layout.MAPPED | u32be_within(frame.buffer, position + 12)
        dst_high = 0
        dst_low = layout.MAPPED | u32be_within(frame.buffer, position + 16)
    else:
        require(frame.buffer, position, 40)
        src_high = long_of(frame.buffer, position + 8)
        src_low = long_of(frame.buffer, position + 16)
        dst_high = long_of(frame.buffer, position + 24)
        dst_low = long_of(frame.buffer, position + 32)
    if frame.latest_pair and is_pair(frame, frame.latest_pair, src_high, src_low, dst_high, dst_low):
        # As where a node passes a packet on from one pod's link to another's.
        return frame.latest_pair
    mixed = stir(stir(stir(stir(layout.MULTIPLY, src_high), src_low), dst_high), dst_low)
    frame.pair_hash = mixed >> 2
    mask = len(frame.pair_slots) - 1
    slot = (mixed >> 2) & mask
    while True:
        pair = frame.pair_slots[slot]
        if pair < 0:
            break
        if is_pair(frame, pair, src_high, src_low, dst_high, dst_low):
            frame.latest_pair = pair
            return pair
        slot = (slot + 1) & mask
    pair = frame.pair_count
    if pair * layout.PAIR_FIELDS >= len(frame.address_pairs):
        frame.latest_pair = 0
        return 0
    frame.pair_count = pair + 1
    frame.latest_pair = pair
    frame.pair_slots[slot] = pair
    row = pair * layout.PAIR_FIELDS
    frame.address_pairs[row] = as_signed(src_high)
    frame.address_pairs[row + 1] = as_signed(src_low)
    frame.address_pairs[row + 2] = as_signed(dst_high)
    frame.address_pairs[row + 3] = as_signed(dst_low)
    return pair


def is_pair(frame: Frame, pair: int, src_high: int, src_low: int, dst_high: int, dst_low: int) -> bool:
    """Whether an address pair is of these addresses, each in two halves."""
    row = pair * layout.PAIR_FIELDS
    # Compared bit by bit: upper halves of IPv6 addresses are stored as signed numbers.
    return (
        (frame.address_pairs[row + 3] & layout.LONG) == dst_low
        and (frame.address_pairs[row + 1] & layout.LONG) == src_low
        and (frame.address_pairs[row] & layout.LONG) == src_high
        and (frame.address_pairs[row + 2] & layout.LONG) == dst_high
    )


def as_signed(value: int) -> int:
    """The signed number that has the bits of an unsigned one."""
    return value - layout.LONG - 1 if value >> 63 else value


def digest_of(buffer: bytearray, position: int, end: int, cut: bool) -> int:
    """A hash of the first bytes from ``position`` on; ABSENT where ``cut`` took some of them."""
    count = end - position
    if count >= layout.DIGEST_BYTES:
        require(buffer, position, layout.DIGEST_BYTES)
        return stir(stir(layout.MULTIPLY, long_of(buffer, position)), long_of(buffer, position + 8)) >> 2
    if cut:
        return layout.ABSENT
    mixed = stir(layout.MULTIPLY, count)
    while position < end:
        mixed = stir(mixed, octet(buffer, position))
        position = position + 1
    return mixed >> 2


def digest_of_quote(buffer: bytearray, version: int, position: int, end: int, cut: bool) -> int:
    """A hash of the datagram that an ICMP error quotes, but for what address translation changes in it.

    That is its addresses, ports, ICMP identifier and checksums (RFC 5508, section 4.2). ABSENT where it was cut.
    """
    header = (octet(buffer, position) & 15) * 4 if version == 4 and position < end else 40
    if header < 20 or end - position < header + 8:
        return digest_of(buffer, position, end, cut)
    require(buffer, position, header + 8)
    mixed = stir(layout.MULTIPLY, long_of(buffer, position))
    protocol = octet(buffer, position + 9) if version == 4 else octet(buffer, position + 6)
    if version == 4:
        mixed = stir(mixed, u16be(buffer, position + 8))
    position = position + header
    if protocol == protocols.TCP:
        mixed = stir(mixed, u32be(buffer, position + 4))
    elif protocol == protocols.UDP:
        mixed = stir(mixed, u16be(buffer, position + 4))
    else:
        mixed = stir(stir(mixed, u16be(buffer, position)), u16be(buffer, position + 6))
    return mixed >> 2


def echo_of(buffer: bytearray, version: int, position: int, payload: int) -> int:
    """A hash of an echo that its request and its reply have, which have each other's addresses.

    So the order of these must not count. ``position`` is where the IP header begins, which is known to be there.
    """
    start = position + 12 if version == 4 else position + 8
    size = 4 if version == 4 else 16
    mixed = stir(layout.MULTIPLY, u32be_within(buffer, payload + 4))
    for part in range(0, size, 4):
        left = u32be_within(buffer, start + part)
        right = u32be_within(buffer, start + size + part)
        mixed = stir(stir(mixed, left ^ right), left + right)
    return mixed >> 2


def identify(
    frame: Frame, identification: int, protocol: int, payload: int, fragment: int, sample: int, step: int, at: int
) -> bool:  # fmt: skip
    """Write down what identifies the innermost packet of a frame; whether it is kept, by ``sample``.

    ``fragment`` is the offset of a fragment, in IPv6 ``identification`` that of a later fragment; ``sample``, ``step``
    and ``at`` are as of ``emit_sighting``.
    """
    version = frame.version
    position = frame.header
    end = frame.payload_end
    cut = frame.captured < frame.length
    if version == 4:
        require(frame.buffer, position, 20)
        length = u16be_within(frame.buffer, position + 2)
        identification = u16be_within(frame.buffer, position + 4)
        ttl = octet_within(frame.buffer, position + 8)
    else:
        require(frame.buffer, position, 40)
        length = u16be_within(frame.buffer, position + 4)
        ttl = octet_within(frame.buffer, position + 7)
    datagram = (identification << 32) | (fragment << 8) | protocol
    kind = layout.K_OTHER
    upper = 0
    kept = 0
    data = payload
    if fragment:
        kind = layout.K_FRAGMENT
    elif (protocol == protocols.ICMP and version == 4) or (protocol == protocols.ICMPV6 and version == 6):
        if payload + 8 <= end:
            require(frame.buffer, payload, 8)
            kind = icmp_kind(version, octet_within(frame.buffer, payload))
            data = payload + 8
            kept = (octet_within(frame.buffer, payload) << 16) | u16be_within(frame.buffer, payload + 6)
            upper = (kept << 32) | u32be_within(frame.buffer, payload + 4)
    elif protocol == protocols.TCP:
        kind = layout.K_TCP
        if payload + 14 <= end:
            require(frame.buffer, payload, 14)
            data = payload + (octet_within(frame.buffer, payload + 12) >> 4) * 4
            kept = long_of(frame.buffer, payload + 4) ^ u16be_within(frame.buffer, payload + 12)
            upper = stir(u32be_within(frame.buffer, payload), kept)
    elif protocol == protocols.UDP:
        kind = layout.K_UDP
        if payload + 8 <= end:
            data = payload + 8
            upper = u32be(frame.buffer, payload)
    if kind == layout.K_OTHER:
        # The others say who they are; of those the length is left out, since a router may cut them into fragments.
        datagram = datagram | (length << 48)
    loose = stir(stir(layout.MULTIPLY, datagram), kept) >> 2
    if (loose & sample) != 0:
        # Of long captures most are left out: nothing more is done for these.
        return False
    pair = find_address_pair(frame, version, position)
    if kind == layout.K_ERROR:
        digest = digest_of_quote(frame.buffer, version, data if data < end else end, end, cut)
    else:
        digest = digest_of(frame.buffer, data if data < end else end, end, cut)
    if frame.link == layout.LINK_PRINTED:
        # Texts hold other bytes than those on the wire, or none, but for what some say that UDP carries.
        if kind != layout.K_UDP or not frame.present & printed_layout.PRESENT_DATA:
            digest = layout.ABSENT
            if kind == layout.K_UDP and version == 4 and identification == 0:
                # Linux identifies none of what an unconnected socket sends: others have the same.
                kept = upper
        elif end - data < layout.DIGEST_BYTES:
            digest = digest_of(frame.buffer, data, end, False)
    echo = 0
    if kind == layout.K_REQUEST or kind == layout.K_REPLY:
        echo = echo_of(frame.buffer, version, position, payload)
    frame.sightings[layout.V_KEY * step + at] = stir(stir(stir(layout.MULTIPLY, frame.pair_hash), datagram), upper) >> 2
    frame.sightings[layout.V_DIGEST * step + at] = digest
    frame.sightings[layout.V_LOOSE * step + at] = loose
    frame.sightings[layout.V_ECHO * step + at] = echo
    frame.sightings[layout.V_WHAT * step + at] = (pair << 32) | (length << 16) | (kind << 8) | ttl
    return True


def icmp_kind(version: int, icmp_type: int) -> int:
    """Request, reply, error or something else, by ICMP or ICMPv6 type."""
    if version == 4:
        if icmp_type == protocols.ICMP_ECHO_REQUEST:
            return layout.K_REQUEST
        if icmp_type == protocols.ICMP_ECHO_REPLY:
            return layout.K_REPLY
        return (
            layout.K_ERROR
            if icmp_type == protocols.ICMP_UNREACHABLE
            or icmp_type == protocols.ICMP_TIME_EXCEEDED
            or icmp_type == protocols.ICMP_PARAMETER_PROBLEM
            else layout.K_OTHER
        )
    if icmp_type == protocols.ICMPV6_ECHO_REQUEST:
        return layout.K_REQUEST
    if icmp_type == protocols.ICMPV6_ECHO_REPLY:
        return layout.K_REPLY
    return (
        layout.K_ERROR
        if protocols.ICMPV6_UNREACHABLE <= icmp_type <= protocols.ICMPV6_PARAMETER_PROBLEM
        else layout.K_OTHER
    )
