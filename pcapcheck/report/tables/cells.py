"""The cells of one column for some rows: plain numbers, or the few values that recur and which row has which."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct

T = TypeVar("T")
Integers = npt.NDArray[np.int64]
Codes = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


class Numbers(Struct, frozen=True):
    """A number per row; where ``present`` (None: everywhere) is false it means nothing, and the cell is absent."""

    values: Integers
    present: Flags | None = None

    @classmethod
    def of(cls, values: Sequence[Any]) -> Numbers:
        """Numbers from Python's, None where absent."""
        present = np.array([value is not None for value in values], np.bool_)
        numbers = np.array([0 if value is None else int(value) for value in values], np.int64)
        return cls(numbers, None if present.all() else present)

    @property
    def absent(self) -> Flags:
        """Which cells are absent."""
        return np.zeros(len(self.values), np.bool_) if self.present is None else ~self.present

    def where_absent(self, number: int) -> Integers:
        """The numbers, with this one in absent cells."""
        return self.values if self.present is None else np.where(self.present, self.values, number)

    def numbers(self) -> Numbers:
        """These."""
        return self

    def coded(self) -> Coded[int | None]:
        """The same as numbers that recur."""
        if self.present is None:
            numbers, codes = _distinct(self.values)
            return Coded(codes, numbers.tolist())
        places = np.flatnonzero(self.present)
        numbers, found = _distinct(self.values[places])
        codes = np.full(len(self.values), len(numbers), np.intp)
        codes[places] = found
        return Coded(codes, [*numbers.tolist(), None])


class Coded(Struct, Generic[T], frozen=True):
    """The cell of row ``r`` is ``values[codes[r]]``; the values are few, not all of them occur, and None is absence."""

    codes: Codes
    values: list[T]

    @classmethod
    def of(cls, cells: Iterable[Hashable]) -> Coded[Any]:
        """Cells of Python's values."""
        known: dict[Hashable, int] = {}
        codes = np.fromiter((known.setdefault(cell, len(known)) for cell in cells), np.intp)
        return Coded(codes, list(known))

    @classmethod
    def constant(cls, value: T, count: int) -> Coded[T]:
        """The same value in each of ``count`` rows."""
        return cls(np.zeros(count, np.intp), [value])

    def map(self, change: Callable[[T], Any]) -> Coded[Any]:
        """The cells with each value changed."""
        return Coded(self.codes, [change(value) for value in self.values])

    def coded(self) -> Coded[T]:
        """These."""
        return self

    def numbers(self) -> Numbers:
        """The cells as plain numbers, if their values are numbers or booleans."""
        few = Numbers.of(self.values)
        return Numbers(few.values[self.codes], None if few.present is None else few.present[self.codes])

    def instead(self, rows: Flags, other: Coded[Any]) -> Coded[Any]:
        """These cells, with those of ``other`` in some rows."""
        return Coded(np.where(rows, other.codes + len(self.values), self.codes), [*self.values, *other.values])


class NumberedTexts(Struct, frozen=True):
    """Texts that recur but for a number: ``words`` are what stands before it and behind it.

    Without the latter (None), the former is all of the text.
    """

    words: Coded[tuple[str, str | None]]
    numbers: Integers

    def coded(self) -> Coded[str]:
        """The same as texts, each of its row."""
        words = map(self.words.values.__getitem__, self.words.codes.tolist())
        texts = [
            before if behind is None else f"{before}{number}{behind}"
            for (before, behind), number in zip(words, self.numbers.tolist(), strict=True)
        ]
        return Coded(np.arange(len(texts)), texts)


# The cells of a column, as numbers or as values that recur; or else as texts that recur but for a number.
Cells = Numbers | Coded[Any]
AnyCells = Cells | NumberedTexts


def alike(columns: Sequence[Coded[Any]]) -> tuple[Codes, Codes]:
    """Rows alike in all columns: the first row of each kind, and by row the number of its kind."""
    count = len(columns[0].codes)
    kinds = np.zeros(count, np.int64)
    for column in columns:
        if len(column.values) > 1:
            kinds = _distinct(kinds * len(column.values) + column.codes)[1]
    first = np.empty(int(kinds.max(initial=-1)) + 1, np.intp)
    # Of several rows the last that is written stays: the first one.
    first[kinds[::-1]] = np.arange(count - 1, -1, -1)
    return first, kinds


def _distinct(numbers: Integers) -> tuple[Integers, Codes]:
    """The different numbers, and by row which of them it has."""
    if not len(numbers) or (numbers == numbers[0]).all():
        return numbers[:1], np.zeros(len(numbers), np.intp)
    if (span := int(numbers.max()) - (least := int(numbers.min()))) < 2 * len(numbers):
        # Close together: no sorting is needed.
        seen = np.zeros(span + 1, np.bool_)
        places = numbers - least
        seen[places] = True
        return np.flatnonzero(seen) + least, (np.cumsum(seen) - 1)[places]
    return np.unique(numbers, return_inverse=True)


def distinct_pairs(high: Integers, low: Integers) -> tuple[list[tuple[int, int]], Codes]:
    """The different pairs of two columns, and by row which of them it has."""
    highs, high_codes = _distinct(high)
    lows, low_codes = _distinct(low)
    if len(highs) == 1:
        return [(int(highs[0]), number) for number in lows.tolist()], low_codes
    pairs, codes = _distinct(high_codes * len(lows) + low_codes)
    return [(int(highs[pair // len(lows)]), int(lows[pair % len(lows)])) for pair in pairs.tolist()], codes
