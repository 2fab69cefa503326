"""Names of files in archives, as parts of a path that stays inside the archive."""

from __future__ import annotations

import re

LONGEST_NAME = 4096
DRIVE = re.compile(r"[A-Za-z]:")


def safe_name(name: str) -> str | None:
    """The name without ``./`` and doubled slashes; None if it leads anywhere else, or is no name."""
    if not name or len(name) > LONGEST_NAME or name.startswith("/") or DRIVE.match(name) or "\0" in name:
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts) if parts and ".." not in parts else None
