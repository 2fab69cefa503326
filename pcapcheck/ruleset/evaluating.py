# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Evaluate rules over raw rows: what each early condition says of each row, and rows counted where they say the same.

The rules about one table are compiled to a program (``row_program``), which is run over the rows of a batch. Rows that
no rule can select are passed over; the others are counted in bins by rule, frame group, outcome and results. The first
few rows of each bin, and those that speak most against a bound, are noted for the caller to keep.

The loops run as plain Python or compiled by Cython with the C types in ``evaluating.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import hash_table, kleene, protocols
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges.binning import bucket_of
    from pcapcheck.ruleset import evaluating_layout as layout


def meets(program: array[int], field: int, data: array[int], at: int, step: int) -> bool:
    """Whether a row meets what a field requires."""
    need = program[field + layout.F_NEEDS]
    for _ in range(program[field + layout.F_NEED_COUNT]):
        bits = data[at + program[need + layout.N_POSITION] * step] & program[need + layout.N_MASK]
        if (bits == program[need + layout.N_NUMBER]) != (program[need + layout.N_EQUAL] != 0):
            return False
        need = need + layout.NEED_SIZE
    return True


def met_field(program: array[int], field: int, data: array[int], at: int, step: int) -> int:
    """The field, or that which stands in for it, whose requirements the row meets; 0 if there is none."""
    while field and not meets(program, field, data, at, step):
        field = program[field + layout.F_OTHERWISE]
    return field


def number_at(
    program: array[int], field: int, data: array[int], at: int, step: int, groups: array[int], group_step: int,
    texts: array[int], text_at: int
) -> int:  # fmt: skip
    """The number of a field in one row; ABSENT_TIME, which no column has, if it is absent."""
    while field:
        if meets(program, field, data, at, step):
            kind = program[field + layout.F_KIND]
            if kind == layout.CONSTANT:
                number = program[field + layout.F_CONSTANT]
            elif kind == layout.WORDED:
                number = texts[text_at + program[field + layout.F_POSITION]]
            elif program[field + layout.F_VIA] >= 0:
                group = data[at + program[field + layout.F_VIA] * step]
                number = groups[group * group_step + program[field + layout.F_POSITION]]
            else:
                number = data[at + program[field + layout.F_POSITION] * step]
            number = (number >> program[field + layout.F_SHIFT]) & program[field + layout.F_MASK]
            if program[field + layout.F_LEAST] <= number <= program[field + layout.F_MOST]:
                if program[field + layout.F_WORDS]:
                    if number > program[field + layout.F_LAST]:
                        number = program[field + layout.F_LAST]
                    return program[program[field + layout.F_WORDS] + number]
                return number
        field = program[field + layout.F_OTHERWISE]
    return scan_layout.ABSENT_TIME


def high_at(program: array[int], field: int, data: array[int], at: int, step: int) -> int:
    """The upper half of an address that is there."""
    if program[field + layout.F_HIGH] < 0:
        return 0
    return data[at + program[field + layout.F_HIGH] * step]


def is_named(names: array[int], high: int, low: int) -> bool:
    """Whether an address stands for a name; ``names`` holds such addresses in order, in halves."""
    first = 0
    end = len(names) // 2
    while first < end:
        middle = (first + end) // 2
        if names[2 * middle] < high or (names[2 * middle] == high and names[2 * middle + 1] < low):
            first = middle + 1
        else:
            end = middle
    return first < len(names) // 2 and names[2 * first] == high and names[2 * first + 1] == low


def holds_number(program: array[int], leaf: int, number: int) -> bool:
    """Whether a leaf holds for one number."""
    if program[leaf + layout.L_OPERATOR] == layout.RANGE:
        found = program[leaf + layout.L_LOW] <= number <= program[leaf + layout.L_HIGH]
    else:
        found = False
        first = program[leaf + layout.L_LIST]
        for place in range(first, first + program[leaf + layout.L_LIST_COUNT]):
            if program[place] == number:
                found = True
                break
    return found != (program[leaf + layout.L_NEGATED] != 0)


