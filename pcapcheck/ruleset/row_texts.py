"""The columns in words of raw rows, as numbers: a text is made once of all rows that are alike in what it is of."""

from __future__ import annotations

from array import array

from pcapcheck.hash_table import empty_slots
from pcapcheck.raw_rows import RawRows
from pcapcheck.ruleset import counting_layout as counted
from pcapcheck.ruleset import evaluating, text_numbers
from pcapcheck.ruleset.program_layout import P_TEXT_FIELDS
from pcapcheck.ruleset.row_program import RowProgram

# More texts are forgotten before the next batch.
MOST_TEXTS = 1 << 14
ABSENT = -1


class RowTexts:
    """The texts of the columns in words that a program names."""

    def __init__(self, program: RowProgram) -> None:
        self._program = program
        self._width = counted.K_FIELDS + 2 * program.numbers[P_TEXT_FIELDS]
        self._keys = array("q")
        self._slots = array("q")
        self._state = array("q", bytes(8 * counted.STATE_SIZE))
        self._begin()

    def of(self, rows: RawRows) -> array[int]:
        """The number of each text, row by row, ABSENT for none; those that the program names have its numbers."""
        columns = len(self._program.wordings)
        ids = array("q", bytes(8 * rows.count * columns))
        if not columns:
            return ids
        if len(self._numbers) > MOST_TEXTS:
            self._begin()
        self._make_room(rows.count * columns)
        text_numbers.number_texts(
            self._program.numbers,
            rows.data,
            rows.count,
            rows.row_step,
            rows.field_step,
            rows.groups,
            rows.group_step,
            self._keys,
            self._slots,
            ids,
            self._state,
        )
        for number in range(len(self._numbers), self._state[counted.S_TEXTS]):
            key = number * self._width
            wording = self._program.wordings[self._keys[key + counted.K_COLUMN]]
            text = wording.value(rows, self._keys[key + counted.K_ROW])
            known = self._number_of
            self._numbers.append(known.setdefault(text, len(known)) if isinstance(text, str) else ABSENT)
        text_numbers.translate(ids, len(ids), self._numbers)
        return ids

    def _begin(self) -> None:
        """Forget all texts but those that the program names."""
        self._number_of = dict(self._program.number_of)
        self._numbers = array("q")
        self._state[counted.S_TEXTS] = 0
        self._slots = array("q", [-1]) * len(self._slots)

    def _make_room(self, more: int) -> None:
        """Room for this many new texts."""
        # One is written before it is known to be new.
        needed = len(self._numbers) + more + 1
        if len(self._slots) < 2 * needed:
            self._slots = empty_slots(needed)
            # Before there are more keys than these, there are too few slots.
            self._keys.frombytes(bytes(8 * (len(self._slots) // 2 * self._width - len(self._keys))))
            evaluating.enter(self._keys, self._width, self._slots, len(self._numbers))
