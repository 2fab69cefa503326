"""Patterns with names, as in ``{cluster}/{node}/{test}-*.pcap*``: which files are one observation, and its columns."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct

from pcapcheck.errors import UsageError
from pcapcheck.values import clean

_PART = re.compile(r"\{(?P<name>[^{}]*)\}|(?P<any>\*\*/|\*\*|\*|\?)|(?P<brace>[{}])|(?P<text>[^{}*?]+)")
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
EXAMPLE = "as in '{cluster}/{node}/{test}-*.pcap*'"


class GroupPattern(Struct, frozen=True):
    """``names`` in order, and the expression that a file's place below its source must match as a whole."""

    names: tuple[str, ...]
    expression: re.Pattern[str]

    def values(self, place: str) -> tuple[str, ...] | None:
        """What the names are in this place; None if it does not fit."""
        found = self.expression.fullmatch(place)
        return tuple(found[name] for name in self.names) if found else None


def parse_pattern(text: str, taken: Collection[str]) -> GroupPattern:
    """The pattern that a text means.

    ``{NAME}`` is one or more characters without ``/``, as many as fit; the same name again is the same text. ``*``
    and ``?`` are as in a shell, and ``**`` goes across folders. Raises UsageError if it has no name, a name that is no
    column's, or one of those that are ``taken``.
    """
    names: list[str] = []
    expression = ""
    for part in _PART.finditer(text.removeprefix("./").lstrip("/")):
        name = part["name"]
        if part["brace"]:
            raise UsageError(f"--group-by {clean(text)}: a brace without its other; write names {EXAMPLE}")
        if name is None:
            expression += _WILD[part["any"]] if part["any"] else re.escape(part["text"])
        elif name in names:
            expression += f"(?P={name})"
        else:
            names.append(_checked(name, text, taken))
            expression += f"(?P<{name}>[^/]+)"
    if not names:
        raise UsageError(f"--group-by {clean(text)}: no name in it; write names {EXAMPLE}")
    return GroupPattern(tuple(names), re.compile(expression, re.DOTALL))


def _checked(name: str, text: str, taken: Collection[str]) -> str:
    if not _NAME.fullmatch(name):
        said = f"{{{name}}} is no name of a column: use lower-case letters, digits and _"
        raise UsageError(f"--group-by {clean(text)}: {clean(said)}, {EXAMPLE}")
    if name in taken:
        raise UsageError(f"--group-by {clean(text)}: {{{name}}} is a column already; choose another name")
    return name