def holds_address(program: array[int], leaf: int, high: int, low: int) -> bool:
    """Whether a leaf holds for one address."""
    found = False
    network = program[leaf + layout.L_LIST]
    for _ in range(program[leaf + layout.L_LIST_COUNT]):
        if (high & program[network + 2]) == program[network] and (low & program[network + 3]) == program[network + 1]:
            found = True
            break
        network = network + 4
    return found != (program[leaf + layout.L_NEGATED] != 0)


def frame_lacks(what: int, data: array[int], at: int, step: int) -> bool:
    """Whether a frame is known to have nothing of the kind, being of another protocol.

    What is absent otherwise may only not have been captured.
    """
    carries = data[at + frame_layout.CARRIES * step]
    ethertype = data[at + frame_layout.ETH_TYPE * step]
    protocol = data[at + frame_layout.IP_PROTO * step]
    if carries == frame_layout.UNDECODED:
        return False
    if what == layout.NO_ARP:
        return carries != frame_layout.ARP and carries != frame_layout.OTHER
    if what == layout.NO_TUNNEL:
        return data[at + frame_layout.ENCAP * step] <= frame_layout.PLAIN
    if what == layout.NO_VLAN:
        return ethertype != frame_layout.ABSENT
    if carries == frame_layout.ARP:
        return True
    if carries == frame_layout.OTHER and data[at + frame_layout.IP_VERSION * step] == frame_layout.ABSENT:
        # A packet too short to show its IP version is known as IP by its ethertype.
        return (
            ethertype != frame_layout.ABSENT
            and ethertype != protocols.ETHERTYPE_IPV4
            and ethertype != protocols.ETHERTYPE_IPV6
        )
    if what == layout.NO_IP or protocol == frame_layout.ABSENT:
        return False
    if what == layout.NO_ICMP:
        return protocol != protocols.ICMP and protocol != protocols.ICMPV6
    if what == layout.NO_ND:
        return protocol != protocols.ICMPV6
    if what == layout.NO_TCP:
        return protocol != protocols.TCP
    return protocol != protocols.UDP


def gather(
    program: array[int], field: int, data: array[int], first: int, count: int, row_step: int, step: int,
    groups: array[int], group_step: int, texts: array[int], vectors: array[int]
) -> None:  # fmt: skip
    """Write the values of a field in the rows from ``first`` on into its vectors."""
    vector = program[field + layout.F_VECTOR] * layout.BLOCK
    kind = program[field + layout.F_KIND]
    plain = program[field + layout.F_NEED_COUNT] == 0 and program[field + layout.F_OTHERWISE] == 0
    if kind == layout.ADDRESS or kind == layout.SEVERAL:
        for place in range(count):
            at = (first + place) * row_step
            met = met_field(program, field, data, at, step)
            vectors[vector + place] = 0
            if met and kind == layout.ADDRESS:
                vectors[vector + place] = 1
                vectors[vector + layout.BLOCK + place] = high_at(program, met, data, at, step)
                low = data[at + program[met + layout.F_POSITION] * step]
                vectors[vector + 2 * layout.BLOCK + place] = low
            elif met:
                vectors[vector + place] = data[at + program[met + layout.F_COUNT] * step]
                vectors[vector + layout.BLOCK + place] = at + program[met + layout.F_POSITION] * step
    elif kind == layout.PLAIN and plain and program[field + layout.F_VIA] < 0:
        position = program[field + layout.F_POSITION] * step
        shift = program[field + layout.F_SHIFT]
        mask = program[field + layout.F_MASK]
        least = program[field + layout.F_LEAST]
        most = program[field + layout.F_MOST]
        words = program[field + layout.F_WORDS]
        last = program[field + layout.F_LAST]
        for place in range(count):
            number = (data[(first + place) * row_step + position] >> shift) & mask
            if number < least or number > most:
                number = scan_layout.ABSENT_TIME
            elif words:
                number = program[words + (number if number < last else last)]
            vectors[vector + place] = number
    else:
        columns = program[layout.P_TEXT_COUNT]
        for place in range(count):
            at = (first + place) * row_step
            vectors[vector + place] = number_at(
                program, field, data, at, step, groups, group_step, texts, (first + place) * columns
            )


def is_there(program: array[int], field: int, vectors: array[int], place: int) -> bool:
    """Whether a field has a value in one row of the block."""
    number = vectors[program[field + layout.F_VECTOR] * layout.BLOCK + place]
    if program[field + layout.F_KIND] >= layout.ADDRESS:
        return number > 0
    return number != scan_layout.ABSENT_TIME


