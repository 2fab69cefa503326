# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""What the leaves of conditions say of a block of raw rows: true, false, or unknown where a value is absent.

Takes the vectors that ``field_values`` gathers. The loops run as plain Python or compiled by Cython with the C types in
``leaf_results.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import kleene, protocols
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.ruleset import counting_layout as counted
    from pcapcheck.ruleset import program_layout as layout


def is_there(program: array[int], field: int, vectors: array[int], place: int) -> bool:
    """Whether a field has a value in one row of the block."""
    number = vectors[program[field + layout.F_VECTOR] * layout.BLOCK + place]
    if program[field + layout.F_KIND] >= layout.ADDRESS:
        return number > 0
    return number != scan_layout.ABSENT_TIME


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


def lacks(
    program: array[int], field: int, what: int, vectors: array[int], place: int, data: array[int], at: int, step: int
) -> bool:
    """Whether a field is absent since the frame is of another protocol."""
    return what != layout.SURE and not is_there(program, field, vectors, place) and frame_lacks(what, data, at, step)


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
        if len(names) > 0 and is_named(names, high, low):
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


def judge_range(
    program: array[int], leaf: int, vectors: array[int], count: int, shift: int, packed: array[int], target: int
) -> None:
    """What a leaf of a plain field says of the rows of the block: whether its number is in a range."""
    vector = program[program[leaf + layout.L_FIELD] + layout.F_VECTOR] * layout.BLOCK
    low = program[leaf + layout.L_LOW]
    high = program[leaf + layout.L_HIGH]
    inside = kleene.FALSE if program[leaf + layout.L_NEGATED] else kleene.TRUE
    for place in range(count):
        number = vectors[vector + place]
        result = inside if low <= number <= high else -inside
        if number == scan_layout.ABSENT_TIME:
            result = kleene.UNKNOWN
        packed[target + place] = packed[target + place] | ((result + 1) << shift)


def judge_row(
    program: array[int], leaf: int, vectors: array[int], place: int, data: array[int], step: int, names: array[int]
) -> int:
    """What a leaf says of a row of the block: TRUE, FALSE, or UNKNOWN if a value that it names is absent."""
    operator = program[leaf + layout.L_OPERATOR]
    there = is_there(program, program[leaf + layout.L_FIELD], vectors, place)
    if operator == layout.EXISTS:
        return kleene.TRUE if there != (program[leaf + layout.L_NEGATED] != 0) else kleene.FALSE
    if not there or (operator == layout.SAME and not is_there(program, program[leaf + layout.L_OTHER], vectors, place)):
        return kleene.UNKNOWN
    return compare(program, leaf, vectors, place, data, step, names)


def judge_lacking(
    program: array[int], leaf: int, vectors: array[int], count: int, data: array[int], first: int, row_step: int,
    step: int, shift: int, packed: array[int], target: int
) -> None:  # fmt: skip
    """Make FALSE what is UNKNOWN since the frame is of another protocol."""
    field = program[leaf + layout.L_FIELD]
    other = program[leaf + layout.L_OTHER]
    for place in range(count):
        said = (packed[target + place] >> shift) & 3
        if said == kleene.UNKNOWN + 1:
            at = (first + place) * row_step
            if lacks(program, field, program[leaf + layout.L_LACKS], vectors, place, data, at, step) or lacks(
                program, other, program[leaf + layout.L_OTHER_LACKS], vectors, place, data, at, step
            ):
                # In C a shifted 1 would have 32 bits only.
                packed[target + place] = packed[target + place] - (said << shift)


def judge_leaf(
    program: array[int], leaf: int, vectors: array[int], count: int, data: array[int], first: int, row_step: int,
    step: int, names: array[int], packed: array[int]
) -> None:  # fmt: skip
    """Add what a leaf says of the rows of the block to ``packed``, which holds nothing of it yet.

    Two bits per leaf, the result plus 1: of leaf ``n`` in vector ``n // RESULTS_PER_WORD``.
    """
    target = program[leaf + layout.L_NUMBER] // counted.RESULTS_PER_WORD * layout.BLOCK
    shift = 2 * (program[leaf + layout.L_NUMBER] % counted.RESULTS_PER_WORD)
    if (
        program[leaf + layout.L_OPERATOR] == layout.RANGE
        and program[program[leaf + layout.L_FIELD] + layout.F_KIND] < layout.ADDRESS
    ):
        judge_range(program, leaf, vectors, count, shift, packed, target)
    else:
        for place in range(count):
            result = judge_row(program, leaf, vectors, place, data, step, names)
            packed[target + place] = packed[target + place] | ((result + 1) << shift)
    # Only of frames: the rows of other tables have no such fields to look at.
    if program[leaf + layout.L_LACKS] != layout.SURE or program[leaf + layout.L_OTHER_LACKS] != layout.SURE:
        judge_lacking(program, leaf, vectors, count, data, first, row_step, step, shift, packed, target)
