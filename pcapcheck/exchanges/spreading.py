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
    from pcapcheck.capture import scan_layout
    from pcapcheck.copying import copy_numbers
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import pairing_layout
    from pcapcheck.exchanges import spreading_layout as layout
    from pcapcheck.hash_table import insert_all, seek, stir


def cell_sort(respect: int, kind: int, group: int, port: int) -> int:
    """All of a cell's key but the addresses."""
    return (((group << 16) | port) << 4) | (kind << 2) | respect


def cell_home(sort: int, src: int, dst: int) -> int:
    """A hash of a cell's key."""
    return stir(stir(stir(0, sort), src), dst) >> 2


def enter_cells(cells: array[int], slots: array[int], count: int) -> None:
    """Enter all cells into a new table."""
    for number in range(count):
        cell = number * layout.CELL_FIELDS
        cells[cell + layout.C_HOME] = cell_home(
            cells[cell + layout.C_SORT], cells[cell + layout.C_SRC_LOW], cells[cell + layout.C_DST_LOW]
        )
    insert_all(cells, layout.CELL_FIELDS, layout.C_HOME, slots, 0, count)


def slot_of(
    cells: array[int],
    slots: array[int],
    home: int,
    sort: int,
    src_high: int,
    src_low: int,
    dst_high: int,
    dst_low: int,
) -> int:
    """The slot of the cell with this key, or the empty one where it belongs."""
    mask = len(slots) - 1
    slot = seek(cells, layout.CELL_FIELDS, layout.C_HOME, slots, mask, home, home & mask)
    while slots[slot] >= 0:
        cell = slots[slot] * layout.CELL_FIELDS
        if (
            cells[cell + layout.C_SRC_LOW] == src_low
            and cells[cell + layout.C_DST_LOW] == dst_low
            and cells[cell + layout.C_SORT] == sort
            and cells[cell + layout.C_SRC_HIGH] == src_high
            and cells[cell + layout.C_DST_HIGH] == dst_high
        ):
            break
        slot = seek(cells, layout.CELL_FIELDS, layout.C_HOME, slots, mask, home, (slot + 1) & mask)
    return slot


def find_cell(
    cells: array[int],
    slots: array[int],
    room: int,
    state: array[int],
    respect: int,
    kind: int,
    group: int,
    src_high: int,
    src_low: int,
    dst_high: int,
    dst_low: int,
    port: int,
) -> int:
    """The cell with this key, made if it is new; -1 where there is no room."""
    sort = cell_sort(respect, kind, group, port)
    home = cell_home(sort, src_low, dst_low)
    slot = slot_of(cells, slots, home, sort, src_high, src_low, dst_high, dst_low)
    found = slots[slot]
    if found >= 0:
        return found
    found = state[layout.P_CELLS]
    if found >= room:
        return -1
    state[layout.P_CELLS] = found + 1
    slots[slot] = found
    cell = found * layout.CELL_FIELDS
    for field in range(layout.CELL_FIELDS):
        cells[cell + field] = 0
    cells[cell + layout.C_RESPECT] = respect
    cells[cell + layout.C_KIND] = kind
    cells[cell + layout.C_GROUP] = group
    cells[cell + layout.C_SRC_HIGH] = src_high
    cells[cell + layout.C_SRC_LOW] = src_low
    cells[cell + layout.C_DST_HIGH] = dst_high
    cells[cell + layout.C_DST_LOW] = dst_low
    cells[cell + layout.C_PORT] = port
    cells[cell + layout.C_SORT] = sort
    cells[cell + layout.C_HOME] = home
    cells[cell + layout.C_FIRST] = scan_layout.ABSENT_TIME
    cells[cell + layout.C_LAST] = scan_layout.ABSENT_TIME
    return found


def add_cell(cells: array[int], cell: int, other: int) -> None:
    """Add what another cell counts to a cell."""
    for field in range(layout.C_REPLIED, layout.C_EXPIRED + 1):
        cells[cell + field] = cells[cell + field] + cells[other + field]
    first, last = cells[other + layout.C_FIRST], cells[other + layout.C_LAST]
    if first != scan_layout.ABSENT_TIME:
        if cells[cell + layout.C_FIRST] == scan_layout.ABSENT_TIME or first < cells[cell + layout.C_FIRST]:
            cells[cell + layout.C_FIRST] = first
        if cells[cell + layout.C_LAST] == scan_layout.ABSENT_TIME or last > cells[cell + layout.C_LAST]:
            cells[cell + layout.C_LAST] = last


def lengthen(cells: array[int], slots: array[int], by: int, state: array[int]) -> None:
    """Make moments 2^by times as long, and merge the cells that fall into the same; ``slots`` are all empty."""
    count = state[layout.P_CELLS]
    kept = 0
    for number in range(count):
        cell = number * layout.CELL_FIELDS
        if cells[cell + layout.C_RESPECT] == layout.MOMENT:
            cells[cell + layout.C_SRC_LOW] = cells[cell + layout.C_SRC_LOW] >> by
            cells[cell + layout.C_HOME] = cell_home(cells[cell + layout.C_SORT], cells[cell + layout.C_SRC_LOW], 0)
        slot = slot_of(
            cells,
            slots,
            cells[cell + layout.C_HOME],
            cells[cell + layout.C_SORT],
            cells[cell + layout.C_SRC_HIGH],
            cells[cell + layout.C_SRC_LOW],
            cells[cell + layout.C_DST_HIGH],
            cells[cell + layout.C_DST_LOW],
        )
        if slots[slot] >= 0:
            add_cell(cells, slots[slot] * layout.CELL_FIELDS, cell)
            continue
        slots[slot] = kept
        if kept < number:
            copy_numbers(cells, cell, cells, kept * layout.CELL_FIELDS, layout.CELL_FIELDS)
        kept = kept + 1
    state[layout.P_CELLS] = kept
    state[layout.P_SHIFT] = state[layout.P_SHIFT] + by


