"""A recording machine's clock beside another's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """``offset`` (nanoseconds) is how far a capture's clock is ahead of that of capture ``reference``.

    ``packets`` were compared; ``both_ways`` tells whether they went both ways, without which it is a bound.
    """

    capture: int
    reference: int
    offset: int
    packets: int
    both_ways: bool
