"""A recording machine's clock compared with another's."""

from __future__ import annotations

from msgspec import Struct


class Clock(Struct, frozen=True):
    """``offset`` (nanoseconds) is how far a capture's clock is ahead of that of capture ``reference``.

    ``packets`` were compared; ``both_ways``: they went in both directions, else the offset is a bound.
    """

    capture: int
    reference: int
    offset: int
    packets: int
    both_ways: bool