def is_one_of(
    program: array[int], field: int, number: int, vectors: array[int], place: int, data: array[int], step: int
) -> bool:
    """Whether a number is that of a field in one row of the block, or one of its numbers."""
    vector = program[field + layout.F_VECTOR] * layout.BLOCK + place
    if program[field + layout.F_KIND] != layout.SEVERAL:
        return number == vectors[vector]
    for some in range(vectors[vector]):
        if data[vectors[vector + layout.BLOCK] + some * step] == number:
            return True
    return False


def compare(
    program: array[int], leaf: int, vectors: array[int], place: int, data: array[int], step: int, names: array[int]
) -> int:
    """What a leaf says of a row of the block that has the values which it names, and not EXISTS."""
    operator = program[leaf + layout.L_OPERATOR]
    field = program[leaf + layout.L_FIELD]
    other = program[leaf + layout.L_OTHER]
    vector = program[field + layout.F_VECTOR] * layout.BLOCK + place
    if program[field + layout.F_KIND] == layout.ADDRESS:
        high = vectors[vector + layout.BLOCK]
        low = vectors[vector + 2 * layout.BLOCK]
        if operator == layout.SAME:
            vector = program[other + layout.F_VECTOR] * layout.BLOCK + place
            found = high == vectors[vector + layout.BLOCK] and low == vectors[vector + 2 * layout.BLOCK]
            return kleene.TRUE if found else kleene.FALSE
        if is_named(names, high, low):
            return kleene.UNKNOWN
        return kleene.TRUE if holds_address(program, leaf, high, low) else kleene.FALSE
    several = vectors[vector] if program[field + layout.F_KIND] == layout.SEVERAL else 1
    for some in range(several):
        number = vectors[vector]
        if program[field + layout.F_KIND] == layout.SEVERAL:
            number = data[vectors[vector + layout.BLOCK] + some * step]
        if operator == layout.SAME:
            if not is_one_of(program, other, number, vectors, place, data, step):
                return kleene.FALSE
        elif not holds_number(program, leaf, number):
            return kleene.FALSE
    return kleene.TRUE


def judge_range(program: array[int], leaf: int, vectors: array[int], count: int, results: array[int]) -> None:
    """What a leaf of a plain field says of the rows of the block: whether its number is in a range."""
    vector = program[program[leaf + layout.L_FIELD] + layout.F_VECTOR] * layout.BLOCK
    target = program[leaf + layout.L_NUMBER] * layout.BLOCK
    low = program[leaf + layout.L_LOW]
    high = program[leaf + layout.L_HIGH]
    inside = kleene.FALSE if program[leaf + layout.L_NEGATED] else kleene.TRUE
    for place in range(count):
        number = vectors[vector + place]
        result = inside if low <= number <= high else -inside
        results[target + place] = result if number != scan_layout.ABSENT_TIME else kleene.UNKNOWN


def judge_leaf(
    program: array[int], leaf: int, vectors: array[int], count: int, data: array[int], first: int, row_step: int,
    step: int, names: array[int], results: array[int]
) -> None:  # fmt: skip
    """What a leaf says of the rows of the block: TRUE, FALSE, or UNKNOWN if a value that it names is absent."""
    operator = program[leaf + layout.L_OPERATOR]
    field = program[leaf + layout.L_FIELD]
    target = program[leaf + layout.L_NUMBER] * layout.BLOCK
    if operator == layout.RANGE and program[field + layout.F_KIND] < layout.ADDRESS:
        judge_range(program, leaf, vectors, count, results)
    else:
        for place in range(count):
            there = is_there(program, field, vectors, place)
            if operator == layout.EXISTS:
                found = there != (program[leaf + layout.L_NEGATED] != 0)
                results[target + place] = kleene.TRUE if found else kleene.FALSE
            elif not there or (
                operator == layout.SAME and not is_there(program, program[leaf + layout.L_OTHER], vectors, place)
            ):
                results[target + place] = kleene.UNKNOWN
            else:
                results[target + place] = compare(program, leaf, vectors, place, data, step, names)
    # Only of frames: the rows of other tables have no such fields to look at.
    if program[leaf + layout.L_LACKS] == layout.SURE and program[leaf + layout.L_OTHER_LACKS] == layout.SURE:
        count = 0
    for place in range(count):
        if results[target + place] == kleene.UNKNOWN:
            at = (first + place) * row_step
            if lacks(program, field, program[leaf + layout.L_LACKS], vectors, place, data, at, step) or lacks(
                program,
                program[leaf + layout.L_OTHER],
                program[leaf + layout.L_OTHER_LACKS],
                vectors,
                place,
                data,
                at,
                step,
            ):
                results[target + place] = kleene.FALSE


