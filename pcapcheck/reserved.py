"""Reserved numbers: integers of 64 bits whose memory is taken step by step, as they are used.

For tables that mostly stay short and may grow long: nothing moves as they grow. The system gives memory page by page,
when a page is written for the first time. That costs as much as a few exchanges do, and less if it is announced, and
if pages may be large.
"""

from __future__ import annotations

import sys
from array import array
from contextlib import suppress
from typing import cast

BYTES = 8
STEP = 1 << 20
# Linux gives memory at once for this advice (linux/mman.h, since 5.14); mmap has no name for it.
MADV_POPULATE_WRITE = 23
# Pages of 2 MiB, where Linux has some to give (linux/mman.h): they cost a third per byte, and fewer are looked up.
MADV_HUGEPAGE = 14
LARGE_PAGE = 1 << 21


def zeros(count: int) -> array[int]:
    """An array of that many zeros; made of ``bytes`` of zeros, it would take as many pages once more."""
    return array("q", [0]) * count


class ReservedNumbers:
    """``count`` zeros, which ``view`` holds; memory is taken for the first ones that are about to be written."""

    def __init__(self, count: int) -> None:
        # Not at every start: most captures need none.
        import mmap

        # Private: what processes share is slower to get. Windows knows no such difference.
        flags = {"flags": mmap.MAP_PRIVATE} if hasattr(mmap, "MAP_PRIVATE") else {}
        self._map = mmap.mmap(-1, BYTES * max(1, count), **flags)
        self.view = memoryview(self._map).cast("q")
        self._taken = 0

    def take(self, count: int, step: int = STEP) -> None:
        """Have memory for the first ``count`` numbers, and more, so that this is asked for every ``step`` bytes."""
        if BYTES * count > self._taken:
            end = min(-(-BYTES * count // step) * step, len(self._map))
            if sys.platform == "linux":
                if not self._taken:
                    # Some systems are built without.
                    with suppress(OSError):
                        self._map.madvise(MADV_HUGEPAGE)
                with suppress(OSError):
                    self._map.madvise(MADV_POPULATE_WRITE, self._taken, end - self._taken)
            self._taken = end


def numbers_in_large_pages(number: int, count: int) -> array[int]:
    """An array of this many of a number, for a table that is looked up here and there: in large pages if it fills some.

    What it lacks of an array is that it cannot grow.
    """
    if BYTES * count < LARGE_PAGE:
        return array("q", [number]) * count
    reserved = ReservedNumbers(count)
    reserved.take(count, BYTES * count)
    some = memoryview(array("q", [number]) * (LARGE_PAGE // BYTES))
    for start in range(0, count, len(some)):
        reserved.view[start : start + len(some)] = some[: count - start]
    return cast("array[int]", reserved.view)


class GrowingRows:
    """Rows of ``width`` numbers: none, then ``first`` of them in an array, then more and more, ``most`` at last.

    ``rows`` are those that there is room for, until that is enlarged.
    """

    def __init__(self, width: int, first: int, most: int) -> None:
        self.rows = array("q")
        self._width, self._first, self.most = width, min(first, most), most
        self._all: ReservedNumbers | None = None

    @property
    def places(self) -> int:
        """How many rows there is room for."""
        return len(self.rows) // self._width

    @property
    def is_final(self) -> bool:
        """Whether there will be no more room."""
        return self.places >= self.most

    def enlarge(self) -> None:
        """Make room for more rows; those that are there stay."""
        if not self.rows:
            self.rows = zeros(self._width * self._first)
            return
        places = min(self.places + max(1, STEP // (BYTES * self._width)), self.most)
        if self._all is None:
            self._all = ReservedNumbers(self._width * self.most)
            self._all.take(self._width * places)
            self._all.view[: len(self.rows)] = memoryview(self.rows)
        self._all.take(self._width * places)
        # Read and written as an array is, except that it cannot grow by itself.
        self.rows = cast("array[int]", self._all.view[: self._width * places])

    def cut(self, count: int) -> None:
        """Keep the first ``count`` rows, as there will be no more."""
        self.most, self._all = count, None
        # A part of a view, even an empty one, keeps all of the memory that it is of.
        self.rows = self.rows[: self._width * count] if count else array("q")
