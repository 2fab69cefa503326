"""Captures that can be read only once, as they arrive: standard input, pipes.

What was read is kept in a temporary file, since evidence is shown and tables are made by reading a capture again.
"""

from __future__ import annotations

import io
import os
import select
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from pcapcheck.capture.held import Held, Kept

# The most bytes that stay in memory; the rest goes to a file.
IN_MEMORY = 1 << 23
# Beyond this nothing is kept unless asked for: a day of tcpdump should end in a verdict, not in a full disk.
KEPT = 1 << 30
# How often a waiting read looks whether it was interrupted, and how long it then waits for what is under way: tcpdump
# is interrupted by the same Ctrl-C and writes out what it holds. Seconds.
LOOK = 0.2
GRACE = 1.0


class Arriving(io.RawIOBase):
    """The bytes of a pipe as they arrive, kept as they pass; the first Ctrl-C ends it like the end of the pipe.

    ``complete``: whether all of them could be kept.
    """

    def __init__(self, descriptor: int, keep_all: bool = False) -> None:
        self.descriptor = descriptor
        self.limit = None if keep_all else KEPT
        self.count = 0
        self.complete = True
        self._kept: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (lives on for later)
        self._deadline: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = 0
        with memoryview(buffer) as view:
            while count < len(view) and (self._is_ready() if count else self._wait()):
                got = os.readv(self.descriptor, [view[count:]])
                if not got:
                    break
                count += got
            self._keep(view[:count])
        return count

    def tell(self) -> int:
        return self.count

    def interrupt(self) -> None:
        """End the stream after a moment for what is still under way; at once when asked again."""
        now = time.monotonic()
        self._deadline = now + GRACE if self._deadline is None else now

    def stop(self) -> None:
        """Stop all waiting for bytes."""
        self._deadline = 0.0

    def again(self) -> io.RawIOBase:
        """What was kept, from its beginning."""
        self._kept.seek(0)
        return Kept(self._kept)

    def keep_the_rest(self) -> None:
        """Read what is still to come; nobody reads it but for what is kept."""
        buffer = bytearray(1 << 16)
        while self.complete and self.readinto(buffer):
            pass

    def held(self, path: Path) -> Held:
        """What was kept, under the name ``path``."""
        return Held(path, self._kept, self.count)

    def _wait(self) -> bool:
        """Wait for bytes; False if none will come or they are no longer wanted."""
        while True:
            if self._deadline is not None and time.monotonic() >= self._deadline:
                return False
            if self._is_ready(LOOK):
                return True

    def _is_ready(self, patience: float = 0.0) -> bool:
        return bool(select.select([self.descriptor], [], [], patience)[0])

    def _keep(self, data: memoryview) -> None:
        self.count += len(data)
        if not self.complete:
            return
        if self.limit is not None and self.count > self.limit:
            self.complete = False
            return
        try:
            self._kept.write(data)
        except OSError:
            # No room for temporary files: the verdict does not need them.
            self.complete = False


@contextmanager
def ended_by_interrupt(stream: Arriving) -> Iterator[None]:
    """Meanwhile Ctrl-C ends ``stream`` instead of the program, unless it is ignored, as in the background."""
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        stream.interrupt()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
