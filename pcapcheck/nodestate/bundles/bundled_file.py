"""A file of a bundle: its node, and the command that printed it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BundledFile:
    """``command`` is None if the file's name does not show what printed it."""

    node: str
    command: str | None
