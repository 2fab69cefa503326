# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Sightings: what identifies a packet wherever it is seen, so that it can be followed from link to link.

The *key* of a packet is a hash of what no router changes: addresses, protocol, identification and fragment offset
of the datagram, the ICMP type, identifier and sequence number, the TCP or UDP ports and numbers. The *loose* key
leaves out what network address translation may change as well (addresses, ports, the ICMP identifier). The *digest* is
of the first bytes of the payload; it is ABSENT where a snapshot length cut them off.

The loops run as plain Python or compiled by Cython with the C types in ``sighting.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture.octets import u16be, u32be
    from pcapcheck.decode.frame_layout import *


def stir(mixed: int, value: int) -> int:
    """Mix a number into a hash of 64 bits."""
    mixed = ((mixed ^ (value & LONG)) * MULTIPLY) & LONG
    return mixed ^ (mixed >> 29)


def long_of(buffer: bytearray, position: int) -> int:
    """Eight bytes in network order, unsigned."""
    high = u32be(buffer, position)
    return (high << 32) | u32be(buffer, position + 4)


def find_flow(
    flows: array[int],
    slots: array[int],
    limit: int,
    state: array[int],
    buffer: bytearray,
    version: int,
    position: int,
) -> int:
    """The number of an address pair, made if it is new; pair 0 takes what finds no room.

    ``position`` is where the IP header begins. ``state[S_HASH]`` is then a hash of the pair.
    """
    if version == 4:
        src_high = 0
        src_low = MAPPED | u32be(buffer, position + 12)
        dst_high = 0
        dst_low = MAPPED | u32be(buffer, position + 16)
    else:
        src_high = long_of(buffer, position + 8)
        src_low = long_of(buffer, position + 16)
        dst_high = long_of(buffer, position + 24)
        dst_low = long_of(buffer, position + 32)
    mixed = stir(stir(stir(stir(MULTIPLY, src_high), src_low), dst_high), dst_low)
    state[S_HASH] = mixed >> 2
    mask = len(slots) - 1
    slot = (mixed >> 2) & mask
    while True:
        flow = slots[slot]
        if flow < 0:
            break
        row = flow * FLOW_FIELDS
        # Compared bit by bit: upper halves of IPv6 addresses are stored as signed numbers.
        if (
            (flows[row] & LONG) == src_high
            and (flows[row + 1] & LONG) == src_low
            and (flows[row + 2] & LONG) == dst_high
            and (flows[row + 3] & LONG) == dst_low
        ):
            return flow
        slot = (slot + 1) & mask
    flow = state[S_FLOWS]
    if flow >= limit:
        return 0
    state[S_FLOWS] = flow + 1
    slots[slot] = flow
    row = flow * FLOW_FIELDS
    flows[row] = as_signed(src_high)
    flows[row + 1] = as_signed(src_low)
    flows[row + 2] = as_signed(dst_high)
    flows[row + 3] = as_signed(dst_low)
    return flow


def as_signed(value: int) -> int:
    """The signed number that has the bits of an unsigned one."""
    return value - LONG - 1 if value >> 63 else value


def digest_of(buffer: bytearray, position: int, end: int, cut: bool) -> int:
    """A hash of the first bytes from ``position`` on; ABSENT where ``cut`` took some of them."""
    count = end - position
    if count >= DIGEST_BYTES:
        return stir(stir(MULTIPLY, long_of(buffer, position)), long_of(buffer, position + 8)) >> 2
    if cut:
        return ABSENT
    mixed = stir(MULTIPLY, count)
    while position < end:
        mixed = stir(mixed, buffer[position])
        position = position + 1
    return mixed >> 2


