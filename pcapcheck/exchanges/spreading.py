# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Spread finished exchanges out over who asked whom, over sizes and over time: how many of each were answered.

Takes the rows of exchanges that ``pairing`` writes out and counts each in three cells of a hash table: of its pair, of
its size and of its moment. So memory grows with how many different ones there are, up to a bound, not with how many
exchanges.

The loops run as plain Python or compiled by Cython with the C types in ``spreading.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture.scan_layout import ABSENT_TIME
    from pcapcheck.decode.frame_layout import EXCEEDED, LONG, MULTIPLY
    from pcapcheck.exchanges.pairing_layout import (
        CONNECTS,
        DST_HIGH,
        DST_LOW,
        ERRED,
        ERROR,
        ERROR_HIGH,
        ERROR_LOW,
        ERROR_MTU,
        FIELDS,
        GROUP,
        IDENT_SEQ,
        OUTCOME,
        QUERIES,
        REPLIED,
        SIZE,
        SRC_HIGH,
        SRC_LOW,
        TIME,
        UNANSWERED,
        UNICAST,
    )
    from pcapcheck.exchanges.spreading_layout import *


def cell_home(respect: int, kind: int, group: int, src: int, dst: int, port: int) -> int:
    """A hash of a cell's key."""
    mixed = ((group * 4 + kind) * 4 + respect) * MULTIPLY & LONG
    mixed = ((mixed ^ (mixed >> 29) ^ (src & LONG)) * MULTIPLY) & LONG
    mixed = ((mixed ^ (mixed >> 29) ^ (dst & LONG)) * MULTIPLY) & LONG
    mixed = ((mixed ^ (mixed >> 29) ^ port) * MULTIPLY) & LONG
    return mixed >> 2


def enter_cells(cells: array[int], slots: array[int], count: int) -> None:
    """Enter all cells into a new table."""
    mask = len(slots) - 1
    for number in range(count):
        cell = number * CELL_FIELDS
        slot = mask & cell_home(
            cells[cell + C_RESPECT], cells[cell + C_KIND], cells[cell + C_GROUP], cells[cell + C_SRC_LOW],
            cells[cell + C_DST_LOW], cells[cell + C_PORT]
        )  # fmt: skip
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = number


def find_cell(
    cells: array[int], slots: array[int], mask: int, room: int, state: array[int], respect: int, kind: int, group: int,
    src_high: int, src_low: int, dst_high: int, dst_low: int, port: int
) -> int:  # fmt: skip
    """The cell with this key, made if it is new; -1 where there is no room."""
    slot = cell_home(respect, kind, group, src_low, dst_low, port) & mask
    while True:
        found = slots[slot]
        if found < 0:
            break
        cell = found * CELL_FIELDS
        if (
            cells[cell + C_SRC_LOW] == src_low
            and cells[cell + C_DST_LOW] == dst_low
            and cells[cell + C_GROUP] == group
            and cells[cell + C_RESPECT] == respect
            and cells[cell + C_KIND] == kind
            and cells[cell + C_PORT] == port
            and cells[cell + C_SRC_HIGH] == src_high
            and cells[cell + C_DST_HIGH] == dst_high
        ):
            return found
        slot = (slot + 1) & mask
    found = state[P_CELLS]
    if found >= room:
        return -1
    state[P_CELLS] = found + 1
    slots[slot] = found
    cell = found * CELL_FIELDS
    for field in range(CELL_FIELDS):
        cells[cell + field] = 0
    cells[cell + C_RESPECT] = respect
    cells[cell + C_KIND] = kind
    cells[cell + C_GROUP] = group
    cells[cell + C_SRC_HIGH] = src_high
    cells[cell + C_SRC_LOW] = src_low
    cells[cell + C_DST_HIGH] = dst_high
    cells[cell + C_DST_LOW] = dst_low
    cells[cell + C_PORT] = port
    cells[cell + C_FIRST] = ABSENT_TIME
    cells[cell + C_LAST] = ABSENT_TIME
    return found


