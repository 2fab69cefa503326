"""Three-valued logic (Kleene): UNKNOWN is neither true nor false."""

from __future__ import annotations

FALSE, UNKNOWN, TRUE = -1, 0, 1
