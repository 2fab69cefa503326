"""The probe while it runs, and what came of it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from msgspec import Struct

from pcapcheck.recording.recording_plan import Command

PAUSE = 0.1
# What a shell says that cannot run a program.
NOT_RUN = (126, 127)
# The end of what a probe printed is what counts.
MOST_KEPT = 4000


class ProbeOutcome(Struct, frozen=True):
    """How a probe ended, and what it printed."""

    asked: str
    exit_code: int
    printed: str

    @property
    def was_asked(self) -> bool:
        """Whether the program that asks was there at all."""
        return self.exit_code not in NOT_RUN


def run_probe(command: Command, asked: str, is_over: Callable[[], bool]) -> ProbeOutcome:
    """Run a probe to its end, or until nobody wants its answers. An interrupt ends it too."""
    place, words = command
    process = place.start(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    printed: list[bytes] = []
    assert process.stdout is not None
    reading = Thread(target=lambda stream: printed.append(stream.read()), args=(process.stdout,), daemon=True)
    reading.start()
    try:
        while process.poll() is None and not is_over():
            time.sleep(PAUSE)
    finally:
        if process.poll() is None:
            # With what its shell started: a ping would go on.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    # Who inherited its output may hold it open longer.
    reading.join(1)
    said = b"".join(printed).decode("utf-8", "replace")
    return ProbeOutcome(asked, process.returncode, said[-MOST_KEPT:])
