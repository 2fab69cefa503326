"""What a question of DNS asks, for rows that know it by a hash alone (``decode.asked_questions``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class AskedQuestion(NamedTuple):
    """The type and the name of a question; None where they were cut, or are of too many different ones."""

    type: str | None
    name: str | None


# What the question with a hash asks.
AskedOf = Callable[[int], AskedQuestion]
UNKNOWN = AskedQuestion(None, None)


def nothing_asked(_: int) -> AskedQuestion:
    """Of captures that keep no questions."""
    return UNKNOWN
