"""A ``repr`` of one short line, for objects that may hold a whole capture."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import fields
from pathlib import Path

LONGEST = 160
LONGEST_VALUE = 40


class Brief:
    """Base of dataclasses (``repr=False``) that may hold much: plain values are shown, of collections their sizes."""

    __slots__ = ()

    def __repr__(self) -> str:
        named = [field.name for field in fields(self) if field.repr]  # type: ignore[arg-type]
        parts = (_part(name, getattr(self, name, None)) for name in named)
        said = " ".join((type(self).__name__, *filter(None, parts)))
        return f"<{shortened(said)}>"


def shortened(text: str, most: int = LONGEST) -> str:
    """Text, cut with an ellipsis if it is longer."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _part(name: str, value: object) -> str:
    if isinstance(value, Sized):
        if not len(value):
            return ""
        if not isinstance(value, str):
            return f"{name}[{len(value)}]"
    if isinstance(value, (str, Path, int, float)):
        shown = repr(str(value) if isinstance(value, Path) else value)
        return f"{name}={shortened(shown, LONGEST_VALUE)}"
    return ""
