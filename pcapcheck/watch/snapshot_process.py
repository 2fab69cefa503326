"""A process that makes a snapshot: a copy of this one, which can bring everything to an end without harm.

Judging ends a capture: what is open is closed, arrays are given up. A copy by ``fork`` shares all memory until it
writes, so it costs some milliseconds, and reading goes on meanwhile. It runs the very code that the end runs.
"""

from __future__ import annotations

import gc
import os
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress

import msgspec

from pcapcheck.errors import UsageError
from pcapcheck.watch.snapshot import Snapshot
from pcapcheck.watch.turns import Turns

# A copy that takes longer than this (seconds) is given up: locks of other threads may be held in it for ever.
PATIENCE = 60
PIECE = 1 << 16


class SnapshotFault(msgspec.Struct, frozen=True, tag=True):
    """Why there is no snapshot, in words; ``is_final``: there will be none, since options do not fit what came."""

    said: str
    is_final: bool = False


class SnapshotProcess:
    """Makes a snapshot while ``turns`` are held; ``poll`` for it, or wait for the descriptor ``fileno``."""

    def __init__(self, make: Callable[[], Snapshot], turns: Turns) -> None:
        self._began = time.monotonic()
        # Processor time that it took (seconds); known at its end.
        self.cost = 0.0
        self._got = bytearray()
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        with turns.held(), warnings.catch_warnings():
            # Python warns of locks that other threads may hold; they are at rest, and PATIENCE ends what hangs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
            if not self._pid:
                _make(make, output)
        os.close(output)

    def fileno(self) -> int:
        return self._output

    def poll(self) -> Snapshot | SnapshotFault | None:
        """What came of it; None if it is not at its end so far."""
        try:
            while piece := os.read(self._output, PIECE):
                self._got += piece
        except BlockingIOError:
            if time.monotonic() - self._began < PATIENCE:
                return None
            self.end()
            return SnapshotFault(f"it took more than {PATIENCE} s")
        self.end()
        try:
            return msgspec.msgpack.decode(self._got, type=Snapshot | SnapshotFault)
        except msgspec.DecodeError:
            return SnapshotFault("it was ended from outside")

    def end(self) -> None:
        """End it, at once."""
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                used = os.wait4(self._pid, 0)[2]
                self.cost = used.ru_utime + used.ru_stime
            os.close(self._output)
            self._pid = 0


def _make(make: Callable[[], Snapshot], output: int) -> None:
    """Runs in the copy, and ends it."""
    code = 1
    try:
        # Ctrl-C is for the process that it is a copy of; without that one nobody waits for this.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        gc.disable()
        _write(output, msgspec.msgpack.encode(_made(make)))
        code = 0
    finally:
        os._exit(code)


def _made(make: Callable[[], Snapshot]) -> Snapshot | SnapshotFault:
    try:
        return make()
    except UsageError as error:
        return SnapshotFault(str(error), is_final=True)
    except Exception as error:
        return SnapshotFault(f"{type(error).__name__}: {error}")


def _write(output: int, data: bytes) -> None:
    with memoryview(data) as rest:
        done = 0
        while done < len(rest):
            done += os.write(output, rest[done:])
