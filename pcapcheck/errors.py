"""The errors a caller meets: what cannot be read, and what cannot be loaded as a rule."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pcapcheck.skipped import Skipped

# What is wrong with an input, in a word that programs can go by.
MISSING, UNREADABLE, EMPTY, DAMAGED = "missing", "unreadable", "empty", "damaged"
NOT_A_CAPTURE, NODE_STATE, PODS, NOT_UNDERSTOOD, TOO_LARGE = (
    "not-a-capture",
    "node-state",
    "pods",
    "not-understood",
    "too-large",
)
# Of more errors in rules the number is told.
MOST_TOLD = 20
_PLACE = re.compile(r"(.+?):(?:(\d+):(\d+):)? ")
# What to do where the system refuses a file.
_CURES = {
    errno.EACCES: "read it as root, or make it readable: chmod a+r",
    errno.EPERM: "read it as root, or make it readable: chmod a+r",
    errno.ENXIO: "a socket holds no capture; give a file",
}


class InputError(Exception):
    """An input cannot be used. ``kind`` says why in a word; ``skipped`` are all inputs that could not be used."""

    kind = DAMAGED

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind or self.kind
        self.skipped: list[Skipped] = []


class CaptureError(InputError):
    """A capture cannot be read at all; the message says which one, what is wrong and what to do."""


class NotACapture(CaptureError):
    """What was given is something else than a capture; ``vague`` where nothing more is known of it."""

    kind = NOT_A_CAPTURE

    def __init__(self, message: str, kind: str | None = None, vague: bool = False) -> None:
        super().__init__(message, kind)
        self.vague = vague


class StateError(InputError):
    """A description of a node cannot be read or understood; the message says which one and what was expected."""

    kind = NOT_UNDERSTOOD


class RuleError(Exception):
    """Rules, a variable or an option about rules cannot be understood.

    ``errors`` are all that is wrong, each with file, line and column where it stands in a file; the message is the
    first twenty of them, a line each, and how many more there are.
    """

    def __init__(self, message: str, errors: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors) or (message,)

    @classmethod
    def of(cls, errors: Iterable[str]) -> RuleError:
        """One error that says several, in the order of files and lines."""

        def place(error: str) -> tuple[str, int, int]:
            found = _PLACE.match(error)
            file, line, column = found.groups(0) if found else (error, 0, 0)
            return str(file), int(line), int(column)

        every = sorted(dict.fromkeys(errors), key=place)
        return cls("\n".join(_first(every)), every)

    @property
    def lines(self) -> list[str]:
        """The message, line by line."""
        return _first(self.errors)


def _first(errors: Sequence[str]) -> list[str]:
    more = len(errors) - MOST_TOLD
    return [*errors[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]


def refused(error: OSError, otherwise: str) -> str:
    """What the system says, and what to do: ``otherwise`` where nothing better is known."""
    return f"{error.strerror or error}; {_CURES.get(error.errno or 0, otherwise)}"


def kind_of(error: OSError) -> str:
    """Whether a file is missing or cannot be read."""
    return MISSING if error.errno in (errno.ENOENT, errno.ENOTDIR) else UNREADABLE
