"""Lines of text, a row each, put together from left to right by the loop in ``line_writing``."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pcapcheck.report.tables import line_layout as layout
from pcapcheck.report.tables import line_writing
from pcapcheck.report.tables.cells import Codes, Integers, Numbers

# Bytes that are written at a time, if no line is longer.
BLOCK = 1 << 18
# Texts are joined with the constant text behind them if each stands in this many rows on average.
RECURRING = 8
# Columns that recur are put together first if all that may come of it are no more texts than this.
MOST_JOINED = 256


class Part(NamedTuple):
    """A part of each line: its kind, the number of each row (none of a constant), and its texts."""

    kind: int
    numbers: Integers | None
    texts: list[str]


class WrittenLines:
    """The lines of ``count`` rows."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._parts: list[Part] = []

    def add_constant(self, text: str) -> None:
        """The same text in each row."""
        last = self._parts[-1] if self._parts else None
        if last is not None and (
            last.kind == layout.CONSTANT or (last.kind == layout.TEXT and len(last.texts) * RECURRING <= self._count)
        ):
            self._parts[-1] = last._replace(texts=[part + text for part in last.texts])
        else:
            self._parts.append(Part(layout.CONSTANT, None, [text]))

    def add_texts(self, codes: Codes, texts: list[str]) -> None:
        """In row ``r``, ``texts[codes[r]]``."""
        last = self._parts[-1] if self._parts else None
        if len(texts) == 1 or (codes == codes[:1]).all():
            self.add_constant(texts[codes[0] if len(codes) else 0])
        elif last is None or last.numbers is None or last.kind != layout.TEXT:
            self._parts.append(Part(layout.TEXT, codes, texts))
        elif last.numbers is codes:
            # Columns that depend on the same.
            self._parts[-1] = last._replace(texts=[first + text for first, text in zip(last.texts, texts, strict=True)])
        elif len(last.texts) * len(texts) <= MOST_JOINED:
            both = [before + text for before in last.texts for text in texts]
            self._parts[-1] = Part(layout.TEXT, last.numbers * len(texts) + codes, both)
        else:
            self._parts.append(Part(layout.TEXT, codes, texts))

    def add_numbers(self, numbers: Numbers, absent: str) -> None:
        """The number of each row, with this text in the place of absent ones."""
        self._add(layout.NUMBER, numbers, absent)

    def add_moments(self, moments: Numbers) -> None:
        """The moment of a day, in nanoseconds, of each row; nothing in the place of absent ones."""
        self._add(layout.CLOCK, moments, "")

    def _add(self, kind: int, numbers: Numbers, absent: str) -> None:
        values = numbers.where_absent(layout.ABSENT)
        if kind == layout.NUMBER and (values == values[:1]).all():
            recurring = values[:1].tolist()
            self.add_constant(absent if recurring == [layout.ABSENT] else "".join(map(str, recurring)))
        else:
            self._parts.append(Part(kind, values, [absent]))

    def blocks(self) -> Iterator[memoryview]:
        """All lines in UTF-8, some at a time, each block valid until the next is asked for."""
        texts = [text.encode() for part in self._parts for text in part.texts]
        bounds = array("q", bytes(8))
        bounds.frombytes(np.cumsum([len(text) for text in texts], dtype=np.int64).tobytes())
        numbers = array("q")
        for part in self._parts:
            if part.numbers is not None:
                numbers.frombytes(part.numbers.astype(np.int64, copy=False).tobytes())
        described, joined, longest = self._described(), b"".join(texts), self._longest()
        step = max(1, BLOCK // max(1, longest))
        out = bytearray(step * longest)
        for begin in range(0, self._count, step):
            end = min(begin + step, self._count)
            size = line_writing.write_lines(described, numbers, joined, bounds, begin, end, out)
            yield memoryview(out)[:size]

    def _described(self) -> array[int]:
        described = array("q")
        text = column = 0
        for part in self._parts:
            described.extend((part.kind, column * self._count, text))
            text += len(part.texts)
            column += part.numbers is not None
        return described

    def _longest(self) -> int:
        """How many bytes the longest line may have."""
        most = {
            layout.CONSTANT: 0,
            layout.TEXT: 0,
            layout.NUMBER: layout.NUMBER_BYTES,
            layout.CLOCK: layout.CLOCK_BYTES,
        }
        return sum(max(most[part.kind], *(len(text.encode()) for text in part.texts)) for part in self._parts)
