# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Sum up packets by the path that they took and what else is known of them.

The loops run as plain Python or compiled by Cython with the C types in ``summing.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.hash_table import stir
    from pcapcheck.paths import summing_layout as layout


def watching(time: int, spans: memoryview) -> int:
    """Bit by bit, which captures were being recorded at a time; ``spans`` are the first and last time of each."""
    found = 0
    # In C a literal 1 would have 32 bits only.
    bit = 1
    for capture in range(len(spans) // 2):
        if spans[2 * capture] <= time <= spans[2 * capture + 1]:
            found = found | (bit << capture)
    return found


def classify(
    rows: memoryview, begins: memoryview, time: memoryview, signatures: memoryview, spans: memoryview,
    repeated: memoryview, rewritten: memoryview, answered: memoryview, slots: memoryview, kinds: memoryview,
    kind_of: memoryview
) -> int:  # fmt: skip
    """Number the kinds of packets in the order in which they first occur; returns how many there are.

    ``rows`` and ``begins`` are as of ``gathering.arrange``; ``signatures`` say what path each packet took. ``slots`` (a
    power of two, more than there are packets, all 0) hold the numbers of kinds from 1.
    """
    with cython.nogil:
        mask = len(slots) - 1
        count = 0
        for packet in range(len(begins)):
            situation = watching(time[rows[begins[packet]]], spans) << layout.SITUATION_BITS
            if repeated[packet]:
                situation = situation | layout.REPEATED
            if rewritten[packet]:
                situation = situation | layout.REWRITTEN
            if answered[packet]:
                situation = situation | layout.ANSWERED
            signature = signatures[packet]
            slot = (stir(stir(1, signature), situation) >> 20) & mask
            while slots[slot]:
                kind = (slots[slot] - 1) * layout.KIND_FIELDS
                if kinds[kind + layout.K_SIGNATURE] == signature and kinds[kind + layout.K_SITUATION] == situation:
                    break
                slot = (slot + 1) & mask
            if not slots[slot]:
                kind = count * layout.KIND_FIELDS
                count = count + 1
                slots[slot] = count
                kinds[kind + layout.K_SIGNATURE] = signature
                kinds[kind + layout.K_SITUATION] = situation
                kinds[kind + layout.K_FIRST] = packet
                kinds[kind + layout.K_COUNT] = 0
            kinds[kind + layout.K_COUNT] = kinds[kind + layout.K_COUNT] + 1
            kind_of[packet] = slots[slot] - 1
        return count


def sum_up(
    rows: memoryview, begins: memoryview, time: memoryview, what: memoryview, kind_of: memoryview,
    numbers: memoryview, paths: memoryview, path_of: memoryview
) -> None:  # fmt: skip
    """Write down the path of each packet, -1 for none, and what the packets of each path come to.

    ``numbers`` are the paths of kinds, -1 for none; ``paths`` (all 0) have PATH_FIELDS numbers each.
    """
    with cython.nogil:
        for packet in range(len(begins)):
            number = numbers[kind_of[packet]]
            path_of[packet] = number
            if number < 0:
                continue
            row = rows[begins[packet]]
            length = what[row] >> 16 & 0xFFFF
            at = number * layout.PATH_FIELDS
            count = paths[at + layout.P_SAMPLES]
            if count == 0 or time[row] < paths[at + layout.P_EARLIEST]:
                paths[at + layout.P_EARLIEST] = time[row]
            if count == 0 or time[row] > paths[at + layout.P_LATEST]:
                paths[at + layout.P_LATEST] = time[row]
            if count == 0 or length < paths[at + layout.P_SHORTEST]:
                paths[at + layout.P_SHORTEST] = length
            if count == 0 or length > paths[at + layout.P_LONGEST]:
                paths[at + layout.P_LONGEST] = length
            if count < layout.SAMPLES:
                paths[at + layout.P_SAMPLES] = count + 1
                paths[at + layout.P_SAMPLES + 1 + count] = packet
