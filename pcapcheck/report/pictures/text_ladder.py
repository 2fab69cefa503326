"""A ladder in characters, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.cells import cell_len

from pcapcheck.report.pictures.ladder import LOST, SEEN, Arrow, Ladder, time_words

TIMES = 10
LEAST_GAP = 12
BAR, LINE, DOTS, RIGHT, LEFT, CROSS = "│", "─", "┄", "▶", "◀", "✗"
PLAIN = {BAR: "|", LINE: "-", DOTS: ".", RIGHT: ">", LEFT: "<", CROSS: "x", "┼": "+", "→": ">", "µ": "u", "…": "~"}
UNICODE: Mapping[str, str] = {}


def text_ladder(ladder: Ladder, width: int, ascii_only: bool = False) -> Iterator[str]:
    """The lines of a ladder that fits into ``width`` columns, if its lifelines can stand that close."""
    drawing = _Drawing(ladder, width)
    marks = PLAIN if ascii_only else UNICODE
    for line in drawing.lines():
        yield "".join(marks.get(mark, mark) for mark in line).rstrip()


class _Drawing:
    """The columns at which lifelines stand, and the lines that cross them."""

    def __init__(self, ladder: Ladder, width: int) -> None:
        self._ladder = ladder
        spaces = max(1, len(ladder.lifelines) - 1)
        self._gap = max(LEAST_GAP, (width - TIMES - 2 * LEAST_GAP) // spaces)
        self._first = TIMES + LEAST_GAP // 2
        self._width = max(width, self._first + self._gap * spaces + 1)

    def lines(self) -> Iterator[str]:
        yield self._names()
        before = -1
        for arrow in self._ladder.arrows:
            if arrow.text:
                yield self._text(arrow)
            time = time_words(arrow.after) if arrow.packet != before else ""
            yield self._arrow(arrow, time)
            before = arrow.packet
        if self._ladder.left_out:
            yield f"and {self._ladder.left_out} more arrows"

    def _at(self, lifeline: int) -> int:
        return self._first + self._gap * lifeline

    def _bars(self) -> list[str]:
        line = [" "] * self._width
        for number in range(len(self._ladder.lifelines)):
            line[self._at(number)] = BAR
        return line

    def _names(self) -> str:
        line = [" "] * (self._width + self._gap)
        for number, lifeline in enumerate(self._ladder.lifelines):
            name = _cut(lifeline.name, self._gap - 1)
            start = max(0, self._at(number) - cell_len(name) // 2)
            line[start : start + len(name)] = name
        return "".join(line)

    def _text(self, arrow: Arrow) -> str:
        line = self._bars()
        start, end = self._at(arrow.start), self._at(arrow.end)
        text = _cut(f" {arrow.text} ", self._width - TIMES)
        at = start + 1 if end > start else max(TIMES, start - len(text))
        line[at : at + len(text)] = text
        return "".join(line)

    def _arrow(self, arrow: Arrow, time: str) -> str:
        line = self._bars()
        line[: len(time)] = time
        start, end = self._at(arrow.start), self._at(arrow.end)
        step = 1 if end > start else -1
        if arrow.state == LOST:
            stop = start + step * (self._gap // 2)
            _fill(line, start + step, stop, DOTS)
            line[stop] = CROSS
            note = _cut(f" {arrow.note}", self._width)
            at = stop + 1 if step > 0 else max(0, stop - len(note) - 1)
            line[at : at + len(note)] = note if step > 0 else f"{note} "
            return "".join(line)
        _fill(line, start + step, end, LINE if arrow.state == SEEN else DOTS)
        line[end - step] = RIGHT if step > 0 else LEFT
        return "".join(line)


def _fill(line: list[str], start: int, stop: int, mark: str) -> None:
    for at in range(start, stop, 1 if stop > start else -1):
        line[at] = mark if line[at] == " " else "┼" if mark == LINE and line[at] == BAR else line[at]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
