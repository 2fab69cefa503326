"""Every format carries the same findings, and is valid by its published schema."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from jsonschema import Draft7Validator

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from pcapcheck.report.exit import exit_code
from pcapcheck.report.formats import FORMATS
from pcapcheck.report.headline import headline
from tests.support.formats import ReadBack, of_json, of_junit, of_sarif, read_back, written
from tests.support.lab import CAPTURES, captures
from tests.support.schemas import published
from tests.support.wire import BEGIN, NODE_IP, OTHER, SECOND, answer, ask, error, request, write_pcap

SCENARIOS = (
    "healthy",
    "any",
    "proxy-arp-off",
    "route-lost-midway",
    "second-node-drops",
    "proxy-delay-80",
    "two-answers",
    "bridged-gateway",
    "loss",
    "direction-in",
)
ACCEPTING = """\
extends: calico
adjust:
  gateway-arp-answered: {severity: info, reason: "known, see NET-1"}
  gateway-arp-prompt: {severity: off, reason: slow lab}
  echo-answered: {severity: warning, reason: being looked into}
"""


def outcome(scenario: str) -> Analysis:
    """Of a scenario's captures; of some of them with the node's state."""
    state = CAPTURES / scenario / "state.txt"
    given = state if scenario in ("proxy-arp-off", "proxy-delay-80") else None
    return analyze(*captures(scenario), node_state=given)


@pytest.fixture
def accepting(tmp_path: Path) -> Analysis:
    (tmp_path / "here.yml").write_text(ACCEPTING)
    return analyze(*captures("proxy-arp-off"), rules=tmp_path / "here.yml")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_same_findings(scenario: str) -> None:
    judged = outcome(scenario)
    expected = of_json(written(judged, "json"))
    assert len(expected) >= 15
    for form in FORMATS:
        told = read_back(form, written(judged, form))
        assert {name: rule.status for name, rule in told.items()} == {
            name: rule.status for name, rule in expected.items()
        }, form
        for name, rule in told.items():
            if rule.status == "fail" or rule.severity is not None:
                assert rule.severity == expected[name].severity, (form, name)
            if rule.status == "fail":
                known = expected[name].frames
                assert rule.frames is not None
                assert known is not None
                # The report for people shows the first three rows.
                assert rule.frames <= known if form == "text" else rule.frames == known, (form, name)
                assert bool(rule.frames) == bool(known), (form, name)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_junit_schema(scenario: str) -> None:
    schema = xmlschema.XMLSchema(io.BytesIO(published("junit-10.xsd")))
    judged = outcome(scenario)
    schema.validate(written(judged, "junit"))
    judged = judged.demand(True, ())
    schema.validate(written(judged, "junit"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_sarif_schema(scenario: str) -> None:
    schema = json.loads(published("sarif-schema-2.1.0.json"))
    judged = outcome(scenario)
    judged = judged.demand(True, ())
    Draft7Validator(schema).validate(json.loads(written(judged, "sarif")))


def test_sarif_schema_of_what_cannot_be_judged_and_of_states(accepting: Analysis) -> None:
    from pcapcheck.pipeline import unjudged

    schema = Draft7Validator(json.loads(published("sarif-schema-2.1.0.json")))
    for judged in (
        accepting,
        unjudged("none.pcap", error="none.pcap: No such file"),
        analyze_state(CAPTURES / "proxy-arp-off" / "state.txt"),
    ):
        schema.validate(json.loads(written(judged, "sarif")))


@pytest.mark.parametrize("form", FORMATS)
def test_unmet_demands_are_reported(form: str) -> None:
    judged = analyze(*captures("any"))
    judged = judged.demand(True, ["pod-frames-to-proxy-mac"])
    assert (judged.verdict, exit_code(judged)) == ("fail", 1)
    said = plain(form, written(judged, form))
    assert "pod-frames-to-proxy-mac is required, and was not checked: a cooked capture (-i any) holds no" in said
    assert "strict: hop-macs-rewritten was not checked: " in said


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
def test_no_colours(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CI jobs ask for them, for what is read as a log."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "[31m" not in written(outcome("proxy-arp-off"), form)
    assert "\x1b" not in written(outcome("proxy-arp-off"), form)


HEADED = {
    "text": "{0}  {1}",
    "json": '"verdict_label": "{0}"',
    "jsonl": '"verdict_label": "{0}"',
    "junit": "{0}",
    "sarif": "{0}: {1}",
    "github": "::pcapcheck: {2}::{1}",
    "markdown": "{0}: {1}",
    "html": "{0}: {1}",
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("scenario", ["healthy", "proxy-delay-80", "unreachable", "direction-in"])
def test_all_have_the_same_heading(scenario: str, form: str) -> None:
    """A warning is not to be taken for a pass in any of them."""
    judged = outcome(scenario)
    word = {"healthy": "PASS", "proxy-delay-80": "WARN", "unreachable": "FAIL", "direction-in": "PASS"}[scenario]
    said = plain(form, written(judged, form)).replace("title=pcapcheck%3A ", "::pcapcheck: ")
    wanted = HEADED[form].format(word, headline(judged), word.lower())
    assert wanted in said.replace("⚠️", ""), form
    assert headline(judged) in said
    others = {"PASS", "WARN", "FAIL", "NOT CHECKED"} - {word}
    assert not any(
        HEADED[form].format(other, headline(judged), other.lower()) in said for other in others if form != "junit"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_all_tell_of_unanswered_questions(form: str, tmp_path: Path) -> None:
    """Off the pods' links, where no rule is about them, with what follows from them."""
    nic, neighbour = "0a:58:ac:1f:ba:fa", "172.31.186.77"
    ping = request(1, src="10.9.0.4", dst=neighbour, eth=(OTHER, nic))
    asks = [(BEGIN + n * SECOND, ask(neighbour, nic, NODE_IP)) for n in range(3)]
    frames = [(BEGIN, ping), *asks, (BEGIN + 3 * SECOND, error(3, 1, ping))]
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + SECOND // 100, answer())])
    judged = analyze(link, write_pcap(tmp_path / "ens5.pcap", frames))
    said = plain(form, written(judged, form)).replace("\\u2026", "…")
    question = f"{NODE_IP}'s ARP for {neighbour} gets no answer"
    assert f"{question} (asked 3 times over 2 s); the node answers 10.244.1.10's ARP for its gateway" in said
    assert (
        f"{question} on ens5 (asked 3 times over 2 s; frames 2, 3, 4 of ens5.pcap): so {NODE_IP} answers senders with"
        in said
    )


