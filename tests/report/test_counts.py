"""One run has one number of failures, whichever format tells it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.formats import FORMATS
from pcapcheck.report.headline import headline
from tests.support.formats import read_annotations, written
from tests.support.lab import CAPTURES, captures

# What is accepted, what only warns and what is demanded in vain, in one file; other failures stay.
MIXED = """\
extends: [calico, state]
adjust: {gateway-arp-prompt: {severity: warning, reason: slow lab}, proxy-arp-on: {severity: info, reason: NET-2}}
accept:
  - {rule: echo-answered, until: 2999-12-31, reason: NET-1}
  - {rule: request-leaves-node, where: {interface: cali00000000000}, reason: NET-3}
require: [dns-answered, tcp-answered]
"""
SCENARIOS = (
    "healthy",
    "proxy-arp-off",
    "second-node-drops",
    "proxy-delay-80",
    "two-answers",
    "bridged-gateway",
    "loss",
)
Counts = dict[str, int]
KINDS = {"failed": "failed", "warning": "warnings", "accepted": "accepted", "demand": "unmet"}


def outcome(scenario: str, rules: str, folder: Path) -> Analysis:
    state = CAPTURES / scenario / "state.txt"
    path = None
    if rules:
        path = folder / "x.pcapcheck.yaml"
        path.write_text(rules)
    given = state if state.exists() else None
    return analyze(*captures(scenario), node_state=given, rules=path)


def of_words(line: str) -> Counts:
    """From ``9 of 18 rules checked, 1 failed, 2 warnings``."""
    found = {KINDS[word.split()[0].removesuffix("s")]: int(number) for number, word in PARTS.findall(line)}
    return {name: found.get(name, 0) for name in KINDS.values()}


PARTS = re.compile(r"(\d+) (failed|warnings?|accepted failures?|demands?)\b")


def of_text(text: str) -> Counts:
    said = of_words(text.splitlines()[1])
    marks = re.findall(r"^([✗!~]) (?=[a-z0-9-]+ )", text, re.M)
    assert marks.count("✗") == said["failed"]
    return said


def of_json(text: str) -> Counts:
    document = json.loads(text)
    failed = [rule for rule in document["rules"] if rule["status"] == "fail"]
    found = {
        "failed": sum(finding["severity"] == "error" for finding in failed),
        "warnings": sum(finding["severity"] == "warning" for finding in failed),
        "accepted": sum(any(each["status"] == "accepts" for each in finding["acceptances"]) for finding in failed),
        "unmet": len(document["unmet"]),
    }
    assert found == {name: document["counts"][name] for name in found}
    assert document["warnings"] == found["warnings"]
    return found


def of_jsonl(text: str) -> Counts:
    lines = [json.loads(line) for line in text.splitlines()]
    rules = [part for part in lines if part["type"] == "rule"]
    return of_json(json.dumps(lines[-1] | {"rules": rules}))


def of_junit(text: str) -> Counts:
    suite = ElementTree.fromstring(text).find("testsuite")
    assert suite is not None
    failures = [failure.get("type") for failure in suite.iter("failure")]
    skipped = [file.get("type") for file in suite.iter("skipped")]
    assert len(failures) == int(suite.attrib["failures"])
    told = {entry.attrib["name"]: entry.attrib["value"] for entry in suite.iter("property")}
    found = {
        "failed": failures.count("error"),
        "warnings": skipped.count("warning"),
        "accepted": skipped.count("accepted"),
        "unmet": failures.count("unmet"),
    }
    assert found == {name: int(told[name]) for name in found}
    return found


def of_sarif(text: str) -> Counts:
    (run,) = json.loads(text)["runs"]
    failed = [result for result in run["results"] if result["properties"]["status"] == "fail"]
    unmet = [result for result in run["results"] if result["kind"] == "fail" and result not in failed]
    found = {
        "failed": sum(finding["level"] == "error" for finding in failed),
        "warnings": sum(finding["level"] == "warning" for finding in failed),
        "accepted": sum("suppressions" in finding for finding in failed),
        "unmet": len(unmet),
    }
    assert found == {name: run["properties"][name] for name in found}
    return found


def of_github(text: str) -> Counts:
    *others, verdict = read_annotations(text)
    rules = [other.kind for other in others if re.match(r"[a-z0-9-]+: ", other.properties["title"])]
    said = of_words(verdict.message.splitlines()[1])
    assert rules.count("error") == said["failed"]
    assert rules.count("warning") == said["warnings"]
    assert rules.count("notice") == said["accepted"]
    return said


def of_markdown(text: str) -> Counts:
    titled = {name: int(number) for name, number in re.findall(r"^([A-Z]\w+): (\d+)$", text, re.M)}
    said = of_words(text.splitlines()[2])
    assert {name: said[name] for name in ("failed", "warnings", "accepted")} == {
        name: titled.get(name.capitalize(), 0) for name in ("failed", "warnings", "accepted")
    }
    return said


def of_html(text: str) -> Counts:
    said = re.search(r"<b>[^<]*</b> · ([^·<]*)", text)
    assert said is not None
    marks = re.findall(r"<summary>(\S) <b>", text)
    assert marks.count("✗") == of_words(said[1])["failed"]
    return of_words(said[1])


READERS: tuple[Callable[[str], Counts], ...] = (
    of_text,
    of_json,
    of_jsonl,
    of_junit,
    of_sarif,
    of_github,
    of_markdown,
    of_html,
)


@pytest.mark.parametrize("rules", ["", MIXED], ids=["pack", "mixed"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_format_counts_alike(scenario: str, rules: str, tmp_path: Path) -> None:
    judged = outcome(scenario, rules, tmp_path)
    judged = judged.demand()
    counted = {form: read(written(judged, form)) for form, read in zip(FORMATS, READERS, strict=True)}
    assert len({tuple(sorted(counts.items())) for counts in counted.values()}) == 1, counted
    failed = counted["json"]["failed"]
    more = re.search(r"; (\d+) more rules? failed", headline(judged))
    assert failed == (int(more[1]) + 1 if more else min(failed, 1))


def test_the_scenarios_have_something_to_count(tmp_path: Path) -> None:
    every = [
        of_json(written(outcome(scenario, rules, tmp_path), "json")) for scenario in SCENARIOS for rules in ("", MIXED)
    ]
    assert all(
        max(summary[name] for summary in every) >= least
        for name, least in zip(KINDS.values(), (2, 1, 1, 2), strict=True)
    )


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_headed_by_what_is_accepted(form: str, tmp_path: Path) -> None:
    accepting = "extends: calico\naccept: [{rule: gateway-arp-answered, until: 2999-12-31, reason: known as NET-1}]\n"
    text = written(outcome("proxy-arp-off", accepting, tmp_path), form)
    assert "pass with 1 accepted failure" in text.lower()
    assert "known as NET-1" in text
    assert "2999-12-31" in text.replace("`", "")
