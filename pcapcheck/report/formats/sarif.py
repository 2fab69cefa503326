"""SARIF 2.1.0 (OASIS), for code scanning and viewers of analyses.

A result is a rule's finding, at the rule's file, since a capture has no lines: what was seen there are related
locations. GitHub makes an alert of every result, of passes too, so under GitHub Actions only failures are written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pcapcheck.analysis import Analysis
from pcapcheck.capture.source import STANDARD_INPUT
from pcapcheck.report import wording
from pcapcheck.report.accepted import justified
from pcapcheck.report.counts import counts, totals
from pcapcheck.report.exit import exit_code
from pcapcheck.report.github_runner import on_github
from pcapcheck.report.headline import headed
from pcapcheck.report.source_location import place_of, place_of_rule
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, NOT_CHECKED, PASS, Evidence, Finding
from pcapcheck.ruleset.rule import Rule
from pcapcheck.values import clean
from pcapcheck.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
PACKS = "PCAPCHECK_RULES"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
KINDS = {PASS: "pass", FAIL: "fail", NOT_CHECKED: "notApplicable"}
# What GitHub takes of a description.
DESCRIPTION = 1024
# Of inputs that could not be used so many are told one by one.
MOST_SKIPPED = 100
# FILE:NUMBER: as evidence quotes the lines of a node's state.
QUOTED = re.compile(r"(.+?):(\d+): ")


def write_sarif(outcome: Analysis, stream: IO[str]) -> None:
    """A log with one run."""
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(outcome)]}, stream, indent=2)
    stream.write("\n")


def _run(outcome: Analysis) -> dict[str, Any]:
    rules = {one.rule.id: number for number, one in enumerate(outcome.findings)}
    unmet = {one.rule: one.text for one in outcome.unmet}
    shown = [one for one in outcome.findings if one.status == FAIL or one.rule.id in unmet or not on_github()]
    return {
        "tool": {
            "driver": {
                "name": "pcapcheck",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(one.rule) for one in outcome.findings],
            }
        },
        "originalUriBaseIds": {PACKS: {"description": {"text": "The rules that come with pcapcheck."}}},
        "artifacts": [
            {"location": _file(path), "roles": ["analysisTarget"]}
            for capture in outcome.captures
            for path in capture.source.files
        ],
        "invocations": [_invocation(outcome, len(outcome.findings) - len(shown))],
        "properties": asdict(totals(outcome)),
        "results": [_result(outcome, one, rules[one.rule.id], unmet.get(one.rule.id)) for one in shown],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = "\n\n".join(part for part in (rule.why, rule.limits, "\n".join(rule.references)) if part)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _short(rule.why or rule.title)},
        "help": {"text": text or rule.title},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": not rule.off},
        "properties": {"tags": ["calico", "network", rule.table]},
    }


def _result(outcome: Analysis, finding: Finding, index: int, unmet: str | None) -> dict[str, Any]:
    rule = finding.rule
    failed = finding.status == FAIL
    level = LEVELS[rule.severity] if failed else "none"
    result = {
        "ruleId": rule.id,
        "ruleIndex": index,
        "kind": "fail" if unmet else KINDS[finding.status],
        "level": "error" if unmet else level,
        "message": {"text": _message(outcome, finding, unmet)},
        "locations": [_location(rule)],
        "relatedLocations": [one for each in finding.evidence for one in _seen(outcome, each)],
        "partialFingerprints": _fingerprints(finding),
        "properties": {
            "status": finding.status,
            "severity": rule.severity,
            "checked": finding.checked,
            "failed": finding.failed,
            "accepted": finding.accepted,
            "unknown": finding.unknown,
        },
    }
    # What still counts as an error or a warning is to be seen; viewers hide what is suppressed.
    if not unmet and rule.off:
        result["suppressions"] = [_suppression(rule.adjusted)]
    elif not unmet and finding.is_accepted:
        result["suppressions"] = [_suppression(line) for line in justified(finding)]
    return result


def _suppression(why: str) -> dict[str, str]:
    """By a file of the project, not by a comment in what was analysed (SARIF 2.1.0, sections 3.27.23 and 3.35).

    Without a status, which means accepted: drafts of the schema, which some tools still hold, call it otherwise.
    """
    return {"kind": "external", "justification": why}


def _message(outcome: Analysis, finding: Finding, unmet: str | None) -> str:
    if finding.status == FAIL:
        demanded = [unmet, ""] if unmet else []
        return "\n".join([*demanded, f"{wording.summary(outcome, finding)}.", "", *wording.failure(outcome, finding)])
    if unmet:
        return unmet
    if finding.status == NOT_CHECKED:
        return f"not checked: {finding.reason}"
    return f"{finding.rule.title}: {counts(finding)}"


def _location(rule: Rule) -> dict[str, Any]:
    place, line = place_of_rule(rule)
    file = {"uri": place.uri} | ({"uriBaseId": PACKS} if place.packaged else {})
    return {"physicalLocation": {"artifactLocation": file, "region": {"startLine": line, "startColumn": 1}}}


def _seen(outcome: Analysis, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Where a failing row shows: in a capture, or in lines of a node's state."""
    said = f"expected {evidence.expected}; observed {evidence.observed}"
    where = f" on {evidence.interface}" if evidence.interface else ""
    if evidence.capture != NO_CAPTURE:
        frames = f"frame{'s' if len(evidence.frames) > 1 else ''} {', '.join(map(str, evidence.frames))}"
        yield {
            "physicalLocation": {"artifactLocation": _file(outcome.captures[evidence.capture].path)},
            "message": {"text": wording.with_names(outcome, f"{frames}{where}: {said}")},
            "properties": {"frames": list(evidence.frames), "interface": evidence.interface},
        }
    for line in evidence.source_lines:
        quoted = QUOTED.match(line)
        if quoted:
            region = {"startLine": int(quoted[2])}
            yield {
                "physicalLocation": {"artifactLocation": _file(Path(quoted[1])), "region": region},
                "message": {"text": wording.with_names(outcome, said)},
            }


