"""The lines of a text that a fact rests on, and how evidence quotes them."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from pcapcheck.values import clean

QUOTED = 160
V = TypeVar("V", covariant=True)


class Line(Struct, frozen=True):
    """A line of a file, numbered from 1, as it was pasted."""

    file: str
    number: int
    text: str


def quote(line: Line) -> str:
    """A line as evidence shows it: ``worker.txt:31: net.ipv4.ip_forward = 0``."""
    text = line.text.strip()
    text = text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
    return f"{clean(line.file)}:{line.number}: {clean(text)}"


def where(line: Line, seen_from: Line) -> str:
    """The number of a line, with its file if that differs."""
    return str(line.number) if line.file == seen_from.file else f"{line.number} of {line.file}"


class Sourced(NamedTuple, Generic[V]):
    """A value and the lines that it rests on."""

    value: V
    source_lines: tuple[Line, ...]


class Quoted(NamedTuple, Generic[V]):
    """A value and the lines that it rests on, as evidence shows them."""

    value: V
    source_lines: tuple[str, ...]
