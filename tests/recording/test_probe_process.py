"""A probe that is no longer wanted ends, with everything that it started."""

from __future__ import annotations

import os
from pathlib import Path

from pcapcheck.recording.command_place import here
from pcapcheck.recording.probe_process import run_probe


def sleepers(seconds: str) -> list[str]:
    """The processes that sleep for just as long."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().split(b"\0")[:2] == [b"sleep", seconds.encode()]:
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_a_probe_ends_with_what_its_shell_started() -> None:
    seconds = f"300.{os.getpid()}"
    outcome = run_probe((here("node"), ("sh", "-c", f"sleep {seconds}; :")), "asks", lambda: bool(sleepers(seconds)))
    assert outcome.exit_code == -9
    assert sleepers(seconds) == []
