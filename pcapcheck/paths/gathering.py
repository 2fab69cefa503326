# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
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
    from pcapcheck.paths import gathering_layout as layout


def spread(digest: int) -> int:
    """A digest spread over 64 bits, signed."""
    mixed = (digest * frame_layout.MULTIPLY) & frame_layout.LONG
    return mixed - frame_layout.LONG - 1 if mixed >> 63 else mixed


def take_apart(
    rows: memoryview, base: int, counts: memoryview, pairs: memoryview, end: int, frame: memoryview, time: memoryview,
    what: memoryview, identity: memoryview, loose: memoryview, echo: memoryview, digest: memoryview
) -> int:  # fmt: skip
    """Write rows of sightings of known senders into columns from ``end`` on; returns the new end.

    ``base`` is the number of the capture's first spot, ``counts`` marks its groups that count, ``pairs`` holds the
    numbers of its address pairs. Digests are mixed into the numbers that packets are known again by.
    """
    with cython.nogil:
        for place in range(len(rows) // frame_layout.SIGHTING_FIELDS):
            row = place * frame_layout.SIGHTING_FIELDS
            group = rows[row + frame_layout.V_FRAME] & 0xFFFF
            seen = rows[row + frame_layout.V_WHAT]
            pair = pairs[seen >> 32 & 0x3FFF]
            when = rows[row + frame_layout.V_TIME]
            # Pair 0 is unknown addresses.
            if pair == 0 or not counts[group] or when == scan_layout.ABSENT_TIME:
                continue
            frame[end] = (rows[row + frame_layout.V_FRAME] >> 16 << 32) + group + base
            time[end] = min(max(when, -layout.LATEST), layout.LATEST)
            what[end] = (pairs[seen >> 46] << 46) | (pair << 32) | (seen & layout.LOW)
            mixed = spread(rows[row + frame_layout.V_DIGEST])
            identity[end] = rows[row + frame_layout.V_KEY] ^ mixed
            loose[end] = rows[row + frame_layout.V_LOOSE] ^ mixed
            echo[end] = rows[row + frame_layout.V_ECHO] ^ mixed
            digest[end] = rows[row + frame_layout.V_DIGEST]
            end = end + 1
        return end


def gather(
    order: memoryview, time: memoryview, identity: memoryview, point: memoryview, heads: memoryview,
    older: memoryview, latest: memoryview, first: memoryview, last_row: memoryview, row_before: memoryview,
    repeated: memoryview
) -> int:  # fmt: skip
    """Number the packets; returns how many there are.

    ``order`` are the rows in the order of their times. ``heads`` (a power of two, all -1) are where the chains of
    packets begin, ``older`` how they go on; ``latest`` is when a packet was seen last, ``first`` and ``last_row`` its
    first and last row, ``row_before`` which row of the same packet comes before a row. ``repeated`` marks packets whose
    like was seen at the same capture point shortly before.
    """
    with cython.nogil:
        mask = len(heads) - 1
        count = 0
        for place in range(len(order)):
            row = order[place]
            here = point[row]
            bucket = identity[row] & mask
            packet = heads[bucket]
            found = -1
            again = 0
            steps = 0
            while packet >= 0 and steps < layout.CHAIN_LIMIT and time[row] - latest[packet] <= layout.SAME_PACKET:
                if identity[first[packet]] == identity[row]:
                    other = last_row[packet]
                    sightings = 0
                    while other >= 0 and point[other] != here and sightings < layout.CHAIN_LIMIT:
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


def number(values: memoryview, slots: memoryview, different: memoryview, numbers: memoryview) -> int:
    """Number values in the order in which they first occur; returns how many there are.

    ``slots`` (a power of two, more than there are values, all 0) hold the numbers from 1, ``different`` what each
    number stands for.
    """
    with cython.nogil:
        mask = len(slots) - 1
        count = 0
        for place in range(len(values)):
            value = values[place]
            slot = (value ^ (value >> 32)) & mask
            while slots[slot] and different[slots[slot] - 1] != value:
                slot = (slot + 1) & mask
            if not slots[slot]:
                different[count] = value
                count = count + 1
                slots[slot] = count
            numbers[place] = slots[slot] - 1
        return count


def sign(
    rows: memoryview, begins: memoryview, lengths: memoryview, what: memoryview, tokens: memoryview, whole: bool,
    signatures: memoryview
) -> None:  # fmt: skip
    """Write a hash per packet of its type, its address pair and its steps, ``whole``: and of their addresses.

    ``lengths`` are numbers of steps, ``tokens`` say what each step is apart from addresses.
    """
    with cython.nogil:
        for packet in range(len(begins)):
            begin = begins[packet]
            seen = what[rows[begin]]
            # Packet types and address pairs differ in their bits, paths in their lengths too.
            mixed = mix((seen >> 32 << 4) | (seen >> 8 & 0xF), lengths[packet] + spread(1))
            for step in range(lengths[packet]):
                mixed = mix(mixed, tokens[begin + step] + step)
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
        mask = len(slots) - 1
        count = 0
        for packet in range(len(begins)):
            row = rows[begins[packet]]
            kind = what[row] >> 8 & 0xF
            entries[packet] = 0
            if kind != frame_layout.K_REQUEST and kind != frame_layout.K_REPLY:
                continue
            value = echo[row]
            slot = (value ^ (value >> 32)) & mask
            while slots[slot] and known[slots[slot] - 1] != value:
                slot = (slot + 1) & mask
            if not slots[slot]:
                known[count] = value
                asked[count] = 0
                count = count + 1
                slots[slot] = count
            entry = slots[slot]
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
