"""A scale from zero on, whose marks are round numbers."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.values import format_duration

MARKS = 3


class Scale(Struct, frozen=True):
    """From 0 to ``most``; ``marks`` are values with their words."""

    most: int
    marks: tuple[tuple[int, str], ...]

    def share(self, value: int) -> float:
        """Where a value stands: 0 at the beginning, 1 at the end."""
        return min(1.0, value / self.most)


def time_scale(most: int) -> Scale:
    """A scale of nanoseconds that holds ``most``, with steps of 1, 2 or 5 times a power of ten."""
    step = _step(max(1, most) / MARKS)
    top = step * -(-max(1, most) // step)
    return Scale(top, tuple((value, format_duration(value) if value else "0") for value in range(0, top + 1, step)))


def _step(least: float) -> int:
    power = 1
    while power * 10 <= least:
        power *= 10
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
