# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""The values of fields in a block of raw rows, gathered into vectors: one number per row, of some kinds several.

Which numbers of a row a field is made of is said by a program (``program_layout``). The loops run as plain Python or
compiled by Cython with the C types in ``field_values.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.ruleset import program_layout as layout


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


def gather_addresses(
    program: array[int], field: int, data: array[int], first: int, count: int, row_step: int, step: int,
    vectors: array[int], vector: int
) -> None:  # fmt: skip
    """Write addresses into three vectors: whether they are there, and their halves."""
    if program[field + layout.F_NEED_COUNT] == 0:
        high = program[field + layout.F_HIGH] * step
        low = program[field + layout.F_POSITION] * step
        for place in range(count):
            at = (first + place) * row_step
            vectors[vector + place] = 1
            vectors[vector + layout.BLOCK + place] = data[at + high] if high >= 0 else 0
            vectors[vector + 2 * layout.BLOCK + place] = data[at + low]
    else:
        for place in range(count):
            at = (first + place) * row_step
            met = met_field(program, field, data, at, step)
            vectors[vector + place] = 0
            if met:
                vectors[vector + place] = 1
                vectors[vector + layout.BLOCK + place] = high_at(program, met, data, at, step)
                vectors[vector + 2 * layout.BLOCK + place] = data[at + program[met + layout.F_POSITION] * step]


def gather(
    program: array[int], field: int, data: array[int], first: int, count: int, row_step: int, step: int,
    groups: array[int], group_step: int, texts: array[int], vectors: array[int]
) -> None:  # fmt: skip
    """Write the values of a field in the rows from ``first`` on into its vectors."""
    vector = program[field + layout.F_VECTOR] * layout.BLOCK
    kind = program[field + layout.F_KIND]
    plain = program[field + layout.F_NEED_COUNT] == 0 and program[field + layout.F_OTHERWISE] == 0
    if kind == layout.ADDRESS:
        gather_addresses(program, field, data, first, count, row_step, step, vectors, vector)
    elif kind == layout.SEVERAL:
        for place in range(count):
            at = (first + place) * row_step
            met = met_field(program, field, data, at, step)
            vectors[vector + place] = 0
            if met:
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
