# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Gather the sightings of each packet: sightings in, packets out, numbered as they were first seen.

Packets are looked up in chains, the latest first, that share some bits of their identity; a chain is followed only as
far back as sightings of one packet lie apart. So what is looked at stays small however long the captures are.

The loops run as plain Python or compiled by Cython with the C types in ``gathering.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.hash_table import fetch_small
    from pcapcheck.paths import gathering_layout as layout


def spread(digest: int) -> int:
    """A digest spread over 64 bits, signed."""
    mixed = (digest * frame_layout.MULTIPLY) & frame_layout.LONG
    return mixed - frame_layout.LONG - 1 if mixed >> 63 else mixed


def prepare(
    begin: int, count: int, base: int, counts: memoryview, pairs: memoryview, end: int, key: memoryview,
    digest: memoryview, loose: memoryview, echo: memoryview, time: memoryview, frame: memoryview, what: memoryview
) -> int:  # fmt: skip
    """Make sightings of a capture comparable with those of all: ``count`` of them from ``begin`` on.

    Those of known senders move to the places from ``end`` on, where others were left out before; returns the new end.
    ``base`` is the number of the capture's first spot, ``counts`` marks its groups that count, ``pairs`` holds the
    numbers of its address pairs. Digests are mixed into the numbers that packets are known again by.
    """
    with cython.nogil:
        for place in range(begin, begin + count):
            group = frame[place] & 0xFFFF
            seen = what[place]
            pair = pairs[seen >> 32 & 0x3FFF]
            # Pair 0 is unknown addresses.
            if pair == 0 or not counts[group] or time[place] == scan_layout.ABSENT_TIME:
                continue
            mixed = spread(digest[place])
            key[end] = key[place] ^ mixed
            digest[end] = digest[place]
            loose[end] = loose[place] ^ mixed
            echo[end] = echo[place] ^ mixed
            time[end] = min(max(time[place], -layout.LATEST), layout.LATEST)
            frame[end] = (frame[place] >> 16 << 32) + group + base
            what[end] = (pairs[seen >> 46] << 46) | (pair << 32) | (seen & layout.LOW)
            end = end + 1
        return end


def gather(
    order: memoryview, time: memoryview, identity: memoryview, frame: memoryview, points: memoryview, heads: memoryview,
    older: memoryview, latest: memoryview, first: memoryview, last_row: memoryview, row_before: memoryview,
    repeated: memoryview
) -> int:  # fmt: skip
    """Number the packets; returns how many there are.

    ``order`` are the rows in the order of their times; none if they are in it. ``points`` are the capture points of
    spots. ``heads`` (a power of two, all -1) are where the chains of packets begin, ``older`` how they go on;
    ``latest`` is when a packet was seen last, ``first`` and ``last_row`` its first and last row, ``row_before`` which
    row of the same packet comes before a row. ``repeated`` marks packets whose like was seen at the same capture point
    shortly before.
    """
    with cython.nogil:
        mask = len(heads) - 1
        count = 0
        for place in range(len(time)):
            row = order[place] if len(order) else place
            if place + layout.AHEAD < len(time):
                coming = order[place + layout.AHEAD] if len(order) else place + layout.AHEAD
                fetch_small(heads, identity[coming] & mask)
            here = points[frame[row] & layout.LOW]
            bucket = identity[row] & mask
            packet = heads[bucket]
            found = -1
            again = 0
            steps = 0
            while packet >= 0 and steps < layout.CHAIN_LIMIT and time[row] - latest[packet] <= layout.SAME_PACKET:
                if identity[first[packet]] == identity[row]:
                    other = last_row[packet]
                    sightings = 0
                    while other >= 0 and points[frame[other] & layout.LOW] != here and sightings < layout.CHAIN_LIMIT:
                        other = row_before[other]
                        sightings = sightings + 1
                    if other < 0:
                        # Of several that could be it the one that waits longest.
                        found = packet
                    else:
                        again = 1
                packet = older[packet]
                steps = steps + 1
            if found < 0:
                found = count
                count = count + 1
                older[found] = heads[bucket]
                heads[bucket] = found
                first[found] = row
                last_row[found] = -1
                repeated[found] = again
            row_before[row] = last_row[found]
            last_row[found] = row
            latest[found] = time[row]
        return count


def merge(target: memoryview, last_row: memoryview, row_before: memoryview) -> None:
    """Give each packet's sightings to its target; a packet that is its own target keeps them."""
    with cython.nogil:
        for packet in range(len(target)):
            into = target[packet]
            if into == packet:
                continue
            row = last_row[packet]
            while row_before[row] >= 0:
                row = row_before[row]
            row_before[row] = last_row[into]
            last_row[into] = last_row[packet]
            last_row[packet] = -1


def arrange(
    time: memoryview, what: memoryview, last_row: memoryview, row_before: memoryview, rows: memoryview,
    begins: memoryview
) -> int:  # fmt: skip
    """Write the sightings of each packet one after the other, in the order of its path; returns how many packets.

    Packets without sightings are left out. On a path the TTL falls, since no router raises it, then time goes on. A
    frame keeps its time from the NIC to the tunnel device on which its content appears: of equal times what is inside a
    tunnel is the earlier.
    """
    with cython.nogil:
        end = 0
        count = 0
        for packet in range(len(last_row)):
            row = last_row[packet]
            if row < 0:
                continue
            begin = end
            begins[count] = begin
            count = count + 1
            while row >= 0:
                place = end
                while place > begin and precedes(time, what, row, rows[place - 1]):
                    rows[place] = rows[place - 1]
                    place = place - 1
                rows[place] = row
                end = end + 1
                row = row_before[row]
        return count