@pytest.mark.parametrize("form", FORMATS)
def test_adjustments_are_reported(form: str, accepting: Analysis) -> None:
    assert accepting.verdict == "pass"
    text = written(accepting, form)
    told = read_back(form, text)
    assert told["gateway-arp-answered"].status == "fail"
    assert told["gateway-arp-answered"].severity == "info"
    assert told["gateway-arp-prompt"].status == "not-checked"
    assert "known, see NET-1" in plain(form, text)
    assert "switched off: slow lab" in plain(form, text)


@pytest.mark.parametrize("form", FORMATS)
def test_problems_of_a_capture_are_reported(form: str, tmp_path: Path) -> None:
    cut = tmp_path / "cali14e7d81007d.pcap"
    cut.write_bytes((CAPTURES / "healthy" / cut.name).read_bytes()[:-5])
    judged = analyze(cut)
    (problem,) = judged.captures[0].problems
    assert problem.message in plain(form, written(judged, form))


@pytest.mark.parametrize("form", FORMATS)
def test_causes_are_reported(form: str) -> None:
    """With the command that settles them, and what they explain besides the first failure."""
    said = plain(form, written(analyze(*captures("route-lost-midway")), form))
    assert "the node's route to 10.244.1.11 leads out of another pod's interface" in said
    assert "calicoctl get workloadendpoints -A -o wide" in said
    if form not in ("text", "json", "jsonl"):
        assert "it follows from request-leaves-node; the cause is given there" in said


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("json", "jsonl")])
def test_pods_are_named(form: str, tmp_path: Path) -> None:
    pods = {
        "kind": "List",
        "items": [
            {
                "kind": "Pod",
                "metadata": {"name": "web-0", "namespace": "shop"},
                "spec": {"nodeName": "n1"},
                "status": {"podIP": "10.244.1.10"},
            }
        ],
    }
    (tmp_path / "pods.json").write_text(json.dumps(pods))
    judged = analyze(*captures("proxy-arp-off"), pods=tmp_path / "pods.json")
    said = plain(form, written(judged, form))
    assert "the node does not answer 10.244.1.10 [shop/web-0]'s ARP" in said
    assert "who-has 169.254.1.1 tell 10.244.1.10 [shop/web-0]\n" in said.replace("\\n", "\n")


@pytest.mark.parametrize("scenario", [*SCENARIOS, "none"])
@pytest.mark.parametrize("strict", [False, True])
def test_junit_fails_where_the_command_does(scenario: str, strict: bool) -> None:
    """A CI system that goes by the file alone comes to the same."""
    from pcapcheck.pipeline import unjudged

    judged = unjudged("none.pcap", error="none.pcap: No such file") if scenario == "none" else outcome(scenario)
    judged = judged.demand(strict, ())
    suite = ElementTree.fromstring(written(judged, "junit"))[0]
    failures, errors = int(suite.attrib["failures"]), int(suite.attrib["errors"])
    assert exit_code(judged) == (2 if errors else 1 if failures else 0)
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))


