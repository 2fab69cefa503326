"""Three-valued logic (Kleene): what cannot be known is UNKNOWN, neither true nor false."""

from __future__ import annotations

FALSE, UNKNOWN, TRUE = -1, 0, 1