def precedes(time: memoryview, what: memoryview, row: int, other: int) -> bool:
    """Whether a sighting comes before another of its packet."""
    if (what[row] & 0xFF) != (what[other] & 0xFF):
        return (what[row] & 0xFF) > (what[other] & 0xFF)
    if time[row] != time[other]:
        return time[row] < time[other]
    if ((what[row] >> 12 & 0xF) == 0) != ((what[other] >> 12 & 0xF) == 0):
        return (what[row] >> 12 & 0xF) != 0
    return row < other


def enter(value: int, other_half: int, slots: memoryview, different: memoryview, count: int) -> int:
    """The number of a value, from 1; ``count + 1`` if it is none of the ``count`` values so far, which it then joins.

    ``other_half`` are the bits of it that are mixed into its lower ones. ``slots`` (a power of two,
    more than there are values, all 0) hold the numbers from 1, ``different`` what each number stands for.
    """
    mask = len(slots) - 1
    slot = (value ^ other_half) & mask
    while slots[slot] and different[slots[slot] - 1] != value:
        slot = (slot + 1) & mask
    if not slots[slot]:
        different[count] = value
        slots[slot] = count + 1
    return slots[slot]


def tokens_of(
    rows: memoryview, frame: memoryview, what: memoryview, slots: memoryview, different: memoryview,
    tokens: memoryview
) -> int:  # fmt: skip
    """Number what the steps of paths are apart from addresses: frame group, TTL and tunnel; returns how many there are.

    ``slots`` and ``different`` are as of ``enter``.
    """
    with cython.nogil:
        count = 0
        for place in range(len(rows)):
            row = rows[place]
            value = (
                ((frame[row] & layout.LOW) << layout.TOKEN_SPOT) | ((what[row] & 0xFF) << 2) | (what[row] >> 12 & 0xF)
            )
            entry = enter(value, value >> layout.TOKEN_SPOT, slots, different, count)
            count = max(count, entry)
            tokens[place] = entry - 1
        return count


def hops_of(
    begins: memoryview, tokens: memoryview, kinds: int, slots: memoryview, different: memoryview, places: memoryview
) -> int:  # fmt: skip
    """Find the different pairs of consecutive steps; returns how many there are.

    ``places`` say where the first step of such a pair is, for the first of its kind; ``kinds`` is the number of tokens.
    ``slots`` and ``different`` are as of ``enter``.
    """
    with cython.nogil:
        count = 0
        packet = 1
        for place in range(len(tokens) - 1):
            if packet < len(begins) and begins[packet] == place + 1:
                packet = packet + 1
                continue
            value = tokens[place] * kinds + tokens[place + 1]
            if enter(value, value >> 32, slots, different, count) > count:
                places[count] = place
                count = count + 1
        return count


def sign(
    rows: memoryview, begins: memoryview, lengths: memoryview, what: memoryview, tokens: memoryview,
    ranks: memoryview, whole: bool, signatures: memoryview
) -> None:  # fmt: skip
    """Write a hash per packet of its type, its address pair and its steps, ``whole``: and of their addresses.

    ``lengths`` are numbers of steps, ``ranks`` of their tokens say what each is apart from addresses.
    """
    with cython.nogil:
        for packet in range(len(begins)):
            begin = begins[packet]
            seen = what[rows[begin]]
            # Packet types and address pairs differ in their bits, paths in their lengths too.
            mixed = mix((seen >> 32 << 4) | (seen >> 8 & 0xF), lengths[packet] + spread(1))
            for step in range(lengths[packet]):
                mixed = mix(mixed, ranks[tokens[begin + step]] + step)
                if whole:
                    mixed = mix(mixed, what[rows[begin + step]] >> 32)
            signatures[packet] = mixed


def mix(left: int, right: int) -> int:
    """A number that depends on two, signed."""
    mixed = spread(left ^ right)
    return mixed ^ (mixed >> 29)


def answer(
    what: memoryview, echo: memoryview, rows: memoryview, begins: memoryview, slots: memoryview, known: memoryview,
    asked: memoryview, entries: memoryview, said: memoryview
) -> int:  # fmt: skip
    """Write down which echo requests were answered; returns how many requests and replies share their numbers.

    Those are AGAIN: it is their order that tells. ``slots`` (a power of two, more than there are packets, all 0) are
    where ``known`` echoes are; ``asked`` is twice the number of requests of each, and 1 more if there is a reply.
    ``entries`` hold the echo of each packet, from 1.
    """
    with cython.nogil:
        count = 0
        for packet in range(len(begins)):
            row = rows[begins[packet]]
            kind = what[row] >> 8 & 0xF
            entries[packet] = 0
            if kind != frame_layout.K_REQUEST and kind != frame_layout.K_REPLY:
                continue
            entry = enter(echo[row], echo[row] >> 32, slots, known, count)
            if entry > count:
                asked[count] = 0
                count = entry
            entries[packet] = entry
            asked[entry - 1] = asked[entry - 1] + 2 if kind == frame_layout.K_REQUEST else asked[entry - 1] | 1
        again = 0
        for packet in range(len(begins)):
            said[packet] = layout.SILENT
            entry = entries[packet]
            if not entry:
                continue
            if asked[entry - 1] > 3:
                said[packet] = layout.AGAIN
                again = again + 1
            elif asked[entry - 1] == 3 and (what[rows[begins[packet]]] >> 8 & 0xF) == frame_layout.K_REQUEST:
                said[packet] = layout.ANSWERED
        return again