def _file(path: Path) -> dict[str, str]:
    return {"uri": "standard-input" if path == STANDARD_INPUT else place_of(path).uri}


def _fingerprints(finding: Finding) -> dict[str, str]:
    """Alike from run to run, wherever files lie and whichever frames show it.

    GitHub goes by the first alone, which is that of the rule: a pod's interface has another name after each rollout.
    """
    interfaces = sorted({one.interface for one in finding.evidence})
    return {
        "primaryLocationLineHash": f"{_digest(finding.rule.id)}:1",
        "ruleAndInterfaces/v1": _digest(finding.rule.id, *interfaces),
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _invocation(outcome: Analysis, left_out: int) -> dict[str, Any]:
    return {
        "executionSuccessful": outcome.verdict != NOT_CHECKED,
        "exitCode": exit_code(outcome),
        "exitCodeDescription": f"{headed(outcome)}: {wording.verdict(outcome)}",
        "toolExecutionNotifications": list(_notifications(outcome, left_out)),
    }


def _notifications(outcome: Analysis, left_out: int) -> Iterator[dict[str, Any]]:
    if outcome.verdict == NOT_CHECKED:
        yield _notification("error", wording.verdict(outcome))
    for demand in outcome.unmet:
        # Those of a rule are results too: code scanning looks at nothing else.
        about = {"associatedRule": {"id": demand.rule}} if demand.rule else {}
        yield _notification("error", demand.text) | about
    for one in outcome.skipped[:MOST_SKIPPED]:
        yield _notification("warning", one.message) | {"descriptor": {"id": one.kind}}
    if len(outcome.skipped) > MOST_SKIPPED:
        yield _notification("warning", f"{len(outcome.skipped) - MOST_SKIPPED} more files could not be used")
    for capture in outcome.captures:
        for problem in capture.problems:
            where = {"physicalLocation": {"artifactLocation": _file(capture.path)}}
            text = f"{clean(capture.source.name)}: {problem.message}"
            yield _notification("warning", text) | {"locations": [where], "descriptor": {"id": problem.kind}}
    for sentence, why in wording.questions(outcome):
        yield _notification("warning", "\n".join([f"{sentence}.", "", *why]))
    for text in [*outcome.not_understood, *(clean(one.text) for one in outcome.remarks)]:
        yield _notification("warning", text)
    if left_out:
        said = f"{left_out} rules that passed or were not checked are left out: GitHub would make alerts of them"
        yield _notification("note", said)


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}}


def _short(text: str) -> str:
    return text if len(text) <= DESCRIPTION else f"{text[: DESCRIPTION - 1]}…"
