"""What stands before every line of a paste: numbers (editors, cat -n), a quotation's bar, what a logger put there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pcapcheck.capture.line_heads import commonest_head, without_head
from pcapcheck.nodestate.readers.registry import reader_of
from pcapcheck.nodestate.source_lines import Line

NUMBERED = re.compile(r"\s{0,8}(\d{1,6})(?:\t|: ?| ?\| ?|  )(.*)")
BARRED = re.compile(r"\s{0,4}[|│](?: (.*)|$)")
# A comment, or the prompt of root, behind which there is a command.
COMMENTED = re.compile(r"\s{0,4}#(?: (.*)|$)")
# Fewer lines may begin so by chance; and one in this many lines may lack the mark.
FEWEST, ODD_ONE_IN = 4, 10
# What loggers put there is seen in this many lines.
ENOUGH = 200


def without_marks(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines without what stands before nearly all of them; the same lines if nothing does."""
    shown = [line for line in lines if line.text.strip()]
    if len(shown) < FEWEST:
        return lines
    if headed := _without_heads(lines, shown):
        return headed
    marks = (NUMBERED, BARRED, COMMENTED)
    if not any(mark.match(line.text) for line in shown[:FEWEST] for mark in marks):
        return lines
    return _without_numbers(lines, len(shown)) or _without_bars(lines, len(shown)) or _uncommented(lines) or lines


def unmarked(text: str) -> str:
    """A single line without a number or a bar before it, if there is one."""
    match = NUMBERED.fullmatch(text)
    bar = None if match else BARRED.fullmatch(text)
    return match[2] if match else (bar[1] or "") if bar else text


def _without_heads(lines: Sequence[Line], shown: Sequence[Line]) -> list[Line] | None:
    """What a logger put there; not what belongs to an output, as a time does to a line of a kernel's log."""
    some = [line.text for line in shown[:ENOUGH]]
    head = commonest_head(some, len(some) // ODD_ONE_IN)
    if head is None:
        return None
    bare = [without_head(text, head) for text in some]
    if sum(map(_is_known, bare)) <= sum(map(_is_known, some)) + 1:
        return None
    return [Line(line.file, line.number, without_head(line.text, head)) for line in lines]


def _is_known(text: str) -> bool:
    return reader_of(text) is not None


def _without_numbers(lines: Sequence[Line], shown: int) -> list[Line] | None:
    """Numbers count up by one, and what is known without them is not known with them (as "1: lo:" of ip link is)."""
    bare: list[Line] = []
    following = known = 0
    before = None
    for line in lines:
        match = NUMBERED.fullmatch(line.text)
        number = int(match[1]) if match else None
        following += number is not None and before is not None and number == before + 1
        before = number if number is not None else before
        rest = match[2] if match else line.text
        known += (reader_of(rest) is not None) - (reader_of(line.text) is not None) if match else 0
        bare.append(Line(line.file, line.number, rest))
    return bare if known > 1 and following >= shown - 1 - shown // ODD_ONE_IN else None


def _uncommented(lines: Sequence[Line]) -> list[Line] | None:
    """Comments in each line, if most lines are known without them."""
    matches = [COMMENTED.fullmatch(line.text) for line in lines if line.text.strip()]
    if any(match is None for match in matches):
        return None
    known = sum(match is not None and reader_of(match[1] or "") is not None for match in matches)
    if 2 * known < len(matches):
        return None
    return [Line(line.file, line.number, COMMENTED.sub(r"\1", line.text)) for line in lines]


def _without_bars(lines: Sequence[Line], shown: int) -> list[Line] | None:
    matches = [BARRED.fullmatch(line.text) for line in lines]
    barred = sum(match is not None for match in matches)
    # Rows of a table end with one too.
    rows = sum(line.text.rstrip().endswith("|") for line in lines)
    if barred < shown - shown // ODD_ONE_IN or rows > barred // 2:
        return None
    return [
        Line(line.file, line.number, match[1] or "") if match else line
        for line, match in zip(lines, matches, strict=True)
    ]
