"""A long column of integers: memory is taken as it fills, and nothing moves as it grows."""

from __future__ import annotations

from pcapcheck.reserved import ReservedNumbers

# A column that has this many numbers takes memory for as many more at a time; shorter ones page by page.
LARGE = 1 << 16
STEP = 8 * LARGE


class LongColumn:
    """Integers of 64 bits, for which ``room`` is set aside but not taken; ``append`` more to get more room."""

    def __init__(self, room: int) -> None:
        self.count = 0
        self._reserved = ReservedNumbers(room)

    @property
    def held(self) -> memoryview:
        """The numbers so far; only as long as none are added may anybody keep it."""
        return self._reserved.view[: self.count]

    def append(self, more: memoryview) -> None:
        """Add numbers, a view of integers of 64 bits."""
        end = self.count + len(more)
        if end > len(self._reserved.view):
            before = self.held
            self._reserved = ReservedNumbers(2 * end)
            self._reserved.view[: self.count] = before
        if end > LARGE:
            self._reserved.take(end, STEP)
        self._reserved.view[self.count : end] = more
        self.count = end

    def cut(self, count: int) -> None:
        """Keep the first ``count`` numbers."""
        self.count = count
