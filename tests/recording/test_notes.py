"""What a recording's notes say of its captures, as analyze uses it: where silence is proven, and what was lost."""

from __future__ import annotations

import json
import shutil
import struct
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from pcapcheck import Analysis, Scope, analyze
from pcapcheck.given import Input
from pcapcheck.redaction.redacted_inputs import RedactedInputs
from pcapcheck.report.headline import headed, headline
from tests.support.lab import CAPTURES
from tests.support.redacted import KEY

CALI = "cali14e7d81007d"
SECOND = 10**9


def cut_before_its_last_reply() -> tuple[bytes, int]:
    """A capture whose last frame is an echo request, and the time of that in nanoseconds."""
    data = (CAPTURES / "walkthrough" / f"{CALI}.pcap").read_bytes()
    starts, at = [], 24
    while at < len(data):
        starts.append(at)
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    seconds, rest = struct.unpack_from("<II", data, starts[-2])
    return data[: starts[-1]], seconds * SECOND + rest * 1000


def bundle(folder: Path, **note: object) -> Path:
    packets, _ = cut_before_its_last_reply()
    (folder / "case" / "node-7").mkdir(parents=True)
    (folder / "case" / "node-7" / f"{CALI}.pcap").write_bytes(packets)
    point = {"file": f"node-7/{CALI}.pcap", "host": "node-7", "interface": CALI, **note}
    notes = {"schema": "pcapcheck-recording/1", "version": "1", "points": [point], "probe": {}}
    (folder / "case" / "recording.json").write_text(json.dumps(notes))
    return folder / "case"


def status(analysis: Analysis) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == "echo-answered")


def until(seconds: float) -> int:
    return cut_before_its_last_reply()[1] + int(seconds * SECOND)


def test_the_last_question_of_all(tmp_path: Path) -> None:
    """Without notes its answer may have come later; with them it is known that it did not."""
    packets, _ = cut_before_its_last_reply()
    assert status(analyze(packets)) == "pass"
    assert status(analyze(bundle(tmp_path / "late", until=until(2)))) == "fail"
    assert status(analyze(bundle(tmp_path / "early", until=until(0.1)))) == "pass"
    assert status(analyze(bundle(tmp_path / "unknown"))) == "pass"


def test_an_answer_after_the_time_that_counts_is_not_missing(tmp_path: Path) -> None:
    """``--until`` leaves answers out, whatever was recorded."""
    folder = bundle(tmp_path, until=until(60))
    shutil.copy(CAPTURES / "walkthrough" / f"{CALI}.pcap", folder / "node-7")
    assert status(analyze(folder, scope=Scope(until=until(0.000001)))) == "pass"


def test_losses_and_filters_take_that_back(tmp_path: Path) -> None:
    lossy = analyze(bundle(tmp_path / "lossy", until=until(2), dropped=1))
    assert status(lossy) == "pass"
    assert [problem.message for problem in lossy.captures[0].problems] == [f"{CALI} lost 1 packets while recording"]
    assert status(analyze(bundle(tmp_path / "filtered", until=until(2), filter="arp or src 10.0.0.1"))) == "pass"


def test_an_early_end_is_a_problem(tmp_path: Path) -> None:
    folder = bundle(tmp_path, problem="the interface disappeared")
    shutil.copy(CAPTURES / "walkthrough" / f"{CALI}.pcap", folder / "node-7")
    analysis = analyze(folder)
    assert [problem.kind for problem in analysis.captures[0].problems] == ["recording-ended"]
    assert "the interface disappeared" in analysis.captures[0].problems[0].message
    # What holds as far as it goes is no plain pass.
    assert headed(analysis) == "WARN"
    assert headline(analysis).startswith(f"a recording ended early: {CALI}: the interface disappeared; ")


def test_packets_that_the_file_lacks_were_lost(tmp_path: Path) -> None:
    """tcpdump counts what it took, and goes on where the disk is full: the end of the file is not the end of it."""
    held = analyze(bundle(tmp_path / "whole", until=until(2))).captures[0].frames
    assert status(analyze(bundle(tmp_path / "all", until=until(2), captured=held))) == "fail"
    analysis = analyze(bundle(tmp_path / "lacking", until=until(2), captured=held + 3))
    assert status(analysis) == "pass"
    assert headed(analysis) == "WARN"
    said = f"{CALI}: the file lacks 3 of the {held + 3} packets that were taken (was the disk full?)"
    assert analysis.captures[0].problems[0].message == said


@pytest.mark.parametrize("form", ["folder", "archive", "archive in a folder", "files", "redacted"])
def test_notes_are_found_wherever_they_are(form: str, tmp_path: Path) -> None:
    folder = bundle(tmp_path, until=until(2))
    packed = tmp_path / "packed" / "case.tar.gz"
    packed.parent.mkdir()
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(folder, "case")
    inputs: dict[str, Sequence[Input]] = {
        "folder": [folder],
        "archive": [packed],
        "archive in a folder": [packed.parent],
        "files": [path for path in sorted(folder.rglob("*")) if path.is_file()],
        "redacted": RedactedInputs.of([[packed]], KEY).groups[0],
    }
    analysis = analyze(*inputs[form])
    assert status(analysis) == "fail"
    assert analysis.skipped == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": "pcapcheck-recording/1", "points": [{"file": 1}]}', "what pcapcheck record noted cannot be read"),
        ("{", "what pcapcheck record noted cannot be read"),
        ('{"schema": "pcapcheck-recording/9", "points": []}', "not pcapcheck-recording/1; read it with the version"),
    ],
)
def test_notes_that_cannot_be_read_cost_a_line(text: str, said: str, tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    (folder / "recording.json").write_text(text)
    analysis = analyze(folder)
    assert status(analysis) == "pass"
    assert [said in skipped.message for skipped in analysis.skipped] == [True]


def test_notes_alone_are_no_capture(tmp_path: Path) -> None:
    from pcapcheck import CaptureError

    with pytest.raises(CaptureError, match=r"recording\.json"):
        analyze(bundle(tmp_path) / "recording.json")