def lacks(
    program: array[int], field: int, what: int, vectors: array[int], place: int, data: array[int], at: int, step: int
) -> bool:
    """Whether a field is absent since the frame is of another protocol."""
    return what != layout.SURE and not is_there(program, field, vectors, place) and frame_lacks(what, data, at, step)


def select(program: array[int], rule: int, count: int, results: array[int], stack: array[int]) -> None:
    """Whether a rule selects the rows of the block, as far as early columns say: the lowest vector of the stack."""
    token_at = program[rule + layout.R_CODE]
    end = program[rule + layout.R_CODE_END]
    top = 0
    while token_at < end:
        token = program[token_at]
        token_at = token_at + 1
        target = top * layout.BLOCK
        if token > 0:
            source = program[token + layout.L_NUMBER] * layout.BLOCK
            for place in range(count):
                stack[target + place] = results[source + place]
            top = top + 1
        elif token == layout.LATE:
            for place in range(count):
                stack[target + place] = kleene.UNKNOWN
            top = top + 1
        elif token == layout.NOT:
            for place in range(target - layout.BLOCK, target - layout.BLOCK + count):
                stack[place] = -stack[place]
        else:
            combine(stack, top, program[token_at], token == layout.ALL_OF, count)
            top = top - program[token_at] + 1
            token_at = token_at + 1


def combine(stack: array[int], top: int, parts: int, every: bool, count: int) -> None:
    """Replace the uppermost vectors of the stack by their minimum (``every``) or maximum."""
    target = (top - parts) * layout.BLOCK
    if parts == 0:
        for place in range(count):
            stack[target + place] = kleene.TRUE if every else kleene.FALSE
    for part in range(1, parts):
        source = target + part * layout.BLOCK
        for place in range(count):
            result = stack[source + place]
            if (result < stack[target + place]) if every else (result > stack[target + place]):
                stack[target + place] = result


