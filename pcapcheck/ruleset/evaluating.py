# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Evaluate rules over raw rows: what each early condition says of each row, and rows counted where they say the same.

The rules about one table are compiled to a program (``row_program``), which is run over the rows of a batch. Rows alike
in frame group, outcome and what all conditions say are of one *class*: each rule counts them in the same bin
(``rule_bins``), or not at all if it cannot select them. So rules are looked at once per class, not per row, but for the
rows that a bin keeps and for values that are held against a bound (``value_spreads``).

The loops run as plain Python or compiled by Cython with the C types in ``evaluating.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import kleene
    from pcapcheck.hash_table import entry_of, insert_all, place_at, seek, stir
    from pcapcheck.ruleset import counting_layout as counted
    from pcapcheck.ruleset import program_layout as layout
    from pcapcheck.ruleset.field_values import gather
    from pcapcheck.ruleset.leaf_results import judge_leaf
    from pcapcheck.ruleset.rule_bins import (
        find_bin,
        hash_pairs,
        keep_pair,
        may_want,
        note_row,
        result_in,
        takes_turn,
        wants,
    )
    from pcapcheck.ruleset.value_spreads import count_values


def enter(rows: array[int], width: int, slots: array[int], count: int) -> None:
    """Enter all classes, bins, cells or texts into a new table; the home of each is its first number."""
    insert_all(rows, width, 0, slots, 0, count)


def says(program: array[int], token_at: int, end: int, classes: array[int], entry: int, stack: array[int]) -> int:
    """What the code up to ``end`` says of the rows of a class, as far as early columns do."""
    top = 0
    while token_at < end:
        token = program[token_at]
        token_at = token_at + 1
        if token > 0:
            stack[top] = result_in(classes, entry, program[token + layout.L_NUMBER])
            top = top + 1
        elif token == layout.LATE:
            stack[top] = kleene.UNKNOWN
            top = top + 1
        elif token == layout.NOT:
            stack[top - 1] = -stack[top - 1]
        else:
            top = top - program[token_at]
            stack[top] = combined(stack, top, program[token_at], token == layout.ALL_OF)
            top = top + 1
            token_at = token_at + 1
    return stack[0]


def combined(stack: array[int], first: int, parts: int, every: bool) -> int:
    """The minimum (``every``) or maximum of some results on the stack."""
    result = kleene.TRUE if every else kleene.FALSE
    for place in range(first, first + parts):
        if (stack[place] < result) if every else (stack[place] > result):
            result = stack[place]
    return result


def is_class_of(
    program: array[int], classes: array[int], entry: int, group: int, outcome: int, packed: array[int], place: int
) -> bool:
    """Whether a class is of this group, this outcome and the results of a row of the block."""
    if classes[entry + counted.Q_GROUP] != group or classes[entry + counted.Q_OUTCOME] != outcome:
        return False
    for word in range(program[layout.P_CLASS_WORDS]):
        if classes[entry + counted.Q_WORDS + word] != packed[word * layout.BLOCK + place]:
            return False
    return True


def find_class(
    program: array[int], group: int, outcome: int, packed: array[int], place: int, classes: array[int],
    class_slots: array[int], state: array[int]
) -> int:  # fmt: skip
    """The class of a row of the block; one that is new is written behind the others, and its bins are not known yet."""
    words = program[layout.P_CLASS_WORDS]
    width = counted.Q_WORDS + words + program[layout.P_RULE_COUNT]
    mixed = stir(stir(1, group), outcome)
    for word in range(words):
        mixed = stir(mixed, packed[word * layout.BLOCK + place])
    # Results differ in upper bits, the table looks at lower ones.
    home = stir(mixed, 0) >> 2
    mask = len(class_slots) - 1
    slot = seek(class_slots, mask, home, home & mask)
    while class_slots[slot] >= 0:
        if is_class_of(program, classes, place_at(class_slots, slot) * width, group, outcome, packed, place):
            return place_at(class_slots, slot)
        slot = seek(class_slots, mask, home, (slot + 1) & mask)
    found = state[counted.S_CLASSES]
    class_slots[slot] = entry_of(home, found)
    entry = found * width
    classes[entry + counted.Q_HOME] = home
    classes[entry + counted.Q_GROUP] = group
    classes[entry + counted.Q_OUTCOME] = outcome
    classes[entry + counted.Q_COUNT] = 0
    for word in range(words):
        classes[entry + counted.Q_WORDS + word] = packed[word * layout.BLOCK + place]
    return found


