"""Inputs that cannot be used: each costs a line of the report, never the report."""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.errors import (
    A_CAPTURE,
    EMPTY,
    MISSING,
    NODE_STATE,
    NOT_A_CAPTURE,
    NOT_A_FILE,
    NOT_UNDERSTOOD,
    PODS,
    UNREADABLE,
    InputError,
)
from pcapcheck.values import clean

CAPTURE, EVIDENCE, OUTPUT = "capture", "evidence", "output"
# Kinds of files that are there for something else, if nobody named them.
OTHERS = (NOT_A_CAPTURE, NODE_STATE, PODS, NOT_UNDERSTOOD, A_CAPTURE)
# Names of recordings: an empty file of another name in a folder was not meant to be one.
_RECORDED = re.compile(r"\.(?:pcapng|pcap|ntar|cap|dmp)\d*(?:\.\w+)?$", re.IGNORECASE)


class Skipped(Struct, frozen=True):
    """An input that cannot be used, or a file that cannot be written.

    ``path`` and ``message`` are safe to print; the message begins with the path, and says what is wrong and what to do.
    ``role``: what it was given as. ``kind``: what is wrong, in a word (see ``errors``). ``named``: the caller named it,
    rather than a folder or pattern that contains it. ``demanded``: nothing passes without it.
    """

    path: str
    kind: str
    message: str
    role: str = CAPTURE
    named: bool = True
    demanded: bool = False

    @classmethod
    def of(cls, path: object, error: InputError, role: str = CAPTURE, named: bool = True) -> Skipped:
        """An input with the error about it. A file that was named must exist and be readable."""
        demanded = named and error.kind in (MISSING, UNREADABLE)
        return cls(clean(str(path)), error.kind, clean(str(error)), role, named, demanded)

    @property
    def counts(self) -> bool:
        """Whether this is a problem; other files in a folder of captures are none."""
        if self.named or self.kind not in (EMPTY, NOT_A_FILE, *OTHERS):
            return True
        return self.kind == EMPTY and is_called_a_recording(self.path)


def is_called_a_recording(path: object) -> bool:
    """Whether a file has the name of a recording."""
    return _RECORDED.search(str(path)) is not None
