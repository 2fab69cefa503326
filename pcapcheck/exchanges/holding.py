# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Hold back questions that are open at the end of a capture and may still be answered after it.

The loop runs as plain Python or compiled by Cython with the C types in ``holding.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.exchanges import holding_layout as layout
    from pcapcheck.exchanges import pairing_layout
    from pcapcheck.exchanges.head_marks import rest_of
    from pcapcheck.hash_table import home_of_four, insert_all, place_at, seek_key


def hold_timed(
    pool: array[int], rest: array[int], state: array[int], last_seen: array[int], waits: array[int], slots: array[int],
    by_group: array[int], untimed: array[int]
) -> int:  # fmt: skip
    """Mark open questions (HELD_BACK) whose capture point was heard last within the wait for their answer.

    ``waits`` are rows of ``holding_layout``, found by ``slots``; ``by_group`` are the waits of frame groups
    (nanoseconds) for addresses without such a row. Questions without a time, or whose capture point has none, are left
    out: their rows in the pool go to ``untimed``, which has room for all that is open. Returns how many these are.
    """
    with cython.nogil:
        mask = len(slots) - 1
        count = 0
        place = state[pairing_layout.S_OLDEST]
        while place >= 0:
            row = place * pairing_layout.HEAD_FIELDS
            place = pool[row + pairing_layout.NEWER]
            found = rest_of(pool[row + pairing_layout.MARKS])
            if found >= 0 and rest[found + pairing_layout.OUTCOME] != pairing_layout.UNANSWERED:
                continue
            group = pool[row + pairing_layout.GROUP]
            time, last = pool[row + pairing_layout.TIME], last_seen[group]
            if time == scan_layout.ABSENT_TIME or last == scan_layout.ABSENT_TIME:
                untimed[count] = row
                count = count + 1
                continue
            src_high, src_low = pool[row + pairing_layout.SRC_HIGH], pool[row + pairing_layout.SRC_LOW]
            dst_high, dst_low = pool[row + pairing_layout.DST_HIGH], pool[row + pairing_layout.DST_LOW]
            is_dns = pool[row + pairing_layout.KIND] == pairing_layout.KIND_DNS
            home = home_of_four(src_high, src_low, dst_high, dst_low)
            slot = seek_key(
                waits, layout.WAIT_FIELDS, slots, mask, home, layout.L_SRC_HIGH, 5, src_high, src_low,
                dst_high, dst_low, is_dns,
            )  # fmt: skip
            wait = by_group[group]
            if slots[slot] >= 0:
                wait = waits[place_at(slots, slot) * layout.WAIT_FIELDS + layout.L_WAIT]
            if last - time < wait:
                pool[row + pairing_layout.STATE] = pairing_layout.HELD_BACK
        return count


def enter_waits(waits: array[int], slots: array[int], count: int) -> None:
    """Enter the first rows into a new table."""
    for number in range(count):
        row = number * layout.WAIT_FIELDS
        waits[row + layout.L_HOME] = home_of_four(
            waits[row + layout.L_SRC_HIGH],
            waits[row + layout.L_SRC_LOW],
            waits[row + layout.L_DST_HIGH],
            waits[row + layout.L_DST_LOW],
        )
    insert_all(waits, layout.WAIT_FIELDS, layout.L_HOME, slots, 0, count)
