"""A stream of packets as it arrives: a pipe, or a file that still grows.

What comes in small pieces (``tcpdump -U`` writes packet by packet) is gathered for a moment, so that a busy link costs
twenty batches per second and not a thousand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from pcapcheck.capture.stream import Arriving

# Seconds that small pieces are gathered for, the pause between two reads, and what is no small piece (bytes).
GATHER = 0.05
PAUSE = 0.01
LARGE = 1 << 14
# Pipes of this size hold what comes while others have their turn (bytes; Linux).
PIPE_SIZE = 1 << 20
F_SETPIPE_SZ = 1031


class LiveStream(Arriving):
    """The bytes of a descriptor as they arrive; ``follows``: it is a file, at whose end more may come.

    ``pending`` are the bytes that no batch has taken so far, ``arrived`` is when the last ones came (seconds of
    ``time.monotonic``; None: none did), ``arrived_at`` the same by the wall clock. ``why`` says why nothing came.
    ``gathering``: bytes are being read that are not among the pending ones so far.
    """

    def __init__(self, descriptor: int, follows: bool = False, why: Callable[[], str] = lambda: "") -> None:
        super().__init__(descriptor)
        self.why = why
        self.follows = follows
        self.pending = bytearray()
        self.gathering = False
        self.arrived: float | None = None
        self.arrived_at = 0.0
        if not follows:
            _enlarge_pipe(descriptor)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Wait for bytes and take them; 0 at the end, or when nothing more is wanted."""
        if not self._wait():
            return 0
        self.gathering = True
        try:
            return self._gather(buffer)
        finally:
            self.gathering = False

    def _gather(self, buffer: bytearray | memoryview) -> int:
        count, began = 0, time.monotonic()
        with memoryview(buffer) as view:
            while count < len(view):
                got = os.readv(self.descriptor, [view[count:]])
                count += got
                if not got:
                    break
                if got < LARGE:
                    if time.monotonic() - began >= GATHER:
                        break
                    time.sleep(PAUSE)
                if not self._is_ready():
                    break
            self._keep(view[:count])
        if count:
            self.arrived, self.arrived_at = time.monotonic(), time.time()
        return count

    @property
    def is_at_rest(self) -> bool:
        """Whether all that was written is in batches that were taken; asked in the order in which bytes move on."""
        try:
            return not (self._is_ready() or self.gathering or self.pending)
        except (OSError, ValueError):
            return False

    def taken(self, offset: int) -> bytes:
        """Hand out the pending bytes before this offset of the stream."""
        count = offset - (self.count - len(self.pending))
        data = bytes(memoryview(self.pending)[:count])
        del self.pending[:count]
        return data

    def _keep(self, data: memoryview) -> None:
        self.count += len(data)
        self.pending += data

    def _is_ready(self, patience: float = 0.0) -> bool:
        if not self.follows:
            return super()._is_ready(patience)
        if not self._has_grown():
            time.sleep(patience)
        return self._has_grown()

    def _has_grown(self) -> bool:
        size = os.fstat(self.descriptor).st_size
        if size < self.count:
            raise OSError("the file was cut or written anew while it was watched")
        return size > self.count


def _enlarge_pipe(descriptor: int) -> None:
    """Let a pipe hold more. What is none, or may not be larger, stays as it is."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, F_SETPIPE_SZ, PIPE_SIZE)
    except (ImportError, OSError):
        pass
