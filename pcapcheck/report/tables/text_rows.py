"""Rows of a chunk as text: CSV, and JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import StringIO
from itertools import repeat
from typing import Any

import numpy as np

from pcapcheck.columns import BOOL, DURATION, TIME, Column, Type
from pcapcheck.report.tables.cells import Cells, Coded, Codes, Integers, Numbers
from pcapcheck.report.tables.chunks import NUMERIC, Chunk
from pcapcheck.values import format_time

SECOND = 10**9
# Texts are joined with the constant text behind them if each stands in this many rows on average.
RECURRING = 8
Write = Callable[[Any], str]


class Csv:
    """Comma-separated values: durations in seconds, booleans as 1 and 0, nothing where a cell is absent."""

    absent = ""
    mark = ""
    end = "\n"

    def header(self, names: list[str]) -> str:
        return ",".join(map(self.text, names)) + "\n"

    def before(self, number: int, name: str) -> str:
        """What stands before the cell of a column."""
        return "," if number else ""

    def seconds(self, duration: int) -> str:
        return repr(duration / SECOND)

    def flag(self, value: int) -> str:
        return str(value)

    def text(self, value: str) -> str:
        line = StringIO()
        # In a row by itself an empty text has quotes.
        csv.writer(line, lineterminator="").writerow([value, ""])
        return line.getvalue()[:-1]


class JsonLines:
    """A JSON object per row: durations in seconds, null where a cell is absent."""

    absent = "null"
    mark = '"'
    end = "}\n"

    def header(self, names: list[str]) -> str:
        return ""

    def before(self, number: int, name: str) -> str:
        return f"{',' if number else '{'}{self.text(name)}:"

    def seconds(self, duration: int) -> str:
        whole, rest = divmod(duration, SECOND)
        return f"{whole}.{f'{rest:09d}'.rstrip('0') or '0'}"

    def flag(self, value: int) -> str:
        return "true" if value else "false"

    def text(self, value: str) -> str:
        return json.dumps(value).replace("/", "\\/")


Form = Csv | JsonLines
FORMS: dict[str, Form] = {"csv": Csv(), "jsonl": JsonLines()}


def text_rows(chunk: Chunk, columns: dict[str, Column], form: Form) -> Iterator[str]:
    """Each row of a chunk as a line."""
    row = RowText(len(codes_of(chunk["capture"])))
    for number, (name, cells) in enumerate(chunk.items()):
        row.add_constant(form.before(number, name))
        type_ = columns[name].type if name in columns else None
        if type_ is TIME and isinstance(cells, Numbers):
            _add_times(row, cells, form)
        else:
            coded = cells.coded() if isinstance(cells, Numbers) else cells
            write = _writer(type_, form)
            row.add(coded.codes, [form.absent if value is None else write(value) for value in coded.values])
    row.add_constant(form.end)
    return row.lines()


def codes_of(cells: Cells) -> Codes:
    assert isinstance(cells, Coded)
    return cells.codes


class RowText:
    """The text of ``count`` rows, put together from left to right: from constants, and texts that recur."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._parts: list[str | tuple[Codes, list[str]]] = []

    def add_constant(self, text: str) -> None:
        """The same text in each row."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, str):
            self._parts[-1] = last + text
        elif last is not None and len(last[1]) * RECURRING <= self._count:
            self._parts[-1] = last[0], [part + text for part in last[1]]
        else:
            self._parts.append(text)

    def add(self, codes: Codes, texts: list[str]) -> None:
        """In row ``r``, ``texts[codes[r]]``."""
        last = self._parts[-1] if self._parts else None
        if len(texts) == 1:
            self.add_constant(texts[0])
        elif isinstance(last, tuple) and last[0] is codes:
            # Columns that depend on the same.
            self._parts[-1] = codes, [before + text for before, text in zip(last[1], texts, strict=True)]
        else:
            self._parts.append((codes, texts))

    def lines(self) -> Iterator[str]:
        parts: list[Iterable[str]] = [
            repeat(part, self._count) if isinstance(part, str) else texts_by_row(*part) for part in self._parts
        ]
        return map("".join, zip(*parts, strict=True))


def texts_by_row(codes: Codes, texts: list[str]) -> list[str]:
    by_row: list[str] = np.array(texts, object)[codes].tolist()
    return by_row


def _writer(type_: Type | None, form: Form) -> Write:
    if type_ is DURATION:
        return form.seconds
    if type_ is BOOL:
        return form.flag
    return str if type_ in NUMERIC else form.text


def _add_times(row: RowText, times: Numbers, form: Form) -> None:
    """Times as ``format_time`` writes them, put together from parts that recur."""
    if times.present is None:
        for codes, texts in _time_parts(times.values, form.mark):
            row.add(codes, texts)
        return
    known = RowText(int(times.present.sum()))
    for codes, texts in _time_parts(times.values[times.present], form.mark):
        known.add(codes, texts)
    row.add(np.where(times.present, np.cumsum(times.present), 0), [form.absent, *known.lines()])


def _time_parts(times: Integers, mark: str) -> list[tuple[Codes, list[str]]]:
    seconds, rest = np.divmod(times, SECOND)
    whole = Numbers(seconds).coded()
    begins = [mark + format_time(int(second or 0) * SECOND)[: -len("000000000Z")] for second in whole.values]
    thousands, last = np.divmod(rest, 1000)
    first, middle = np.divmod(thousands, 1000)
    plain = _three_digits("")
    return [(whole.codes, begins), (first, plain), (middle, plain), (last, _three_digits(f"Z{mark}"))]


@cache
def _three_digits(after: str) -> list[str]:
    return [f"{number:03d}{after}" for number in range(1000)]
