# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Find packets whose addresses a node translated: what looks like two packets, one before and one after, is one.

Both have the same loose identity, which leaves out what translation changes, and follow each other. Packets are looked
up in chains as in ``gathering``.

The loops run as plain Python or compiled by Cython with the C types in ``translating.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.decode import frame_layout
    from pcapcheck.paths import gathering_layout as layout


def pick_partial(
    rows: memoryview, begins: memoryview, frame: memoryview, links: memoryview, lowest: memoryview, partial: memoryview
) -> int:  # fmt: skip
    """List the packets that were not seen on two pod links; returns how many there are.

    ``rows`` and ``begins`` are as of ``arrange``, ``links`` is 1 for spots on a pod's link. ``lowest`` gets the lowest
    row of every packet.
    """
    with cython.nogil:
        count = 0
        for packet in range(len(begins)):
            end = begins[packet + 1] if packet + 1 < len(begins) else len(rows)
            least = rows[begins[packet]]
            seen = 0
            for place in range(begins[packet], end):
                least = min(least, rows[place])
                seen = seen + links[frame[rows[place]] & layout.LOW]
            lowest[packet] = least
            if seen < 2:
                partial[count] = packet
                count = count + 1
        return count


def is_bare(what: memoryview, row: int, other: int) -> bool:
    """Whether neither of two sightings has a TTL, as in a text that shows none: only numbers tell packets apart."""
    return (what[row] & 0xFF) == layout.ABSENT_TTL and (what[other] & 0xFF) == layout.ABSENT_TTL


def find_alike(
    ordered: memoryview, lowest: memoryview, time: memoryview, what: memoryview, loose: memoryview, heads: memoryview,
    older: memoryview, before: memoryview, followed: memoryview
) -> int:  # fmt: skip
    """Find for each packet the latest one like it shortly before; returns how many have one.

    ``ordered`` are packets in the order of the times of their ``lowest`` rows. ``heads`` (a power of two, all -1) are
    where chains begin, ``older`` how they go on. ``before`` gets the packet before, or -1; ``followed`` marks those
    that are before another.
    """
    with cython.nogil:
        mask = len(heads) - 1
        count = 0
        for place in range(len(ordered)):
            packet = ordered[place]
            row = lowest[packet]
            bucket = loose[row] & mask
            other = heads[bucket]
            older[packet] = other
            heads[bucket] = packet
            before[packet] = -1
            followed[packet] = 0
            steps = 0
            while other >= 0 and steps < layout.CHAIN_LIMIT and time[row] - time[lowest[other]] <= layout.SAME_PACKET:
                if loose[lowest[other]] == loose[row]:
                    if not is_bare(what, row, lowest[other]) or time[row] - time[lowest[other]] <= layout.AT_ONCE:
                        before[packet] = other
                        followed[other] = 1
                        count = count + 1
                    break
                other = older[other]
                steps = steps + 1
        return count


def share_an_address(ends: memoryview, pair: int, other: int) -> bool:
    """Whether address pairs have an address in common, as pairs have that one node translates into each other."""
    return (
        ends[2 * pair] == ends[2 * other]
        or ends[2 * pair] == ends[2 * other + 1]
        or ends[2 * pair + 1] == ends[2 * other]
        or ends[2 * pair + 1] == ends[2 * other + 1]
    )


def may_be_one(what: memoryview, ends: memoryview, row: int, other: int) -> bool:
    """Whether the addresses and TTLs of two sightings fit one packet before and after translation.

    A SYN's sequence number is its own (RFC 6528), so both of its addresses may have changed, as a NodePort's do.
    """
    pair = what[row] >> 32 & 0x3FFF
    other_pair = what[other] >> 32 & 0x3FFF
    bare = is_bare(what, row, other)
    if pair == other_pair or ((what[row] & 0xFF) == (what[other] & 0xFF) and not bare):
        return False
    if (what[row] >> 8 & 0xF) == frame_layout.K_TCP and not bare:
        return True
    return share_an_address(ends, pair, other_pair)


def are_apart(
    rows: memoryview, begin: int, end: int, other_begin: int, other_end: int, frame: memoryview, what: memoryview,
    points: memoryview, links: memoryview
) -> bool:  # fmt: skip
    """Whether no capture point shows both packets; a NIC may, what comes in for a NodePort and goes out to a pod."""
    for place in range(begin, end):
        spot = frame[rows[place]] & layout.LOW
        if links[spot] == 0 and (what[rows[place]] >> 8 & 0xF) == frame_layout.K_TCP:
            continue
        for other in range(other_begin, other_end):
            if points[frame[rows[other]] & layout.LOW] == points[spot]:
                return False
    return True


def match(
    ordered: memoryview, lowest: memoryview, before: memoryview, followed: memoryview, rows: memoryview,
    begins: memoryview, frame: memoryview, what: memoryview, points: memoryview, links: memoryview, ends: memoryview,
    target: memoryview
) -> int:  # fmt: skip
    """Write down which packet each is before translation, itself for all others; returns how many were translated.

    If more than two fit, nothing is guessed. ``ends`` are two numbers per address pair, one for each of its addresses;
    the others are as of ``find_alike`` and ``pick_partial``.
    """
    with cython.nogil:
        for packet in range(len(target)):
            target[packet] = packet
        count = 0
        for place in range(len(ordered)):
            right = ordered[place]
            left = before[right]
            if left < 0 or before[left] >= 0 or followed[right]:
                continue
            if not may_be_one(what, ends, lowest[left], lowest[right]):
                continue
            left_end = begins[left + 1] if left + 1 < len(begins) else len(rows)
            right_end = begins[right + 1] if right + 1 < len(begins) else len(rows)
            if are_apart(rows, begins[left], left_end, begins[right], right_end, frame, what, points, links):
                target[max(left, right)] = min(left, right)
                count = count + 1
        return count
