"""Rows of a chunk as text: CSV, and JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO

import numpy as np

from pcapcheck.column import BOOL, DURATION, NUMBER, TIME, Column
from pcapcheck.report.tables.cells import AnyCells, Coded, Codes, NumberedTexts, Numbers
from pcapcheck.report.tables.chunks import Chunk
from pcapcheck.report.tables.written_lines import WrittenLines
from pcapcheck.values import format_time

SECOND = 10**9
# Stands for a number in a text; of no use in one that is shown, as it is not printable.
MARK = "\ue000"
DAY = 24 * 60 * 60 * SECOND


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


def text_rows(chunk: Chunk, columns: dict[str, Column], form: Form) -> Iterator[memoryview]:
    """Each row of a chunk as a line, in blocks of whole lines in UTF-8, each valid until the next is asked for."""
    lines = WrittenLines(len(codes_of(chunk["capture"])))
    for number, (name, cells) in enumerate(chunk.items()):
        lines.add_constant(form.before(number, name))
        if isinstance(cells, Coded):
            lines.add_texts(cells.codes, [form.absent if value is None else form.text(value) for value in cells.values])
        elif isinstance(cells, NumberedTexts):
            _add_numbered(lines, cells, form)
        else:
            _add_numbers(lines, cells, columns[name], form)
    lines.add_constant(form.end)
    return lines.blocks()


def codes_of(cells: AnyCells) -> Codes:
    assert isinstance(cells, Coded)
    return cells.codes


def _add_numbers(lines: WrittenLines, cells: Numbers, column: Column, form: Form) -> None:
    if column.type is NUMBER:
        lines.add_numbers(cells, form.absent)
    elif column.type is TIME:
        _add_times(lines, cells, form)
    elif column.type is DURATION:
        coded = cells.coded()
        lines.add_texts(coded.codes, [form.absent if value is None else form.seconds(value) for value in coded.values])
    else:
        assert column.type is BOOL
        lines.add_texts(cells.where_absent(2), [form.flag(0), form.flag(1), form.absent])


def _add_numbered(lines: WrittenLines, cells: NumberedTexts, form: Form) -> None:
    """Texts with a number in each: a number never decides whether its text has quotes, nor is changed by them."""
    mark = form.text(MARK).strip(form.mark)
    texts = [
        form.text(before if behind is None else f"{before}{MARK}{behind}") for before, behind in cells.words.values
    ]
    begins, found, ends = zip(*(text.partition(mark) for text in texts), strict=True)
    codes = cells.words.codes
    numbered = np.array([bool(one) for one in found], np.bool_)[codes]
    lines.add_texts(codes, list(begins))
    lines.add_numbers(Numbers(cells.numbers, None if numbered.all() else numbered), "")
    lines.add_texts(codes, list(ends))


def _add_times(lines: WrittenLines, times: Numbers, form: Form) -> None:
    """Times as ``format_time`` writes them: the day is a text that recurs."""
    days, moments = np.divmod(times.values, DAY)
    day = Numbers(days, times.present).coded()
    begins = [
        form.absent if value is None else form.mark + format_time(value * DAY).partition("T")[0] + "T"
        for value in day.values
    ]
    lines.add_texts(day.codes, begins)
    lines.add_moments(Numbers(moments, times.present))
    lines.add_texts(times.absent.astype(np.intp), [f"Z{form.mark}", ""])
