# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Gather the sightings of each packet: sightings in the order of time in, packets numbered as they were first seen out.

Packets are looked up in chains, the latest first, that share some bits of their identity; a chain is followed only as
far back as sightings of one packet lie apart. So what is looked at stays small however long the captures are.

The loop runs as plain Python or compiled by Cython with the C types in ``gathering.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.paths import gathering_layout as layout


def gather(
    order: memoryview, time: memoryview, identity: memoryview, point: memoryview, heads: memoryview,
    older: memoryview, latest: memoryview, first: memoryview, last_row: memoryview, row_before: memoryview,
    repeated: memoryview, packet_of: memoryview
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
            packet_of[row] = found
        return count
