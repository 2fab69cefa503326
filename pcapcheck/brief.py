"""A ``repr`` of one short line, for objects that may hold a whole capture."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import ClassVar

LONGEST = 160
LONGEST_VALUE = 40


class Brief:
    """Mixin of structs that may hold much: plain values of one line are shown, of collections their sizes."""

    __slots__ = ()
    __struct_fields__: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        named = (name for name in self.__struct_fields__ if not name.startswith("_"))
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
        if "\n" in value:
            return ""
    if isinstance(value, (str, Path, int, float)):
        shown = repr(str(value) if isinstance(value, Path) else value)
        return f"{name}={shortened(shown, LONGEST_VALUE)}"
    return ""