def digest_of_quote(buffer: bytearray, version: int, position: int, end: int, cut: bool) -> int:
    """A hash of the datagram that an ICMP error quotes, but for what address translation changes in it.

    That is its addresses, ports, ICMP identifier and checksums (RFC 5508, section 4.2). ABSENT where it was cut.
    """
    header = (buffer[position] & 15) * 4 if version == 4 and position < end else 40
    if header < 20 or end - position < header + 8:
        return digest_of(buffer, position, end, cut)
    mixed = stir(MULTIPLY, long_of(buffer, position))
    protocol = buffer[position + 9] if version == 4 else buffer[position + 6]
    if version == 4:
        mixed = stir(mixed, u16be(buffer, position + 8))
    position = position + header
    if protocol == 6:
        mixed = stir(mixed, u32be(buffer, position + 4))
    elif protocol == 17:
        mixed = stir(mixed, u16be(buffer, position + 4))
    else:
        mixed = stir(stir(mixed, u16be(buffer, position)), u16be(buffer, position + 6))
    return mixed >> 2


def identify(
    buffer: bytearray,
    version: int,
    identification: int,
    protocol: int,
    position: int,
    payload: int,
    end: int,
    fragment: int,
    cut: bool,
    addresses: int,
    sightings: array[int],
    at: int,
) -> None:
    """Write down what identifies a packet whose IP header begins at ``position``.

    ``addresses`` is a hash of its addresses; ``fragment`` the offset of a fragment, in IPv6
    ``identification`` that of a later fragment; ``at`` the place in
    ``sightings``.
    """
    if version == 4:
        length = u16be(buffer, position + 2)
        identification = u16be(buffer, position + 4)
        ttl = buffer[position + 8]
    else:
        length = u16be(buffer, position + 4)
        ttl = buffer[position + 7]
    datagram = (identification << 32) | (fragment << 8) | protocol
    kind = K_OTHER
    told = 0
    kept = 0
    data = payload
    if fragment:
        kind = K_FRAGMENT
    elif (protocol == 1 and version == 4) or (protocol == 58 and version == 6):
        if payload + 8 <= end:
            kind = icmp_kind(version, buffer[payload])
            data = payload + 8
            kept = (buffer[payload] << 16) | u16be(buffer, payload + 6)
            told = (kept << 32) | u32be(buffer, payload + 4)
    elif protocol == 6:
        kind = K_TCP
        if payload + 14 <= end:
            data = payload + (buffer[payload + 12] >> 4) * 4
            kept = long_of(buffer, payload + 4) ^ u16be(buffer, payload + 12)
            told = stir(u32be(buffer, payload), kept)
    elif protocol == 17:
        kind = K_UDP
        if payload + 8 <= end:
            data = payload + 8
            told = u32be(buffer, payload)
    if kind == K_OTHER:
        # The others say who they are; of those the length is left out, since a router may cut them into fragments.
        datagram = datagram | (length << 48)
    if kind == K_ERROR:
        digest = digest_of_quote(buffer, version, data if data < end else end, end, cut)
    else:
        digest = digest_of(buffer, data if data < end else end, end, cut)
    echo = 0
    if kind == K_REQUEST or kind == K_REPLY:
        # Request and reply have each other's addresses: what does not ask for their order is mixed in.
        start = position + 12 if version == 4 else position + 8
        size = 4 if version == 4 else 16
        echo = stir(MULTIPLY, u32be(buffer, payload + 4))
        for part in range(0, size, 4):
            left = u32be(buffer, start + part)
            right = u32be(buffer, start + size + part)
            echo = stir(stir(echo, left ^ right), left + right)
        echo = echo >> 2
    sightings[at + V_KEY] = stir(stir(stir(MULTIPLY, addresses), datagram), told) >> 2
    sightings[at + V_DIGEST] = digest
    sightings[at + V_LOOSE] = stir(stir(MULTIPLY, datagram), kept) >> 2
    sightings[at + V_ECHO] = echo
    sightings[at + V_WHAT] = (length << 16) | (kind << 8) | ttl


def icmp_kind(version: int, kind: int) -> int:
    """Request, reply, error or something else, by ICMP or ICMPv6 type."""
    if version == 4:
        if kind == 8:
            return K_REQUEST
        if kind == 0:
            return K_REPLY
        return K_ERROR if kind == 3 or kind == 11 or kind == 12 else K_OTHER
    if kind == 128:
        return K_REQUEST
    if kind == 129:
        return K_REPLY
    return K_ERROR if 1 <= kind <= 4 else K_OTHER
