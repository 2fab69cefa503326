# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""The bins of rules: rows alike in rule, frame group, outcome and what the rule's leaves say, and the few kept of each.

The loops run as plain Python or compiled by Cython with the C types in ``rule_bins.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.hash_table import entry_of, place_at, seek, stir
    from pcapcheck.ruleset import counting_layout as counted
    from pcapcheck.ruleset import program_layout as layout
    from pcapcheck.ruleset.value_spreads import copy_row


def is_same_bin(bins: array[int], one: int, other: int, width: int) -> bool:
    """Whether two bins are of one rule, group, outcome and results."""
    if (
        bins[one + counted.B_RULE] != bins[other + counted.B_RULE]
        or bins[one + counted.B_GROUP] != bins[other + counted.B_GROUP]
        or bins[one + counted.B_OUTCOME] != bins[other + counted.B_OUTCOME]
    ):
        return False
    for place in range(counted.B_RESULTS, width):
        if bins[one + place] != bins[other + place]:
            return False
    return True


def write_results(program: array[int], rule: int, classes: array[int], entry: int, bins: array[int], at: int) -> None:
    """Write what a rule's leaves say of the rows of a class into a bin."""
    for place in range(at + counted.B_RESULTS, at + counted.B_RESULTS + program[layout.P_WORDS]):
        bins[place] = 0
    leaves = program[rule + layout.R_LEAVES]
    for number in range(program[rule + layout.R_LEAF_COUNT]):
        result = result_in(classes, entry, program[program[leaves + number] + layout.L_NUMBER])
        place = at + counted.B_RESULTS + number // counted.RESULTS_PER_WORD
        bins[place] = bins[place] | ((result + 1) << 2 * (number % counted.RESULTS_PER_WORD))


def result_in(classes: array[int], entry: int, leaf: int) -> int:
    """What the ``leaf``-th leaf says of the rows of a class."""
    word = classes[entry + counted.Q_WORDS + leaf // counted.RESULTS_PER_WORD]
    return ((word >> 2 * (leaf % counted.RESULTS_PER_WORD)) & 3) - 1


def find_bin(
    program: array[int], number: int, classes: array[int], entry: int, bins: array[int], slots: array[int],
    spreads: array[int], state: array[int]
) -> int:  # fmt: skip
    """The bin in which the ``number``-th rule counts the rows of a class, made if it is new."""
    rule = program[layout.P_RULES] + number * layout.RULE_SIZE
    width = counted.B_RESULTS + program[layout.P_WORDS]
    # Written where the next new bin would stand, and left there if it is new.
    found = state[counted.S_BINS]
    at = found * width
    bins[at + counted.B_RULE] = number
    bins[at + counted.B_GROUP] = classes[entry + counted.Q_GROUP]
    bins[at + counted.B_OUTCOME] = classes[entry + counted.Q_OUTCOME]
    write_results(program, rule, classes, entry, bins, at)
    mixed = stir(stir(stir(1, number), bins[at + counted.B_GROUP]), bins[at + counted.B_OUTCOME])
    for place in range(at + counted.B_RESULTS, at + width):
        mixed = stir(mixed, bins[place])
    # Results differ in upper bits, the table looks at lower ones.
    home = stir(mixed, 0) >> 2
    mask = len(slots) - 1
    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0:
        if is_same_bin(bins, place_at(slots, slot) * width, at, width):
            return place_at(slots, slot)
        slot = seek(slots, mask, home, (slot + 1) & mask)
    state[counted.S_BINS] = found + 1
    bins[at + counted.B_HOME] = home
    bins[at + counted.B_COUNT] = 0
    bins[at + counted.B_SPREADS] = state[counted.S_SPREADS]
    bins[at + counted.B_FAILS] = 0
    bins[at + counted.B_BEGIN] = 0
    bins[at + counted.B_TURN] = 0
    bins[at + counted.B_KEPT] = 0
    slots[slot] = entry_of(home, found)
    for bound in range(program[rule + layout.R_BOUND_COUNT]):
        spread = state[counted.S_SPREADS] * counted.SPREAD_SIZE
        state[counted.S_SPREADS] = state[counted.S_SPREADS] + 1
        for field in range(counted.SPREAD_SIZE):
            spreads[spread + field] = 0
        spreads[spread + counted.V_BIN] = found
        spreads[spread + counted.V_BOUND] = bound
    return found


def hash_pairs(program: array[int], vectors: array[int], count: int, pairs: array[int]) -> None:
    """Write down a hash of who asked whom in each row of the block, of 63 bits."""
    for place in range(count):
        pairs[place] = 1
    first = program[layout.P_PAIR]
    for number in range(first, first + program[layout.P_PAIR_FIELDS]):
        field = program[number]
        vector = program[field + layout.F_VECTOR] * layout.BLOCK
        is_address = program[field + layout.F_KIND] == layout.ADDRESS
        for place in range(count):
            mixed = stir(pairs[place], vectors[vector + place])
            if is_address and vectors[vector + place]:
                mixed = stir(mixed, vectors[vector + layout.BLOCK + place])
                mixed = stir(mixed, vectors[vector + 2 * layout.BLOCK + place])
            pairs[place] = mixed >> 1


def may_want(program: array[int], bins: array[int], at: int) -> bool:
    """Whether a bin may still keep a row: one of the first, or of the first of its pair.

    Of rows that cannot break the rule none is shown: the first ones say why the rule may not be about them.
    """
    kept = bins[at + counted.B_KEPT]
    if kept < counted.FIRST_KEPT:
        return True
    return bins[at + counted.B_FAILS] != 0 and kept < counted.MOST_KEPT and program[layout.P_PAIR_FIELDS] > 0


def wants(bins: array[int], at: int, pair: int) -> bool:
    """Whether a bin that has room keeps a row of this pair: as one of the first, or of the first of its pair."""
    kept = bins[at + counted.B_KEPT]
    if kept < counted.FIRST_KEPT:
        return True
    alike = 0
    for place in range(kept):
        if bins[at + counted.B_PAIRS + place] == pair:
            alike = alike + 1
    return alike < counted.KEPT_PER_PAIR


def takes_turn(bins: array[int], at: int, serial: int) -> bool:
    """Whether the turn of a row of the bin at ``at`` has come, before which ``serial`` rows of all were met."""
    if serial < bins[at + counted.B_TURN]:
        return False
    bins[at + counted.B_TURN] = serial + 1 + ((serial - bins[at + counted.B_BEGIN]) >> counted.TURN_SHIFT)
    return True


def keep_pair(bins: array[int], at: int, pair: int, serial: int) -> None:
    """Count a row of this pair as kept in the bin that stands at ``at``."""
    kept = bins[at + counted.B_KEPT]
    if kept == 0:
        bins[at + counted.B_BEGIN] = serial
    bins[at + counted.B_PAIRS + kept] = pair
    bins[at + counted.B_KEPT] = kept + 1


def note_row(
    found: int, serial: int, turn: bool, data: array[int], row: int, step: int, size: int, notes: array[int],
    state: array[int]
) -> None:  # fmt: skip
    """Note a row, whose numbers begin at ``row``, to be kept in a bin, perhaps only since its ``turn`` came."""
    note = state[counted.S_NOTES] * (counted.N_ROW + size)
    state[counted.S_NOTES] = state[counted.S_NOTES] + 1
    notes[note + counted.N_BIN] = found
    notes[note + counted.N_NUMBER] = serial
    notes[note + counted.N_TURN] = turn
    copy_row(data, row, step, size, notes, note + counted.N_ROW)
