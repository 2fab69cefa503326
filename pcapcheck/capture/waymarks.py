"""Waymarks: where one in many records of a file begins, so that a few are found again without all before them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable
from typing import BinaryIO

# One record in this many is noted: some 20 KiB of a capture.
STRIDE = 256


class Waymarks:
    """Where the first and every STRIDE-th record after it begin in ``stream`` as it is now: ``offsets`` in bytes."""

    def __init__(self, offsets: array[int], stream: BinaryIO) -> None:
        self._offsets = offsets
        self._stamp = _stamp(stream)

    def are_of(self, stream: BinaryIO) -> bool:
        """Whether they are of this file, and it has not changed."""
        return self._stamp == _stamp(stream)

    def last_before(self, frame: int) -> tuple[int, int]:
        """How many frames stand before the last record noted up to a frame (from 1), and where that record begins."""
        mark = min((frame - 1) // STRIDE, len(self._offsets) - 1)
        return mark * STRIDE, self._offsets[mark]


class PassedOver:
    """What lies between frames that are wanted, by their numbers: whoever reads them may jump."""

    def __init__(self, waymarks: Waymarks, wanted: Iterable[int]) -> None:
        self._waymarks = waymarks
        # The next is the last.
        self._wanted = sorted(wanted, reverse=True)

    def jump(self, frames: int) -> tuple[int, int] | None:
        """After ``frames`` frames: how many may be passed over up to where, if any; as ``Waymarks.last_before``."""
        while self._wanted and self._wanted[-1] <= frames:
            self._wanted.pop()
        if not self._wanted:
            return None
        before, offset = self._waymarks.last_before(self._wanted[-1])
        return (before, offset) if before > frames else None


def _stamp(stream: BinaryIO) -> tuple[int, ...]:
    found = os.fstat(stream.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
