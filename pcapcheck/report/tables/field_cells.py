"""Cells of the early columns of raw rows, as their fields describe them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from pcapcheck.raw_rows import ALL, MOST, ZERO, Field, RawRows, Wording
from pcapcheck.report.tables.cells import Cells, Coded, Flags, Integers, Numbers, alike, distinct_pairs


class FieldCells:
    """The columns of a batch of raw rows; each field is looked up once."""

    def __init__(self, rows: RawRows) -> None:
        self.rows = rows
        self._data = np.frombuffer(rows.data, np.int64)
        self._groups = np.frombuffer(rows.groups, np.int64)
        self._known: dict[Field, Cells] = {}

    def column(self, name: str) -> Cells:
        """An early column by its name."""
        field = self.rows.fields.columns[name]
        return self._wording(field) if isinstance(field, Wording) else self.field(field)

    def field(self, field: Field) -> Cells:
        """What a field says of each row."""
        if field not in self._known:
            self._known[field] = self._look_up(field)
        return self._known[field]

    def coded(self, field: Field) -> Coded[Any]:
        """The same as values that recur."""
        return self.field(field).coded()

    @cached_property
    def groups(self) -> Coded[int | None]:
        """The frame group of each row."""
        return self.coded(self.rows.fields.group)

    @cached_property
    def outcomes(self) -> Coded[str]:
        """How each row's exchange ended; frames have no outcome."""
        outcome = self.rows.fields.outcome
        return Coded.constant("", self.rows.count) if outcome is None else self.coded(outcome)

    def _wording(self, wording: Wording) -> Coded[Any]:
        first, kinds = alike([self.coded(field) for field in wording.of])
        return Coded(kinds, [wording.value(self.rows, row) for row in first.tolist()])

    def _look_up(self, field: Field) -> Cells:
        holds = self._holds(field)
        if field.high is not None:
            cells: Cells = self._addresses(field, holds)
        elif field.count is not None:
            cells = self._sets(field, holds)
        else:
            cells = self._plain(field, holds)
        if field.otherwise is None:
            return cells
        other = self.coded(field.otherwise)
        coded = cells.coded()
        here = np.array([value is not None for value in coded.values], np.bool_)[coded.codes]
        joined = coded.instead(~here, other)
        return joined.numbers() if isinstance(cells, Numbers) else joined

    def _holds(self, field: Field) -> Flags | None:
        """In which rows all of ``when`` hold; None if in all of them."""
        holds: Flags | None = None
        for test in field.when:
            numbers = self._numbers(test.position)
            equal = (numbers if test.mask == ALL else numbers & test.mask) == test.number
            wanted = equal if test.equal else ~equal
            holds = wanted if holds is None else holds & wanted
        return holds

    def _plain(self, field: Field, holds: Flags | None) -> Cells:
        if field.constant is not None:
            numbers = np.full(self.rows.count, field.constant, np.int64)
        elif field.via is not None:
            numbers = self._groups[self._numbers(field.via) * self.rows.group_step + field.position]
        else:
            numbers = self._numbers(field.position)
        if field.shift:
            numbers = numbers >> field.shift
        if field.mask != ALL:
            numbers = numbers & field.mask
        present = numbers >= field.least
        if field.most != MOST:
            present &= numbers <= field.most
        if holds is not None:
            present &= holds
        if not field.words:
            # Later batches are written over these numbers.
            return Numbers(numbers.copy(), None if present.all() else present)
        codes = np.where(present, np.minimum(numbers, len(field.words) - 1), len(field.words))
        return Coded(codes, [*field.words, None])

    def _addresses(self, field: Field, holds: Flags | None) -> Coded[int | None]:
        low = self._numbers(field.position)
        high = np.zeros_like(low) if field.high in (None, ZERO) else self._numbers(field.high)
        if holds is None or holds.all():
            pairs, codes = distinct_pairs(high, low)
            return Coded(codes, [self.rows.address_of(*pair) for pair in pairs])
        places = np.flatnonzero(holds)
        pairs, found = distinct_pairs(high[places], low[places])
        codes = np.full(len(low), len(pairs), np.intp)
        codes[places] = found
        return Coded(codes, [*(self.rows.address_of(*pair) for pair in pairs), None])

    def _sets(self, field: Field, holds: Flags | None) -> Coded[frozenset[int] | None]:
        """Sets of numbers; a row of a chunk mostly has the same set as others."""
        assert field.count is not None
        counts = self._numbers(field.count)
        counts = counts if holds is None else np.where(holds, counts, 0)
        columns = [Numbers(counts)]
        for number in range(int(counts.max(initial=0))):
            columns.append(Numbers(np.where(counts > number, self._numbers(field.position + number), 0)))
        first, kinds = alike([column.coded() for column in columns])
        held = [[int(column.values[row]) for column in columns] for row in first.tolist()]
        return Coded(kinds, [frozenset(numbers[:count]) or None for count, *numbers in held])

    def _numbers(self, position: int) -> Integers:
        start, step = position * self.rows.field_step, self.rows.row_step
        return self._data[start : start + (self.rows.count - 1) * step + 1 : step]