def find_bins(
    program: array[int], classes: array[int], entry: int, stack: array[int], bins: array[int], slots: array[int],
    spreads: array[int], state: array[int]
) -> None:  # fmt: skip
    """Find the bin in which each rule counts the rows of a new class."""
    at = entry + counted.Q_WORDS + program[layout.P_CLASS_WORDS]
    classes[entry + counted.Q_NEXT] = counted.NEVER
    classes[entry + counted.Q_TURN] = counted.NEVER
    classes[entry + counted.Q_PAIR] = counted.NO_PAIR
    for number in range(program[layout.P_RULE_COUNT]):
        rule = program[layout.P_RULES] + number * layout.RULE_SIZE
        classes[at + number] = counted.NO_BIN
        selected = says(
            program, program[rule + layout.R_CODE], program[rule + layout.R_CODE_END], classes, entry, stack
        )
        if selected != kleene.FALSE:
            found = find_bin(program, number, classes, entry, bins, slots, spreads, state)
            expected = says(
                program, program[rule + layout.R_EXPECTED], program[rule + layout.R_EXPECTED_END], classes, entry, stack
            )
            bins[found * (counted.B_RESULTS + program[layout.P_WORDS]) + counted.B_FAILS] = expected != kleene.TRUE
            classes[at + number] = found
            classes[entry + counted.Q_NEXT] = 0


def what_is_full(
    program: array[int], size: int, classes: array[int], bins: array[int], spreads: array[int], cells: array[int],
    notes: array[int], state: array[int]
) -> int:  # fmt: skip
    """What has no room for all that one more row may bring: a class, a bin and a note per rule, a spread per bound."""
    rules = program[layout.P_RULE_COUNT]
    bounds = program[layout.P_BOUNDS]
    if (state[counted.S_CLASSES] + 1) * (counted.Q_WORDS + program[layout.P_CLASS_WORDS] + rules) > len(classes):
        return counted.CLASSES_FULL
    # Each rule looks for its bin where the next new one would stand.
    if (state[counted.S_BINS] + rules + 1) * (counted.B_RESULTS + program[layout.P_WORDS]) > len(bins):
        return counted.BINS_FULL
    if (state[counted.S_SPREADS] + bounds) * counted.SPREAD_SIZE > len(spreads):
        return counted.SPREADS_FULL
    if (state[counted.S_CELLS] + bounds) * counted.CELL_SIZE > len(cells):
        return counted.CELLS_FULL
    if (state[counted.S_NOTES] + rules) * (counted.N_ROW + size) > len(notes):
        return counted.NOTES_FULL
    return counted.DONE


def is_looked_at(classes: array[int], entry: int, pair: int, serial: int) -> bool:
    """Whether a row of a class and pair, before which ``serial`` rows of all were met, is looked at."""
    if serial >= classes[entry + counted.Q_TURN]:
        return True
    return serial >= classes[entry + counted.Q_NEXT] and pair != classes[entry + counted.Q_PAIR]


def look_at_row(
    program: array[int], entry: int, vectors: array[int], place: int, pair: int, data: array[int], row: int, step: int,
    size: int, classes: array[int], bins: array[int], spreads: array[int], ranked: array[int], cells: array[int],
    cell_slots: array[int], notes: array[int], serial: int, state: array[int]
) -> None:  # fmt: skip
    """Note a row of a class in the bins that keep it, and count the values that rules bound."""
    first = entry + counted.Q_WORDS + program[layout.P_CLASS_WORDS]
    following = counted.NEVER
    turn = counted.NEVER
    is_sated = True
    for number in range(program[layout.P_RULE_COUNT]):
        found = classes[first + number]
        if found == counted.NO_BIN:
            continue
        at = found * (counted.B_RESULTS + program[layout.P_WORDS])
        wanted = may_want(program, bins, at) and wants(bins, at, pair)
        if wanted:
            keep_pair(bins, at, pair, serial)
        if (bins[at + counted.B_FAILS] and takes_turn(bins, at, serial)) or wanted:
            note_row(found, serial, not wanted, data, row, step, size, notes, state)
        if may_want(program, bins, at):
            following = serial + 1
            is_sated = is_sated and not wants(bins, at, pair)
        if bins[at + counted.B_FAILS]:
            turn = min(turn, bins[at + counted.B_TURN])
        rule = program[layout.P_RULES] + number * layout.RULE_SIZE
        if program[rule + layout.R_BOUND_COUNT]:
            count_values(
                program, rule, at, vectors, place, data, row, step, size, bins, spreads, ranked, cells, cell_slots,
                serial, state,
            )  # fmt: skip
            turn = serial + 1
    classes[entry + counted.Q_NEXT] = min(following, turn)
    classes[entry + counted.Q_TURN] = turn
    classes[entry + counted.Q_PAIR] = pair if is_sated else counted.NO_PAIR


