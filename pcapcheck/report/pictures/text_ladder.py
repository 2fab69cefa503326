"""A ladder in characters, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.cells import cell_len

from pcapcheck.report.pictures.ladder import LOST, SEEN, Arrow, Ladder, time_words

TIMES = 10
# Around the outermost lifelines, and between two.
EDGE, LEAST_GAP = 6, 8
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
        self._gap = max(LEAST_GAP, (width - TIMES - 2 * EDGE) // spaces)
        self._first = TIMES + EDGE
        self._width = max(width, self._first + self._gap * spaces + EDGE)

    def lines(self) -> Iterator[str]:
        yield self._heads([lifeline.name for lifeline in self._ladder.lifelines])
        if any(lifeline.machine for lifeline in self._ladder.lifelines):
            yield self._heads([lifeline.machine or lifeline.note for lifeline in self._ladder.lifelines])
        before = -1
        for arrow in self._ladder.arrows:
            if arrow.text:
                yield self._text(arrow)
            time = time_words(arrow.after) if arrow.packet != before else ""
            yield from self._arrow(arrow, time)
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

    def _heads(self, words: list[str]) -> str:
        line = [" "] * self._width
        for number, word in enumerate(words):
            shown = _cut(word, self._gap - 1)
            start = max(0, min(self._at(number) - cell_len(shown) // 2, self._width - len(shown)))
            line[start : start + len(shown)] = shown
        return "".join(line)

    def _text(self, arrow: Arrow) -> str:
        line = self._bars()
        start, end = self._at(arrow.start), self._at(arrow.end)
        room = self._width - (start + 1 if end > start else TIMES)
        text = _cut(f" {arrow.text} ", room)
        at = start + 1 if end > start else max(TIMES, start - len(text))
        line[at : at + len(text)] = text
        return "".join(line)

    def _arrow(self, arrow: Arrow, time: str) -> Iterator[str]:
        line = self._bars()
        line[: len(time)] = time
        start, end = self._at(arrow.start), self._at(arrow.end)
        step = 1 if end > start else -1
        if arrow.state == LOST:
            stop = start + step * (self._gap // 2)
            _fill(line, start + step, stop, DOTS)
            line[stop] = CROSS
            yield from self._with_note(line, stop, step, arrow.note)
            return
        _fill(line, start + step, end, LINE if arrow.state == SEEN else DOTS)
        line[end - step] = RIGHT if step > 0 else LEFT
        yield "".join(line)

    def _with_note(self, line: list[str], stop: int, step: int, note: str) -> Iterator[str]:
        """A line with what to say at a cross: next to it if there is room, else below."""
        at = stop + 2 if step > 0 else stop - 1 - len(note)
        if at >= TIMES and at + len(note) <= self._width:
            line[at - 1 : at + len(note) + 1] = f" {note} "
            line[stop] = CROSS
            yield "".join(line)
            return
        yield "".join(line)
        shown = _cut(note, self._width - TIMES - 2)
        below = self._bars()
        at = max(TIMES, min(stop, self._width - len(shown) - 1))
        below[at - 1 : at + len(shown) + 1] = f" {shown} "
        yield "".join(below)


def _fill(line: list[str], start: int, stop: int, mark: str) -> None:
    for at in range(start, stop, 1 if stop > start else -1):
        line[at] = mark if line[at] == " " else "┼" if mark == LINE and line[at] == BAR else line[at]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