def count_exchange(cells: array[int], cell: int, rows: array[int], row: int) -> None:
    """What an exchange adds to a cell."""
    outcome = rows[row + OUTCOME]
    time = rows[row + TIME]
    failed = False
    if outcome == REPLIED:
        cells[cell + C_REPLIED] = cells[cell + C_REPLIED] + 1
    elif outcome == UNANSWERED:
        cells[cell + C_SILENT] = cells[cell + C_SILENT] + 1
        failed = True
    elif outcome == ERRED and rows[row + ERROR] >> 16 == EXCEEDED:
        cells[cell + C_EXPIRED] = cells[cell + C_EXPIRED] + 1
    elif outcome == ERRED:
        if cells[cell + C_REFUSED] == 0:
            cells[cell + C_ERROR] = rows[row + ERROR]
            cells[cell + C_ERROR_HIGH] = rows[row + ERROR_HIGH]
            cells[cell + C_ERROR_LOW] = rows[row + ERROR_LOW]
            cells[cell + C_ERROR_MTU] = rows[row + ERROR_MTU]
        if cells[cell + C_ERROR] == rows[row + ERROR] and cells[cell + C_ERROR_LOW] == rows[row + ERROR_LOW]:
            cells[cell + C_ALIKE] = cells[cell + C_ALIKE] + 1
        cells[cell + C_REFUSED] = cells[cell + C_REFUSED] + 1
        failed = True
    if failed and time != ABSENT_TIME:
        if cells[cell + C_FIRST] == ABSENT_TIME or time < cells[cell + C_FIRST]:
            cells[cell + C_FIRST] = time
        if cells[cell + C_LAST] == ABSENT_TIME or time > cells[cell + C_LAST]:
            cells[cell + C_LAST] = time


def spread(
    rows: array[int], count: int, cells: array[int], slots: array[int], final: int, state: array[int]
) -> None:  # fmt: skip
    """Take the exchanges from ``state[P_ROW]`` on, until all are taken or the cells are full (``state[P_STATUS]``).

    ``final``: there will be no more cells; what finds none is only counted.
    """
    with cython.nogil:
        mask = len(slots) - 1
        room = len(cells) // CELL_FIELDS
        number = state[P_ROW]
        status = ALL_TAKEN
        while number < count:
            if not final and state[P_CELLS] + 3 > room:
                status = CELLS_FULL
                break
            row = number * FIELDS
            number = number + 1
            kind = rows[row + UNICAST]
            if kind == 0:
                continue
            group = rows[row + GROUP]
            port = rows[row + IDENT_SEQ] & 0xFFFF if kind == CONNECTS else 0
            found = find_cell(
                cells, slots, mask, room, state, PAIR, kind, group, rows[row + SRC_HIGH], rows[row + SRC_LOW],
                rows[row + DST_HIGH], rows[row + DST_LOW], port
            )  # fmt: skip
            if found < 0:
                state[P_LEFT_OUT] = state[P_LEFT_OUT] + 1
                continue
            count_exchange(cells, found * CELL_FIELDS, rows, row)
            if kind != QUERIES and rows[row + SIZE] > 0:
                found = find_cell(
                    cells, slots, mask, room, state, SIZED, kind, group, 0, rows[row + SIZE], 0, 0, 0
                )  # fmt: skip
                if found >= 0:
                    count_exchange(cells, found * CELL_FIELDS, rows, row)
            if rows[row + TIME] != ABSENT_TIME:
                found = find_cell(
                    cells, slots, mask, room, state, MOMENT, kind, group, 0, rows[row + TIME] >> state[P_SHIFT], 0, 0, 0
                )  # fmt: skip
                if found >= 0:
                    count_exchange(cells, found * CELL_FIELDS, rows, row)
        state[P_ROW] = number
        state[P_STATUS] = status
