"""SARIF: what code scanning goes by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.formats import written
from tests.support.lab import CAPTURES, ROOT, captures
from tests.support.wire import BEGIN, SECOND, ask, write_pcap

HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
RULE = """\
id: pods-ask
title: Nobody asks
why: For the test.
severity: info
select: {table: arp}
expect: {answered: true}
"""


def run_of(analysis: Analysis) -> dict[str, Any]:
    (run,) = json.loads(written(analysis, "sarif"))["runs"]
    loaded: dict[str, Any] = run
    return loaded


def failed(analysis: Analysis) -> dict[str, Any]:
    """The result of the one rule that failed."""
    (result,) = [entry for entry in run_of(analysis)["results"] if entry["kind"] == "fail"]
    loaded: dict[str, Any] = result
    return loaded


def test_location_is_the_rule_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    where = failed(analyze(BROKEN))["locations"][0]["physicalLocation"]
    assert where["artifactLocation"] == {"uri": "rules/calico/gateway-arp-answered.yml"}
    lines = (ROOT / where["artifactLocation"]["uri"]).read_text().splitlines()
    assert lines[where["region"]["startLine"] - 1] == "id: gateway-arp-answered"


def test_location_in_a_list_of_rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    indented = "\n".join(f"    {line}" for line in RULE.splitlines())
    (tmp_path / "mine here.yml").write_text(f"rules:\n  -\n{indented}\n")
    monkeypatch.chdir(tmp_path)
    result = failed(analyze(BROKEN, rules="mine here.yml"))
    assert result["level"] == "note"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "mine%20here.yml"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 3


def test_location_is_relative_to_the_root_of_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step may run in a folder below it."""
    monkeypatch.chdir(ROOT / "fixtures")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(ROOT))
    result = failed(analyze(BROKEN))
    file = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert file["uri"] == "rules/calico/gateway-arp-answered.yml"
    monkeypatch.setenv("GITHUB_WORKSPACE", "/somewhere/else")
    file = failed(analyze(BROKEN))["locations"][0]["physicalLocation"]["artifactLocation"]
    assert file["uri"] == f"file://{ROOT}/rules/calico/gateway-arp-answered.yml"


def test_captures_are_related_locations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (seen,) = failed(analyze(BROKEN))["relatedLocations"]
    assert seen["physicalLocation"]["artifactLocation"]["uri"] == str(BROKEN.relative_to(ROOT))
    assert seen["properties"]["frames"] == [1, 2, 3]
    assert seen["message"]["text"].startswith("frames 1, 2, 3 on cali14e7d81007d: expected an answer to 10.244.1.10's")


def test_fingerprints_stay(tmp_path: Path) -> None:
    """Another folder, another file name, other frames and another time: still the same result."""
    first = failed(analyze(BROKEN))["partialFingerprints"]
    moved = tmp_path / "recorded today on cali14e7d81007d.pcap"
    shutil.copy(BROKEN, moved)
    assert failed(analyze(moved))["partialFingerprints"] == first
    later = tmp_path / "later-cali14e7d81007d.pcap"
    asked = [(BEGIN + number * SECOND, ask()) for number in range(9)]
    write_pcap(later, asked)
    assert failed(analyze(later))["partialFingerprints"] == first
    assert set(first) == {"primaryLocationLineHash", "ruleAndInterfaces/v1"}


def test_fingerprints_differ() -> None:
    def of(scenario: str) -> dict[str, str]:
        results = run_of(analyze(*captures(scenario)))["results"]
        return {result["ruleId"]: result["partialFingerprints"]["primaryLocationLineHash"] for result in results}

    prints = of("route-lost-midway")
    assert len(set(prints.values())) == len(prints)
    other = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
    renamed = failed(analyze(other))["partialFingerprints"]["ruleAndInterfaces/v1"]
    elsewhere = [
        result for result in run_of(analyze(*captures("forwarding-off-pod-b")))["results"] if result["kind"] == "fail"
    ]
    assert renamed not in {place["partialFingerprints"]["ruleAndInterfaces/v1"] for place in elsewhere}


def test_rules_tell_themselves() -> None:
    run = run_of(analyze(BROKEN))
    rules = run["tool"]["driver"]["rules"]
    (rule,) = [entry for entry in rules if entry["id"] == "gateway-arp-prompt"]
    assert rule["defaultConfiguration"] == {"level": "warning", "enabled": True}
    assert "pneigh_enqueue" in rule["help"]["text"]
    # What GitHub wants of each.
    for entry in rules:
        assert all(entry[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
        assert len(entry["fullDescription"]["text"]) <= 1024
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 0
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_github_makes_alerts_of_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {result["kind"] for result in run_of(analyze(BROKEN))["results"]} == {"pass", "fail", "notApplicable"}
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    run = run_of(analyze(BROKEN))
    assert [result["ruleId"] for result in run["results"]] == ["gateway-arp-answered"]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "25 rules that passed or were not checked are left out" in note["message"]["text"]
    assert len(run["tool"]["driver"]["rules"]) == 26


def test_what_is_demanded_and_missing_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code scanning looks at results alone."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    judged = analyze(HEALTHY)
    judged = judged.demand(required=["hop-ttl-decremented"])
    (result,) = run_of(judged)["results"]
    assert (result["ruleId"], result["kind"], result["level"]) == ("hop-ttl-decremented", "fail", "error")
    assert result["message"]["text"].startswith("hop-ttl-decremented is required, and was not checked: ")


def test_invocation(tmp_path: Path) -> None:
    cut = tmp_path / "cali14e7d81007d.pcap"
    cut.write_bytes((CAPTURES / "healthy" / cut.name).read_bytes()[:-5])
    (invocation,) = run_of(analyze(cut))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 0)
    (problem,) = invocation["toolExecutionNotifications"]
    assert problem["level"] == "warning"
    assert problem["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == cut.as_uri()
    assert run_of(analyze(BROKEN))["invocations"][0]["exitCode"] == 1
