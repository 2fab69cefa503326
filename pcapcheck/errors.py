"""The errors that a caller may catch: all of them are a ``PcapcheckError``."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pcapcheck.skipped import Skipped

# What is wrong with an input, in one word, for programs.
MISSING, UNREADABLE, EMPTY, DAMAGED = "missing", "unreadable", "empty", "damaged"
NOT_A_CAPTURE, NODE_STATE, PODS, NOT_UNDERSTOOD, TOO_LARGE, NOT_A_FILE, A_CAPTURE = (
    "not-a-capture",
    "node-state",
    "pods",
    "not-understood",
    "too-large",
    "not-a-file",
    "capture",
)
# The message of a RuleError lists this many errors and counts the rest.
MOST_LISTED = 20
_LOCATION = re.compile(r"(.+?):(?:(\d+):(\d+):)? ")
# What to do about a file that cannot be opened.
_CURES = {
    errno.EACCES: "read it as root, or make it readable: chmod a+r",
    errno.EPERM: "read it as root, or make it readable: chmod a+r",
    errno.ENXIO: "a socket holds no capture; give a file",
}


class PcapcheckError(Exception):
    """Base class of all errors that pcapcheck raises on purpose; the message says what is wrong and what to do."""


class InputError(PcapcheckError):
    """An input cannot be used. ``kind`` says why in one word; ``skipped`` lists all inputs that cannot be used."""

    kind = DAMAGED

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind or self.kind
        self.skipped: list[Skipped] = []


class CaptureError(InputError):
    """A capture cannot be read at all, or a file cannot be written; the message names it."""


class NotACapture(CaptureError):
    """The input is something other than a capture; ``vague``: nothing more is known about it."""

    kind = NOT_A_CAPTURE

    def __init__(self, message: str, kind: str | None = None, vague: bool = False) -> None:
        super().__init__(message, kind)
        self.vague = vague


class IsArchive(NotACapture):
    """The input is an archive: captures and states may be in it."""


class StateError(InputError):
    """A node's state cannot be read or understood; the message names the file and what was expected."""

    kind = NOT_UNDERSTOOD


class RecordingError(PcapcheckError):
    """Nothing could be recorded; the message says where, why, and what to do."""


class UsageError(PcapcheckError):
    """Options or arguments have no meaning, or do not fit together or with the captures."""


class Location(NamedTuple):
    """A place in a file of rules; lines and columns count from 1."""

    file: str
    line: int
    column: int


class RuleError(PcapcheckError):
    """Rules, a variable or an option about rules cannot be understood.

    ``errors`` lists everything that is wrong, each with file, line and column if it is in a file; ``location`` is that
    of the first. The message holds the first twenty, a line each, and says how many more there are.
    """

    def __init__(self, message: str, errors: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors) or (message,)

    @classmethod
    def of(cls, errors: Iterable[str]) -> RuleError:
        """One error for several, sorted by file and line."""

        def place(error: str) -> tuple[str, int, int]:
            found = _LOCATION.match(error)
            file, line, column = found.groups(0) if found else (error, 0, 0)
            return str(file), int(line), int(column)

        every = sorted(dict.fromkeys(errors), key=place)
        return cls("\n".join(_first(every)), every)

    @property
    def location(self) -> Location | None:
        """Where the first error is; None if it is in no file, or the file cannot be read at all."""
        found = _LOCATION.match(self.errors[0])
        return Location(found[1], int(found[2]), int(found[3])) if found and found[2] else None

    @property
    def lines(self) -> list[str]:
        """The message, line by line."""
        return _first(self.errors)


def _first(errors: Sequence[str]) -> list[str]:
    more = len(errors) - MOST_LISTED
    return [*errors[:MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]


def refused(error: OSError, otherwise: str) -> str:
    """The system's message and what to do: ``otherwise`` if nothing better is known."""
    return f"{error.strerror or error}; {_CURES.get(error.errno or 0, otherwise)}"


def kind_of(error: OSError) -> str:
    """The kind of an error of the system: a file that is missing, or that cannot be read."""
    return MISSING if error.errno in (errno.ENOENT, errno.ENOTDIR) else UNREADABLE
