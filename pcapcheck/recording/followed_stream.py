"""The bytes of a recording as they come: a file that somebody else is still writing, read to where that ends."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

PAUSE = 0.05


class FollowedStream(io.RawIOBase):
    """Reads a growing file as a pipe is read: waits for more until ``has_ended``, and then gives the rest.

    Reading as slowly as it likes, it does not hold up the recorder, which a pipe would.
    """

    def __init__(self, path: Path, has_ended: Callable[[], bool]) -> None:
        self._file = path.open("rb", buffering=0)
        self.has_ended = has_ended

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The file's descriptor, for who waits in another way."""
        return self._file.fileno()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill some of the buffer; 0 only at the end of the recording."""
        while True:
            # Asked first: what was written before the end is then read below.
            ended = self.has_ended()
            count = self._file.readinto(buffer)
            if count or ended:
                return count or 0
            time.sleep(PAUSE)

    def close(self) -> None:
        self._file.close()
        super().close()
