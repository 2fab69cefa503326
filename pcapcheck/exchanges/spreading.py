# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Spread finished exchanges out over who asked whom, over sizes and over time: how many of each were answered.

Takes the rows of exchanges that ``pairing`` writes out and counts each in two cells of a hash table, of its pair and of
its size, and in its moment. So memory grows with how many different ones there are, up to a bound, not with how many
exchanges. Moments stand in the order in which they began to be counted; one may stand there twice.

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
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import pairing_layout
    from pcapcheck.exchanges import spreading_layout as layout
    from pcapcheck.hash_table import entry_of, fetch_row, fetch_slot, insert_all, place_at, seek_key, stir


def has_port(kind: int) -> bool:
    """Whether exchanges of a kind ask a port, which then tells them apart."""
    return (
        kind == pairing_layout.KIND_CONNECTION
        or kind == pairing_layout.KIND_DATAGRAM
        or kind == pairing_layout.KIND_ASSOCIATION
    )


def cell_sort(respect: int, kind: int, group: int, port: int) -> int:
    """All of a cell's key but the addresses."""
    return (((group << 16) | port) << 6) | (kind << 2) | respect


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


def is_cell(
    cells: array[int], cell: int, sort: int, src_high: int, src_low: int, dst_high: int, dst_low: int
) -> bool:  # fmt: skip
    """Whether a cell has this key."""
    return (
        cells[cell + layout.C_SRC_LOW] == src_low
        and cells[cell + layout.C_DST_LOW] == dst_low
        and cells[cell + layout.C_SORT] == sort
        and cells[cell + layout.C_SRC_HIGH] == src_high
        and cells[cell + layout.C_DST_HIGH] == dst_high
    )


