"""A remark: something that is no failure and that the reader of a report should know."""

from __future__ import annotations

from msgspec import Struct


class Remark(Struct, frozen=True):
    """What there is to know, and the lines of the state that say it.

    ``short`` says it in the headline, if nothing else is there to say. ``warns``: a pass with it is headed WARN.
    """

    text: str
    lines: tuple[str, ...] = ()
    short: str = ""
    warns: bool = False
