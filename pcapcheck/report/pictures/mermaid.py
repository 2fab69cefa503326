"""The way of a packet and a ladder as Mermaid, which forges draw in tickets.

Whatever comes from a capture is reduced to characters that mean nothing to Mermaid (its syntax of sequence diagrams
and flowcharts: ``;`` ends a statement, ``#`` begins an entity, quotes and brackets end a label).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.report.pictures.ladder import LOST, SEEN, Ladder, time_words
from pcapcheck.report.pictures.way import Way

UNSAFE = re.compile(r"[^\w .,:/→+()%µ-]")
LETTERS = 80


def way_lines(way: Way) -> Iterator[str]:
    """A flowchart from left to right."""
    yield "flowchart LR"
    for number, stop in enumerate(way.stops):
        words = "<br>".join(_safe(word) for word in (stop.name, stop.count, *stop.lines) if word)
        yield f'  s{number}["{words}"]' if stop.is_end else f'  s{number}(["{words}"])'
    for number, leg in enumerate(way.legs):
        arrow = "--x" if leg.state == LOST else "-->" if leg.state == SEEN else "-.->"
        label = f'|"{_safe(leg.text)}"|' if leg.text else ""
        yield f"  s{number} {arrow}{label} s{number + 1}"


def ladder_lines(ladder: Ladder) -> Iterator[str]:
    """A sequence diagram."""
    yield "sequenceDiagram"
    for number, lifeline in enumerate(ladder.lifelines):
        yield f"  participant p{number} as {_safe(lifeline.name)}"
    before = -1
    for arrow in ladder.arrows:
        time = time_words(arrow.after) if arrow.packet != before else ""
        words = " ".join(part for part in (time, arrow.text, arrow.note) if part)
        line = "-x" if arrow.state == LOST else "->>" if arrow.state == SEEN else "-->>"
        yield f"  p{arrow.start}{line}p{arrow.end}: {_safe(words) or '…'}"
        before = arrow.packet


def _safe(text: str) -> str:
    shown = UNSAFE.sub("·", text)
    return shown if len(shown) <= LETTERS else f"{shown[:LETTERS]}…"
