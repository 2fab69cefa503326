"""Progress on a terminal's standard error, once something takes long; never in a pipe."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.captures import traffic
from tests.benchmarks.rounds import write_capture
from tests.support.lab import CAPTURES, ROOT


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return write_capture(tmp_path / "cali14e7d81007d.pcap", 100_000, traffic("pings"))


def script(patience: float) -> list[str]:
    """The command with another patience: a test that waits two seconds for a slow machine proves no more."""
    code = (
        f"import sys; from pcapcheck.report import progress; progress.PATIENCE = {patience}; "
        "from pcapcheck.cli.main import main; main(sys.argv[1:])"
    )
    return [sys.executable, "-c", code, "analyze", "--format", "json"]


def on_a_terminal(command: list[str]) -> str:
    """What a command writes to standard error when that is a terminal."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, cwd=ROOT, env=environment):
        os.close(follower)
        written = b""
        try:
            while piece := os.read(leader, 65536):
                written += piece
        except OSError:
            # Linux says EIO when the last writer has gone.
            pass
    os.close(leader)
    return written.decode()


def test_terminal_sees_bytes_and_frames_per_second(capture: Path) -> None:
    shown = on_a_terminal([*script(0), str(capture)])
    assert "frames/s" in shown
    assert "B/s" in shown or "bytes/s" in shown


def test_terminal_sees_nothing_of_what_is_quick(capture: Path) -> None:
    assert on_a_terminal([*script(600), str(capture)]) == ""


def test_pipe_sees_nothing(capture: Path) -> None:
    done = subprocess.run([*script(0), str(capture)], capture_output=True, cwd=ROOT, check=True)
    assert done.stderr == b""


def test_live_reading_shows_what_was_answered() -> None:
    """Of a pipe nobody knows how much is to come: what it holds so far is worth more than how fast it came."""
    recorded = (CAPTURES / "loss" / "cali14e7d81007d.pcap").read_bytes()
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    command = [*script(0), "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=follower, cwd=ROOT, env=environment
    ) as process:
        os.close(follower)
        assert process.stdin is not None
        # What is paired meanwhile is seen when the next frame comes.
        shown = ""
        process.stdin.write(recorded)
        process.stdin.flush()
        last = recorded[24 : 24 + 16 + int.from_bytes(recorded[32:36], "little")]
        while "so far" not in shown:
            process.stdin.write(last)
            process.stdin.flush()
            shown += os.read(leader, 65536).decode()
        process.stdin.close()
    os.close(leader)
    assert re.search(r"\d+ frames · ARP 1/1 answered · echo \d+/60 · \d+ without answer so far", shown), shown