def test_junit_fails_for_a_damaged_capture_where_that_is_demanded(tmp_path: Path) -> None:
    """Of no rule, so it is a case of its own."""
    cut = tmp_path / "cali14e7d81007d.pcap"
    cut.write_bytes((CAPTURES / "healthy" / cut.name).read_bytes()[:-5])
    judged = analyze(cut)
    judged = judged.demand(True, ())
    cases = {case.attrib["name"]: case for case in ElementTree.fromstring(written(judged, "junit")).iter("testcase")}
    assert judged.captures[0].problems[0].message in cases["input"][0].attrib["message"]
    assert cases["input"][0].tag == "failure"


def test_junit_says_when_and_how_long() -> None:
    suite = ElementTree.fromstring(written(outcome("proxy-arp-off"), "junit"))[0]
    first = json.loads(written(outcome("proxy-arp-off"), "json"))["captures"][0]["first"]
    assert first.startswith(suite.attrib["timestamp"])
    assert suite.attrib["time"] == "2.047"
    assert suite.attrib["name"] == "pcapcheck cali14e7d81007d.pcap, calieabe7761b00.pcap"


def test_unknown_rows_are_reported() -> None:
    judged = outcome("bridged-gateway")
    unknown = [finding for finding in judged.findings if finding.unknown and finding.status != "not-checked"]
    assert unknown
    for form in FORMATS:
        said = plain(form, written(judged, form))
        for finding in unknown:
            assert (
                f'"unknown": {finding.unknown}' in said or f"{finding.unknown} undetermined: {finding.reason}" in said
            ), form


def test_state_reports() -> None:
    judged = analyze_state(CAPTURES / "proxy-arp-off" / "state.txt")
    expected = of_json(written(judged, "json"))
    for form in FORMATS:
        told = read_back(form, written(judged, form))
        assert {name: rule.status for name, rule in told.items()} == {
            name: rule.status for name, rule in expected.items()
        }, form
    assert of_junit(written(judged, "junit"))["proxy-arp-on"] == ReadBack("fail", "error", frozenset())
    (failed,) = [result for result in results(judged) if result["kind"] == "fail"]
    lines = [place["physicalLocation"] for place in failed["relatedLocations"]]
    text = (CAPTURES / "proxy-arp-off" / "state.txt").read_text().splitlines()
    for line in lines:
        assert line["artifactLocation"]["uri"].endswith("fixtures/lab/captures/proxy-arp-off/state.txt")
        assert "proxy_arp" in text[line["region"]["startLine"] - 1]
    assert len(lines) == 2


def test_jsonl_lines() -> None:
    judged = outcome("proxy-arp-off")
    document = json.loads(written(judged, "json"))
    lines = [json.loads(line) for line in written(judged, "jsonl").splitlines()]
    by_type: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        by_type.setdefault(line.pop("type"), []).append(line)
    assert by_type["capture"] == document["captures"]
    assert by_type["rule"] == document["rules"]
    assert [cause for diagnosis in by_type["diagnosis"] for cause in diagnosis["causes"]] == document["causes"]
    (verdict,) = by_type["verdict"]
    assert lines[-1] is verdict
    assert (verdict["verdict"], verdict["summary"]) == ("fail", document["summary"])


def results(judged: Analysis) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(written(judged, "sarif"))["runs"][0]["results"]
    return found


def test_accepted_findings_are_suppressed(accepting: Analysis) -> None:
    suppressed = {result["ruleId"]: result["suppressions"] for result in results(accepting) if "suppressions" in result}
    assert {name: some[0]["justification"] for name, some in suppressed.items()} == {
        "gateway-arp-answered": "known, see NET-1",
        "gateway-arp-prompt": "slow lab",
    }
    assert of_sarif(written(accepting, "sarif"))["gateway-arp-answered"].severity == "info"


def plain(form: str, text: str) -> str:
    """A report's text without what its format does to characters."""
    if form in ("json", "jsonl", "sarif"):
        text = text.replace('\\"', '"')
    if form == "junit":
        root = ElementTree.fromstring(text)
        return "\n".join(part for element in root.iter() for part in (element.text or "", *element.attrib.values()))
    if form == "html":
        return unescape(re.sub(r"<[^>]+>", "", text))
    return text.replace("%0A", "\n").replace("`", "") if form in ("github", "markdown") else text
