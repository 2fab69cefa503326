"""A remark: something that is no failure and that the reader of a report should know."""

from __future__ import annotations

from msgspec import Struct

# What an error's warning ends with.
NOT_RECORDED = "about packets that were not recorded"


class Remark(Struct, frozen=True):
    """What there is to know, and the lines of the state that say it.

    ``short`` says it in the headline, if nothing else is there to say. ``warning`` says it in the headline of a
    pass, which then is headed WARN.
    """

    text: str
    lines: tuple[str, ...] = ()
    short: str = ""
    warning: str = ""
