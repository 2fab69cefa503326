"""Marks before lines, one meaning each, and substitutes for characters that an output cannot show."""

from __future__ import annotations

import codecs
import os
from typing import IO

# All but NOTE are about a rule; FAILED also marks an unmet demand; NOTE is about an input.
PASSED, FAILED, WARNED, ACCEPTED, UNCHECKED, NOTE = "✓", "✗", "⚠", "~", "–", "!"
PLAIN_MARKS = {PASSED: "ok", FAILED: "FAIL", WARNED: "warn", UNCHECKED: "--"}
# Other characters of reports. Each substitute has one character if possible, so that tables stay aligned.
_PLAIN = str.maketrans(
    {
        **PLAIN_MARKS,
        "–": "-",
        "—": "-",
        "·": "*",
        "→": "->",
        "µ": "u",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "×": "x",
        "…": "...",
        "’": "'",
        "❌": "FAIL",
        "✅": "ok",
        "❔": "--",
    }
)
ERRORS = "pcapcheck.kernels"


def _plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """Substitutes for characters that an encoding lacks; a question mark if there is nothing better."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(char if char.isascii() else "?" for char in lost), error.end


codecs.register_error(ERRORS, _plain)


def can_show(stream: IO[str]) -> bool:
    """Whether the marks can be written there."""
    try:
        "".join(PLAIN_MARKS).encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def is_ascii_locale() -> bool:
    """Whether the user set a locale of plain ASCII: Python writes UTF-8 there all the same (PEP 538, PEP 540)."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return chosen in ("C", "POSIX") and not os.environ.get("PYTHONIOENCODING") and not os.environ.get("PYTHONUTF8")
