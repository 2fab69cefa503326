"""A file of a bundle: its node, and the command that printed it."""

from __future__ import annotations

from msgspec import Struct


class BundledFile(Struct, frozen=True):
    """``command`` is None if the file's name does not show what printed it."""

    node: str
    command: str | None
