"""Each format's report of a capture that passes and of one that fails, as it was looked at last.

After a change that is meant, write them again and read the difference before you commit it:

    PCAPCHECK_SNAPSHOTS=write pytest -n0 tests/report/test_snapshots.py
    git diff tests/report/snapshots
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.formats import FORMATS
from pcapcheck.version import __version__
from tests.support.formats import written
from tests.support.lab import CAPTURES, ROOT

SNAPSHOTS = Path(__file__).parent / "snapshots"
SUFFIXES = {
    "text": "txt",
    "json": "json",
    "jsonl": "jsonl",
    "junit": "xml",
    "sarif": "sarif",
    "markdown": "md",
    "html": "html",
}
SCENARIOS = ("healthy", "proxy-arp-off")
# What a report says of the machine that it is written on.
ENVIRONMENT = ("COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "LC_ALL", "NO_COLOR")


def judged(scenario: str) -> Analysis:
    """The scenario's captures with the node's state, named as somebody in the checkout names them."""
    folder = (CAPTURES / scenario).relative_to(ROOT)
    state = folder / "state.txt"
    captures = sorted(path for path in folder.iterdir() if path.suffix in (".pcap", ".pcapng"))
    return analyze(*captures, node_state=state if state.exists() else None)


def without_rules(text: str) -> str:
    """SARIF that only names the rules: what their files say, and in which line, is none of the format's."""
    log = json.loads(text)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    driver["rules"] = [rule["id"] for rule in driver["rules"]]
    for result in run["results"]:
        for location in result["locations"]:
            location["physicalLocation"]["region"]["startLine"] = 1
    return f"{json.dumps(log, indent=2)}\n"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_snapshot(scenario: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    text = written(judged(scenario), form).replace(__version__, "VERSION")
    if form == "sarif":
        text = without_rules(text)
    snapshot = SNAPSHOTS / f"{scenario}.{SUFFIXES.get(form, f'{form}.txt')}"
    if os.environ.get("PCAPCHECK_SNAPSHOTS") == "write":
        snapshot.write_text(text, encoding="utf-8")
    assert text == snapshot.read_text(encoding="utf-8")


def test_no_snapshot_is_left_over() -> None:
    named = {f"{scenario}.{SUFFIXES.get(form, f'{form}.txt')}" for scenario in SCENARIOS for form in FORMATS}
    assert {path.name for path in SNAPSHOTS.iterdir()} == named