def count_exchange(cells: array[int], cell: int, rows: array[int], row: int) -> None:
    """What an exchange adds to a cell."""
    outcome = rows[row + pairing_layout.OUTCOME]
    time = rows[row + pairing_layout.TIME]
    failed = False
    if outcome == pairing_layout.REPLIED:
        cells[cell + layout.C_REPLIED] = cells[cell + layout.C_REPLIED] + 1
    elif outcome == pairing_layout.UNANSWERED:
        cells[cell + layout.C_SILENT] = cells[cell + layout.C_SILENT] + 1
        failed = True
    elif outcome == pairing_layout.ERRED and rows[row + pairing_layout.ERROR] >> 16 == frame_layout.EXCEEDED:
        cells[cell + layout.C_EXPIRED] = cells[cell + layout.C_EXPIRED] + 1
    elif outcome == pairing_layout.ERRED:
        if cells[cell + layout.C_ERRED] == 0:
            cells[cell + layout.C_ERROR] = rows[row + pairing_layout.ERROR]
            cells[cell + layout.C_ERROR_HIGH] = rows[row + pairing_layout.ERROR_HIGH]
            cells[cell + layout.C_ERROR_LOW] = rows[row + pairing_layout.ERROR_LOW]
            cells[cell + layout.C_ERROR_MTU] = rows[row + pairing_layout.ERROR_MTU]
        if (
            cells[cell + layout.C_ERROR] == rows[row + pairing_layout.ERROR]
            and cells[cell + layout.C_ERROR_LOW] == rows[row + pairing_layout.ERROR_LOW]
        ):
            cells[cell + layout.C_ALIKE] = cells[cell + layout.C_ALIKE] + 1
        cells[cell + layout.C_ERRED] = cells[cell + layout.C_ERRED] + 1
        failed = True
    if failed and time != scan_layout.ABSENT_TIME:
        if cells[cell + layout.C_FIRST] == scan_layout.ABSENT_TIME or time < cells[cell + layout.C_FIRST]:
            cells[cell + layout.C_FIRST] = time
        if cells[cell + layout.C_LAST] == scan_layout.ABSENT_TIME or time > cells[cell + layout.C_LAST]:
            cells[cell + layout.C_LAST] = time


def spread(rows: array[int], count: int, cells: array[int], slots: array[int], final: int, state: array[int]) -> None:
    """Take the exchanges from ``state[P_ROW]`` on, until all are taken or the cells are full (``state[P_STATUS]``).

    ``final``: there will be no more cells; what finds none is only counted.
    """
    with cython.nogil:
        room = len(cells) // layout.CELL_FIELDS
        number = state[layout.P_ROW]
        status = layout.ALL_TAKEN
        while number < count:
            if not final and state[layout.P_CELLS] + 3 > room:
                status = layout.CELLS_FULL
                break
            row = number * pairing_layout.FIELDS
            number = number + 1
            kind = rows[row + pairing_layout.KIND]
            if kind == pairing_layout.KIND_ECHO_TO_MANY:
                continue
            group = rows[row + pairing_layout.GROUP]
            port = rows[row + pairing_layout.IDENT_SEQ] & 0xFFFF if kind == pairing_layout.KIND_CONNECTION else 0
            found = find_cell(
                cells,
                slots,
                room,
                state,
                layout.PAIR,
                kind,
                group,
                rows[row + pairing_layout.SRC_HIGH],
                rows[row + pairing_layout.SRC_LOW],
                rows[row + pairing_layout.DST_HIGH],
                rows[row + pairing_layout.DST_LOW],
                port,
            )
            if found < 0:
                state[layout.P_LEFT_OUT] = state[layout.P_LEFT_OUT] + 1
                continue
            count_exchange(cells, found * layout.CELL_FIELDS, rows, row)
            if kind != pairing_layout.KIND_DNS and rows[row + pairing_layout.SIZE] > 0:
                found = find_cell(
                    cells,
                    slots,
                    room,
                    state,
                    layout.SIZED,
                    kind,
                    group,
                    0,
                    rows[row + pairing_layout.SIZE],
                    0,
                    0,
                    0,
                )
                if found >= 0:
                    count_exchange(cells, found * layout.CELL_FIELDS, rows, row)
            if rows[row + pairing_layout.TIME] != scan_layout.ABSENT_TIME:
                found = find_cell(
                    cells,
                    slots,
                    room,
                    state,
                    layout.MOMENT,
                    kind,
                    group,
                    0,
                    rows[row + pairing_layout.TIME] >> state[layout.P_SHIFT],
                    0,
                    0,
                    0,
                )
                if found >= 0:
                    count_exchange(cells, found * layout.CELL_FIELDS, rows, row)
        state[layout.P_ROW] = number
        state[layout.P_STATUS] = status
