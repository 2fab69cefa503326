"""Standard streams that the caller closed, and a standard output that takes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lab import CAPTURES

HEALTHY = str(CAPTURES / "healthy" / "cali14e7d81007d.pcap")
BROKEN = str(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
PROGRAM = f"{sys.executable} -m pcapcheck"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")


def in_shell(command: str, redirection: str) -> tuple[int, str]:
    """The exit code, and what is printed on standard error."""
    done = subprocess.run(
        ["sh", "-c", f"{PROGRAM} {command} {redirection}"], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"analyze {HEALTHY}", 0),
        (f"analyze {BROKEN}", 1),
        (f"analyze --format json {BROKEN}", 1),
        ("help analyze", 0),
        ("completion bash", 0),
        ("rules list", 0),
    ],
)
def test_closed_output_leaves_the_exit_code(command: str, code: int) -> None:
    assert in_shell(command, ">&-") == (code, "")


def test_all_closed() -> None:
    assert in_shell(f"analyze {BROKEN}", "<&- >&- 2>&-") == (1, "")


def test_what_is_printed_goes_into_no_file_that_is_opened(tmp_path: Path) -> None:
    """A file that is opened gets the lowest number that is free: that of the standard output, if that was closed."""
    written = tmp_path / "report.json"
    assert in_shell(f"analyze {BROKEN} --format text --format json --output {written}", ">&-") == (1, "")
    assert written.read_text().startswith("{")
    assert written.read_text().endswith("}\n")


def test_closed_input_is_an_empty_one() -> None:
    code, said = in_shell("analyze -", "<&-")
    assert code == 2
    assert said.startswith("pcapcheck: error: standard input: the file is empty; ")


@needs_full
@pytest.mark.parametrize(
    "command", ["--version", "--help", "help", "analyze --help", "completion zsh", "rules list", f"analyze {HEALTHY}"]
)
def test_a_full_disk_is_one_line(command: str) -> None:
    line = "pcapcheck: error: cannot write the result: No space left on device\n"
    assert in_shell(command, "> /dev/full") == (2, line)


@needs_full
@pytest.mark.parametrize(
    ("command", "code"), [(f"analyze {HEALTHY}", 0), (f"analyze {BROKEN}", 1), ("analyze none", 2)]
)
def test_messages_that_cannot_be_written_leave_the_report_and_the_exit_code(command: str, code: int) -> None:
    """An unknown variable is one line on standard error, an error is another."""
    script = f"PCAPCHECK_FROMAT=json {PROGRAM} {command} 2> /dev/full"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stdout.startswith(("PASS", "FAIL")[code] if code < 2 else "")
