# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""The columns in words of raw rows, as numbers: rows alike in all that a column in words is of have the same number.

The loops run as plain Python or compiled by Cython with the C types in ``text_numbers.pxd``.
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
    from pcapcheck.ruleset.field_values import high_at, met_field, number_at


def is_same_text(keys: array[int], one: int, other: int, width: int) -> bool:
    """Whether two keys of texts, whose homes are equal, are equal."""
    for place in range(counted.K_COLUMN, width):
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
        width = counted.K_FIELDS + 2 * program[layout.P_TEXT_FIELDS]
        mask = len(slots) - 1
        for row in range(count):
            at = row * row_step
            for column in range(columns):
                # Written where the next new key would stand, and left there if it is new.
                new = state[counted.S_TEXTS]
                key = new * width
                for place in range(width):
                    keys[key + place] = 0
                keys[key + counted.K_ROW] = row
                keys[key + counted.K_COLUMN] = column
                mixed = stir(1, column)
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
                    keys[key + counted.K_FIELDS + 2 * place] = high
                    keys[key + counted.K_FIELDS + 2 * place + 1] = low
                    mixed = stir(stir(mixed, high), low)
                home = stir(mixed, 0) >> 2
                keys[key + counted.K_HOME] = home
                slot = seek(slots, mask, home, home & mask)
                while slots[slot] >= 0 and not is_same_text(keys, place_at(slots, slot) * width, key, width):
                    slot = seek(slots, mask, home, (slot + 1) & mask)
                if slots[slot] < 0:
                    slots[slot] = entry_of(home, new)
                    state[counted.S_TEXTS] = new + 1
                ids[row * columns + column] = place_at(slots, slot)


def translate(ids: array[int], count: int, numbers: array[int]) -> None:
    """Replace the first ``count`` numbers of texts by the numbers that they have in a program."""
    with cython.nogil:
        for place in range(count):
            ids[place] = numbers[ids[place]]
