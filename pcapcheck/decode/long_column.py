"""A long column of integers: memory is taken as it fills, in large pages, and nothing moves as it grows."""

from __future__ import annotations

import mmap

BYTES = 8
# From this many on the system is asked for large pages: each page that is touched for the first time costs it as much
# as ten sightings cost us. Fewer numbers would fill a small part of one.
LARGE = 1 << 16
# Windows has no such flags, and no copies of processes.
PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)


class LongColumn:
    """Integers of 64 bits, for which ``room`` is set aside but not taken; ``append`` more to get more room."""

    def __init__(self, room: int) -> None:
        self.count = 0
        self._advised = False
        self._reserve(room)

    @property
    def held(self) -> memoryview:
        """The numbers so far; only as long as none are added may anybody keep it."""
        return self._view[: self.count]

    def append(self, more: memoryview) -> None:
        """Add numbers, a view of integers of 64 bits."""
        end = self.count + len(more)
        if end > len(self._view):
            before = self.held
            self._reserve(2 * end)
            self._view[: self.count] = before
        self._view[self.count : end] = more
        self.count = end
        if end > LARGE and not self._advised:
            self._advised = True
            self._ask_for_large_pages()

    def cut(self, count: int) -> None:
        """Keep the first ``count`` numbers."""
        self.count = count

    def _reserve(self, room: int) -> None:
        size = BYTES * max(1, room)
        # Of this process alone: a copy of it by fork must not write into what this one has.
        self._map = mmap.mmap(-1, size, flags=PRIVATE) if PRIVATE else mmap.mmap(-1, size)
        self._view = memoryview(self._map).cast("q")

    def _ask_for_large_pages(self) -> None:
        # Linux has it.
        if hasattr(mmap, "MADV_HUGEPAGE"):
            self._map.madvise(mmap.MADV_HUGEPAGE)
