"""A file of a bundle: whose it is, and the command that printed it."""

from __future__ import annotations

from msgspec import Struct


class BundledFile(Struct, frozen=True):
    """``command`` is None if the file's name does not show what printed it, and ``node`` if no name does whose it is.

    Files with the same ``place`` are of one host, if it has a name ("": nothing shows that). ``netns``: it shows that
    network namespace of the node. ``by_hand``: a person made the bundle, so the place may be a pod's, and its name may
    mean something else.
    """

    node: str | None
    command: str | None = None
    place: str = ""
    netns: str | None = None
    by_hand: bool = False
