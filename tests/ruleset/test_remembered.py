"""Rules are read once per process, and one call's wishes are never another's."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.ruleset import files
from pcapcheck.ruleset.yaml_tree import load_documents
from tests.support.lab import CAPTURES

CAPTURE = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
WALKTHROUGH = CAPTURES / "walkthrough" / "cali14e7d81007d.pcap"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files are parsed, in order."""
    seen: list[str] = []

    def watched(text: str, file: str) -> object:
        seen.append(file)
        return load_documents(text, file)

    monkeypatch.setattr(files, "load_documents", watched)
    return seen


def status(analysis: Analysis) -> dict[str, tuple[str, str]]:
    return {finding.rule.id: (finding.status, finding.rule.severity) for finding in analysis.findings}


def written(path: Path, text: str, age: int = 60) -> Path:
    path.write_text(text)
    return aged(path, age)


def aged(path: Path, age: int) -> Path:
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_what_ships_is_parsed_once(parsed: list[str]) -> None:
    analyze(CAPTURE)
    del parsed[:]
    assert analyze(CAPTURE).diagnoses
    assert parsed == []


def test_a_file_of_rules_is_parsed_again_when_it_changes(
    parsed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The time of a file's last change of any kind cannot be set.
    monkeypatch.setattr(files, "RECENT", -1)
    mine = written(tmp_path / "mine.yml", "extends: calico\nrequire: echo-answered\n")
    assert [analyze(WALKTHROUGH, rules=mine).required for _ in range(2)] == [("echo-answered",)] * 2
    assert parsed.count(str(mine)) == 1
    written(mine, "extends: calico\nrequire: tcp-answered\n", 50)
    assert analyze(WALKTHROUGH, rules=mine).required == ("tcp-answered",)


def test_a_file_changed_just_now_is_not_relied_on(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yml"
    for reason in ("one", "one", "two"):
        mine.write_text(f"extends: calico\nadjust: {{gateway-arp-answered: {{severity: info, reason: {reason}}}}}\n")
        (rule,) = (
            finding.rule
            for finding in analyze(CAPTURE, rules=mine).findings
            if finding.rule.id == "gateway-arp-answered"
        )
        assert rule.adjusted == reason


def test_nothing_leaks_from_one_call_into_another(tmp_path: Path) -> None:
    plain = analyze(CAPTURE).to_dict()
    mine = written(
        tmp_path / "mine.yml",
        "extends: calico\n"
        "variables: {arp_wait: 9s}\n"
        "adjust:\n"
        "  gateway-arp-answered: {severity: off, reason: here}\n"
        "  node-frames-from-proxy-mac: {severity: info, reason: here}\n",
    )
    changed = status(analyze(CAPTURE, rules=mine))
    assert changed != status(analyze(CAPTURE))
    other = analyze(WALKTHROUGH, variables={"proxy_mac": "02:00:00:00:00:09", "gateway": "10.9.9.9"})
    assert other.to_dict()["rules"] != analyze(WALKTHROUGH).to_dict()["rules"]
    assert analyze(CAPTURE).to_dict() == plain
    assert status(analyze(CAPTURE, rules=mine)) == changed
