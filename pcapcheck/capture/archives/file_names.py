"""Names of files in archives, as parts of a path that stays inside the archive."""

from __future__ import annotations

import re

# Of a path, and of each part of it: no file system takes longer ones (Linux: PATH_MAX, NAME_MAX in limits.h).
LONGEST_NAME, LONGEST_PART = 4096, 255
# What is shown of a name that is longer.
SHOWN = 120
DRIVE = re.compile(r"[A-Za-z]:")


def safe_name(name: str) -> str | None:
    """The name without ``./`` and doubled slashes; None if it leads anywhere else, or is no name."""
    if not name or name.startswith("/") or DRIVE.match(name) or "\0" in name or _is_too_long(name):
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts) if parts and ".." not in parts else None


def why_unsafe(name: str) -> str:
    """What is wrong with a name that is not safe."""
    return (
        f"its name is too long ({len(name)} characters)" if _is_too_long(name) else "its name leads out of the archive"
    )


def shown_name(name: str) -> str:
    """The name as messages show it: as a whole, or the beginning of it."""
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"


def _is_too_long(name: str) -> bool:
    return len(name) > LONGEST_NAME or max(map(len, name.split("/"))) > LONGEST_PART