def count_block(
    program: array[int], count: int, vectors: array[int], packed: array[int], data: array[int], first: int,
    row_step: int, step: int, size: int, latest: array[int], classes: array[int], class_slots: array[int],
    stack: array[int], bins: array[int], slots: array[int], spreads: array[int], ranked: array[int], cells: array[int],
    cell_slots: array[int], notes: array[int], pairs: array[int], state: array[int]
) -> int:  # fmt: skip
    """Count the rows of the block, from ``state[S_PLACE]`` on; what is full."""
    width = counted.Q_WORDS + program[layout.P_CLASS_WORDS] + program[layout.P_RULE_COUNT]
    groups = program[program[layout.P_GROUP] + layout.F_VECTOR] * layout.BLOCK
    outcomes = -1
    if program[layout.P_OUTCOME]:
        outcomes = program[program[layout.P_OUTCOME] + layout.F_VECTOR] * layout.BLOCK
    outcome = 0
    before = state[counted.S_SERIAL] + first
    hashed = False
    for place in range(state[counted.S_PLACE], count):
        group = vectors[groups + place]
        if outcomes >= 0:
            outcome = vectors[outcomes + place]
        recent = group & (counted.RECENT - 1)
        found = latest[recent]
        known = found >= 0 and is_class_of(program, classes, found * width, group, outcome, packed, place)
        serial = before + place
        passed_over = known and serial < classes[found * width + counted.Q_NEXT]
        if not passed_over:
            if not hashed:
                hash_pairs(program, vectors, count, pairs)
                hashed = True
            passed_over = known and not is_looked_at(classes, found * width, pairs[place], serial)
        if not passed_over:
            status = what_is_full(program, size, classes, bins, spreads, cells, notes, state)
            if status != counted.DONE:
                state[counted.S_PLACE] = place
                return status
            if not known:
                found = find_class(program, group, outcome, packed, place, classes, class_slots, state)
                latest[recent] = found
            entry = found * width
            if found == state[counted.S_CLASSES]:
                state[counted.S_CLASSES] = found + 1
                find_bins(program, classes, entry, stack, bins, slots, spreads, state)
            if is_looked_at(classes, entry, pairs[place], serial):
                row = (first + place) * row_step
                look_at_row(
                    program, entry, vectors, place, pairs[place], data, row, step, size, classes, bins, spreads, ranked,
                    cells, cell_slots, notes, serial, state,
                )  # fmt: skip
        classes[found * width + counted.Q_COUNT] = classes[found * width + counted.Q_COUNT] + 1
    state[counted.S_PLACE] = 0
    return counted.DONE


def evaluate(
    program: array[int], data: array[int], count: int, size: int, row_step: int, step: int, groups: array[int],
    group_step: int, texts: array[int], names: array[int], vectors: array[int], packed: array[int], latest: array[int],
    classes: array[int], class_slots: array[int], stack: array[int], bins: array[int], slots: array[int],
    spreads: array[int], ranked: array[int], cells: array[int], cell_slots: array[int], notes: array[int],
    pairs: array[int], state: array[int]
) -> None:  # fmt: skip
    """Take the rows of a batch from ``state[S_ROW]`` on, until all are taken or something is full (``S_STATUS``).

    Number ``p`` of row ``r``, of ``size``, is ``data[r * row_step + p * step]``. ``texts`` holds the numbers of the
    columns in words, ``names`` the addresses that stand for names. ``latest`` remembers the classes of the latest rows;
    ``ranked`` takes the rows that a spread keeps, ``notes`` those that a bin keeps, ``pairs`` who asked whom.
    """
    with cython.nogil:
        row = state[counted.S_ROW]
        status = counted.DONE
        while row < count and status == counted.DONE:
            some = min(layout.BLOCK, count - row)
            for number in range(program[layout.P_GATHERED_COUNT]):
                field = program[program[layout.P_GATHERED] + number]
                gather(program, field, data, row, some, row_step, step, groups, group_step, texts, vectors)
            for place in range(program[layout.P_CLASS_WORDS] * layout.BLOCK):
                packed[place] = 0
            for number in range(program[layout.P_LEAF_COUNT]):
                leaf = program[program[layout.P_LEAVES] + number]
                judge_leaf(program, leaf, vectors, some, data, row, row_step, step, names, packed)
            status = count_block(
                program, some, vectors, packed, data, row, row_step, step, size, latest, classes, class_slots, stack,
                bins, slots, spreads, ranked, cells, cell_slots, notes, pairs, state,
            )  # fmt: skip
            if status == counted.DONE:
                row = row + some
        state[counted.S_ROW] = row
        state[counted.S_STATUS] = status


def settle_classes(
    program: array[int], classes: array[int], class_slots: array[int], latest: array[int], bins: array[int],
    state: array[int]
) -> None:  # fmt: skip
    """Add the rows of all classes to their bins, and forget the classes."""
    with cython.nogil:
        first = counted.Q_WORDS + program[layout.P_CLASS_WORDS]
        for number in range(state[counted.S_CLASSES]):
            entry = number * (first + program[layout.P_RULE_COUNT])
            for place in range(entry + first, entry + first + program[layout.P_RULE_COUNT]):
                if classes[place] != counted.NO_BIN:
                    at = classes[place] * (counted.B_RESULTS + program[layout.P_WORDS])
                    bins[at + counted.B_COUNT] = bins[at + counted.B_COUNT] + classes[entry + counted.Q_COUNT]
        for slot in range(len(class_slots)):
            class_slots[slot] = -1
        for place in range(len(latest)):
            latest[place] = -1
        state[counted.S_CLASSES] = 0
