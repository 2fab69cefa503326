"""A probe that is no longer wanted ends, with everything that it started."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pcapcheck.recording.command_place import here
from pcapcheck.recording.network_survey import NetworkSurvey
from pcapcheck.recording.probe_process import run_probe
from pcapcheck.recording.recording_end import RecordingEnd
from pcapcheck.recording.recording_probe import RecordingProbe


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


def test_who_is_to_be_asked_is_asked_or_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither dig nor nslookup is, getent would ask the machine's own servers."""
    shell = shutil.which("sh") or "/bin/sh"
    (tmp_path / "getent").write_text(f"#!{shell}\necho asked\n")
    (tmp_path / "getent").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    survey = NetworkSurvey()
    end = RecordingEnd("netns:a", here("node"), survey, "cali0", here("node"))
    for probe, was_asked in (("dns=x.example", True), ("dns=x.example@192.0.2.53", False)):
        script = RecordingProbe.parse(probe).script(end, "")
        outcome = run_probe((here("node"), (shell, "-c", script)), "asks", lambda: False)
        assert outcome.was_asked == was_asked
        assert ("192.0.2.53: not found" in outcome.printed) != was_asked


def test_a_probe_ends_with_what_its_shell_started() -> None:
    seconds = f"300.{os.getpid()}"
    outcome = run_probe((here("node"), ("sh", "-c", f"sleep {seconds}; :")), "asks", lambda: bool(sleepers(seconds)))
    assert outcome.exit_code == -9
    assert sleepers(seconds) == []