def find_cell(
    cells: array[int],
    slots: array[int],
    mask: int,
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
    latest = layout.P_PAIRED if respect == layout.PAIR else layout.P_SIZED
    found = state[latest]
    if found < state[layout.P_CELLS] and is_cell(
        cells, found * layout.CELL_FIELDS, sort, src_high, src_low, dst_high, dst_low
    ):
        return found
    home = cell_home(sort, src_low, dst_low)
    slot = seek_key(
        cells, layout.CELL_FIELDS, slots, mask, home, layout.C_SORT, 5, sort, src_low, dst_low, src_high,
        dst_high,
    )  # fmt: skip
    if slots[slot] >= 0:
        state[latest] = place_at(slots, slot)
        return place_at(slots, slot)
    found = state[layout.P_CELLS]
    if found >= room:
        return -1
    state[layout.P_CELLS] = found + 1
    state[latest] = found
    slots[slot] = entry_of(home, found)
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


def counter_of(rows: array[int], row: int) -> int:
    """In which counter of a cell an exchange counts; -1 where in none: it was in flight, or dropped."""
    outcome = rows[row + pairing_layout.OUTCOME]
    if outcome == pairing_layout.REPLIED:
        return layout.C_REPLIED
    if outcome == pairing_layout.UNANSWERED:
        return layout.C_SILENT
    if outcome != pairing_layout.ERRED:
        return -1
    return layout.C_EXPIRED if rows[row + pairing_layout.ERROR] >> 16 == frame_layout.EXCEEDED else layout.C_ERRED


def is_failure(counter: int) -> bool:
    """Whether an exchange got no answer or an ICMP error, other than that it was sent over too many hops."""
    return counter == layout.C_SILENT or counter == layout.C_ERRED


def count_outcome(cells: array[int], cell: int, counter: int, time: int) -> None:
    """What an exchange that was asked at this time adds to a cell or a moment."""
    if counter >= 0:
        cells[cell + counter] = cells[cell + counter] + 1
        if is_failure(counter) and time != scan_layout.ABSENT_TIME:
            note_failures(cells, cell, time, time)


def note_failures(cells: array[int], cell: int, first: int, last: int) -> None:
    """When failures of a cell or a moment were asked, from the first to the last."""
    if cells[cell + layout.C_FIRST] == scan_layout.ABSENT_TIME or first < cells[cell + layout.C_FIRST]:
        cells[cell + layout.C_FIRST] = first
    if cells[cell + layout.C_LAST] == scan_layout.ABSENT_TIME or last > cells[cell + layout.C_LAST]:
        cells[cell + layout.C_LAST] = last


def find_moment(
    moments: array[int], latest: array[int], room: int, state: array[int], rows: array[int], row: int, failed: bool
) -> int:
    """The moment in which an exchange was asked: the latest of its kind, made if it is another; -1 without room."""
    kind = rows[row + pairing_layout.KIND]
    group = rows[row + pairing_layout.GROUP]
    when = rows[row + pairing_layout.TIME] >> state[layout.P_SHIFT]
    stream = group * layout.STREAMS + kind * 2 + failed
    found = latest[stream]
    if found >= 0 and moments[found * layout.MOMENT_FIELDS + layout.M_WHEN] == when:
        return found
    found = state[layout.P_MOMENTS]
    if found >= room:
        return -1
    state[layout.P_MOMENTS] = found + 1
    latest[stream] = found
    at = found * layout.MOMENT_FIELDS
    for field in range(layout.MOMENT_FIELDS):
        moments[at + field] = 0
    moments[at + layout.C_KIND] = kind
    moments[at + layout.C_GROUP] = group
    moments[at + layout.C_FIRST] = scan_layout.ABSENT_TIME
    moments[at + layout.C_LAST] = scan_layout.ABSENT_TIME
    moments[at + layout.M_WHEN] = when
    return found


def lengthen_moments(moments: array[int], latest: array[int], shift: int, state: array[int]) -> None:
    """Make moments longer by ``shift`` bits, and merge those that follow each other in what is then one moment."""
    with cython.nogil:
        for stream in range(len(latest)):
            latest[stream] = -1
        kept = 0
        for number in range(state[layout.P_MOMENTS]):
            at = number * layout.MOMENT_FIELDS
            when = moments[at + layout.M_WHEN] >> shift
            failed = moments[at + layout.C_SILENT] + moments[at + layout.C_ERRED] > 0
            stream = moments[at + layout.C_GROUP] * layout.STREAMS + moments[at + layout.C_KIND] * 2 + failed
            into = latest[stream] * layout.MOMENT_FIELDS
            if latest[stream] >= 0 and moments[into + layout.M_WHEN] == when:
                for field in range(layout.C_REPLIED, layout.C_EXPIRED + 1):
                    moments[into + field] = moments[into + field] + moments[at + field]
                if moments[at + layout.C_FIRST] != scan_layout.ABSENT_TIME:
                    note_failures(moments, into, moments[at + layout.C_FIRST], moments[at + layout.C_LAST])
                continue
            latest[stream] = kept
            into = kept * layout.MOMENT_FIELDS
            kept = kept + 1
            for field in range(layout.MOMENT_FIELDS):
                moments[into + field] = moments[at + field]
            moments[into + layout.M_WHEN] = when
        state[layout.P_MOMENTS] = kept
        state[layout.P_SHIFT] = state[layout.P_SHIFT] + shift


def look_ahead(
    rows: array[int], number: int, count: int, cells: array[int], slots: array[int], mask: int, homes: array[int]
) -> None:  # fmt: skip
    """Find the home of a coming exchange's pair, and have what it needs loaded by then: its slot, later the cell there.

    Where many pairs ask, neither is in the processor's cache.
    """
    if number < count:
        row = number * pairing_layout.FIELDS
        kind = rows[row + pairing_layout.KIND]
        port = rows[row + pairing_layout.IDENT_SEQ] & 0xFFFF if has_port(kind) else 0
        sort = cell_sort(layout.PAIR, kind, rows[row + pairing_layout.GROUP], port)
        home = cell_home(sort, rows[row + pairing_layout.SRC_LOW], rows[row + pairing_layout.DST_LOW])
        homes[number & (layout.AHEAD - 1)] = home
        fetch_slot(slots, home & mask)
    number = number - layout.AHEAD // 2
    if 0 <= number < count:
        found = place_at(slots, homes[number & (layout.AHEAD - 1)] & mask)
        if found >= 0:
            fetch_row(cells, found * layout.CELL_FIELDS, layout.CELL_FIELDS)


def spread(
    rows: array[int], count: int, cells: array[int], slots: array[int], cells_final: bool, moments: array[int],
    latest: array[int], moments_final: bool, homes: array[int], state: array[int]
) -> None:  # fmt: skip
    """Take the exchanges from ``state[P_ROW]`` on, until all are taken or something is full (``state[P_STATUS]``).

    ``latest`` holds the latest moment of each stream, -1 for none; ``homes`` is room for those of coming exchanges.
    ``cells_final`` and ``moments_final``: there will be
    no more of them; an exchange that finds no cell is only counted.
    """
    with cython.nogil:
        mask = len(slots) - 1
        room = len(cells) // layout.CELL_FIELDS
        moments_room = len(moments) // layout.MOMENT_FIELDS
        number = state[layout.P_ROW]
        status = layout.ALL_TAKEN
        many = state[layout.P_CELLS] > layout.MANY
        if many:
            for coming in range(number, number + layout.AHEAD):
                look_ahead(rows, coming, count, cells, slots, mask, homes)
        while number < count:
            row = number * pairing_layout.FIELDS
            kind = rows[row + pairing_layout.KIND]
            group = rows[row + pairing_layout.GROUP]
            if not cells_final and state[layout.P_CELLS] + 2 > room:
                status = layout.CELLS_FULL
            elif not moments_final and state[layout.P_MOMENTS] >= moments_room:
                status = layout.MOMENTS_FULL
            elif (group + 1) * layout.STREAMS > len(latest):
                status = layout.GROUPS_FULL
            if status != layout.ALL_TAKEN:
                break
            if many:
                look_ahead(rows, number + layout.AHEAD, count, cells, slots, mask, homes)
            number = number + 1
            counter = counter_of(rows, row)
            if kind == pairing_layout.KIND_ECHO_TO_MANY or rows[row + pairing_layout.OUTCOME] == pairing_layout.ONE_WAY:
                continue
            port = rows[row + pairing_layout.IDENT_SEQ] & 0xFFFF if has_port(kind) else 0
            found = find_cell(
                cells,
                slots,
                mask,
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
            count_outcome(cells, found * layout.CELL_FIELDS, counter, rows[row + pairing_layout.TIME])
            size = rows[row + pairing_layout.SIZE] & ((1 << pairing_layout.SIZE_BITS) - 1)
            if kind != pairing_layout.KIND_DNS and size > 0:
                # An IPv4 address has no upper half.
                sized = layout.SIZED6 if rows[row + pairing_layout.SRC_HIGH] != 0 else layout.SIZED
                found = find_cell(cells, slots, mask, room, state, sized, kind, group, 0, size, 0, 0, 0)
                if found >= 0:
                    count_outcome(cells, found * layout.CELL_FIELDS, counter, rows[row + pairing_layout.TIME])
            # Given up is what was asked long ago: it would begin another moment again and again.
            if counter >= 0 and rows[row + pairing_layout.TIME] != scan_layout.ABSENT_TIME:
                found = find_moment(moments, latest, moments_room, state, rows, row, is_failure(counter))
                if found >= 0:
                    count_outcome(moments, found * layout.MOMENT_FIELDS, counter, rows[row + pairing_layout.TIME])
        state[layout.P_ROW] = number
        state[layout.P_STATUS] = status