def pack(program: array[int], rule: int, count: int, results: array[int], packed: array[int]) -> None:
    """What a rule's early leaves say of the rows of the block, two bits each."""
    words = program[layout.P_WORDS]
    for place in range(words * layout.BLOCK):
        packed[place] = 0
    first = program[rule + layout.R_LEAVES]
    for number in range(program[rule + layout.R_LEAF_COUNT]):
        source = program[program[first + number] + layout.L_NUMBER] * layout.BLOCK
        target = (number // layout.RESULTS_PER_WORD) * layout.BLOCK
        shift = 2 * (number % layout.RESULTS_PER_WORD)
        for place in range(count):
            result = results[source + place] + 1
            packed[target + place] = packed[target + place] | (result << shift)


def is_bin_of(
    program: array[int], bins: array[int], found: int, number: int, group: int, outcome: int, packed: array[int],
    place: int
) -> bool:  # fmt: skip
    """Whether a bin is that of the ``number``-th rule, a group, an outcome and the results of a row of the block."""
    words = program[layout.P_WORDS]
    entry = found * (layout.B_RESULTS + words)
    if (
        bins[entry + layout.B_RULE] != number
        or bins[entry + layout.B_GROUP] != group
        or bins[entry + layout.B_OUTCOME] != outcome
    ):
        return False
    for word in range(words):
        if bins[entry + layout.B_RESULTS + word] != packed[word * layout.BLOCK + place]:
            return False
    return True


def find_bin(
    program: array[int], rule: int, number: int, group: int, outcome: int, packed: array[int], place: int,
    bins: array[int], slots: array[int], spreads: array[int], state: array[int]
) -> int:  # fmt: skip
    """The bin with this key, made if it is new."""
    words = program[layout.P_WORDS]
    width = layout.B_RESULTS + words
    mixed = hash_table.stir(hash_table.stir(hash_table.stir(1, number), group), outcome)
    for word in range(words):
        mixed = hash_table.stir(mixed, packed[word * layout.BLOCK + place])
    # Results differ in upper bits, the table looks at lower ones.
    home = hash_table.stir(mixed, 0) >> 2
    mask = len(slots) - 1
    slot = hash_table.seek(bins, width, layout.B_HOME, slots, mask, home, home & mask)
    while slots[slot] >= 0:
        if is_bin_of(program, bins, slots[slot], number, group, outcome, packed, place):
            return slots[slot]
        slot = hash_table.seek(bins, width, layout.B_HOME, slots, mask, home, (slot + 1) & mask)
    found = state[layout.S_BINS]
    state[layout.S_BINS] = found + 1
    entry = found * width
    bins[entry + layout.B_HOME] = home
    bins[entry + layout.B_RULE] = number
    bins[entry + layout.B_GROUP] = group
    bins[entry + layout.B_OUTCOME] = outcome
    bins[entry + layout.B_COUNT] = 0
    bins[entry + layout.B_SPREADS] = state[layout.S_SPREADS]
    bins[entry + layout.B_KEPT] = 0
    for word in range(words):
        bins[entry + layout.B_RESULTS + word] = packed[word * layout.BLOCK + place]
    slots[slot] = found
    for bound in range(program[rule + layout.R_BOUND_COUNT]):
        spread = state[layout.S_SPREADS] * layout.SPREAD_SIZE
        state[layout.S_SPREADS] = state[layout.S_SPREADS] + 1
        for field in range(layout.SPREAD_SIZE):
            spreads[spread + field] = 0
        spreads[spread + layout.V_BIN] = found
        spreads[spread + layout.V_BOUND] = bound
    return found


def pair_of(program: array[int], vectors: array[int], place: int) -> int:
    """A hash of who asked whom in a row of the block, of 63 bits."""
    mixed = 1
    first = program[layout.P_PAIR]
    for number in range(first, first + program[layout.P_PAIR_FIELDS]):
        field = program[number]
        vector = program[field + layout.F_VECTOR] * layout.BLOCK + place
        mixed = hash_table.stir(mixed, vectors[vector])
        if program[field + layout.F_KIND] == layout.ADDRESS and vectors[vector]:
            mixed = hash_table.stir(mixed, vectors[vector + layout.BLOCK])
            mixed = hash_table.stir(mixed, vectors[vector + 2 * layout.BLOCK])
    return mixed >> 1


def wants(bins: array[int], entry: int, pair: int) -> bool:
    """Whether a bin keeps a row of this pair: as one of the first, or of the first of its pair."""
    kept = bins[entry + layout.B_KEPT]
    if kept < layout.FIRST_KEPT:
        return True
    alike = 0
    for place in range(kept):
        if bins[entry + layout.B_PAIRS + place] == pair:
            alike = alike + 1
    return alike < layout.KEPT_PER_PAIR


def copy_row(data: array[int], at: int, step: int, size: int, into: array[int], target: int) -> None:
    """Copy the numbers of a row."""
    for position in range(size):
        into[target + position] = data[at + position * step]


def rank(spreads: array[int], spread: int, value: int, serial: int) -> int:
    """The place that a row takes among the few of the highest rank, or -1; of equal rows, the earliest stay."""
    ranked = spreads[spread + layout.V_RANKED]
    lowest = spread + layout.V_RANKS
    if ranked < layout.RANKED:
        lowest = lowest + 2 * ranked
        spreads[spread + layout.V_RANKED] = ranked + 1
    else:
        for place in range(spread + layout.V_RANKS + 2, spread + layout.V_RANKS + 2 * layout.RANKED, 2):
            if spreads[place] < spreads[lowest] or (
                spreads[place] == spreads[lowest] and spreads[place + 1] > spreads[lowest + 1]
            ):
                lowest = place
    if ranked == layout.RANKED and value <= spreads[lowest]:
        return -1
    spreads[lowest] = value
    spreads[lowest + 1] = serial
    return (lowest - spread - layout.V_RANKS) // 2


def find_cell(cells: array[int], cell_slots: array[int], spread: int, bucket: int, state: array[int]) -> int:
    """Where the cell of a bucket stands, made if it is new."""
    home = hash_table.stir(hash_table.stir(1, spread), bucket) >> 2
    mask = len(cell_slots) - 1
    slot = hash_table.seek(cells, layout.CELL_SIZE, layout.C_HOME, cell_slots, mask, home, home & mask)
    while cell_slots[slot] >= 0:
        cell = cell_slots[slot] * layout.CELL_SIZE
        if cells[cell + layout.C_SPREAD] == spread and cells[cell + layout.C_BUCKET] == bucket:
            return cell
        slot = hash_table.seek(cells, layout.CELL_SIZE, layout.C_HOME, cell_slots, mask, home, (slot + 1) & mask)
    cell_slots[slot] = state[layout.S_CELLS]
    cell = state[layout.S_CELLS] * layout.CELL_SIZE
    state[layout.S_CELLS] = state[layout.S_CELLS] + 1
    cells[cell + layout.C_HOME] = home
    cells[cell + layout.C_SPREAD] = spread
    cells[cell + layout.C_BUCKET] = bucket
    cells[cell + layout.C_COUNT] = 0
    return cell


def count_value(
    spreads: array[int], number: int, value: int, cells: array[int], cell_slots: array[int], state: array[int]
) -> None:
    """Count a value of the ``number``-th spread."""
    spread = number * layout.SPREAD_SIZE
    if spreads[spread + layout.V_COUNT] == 0 or value < spreads[spread + layout.V_LEAST]:
        spreads[spread + layout.V_LEAST] = value
    if spreads[spread + layout.V_COUNT] == 0 or value > spreads[spread + layout.V_MOST]:
        spreads[spread + layout.V_MOST] = value
    spreads[spread + layout.V_COUNT] = spreads[spread + layout.V_COUNT] + 1
    # In two parts, since C's integers would overflow.
    spreads[spread + layout.V_LOW] = spreads[spread + layout.V_LOW] + (value & 0x7FFFFFFF)
    spreads[spread + layout.V_HIGH] = spreads[spread + layout.V_HIGH] + (value >> layout.V_LOW_BITS)
    cell = find_cell(cells, cell_slots, number, bucket_of(value), state)
    cells[cell + layout.C_COUNT] = cells[cell + layout.C_COUNT] + 1


def enter(rows: array[int], width: int, slots: array[int], count: int) -> None:
    """Enter all bins, cells or texts into a new table; the home of each is its first number."""
    hash_table.insert_all(rows, width, 0, slots, 0, count)


def what_is_full(
    program: array[int], rule: int, size: int, bins: array[int], spreads: array[int], cells: array[int],
    notes: array[int], state: array[int]
) -> int:  # fmt: skip
    """What has no room for all that one more row may bring to a rule: a bin, a note, a value for each bound."""
    bounds = program[rule + layout.R_BOUND_COUNT]
    if (state[layout.S_BINS] + 1) * (layout.B_RESULTS + program[layout.P_WORDS]) > len(bins):
        return layout.BINS_FULL
    if (state[layout.S_SPREADS] + bounds) * layout.SPREAD_SIZE > len(spreads):
        return layout.SPREADS_FULL
    if (state[layout.S_CELLS] + bounds) * layout.CELL_SIZE > len(cells):
        return layout.CELLS_FULL
    if (state[layout.S_NOTES] + 1) * (layout.N_ROW + size) > len(notes):
        return layout.NOTES_FULL
    return layout.DONE


def count_values(
    program: array[int], rule: int, entry: int, vectors: array[int], place: int, data: array[int], at: int, step: int,
    size: int, bins: array[int], spreads: array[int], ranked: array[int], cells: array[int], cell_slots: array[int],
    serial: int, state: array[int]
) -> None:  # fmt: skip
    """Count the values that a rule bounds in a row of the block."""
    bound = program[rule + layout.R_BOUNDS]
    first = bins[entry + layout.B_SPREADS]
    for spread in range(first, first + program[rule + layout.R_BOUND_COUNT]):
        value = vectors[program[program[bound] + layout.F_VECTOR] * layout.BLOCK + place]
        if value != scan_layout.ABSENT_TIME:
            count_value(spreads, spread, value, cells, cell_slots, state)
            kept = rank(spreads, spread * layout.SPREAD_SIZE, value * program[bound + 1], serial)
            if kept >= 0:
                copy_row(data, at, step, size, ranked, (spread * layout.RANKED + kept) * size)
        bound = bound + 2


def note_row(
    program: array[int], found: int, entry: int, vectors: array[int], place: int, data: array[int], at: int, step: int,
    size: int, bins: array[int], notes: array[int], state: array[int]
) -> None:  # fmt: skip
    """Note a row of the block if its bin keeps it."""
    kept = bins[entry + layout.B_KEPT]
    pair = pair_of(program, vectors, place) if kept < layout.MOST_KEPT else 0
    if kept < layout.MOST_KEPT and wants(bins, entry, pair):
        bins[entry + layout.B_PAIRS + kept] = pair
        bins[entry + layout.B_KEPT] = kept + 1
        note = state[layout.S_NOTES] * (layout.N_ROW + size)
        state[layout.S_NOTES] = state[layout.S_NOTES] + 1
        notes[note + layout.N_BIN] = found
        copy_row(data, at, step, size, notes, note + layout.N_ROW)


def count_block(
    program: array[int], number: int, count: int, stack: array[int], packed: array[int], vectors: array[int],
    data: array[int], first: int, row_step: int, step: int, size: int, latest: array[int], bins: array[int],
    slots: array[int], spreads: array[int], ranked: array[int], cells: array[int], cell_slots: array[int],
    notes: array[int], state: array[int]
) -> int:  # fmt: skip
    """Count the rows of the block that the ``number``-th rule selects, from ``state[S_PLACE]`` on; what is full."""
    rule = program[layout.P_RULES] + number * layout.RULE_SIZE
    width = layout.B_RESULTS + program[layout.P_WORDS]
    groups = program[program[layout.P_GROUP] + layout.F_VECTOR] * layout.BLOCK
    outcomes = -1
    if program[layout.P_OUTCOME]:
        outcomes = program[program[layout.P_OUTCOME] + layout.F_VECTOR] * layout.BLOCK
    outcome = 0
    for place in range(state[layout.S_PLACE], count):
        if stack[place] == kleene.FALSE:
            continue
        status = what_is_full(program, rule, size, bins, spreads, cells, notes, state)
        if status != layout.DONE:
            state[layout.S_PLACE] = place
            return status
        group = vectors[groups + place]
        if outcomes >= 0:
            outcome = vectors[outcomes + place]
        recent = number * layout.RECENT + (group & (layout.RECENT - 1))
        found = latest[recent]
        if found < 0 or not is_bin_of(program, bins, found, number, group, outcome, packed, place):
            found = find_bin(program, rule, number, group, outcome, packed, place, bins, slots, spreads, state)
            latest[recent] = found
        entry = found * width
        bins[entry + layout.B_COUNT] = bins[entry + layout.B_COUNT] + 1
        at = (first + place) * row_step
        note_row(program, found, entry, vectors, place, data, at, step, size, bins, notes, state)
        if program[rule + layout.R_BOUND_COUNT]:
            serial = state[layout.S_SERIAL] + first + place
            count_values(
                program, rule, entry, vectors, place, data, at, step, size, bins, spreads, ranked, cells, cell_slots,
                serial, state,
            )  # fmt: skip
    state[layout.S_PLACE] = 0
    return layout.DONE


def evaluate(
    program: array[int], data: array[int], count: int, size: int, row_step: int, step: int, groups: array[int],
    group_step: int, texts: array[int], names: array[int], vectors: array[int], results: array[int],
    stack: array[int], packed: array[int], latest: array[int], bins: array[int], slots: array[int],
    spreads: array[int], ranked: array[int], cells: array[int], cell_slots: array[int], notes: array[int],
    state: array[int]
) -> None:  # fmt: skip
    """Take the rows of a batch from ``state[S_ROW]`` on, until all are taken or something is full (``S_STATUS``).

    Number ``p`` of row ``r``, of ``size``, is ``data[r * row_step + p * step]``. ``texts`` holds the numbers of the
    columns in words, ``names`` the addresses that stand for names. ``latest`` remembers the bins that each rule counted
    in last; ``ranked`` takes the rows that a spread keeps, ``notes`` those that a bin keeps.
    """
    with cython.nogil:
        row = state[layout.S_ROW]
        status = layout.DONE
        while row < count and status == layout.DONE:
            some = min(layout.BLOCK, count - row)
            for number in range(program[layout.P_GATHERED_COUNT]):
                field = program[program[layout.P_GATHERED] + number]
                gather(program, field, data, row, some, row_step, step, groups, group_step, texts, vectors)
            for number in range(program[layout.P_LEAF_COUNT]):
                leaf = program[program[layout.P_LEAVES] + number]
                judge_leaf(program, leaf, vectors, some, data, row, row_step, step, names, results)
            number = state[layout.S_RULE]
            while number < program[layout.P_RULE_COUNT]:
                rule = program[layout.P_RULES] + number * layout.RULE_SIZE
                select(program, rule, some, results, stack)
                pack(program, rule, some, results, packed)
                status = count_block(
                    program, number, some, stack, packed, vectors, data, row, row_step, step, size, latest, bins,
                    slots, spreads, ranked, cells, cell_slots, notes, state,
                )  # fmt: skip
                if status != layout.DONE:
                    break
                number = number + 1
            state[layout.S_RULE] = number
            if status == layout.DONE:
                state[layout.S_RULE] = 0
                row = row + some
        state[layout.S_ROW] = row
        state[layout.S_STATUS] = status


def is_same_text(keys: array[int], one: int, other: int, width: int) -> bool:
    """Whether two keys of texts, whose homes are equal, are equal."""
    for place in range(layout.K_COLUMN, width):
        if keys[one + place] != keys[other + place]:
            return False
    return True


def number_texts(
    program: array[int], data: array[int], count: int, row_step: int, step: int, groups: array[int], group_step: int,
    keys: array[int], slots: array[int], ids: array[int], state: array[int]
) -> None:  # fmt: skip
    """Number the texts of the rows of a batch: rows alike in all that a column in words is of have the same number.

    Column ``c`` of row ``r`` is ``ids[r * P_TEXT_COUNT + c]``. ``keys`` holds what texts are of; there is room for a
    new one in each row and column.
    """
    with cython.nogil:
        columns = program[layout.P_TEXT_COUNT]
        width = layout.K_FIELDS + 2 * program[layout.P_TEXT_FIELDS]
        mask = len(slots) - 1
        for row in range(count):
            at = row * row_step
            for column in range(columns):
                # Written where the next new key would stand, and left there if it is new.
                new = state[layout.S_TEXTS]
                key = new * width
                for place in range(width):
                    keys[key + place] = 0
                keys[key + layout.K_ROW] = row
                keys[key + layout.K_COLUMN] = column
                mixed = hash_table.stir(1, column)
                text = program[layout.P_TEXTS] + column * layout.TEXT_SIZE
                first = program[text + layout.X_FIELDS]
                for place in range(program[text + layout.X_FIELD_COUNT]):
                    field = program[first + place]
                    high = 0
                    if program[field + layout.F_KIND] == layout.ADDRESS:
                        # A column that has a text has all addresses that it is of: 0 stands for none.
                        low = 0
                        field = met_field(program, field, data, at, step)
                        if field:
                            high = high_at(program, field, data, at, step)
                            low = data[at + program[field + layout.F_POSITION] * step]
                    else:
                        low = number_at(program, field, data, at, step, groups, group_step, ids, 0)
                    keys[key + layout.K_FIELDS + 2 * place] = high
                    keys[key + layout.K_FIELDS + 2 * place + 1] = low
                    mixed = hash_table.stir(hash_table.stir(mixed, high), low)
                home = hash_table.stir(mixed, 0) >> 2
                keys[key + layout.K_HOME] = home
                slot = hash_table.seek(keys, width, layout.K_HOME, slots, mask, home, home & mask)
                while slots[slot] >= 0 and not is_same_text(keys, slots[slot] * width, key, width):
                    slot = hash_table.seek(keys, width, layout.K_HOME, slots, mask, home, (slot + 1) & mask)
                if slots[slot] < 0:
                    slots[slot] = new
                    state[layout.S_TEXTS] = new + 1
                ids[row * columns + column] = slots[slot]


def translate(ids: array[int], count: int, numbers: array[int]) -> None:
    """Replace the first ``count`` numbers of texts by the numbers that they have in a program."""
    with cython.nogil:
        for place in range(count):
            ids[place] = numbers[ids[place]]
