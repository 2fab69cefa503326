# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""The spreads of the values that rules bound: number, sum, how many fall into which bucket, the rows that rank first.

A rank says how much a value speaks against its bound.

The loops run as plain Python or compiled by Cython with the C types in ``value_spreads.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.exchanges.binning import bucket_of
    from pcapcheck.hash_table import entry_of, place_at, seek_key, stir
    from pcapcheck.ruleset import counting_layout as counted
    from pcapcheck.ruleset import program_layout as layout


def copy_row(data: array[int], at: int, step: int, size: int, into: array[int], target: int) -> None:
    """Copy the numbers of a row."""
    for position in range(size):
        into[target + position] = data[at + position * step]


def rank(spreads: array[int], spread: int, value: int, serial: int) -> int:
    """The place that a row takes among the few of the highest rank, or -1; of equal rows, the earliest stay."""
    ranked = spreads[spread + counted.V_RANKED]
    lowest = spread + counted.V_RANKS
    if ranked < counted.RANKED:
        lowest = lowest + 2 * ranked
        spreads[spread + counted.V_RANKED] = ranked + 1
    else:
        for place in range(spread + counted.V_RANKS + 2, spread + counted.V_RANKS + 2 * counted.RANKED, 2):
            if spreads[place] < spreads[lowest] or (
                spreads[place] == spreads[lowest] and spreads[place + 1] > spreads[lowest + 1]
            ):
                lowest = place
    if ranked == counted.RANKED and value <= spreads[lowest]:
        return -1
    spreads[lowest] = value
    spreads[lowest + 1] = serial
    return (lowest - spread - counted.V_RANKS) // 2


def find_cell(cells: array[int], cell_slots: array[int], spread: int, bucket: int, state: array[int]) -> int:
    """Where the cell of a bucket stands, made if it is new."""
    home = stir(stir(1, spread), bucket) >> 2
    mask = len(cell_slots) - 1
    slot = seek_key(cells, counted.CELL_SIZE, cell_slots, mask, home, counted.C_SPREAD, 2, spread, bucket, 0, 0, 0)
    if cell_slots[slot] >= 0:
        return place_at(cell_slots, slot) * counted.CELL_SIZE
    cell_slots[slot] = entry_of(home, state[counted.S_CELLS])
    cell = state[counted.S_CELLS] * counted.CELL_SIZE
    state[counted.S_CELLS] = state[counted.S_CELLS] + 1
    cells[cell + counted.C_HOME] = home
    cells[cell + counted.C_SPREAD] = spread
    cells[cell + counted.C_BUCKET] = bucket
    cells[cell + counted.C_COUNT] = 0
    return cell


def count_value(
    spreads: array[int], number: int, value: int, cells: array[int], cell_slots: array[int], state: array[int]
) -> None:
    """Count a value of the ``number``-th spread."""
    spread = number * counted.SPREAD_SIZE
    if spreads[spread + counted.V_COUNT] == 0 or value < spreads[spread + counted.V_LEAST]:
        spreads[spread + counted.V_LEAST] = value
    if spreads[spread + counted.V_COUNT] == 0 or value > spreads[spread + counted.V_MOST]:
        spreads[spread + counted.V_MOST] = value
    spreads[spread + counted.V_COUNT] = spreads[spread + counted.V_COUNT] + 1
    # In two parts, since C's integers would overflow.
    spreads[spread + counted.V_LOW] = spreads[spread + counted.V_LOW] + (value & 0x7FFFFFFF)
    spreads[spread + counted.V_HIGH] = spreads[spread + counted.V_HIGH] + (value >> counted.V_LOW_BITS)
    cell = find_cell(cells, cell_slots, number, bucket_of(value), state)
    cells[cell + counted.C_COUNT] = cells[cell + counted.C_COUNT] + 1


def count_values(
    program: array[int], rule: int, entry: int, vectors: array[int], place: int, data: array[int], at: int, step: int,
    size: int, bins: array[int], spreads: array[int], ranked: array[int], cells: array[int], cell_slots: array[int],
    serial: int, state: array[int]
) -> None:  # fmt: skip
    """Count the values that a rule bounds in a row of the block."""
    bound = program[rule + layout.R_BOUNDS]
    first = bins[entry + counted.B_SPREADS]
    for spread in range(first, first + program[rule + layout.R_BOUND_COUNT]):
        value = vectors[program[program[bound] + layout.F_VECTOR] * layout.BLOCK + place]
        if value != scan_layout.ABSENT_TIME:
            count_value(spreads, spread, value, cells, cell_slots, state)
            kept = rank(spreads, spread * counted.SPREAD_SIZE, value * program[bound + 1], serial)
            if kept >= 0:
                copy_row(data, at, step, size, ranked, (spread * counted.RANKED + kept) * size)
        bound = bound + 2
