"""The lines of a text that a fact rests on, and how evidence quotes them."""

from __future__ import annotations

from dataclasses import dataclass

from pcapcheck.values import clean

QUOTED = 160


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, numbered from 1, as it was pasted."""

    file: str
    number: int
    text: str


def quote(line: Line) -> str:
    """A line as evidence shows it: ``worker.txt:31: net.ipv4.ip_forward = 0``."""
    text = line.text.strip()
    text = text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
    return f"{clean(line.file)}:{line.number}: {clean(text)}"
