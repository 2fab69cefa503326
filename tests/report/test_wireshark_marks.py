"""The script for Wireshark, run by tshark: the frames that show failures can be filtered by rule."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.lab import captures

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
SILENT = "gateway-arp-answered"


def marked(script: Path, capture: Path, *fields: str, only: str = "pcapcheck") -> list[list[str]]:
    """What tshark shows of the frames that a filter leaves."""
    named = [part for field in ("frame.number", *fields) for part in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-X", f"lua_script:{script}", "-r", str(capture), "-Y", only, "-T", "fields", *named],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    assert "Lua" not in done.stderr, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


@needs_tshark
def test_frames_are_found_by_rule_and_verdict(tmp_path: Path) -> None:
    (capture,) = captures("proxy-arp-off")[:1]
    analyze(capture).write_evidence(tmp_path)
    script = tmp_path / "wireshark.lua"
    rows = marked(script, capture, "pcapcheck.verdict", "_ws.expert.message", only=f'pcapcheck.rule == "{SILENT}"')
    assert [(row[0], row[1]) for row in rows] == [("1", "fail"), ("2", "fail"), ("3", "fail")]
    assert all(row[2].startswith(f"{SILENT}: expected an answer to 10.244.1.10's") for row in rows)


@needs_tshark
def test_each_capture_has_its_own_marks(tmp_path: Path) -> None:
    """The script knows by the first frame which capture it is loaded with; a capture that was not judged has none."""
    paths = captures("route-lost-midway")
    analysis = analyze(*paths)
    analysis.write_evidence(tmp_path)
    shown = {
        (row.capture, number) for finding in analysis.findings for row in finding.evidence for number in row.frames
    } | {place for finding in analysis.findings for row in finding.evidence for place in row.elsewhere}
    for number, path in enumerate(paths):
        numbers = {int(row[0]) for row in marked(tmp_path / "wireshark.lua", path)}
        assert numbers == {frame for capture, frame in shown if capture == number}
    assert marked(tmp_path / "wireshark.lua", captures("healthy")[0]) == []


@needs_tshark
def test_a_warning_is_a_warning(tmp_path: Path) -> None:
    (capture,) = captures("proxy-delay-80")[:1]
    analyze(capture).write_evidence(tmp_path)
    assert {row[1] for row in marked(tmp_path / "wireshark.lua", capture, "pcapcheck.verdict")} == {"warn"}


@needs_tshark
def test_no_text_becomes_code(tmp_path: Path) -> None:
    """A rule's words are its author's; those of a capture are anybody's."""
    hostile = """]] "..os.execute('touch stolen').." \\" -- é"""
    rule = tmp_path / "ours.yml"
    said = {"id": "ours", "title": "Ours", "why": "Ours.", "severity": "error", "observed": hostile}
    rule.write_text(json.dumps({**said, "select": {"table": "arp"}, "expect": {"answered": True}}))
    (capture,) = captures("proxy-arp-off")[:1]
    analyze(capture, rules=rule).write_evidence(tmp_path)
    observed = marked(tmp_path / "wireshark.lua", capture, "pcapcheck.observed")[0][1]
    assert f"observed {hostile};" in observed
    assert not Path("stolen").exists()


def test_marks_of_an_earlier_run_go_and_other_scripts_stay(tmp_path: Path) -> None:
    script = tmp_path / "wireshark.lua"
    analyze(*captures("proxy-arp-off")).write_evidence(tmp_path)
    assert SILENT in script.read_text()
    analyze(*captures("healthy")).write_evidence(tmp_path)
    assert not script.exists()
    script.write_text("-- mine\n")
    analyze(*captures("proxy-arp-off")).write_evidence(tmp_path)
    assert script.read_text() == "-- mine\n"
