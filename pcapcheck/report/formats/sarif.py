"""SARIF 2.1.0 (OASIS), for code scanning and viewers of analyses.

A result is a rule's finding, at the rule's file, since a capture has no lines: what was seen there are related
locations. GitHub makes an alert of every result, of passes too, so under GitHub Actions only failures are written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from msgspec.structs import asdict

from pcapcheck.analysis import Analysis
from pcapcheck.capture.source import STANDARD_INPUT
from pcapcheck.report import wording
from pcapcheck.report.accepted import justified
from pcapcheck.report.build_report import build_report
from pcapcheck.report.counts import counts
from pcapcheck.report.github_runner import on_github
from pcapcheck.report.json_text import indented
from pcapcheck.report.model import Failure, Report
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
# This many inputs that could not be used are named.
MOST_SKIPPED = 100
# FILE:NUMBER: as evidence quotes the lines of a node's state.
QUOTED = re.compile(r"(.+?):(\d+): ")


def write_sarif(analysis: Analysis, stream: IO[str]) -> None:
    """A log with one run."""
    report = build_report(analysis)
    stream.write(indented({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}))


def _run(report: Report) -> dict[str, Any]:
    rules = {finding.rule.id: number for number, finding in enumerate(report.findings)}
    failures = {failure.rule.id: failure for failure in report.failures}
    unmet = {demand.rule: demand.text for demand in report.demands}
    shown = [
        finding for finding in report.findings if finding.status == FAIL or finding.rule.id in unmet or not on_github()
    ]
    return {
        "tool": {
            "driver": {
                "name": "pcapcheck",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(finding.rule) for finding in report.findings],
            }
        },
        "originalUriBaseIds": {PACKS: {"description": {"text": "The rules that come with pcapcheck."}}},
        "artifacts": [
            {"location": _file(path), "roles": ["analysisTarget"]}
            for entry in report.captures
            for path in entry.capture.source.files
        ],
        "invocations": [_invocation(report, len(report.findings) - len(shown))],
        "properties": asdict(report.totals),
        "results": [
            _result(report, finding, failures.get(finding.rule.id), rules[finding.rule.id], unmet.get(finding.rule.id))
            for finding in shown
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    text = "\n\n".join(part for part in (rule.why, rule.limits, "\n".join(rule.references)) if part)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": _short(rule.why or rule.title)},
        "help": {"text": text or rule.title},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": not rule.off},
        "properties": {"tags": [*rule.networks, "network", rule.table]},
    }


def _result(report: Report, finding: Finding, failure: Failure | None, index: int, unmet: str | None) -> dict[str, Any]:
    rule = finding.rule
    failed = finding.status == FAIL
    level = LEVELS[rule.severity] if failed else "none"
    result = {
        "ruleId": rule.id,
        "ruleIndex": index,
        "kind": "fail" if unmet else KINDS[finding.status],
        "level": "error" if unmet else level,
        "message": {"text": _message(report, finding, failure, unmet)},
        "locations": [_location(rule)],
        "relatedLocations": [place for row in finding.evidence for place in _seen(report, row)],
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


def _message(report: Report, finding: Finding, failure: Failure | None, unmet: str | None) -> str:
    if failure is not None:
        demanded = [unmet, ""] if unmet else []
        said = f"{wording.failure_line(report, failure)}."
        return "\n".join([*demanded, said, "", *wording.failure_lines(report, failure)])
    if unmet:
        return unmet
    if finding.status == NOT_CHECKED:
        return f"not checked: {finding.reason}"
    return f"{finding.rule.title}: {counts(finding)}"


def _location(rule: Rule) -> dict[str, Any]:
    place, line = place_of_rule(rule)
    file = {"uri": place.uri} | ({"uriBaseId": PACKS} if place.packaged else {})
    return {"physicalLocation": {"artifactLocation": file, "region": {"startLine": line, "startColumn": 1}}}


def _seen(report: Report, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Where a failing row shows: in a capture, or in lines of a node's state."""
    said = f"expected {evidence.expected}; observed {evidence.observed}"
    where = f" on {evidence.interface}" if evidence.interface else ""
    if evidence.capture != NO_CAPTURE:
        frames = f"frame{'s' if len(evidence.frames) > 1 else ''} {', '.join(map(str, evidence.frames))}"
        yield {
            "physicalLocation": {"artifactLocation": _file(report.captures[evidence.capture].capture.path)},
            "message": {"text": report.named(f"{frames}{where}: {said}")},
            "properties": {"frames": list(evidence.frames), "interface": evidence.interface},
        }
    for line in evidence.source_lines:
        quoted = QUOTED.match(line)
        if quoted:
            region = {"startLine": int(quoted[2])}
            yield {
                "physicalLocation": {"artifactLocation": _file(Path(quoted[1])), "region": region},
                "message": {"text": report.named(said)},
            }


def _file(path: Path) -> dict[str, str]:
    return {"uri": "standard-input" if path == STANDARD_INPUT else place_of(path).uri}


def _fingerprints(finding: Finding) -> dict[str, str]:
    """Alike from run to run, wherever files lie and whichever frames show it.

    GitHub goes by the first alone, which is that of the rule: a pod's interface has another name after each rollout.
    """
    interfaces = sorted({row.interface for row in finding.evidence})
    return {
        "primaryLocationLineHash": f"{_digest(finding.rule.id)}:1",
        "ruleAndInterfaces/v1": _digest(finding.rule.id, *interfaces),
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _invocation(report: Report, left_out: int) -> dict[str, Any]:
    return {
        "executionSuccessful": report.verdict != NOT_CHECKED,
        "exitCode": report.exit_code,
        "exitCodeDescription": f"{report.label}: {report.named(report.headline)}",
        "toolExecutionNotifications": list(_notifications(report, left_out)),
    }


def _notifications(report: Report, left_out: int) -> Iterator[dict[str, Any]]:
    if report.verdict == NOT_CHECKED:
        yield _notification("error", report.named(report.headline))
    for demand in report.demands:
        # Those of a rule are results too: code scanning looks at nothing else.
        about = {"associatedRule": {"id": demand.rule}} if demand.rule else {}
        yield _notification("error", demand.text) | about
    for skipped in report.skipped[:MOST_SKIPPED]:
        yield _notification("warning", skipped.message) | {"descriptor": {"id": skipped.kind}}
    if len(report.skipped) > MOST_SKIPPED:
        yield _notification("warning", f"{len(report.skipped) - MOST_SKIPPED} more files could not be used")
    for entry in report.captures:
        capture = entry.capture
        for problem in capture.problems:
            where = {"physicalLocation": {"artifactLocation": _file(capture.path)}}
            text = f"{clean(capture.source.name)}: {problem.message}"
            yield _notification("warning", text) | {"locations": [where], "descriptor": {"id": problem.kind}}
    for sentence, why in wording.questions(report):
        yield _notification("warning", "\n".join([f"{sentence}.", "", *why]))
    for text in [*report.notes.not_understood, *(clean(remark.text) for remark in report.remarks)]:
        yield _notification("warning", text)
    if left_out:
        said = f"{left_out} rules that passed or were not checked are left out: GitHub would make alerts of them"
        yield _notification("note", said)


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}}


def _short(text: str) -> str:
    return text if len(text) <= DESCRIPTION else f"{text[: DESCRIPTION - 1]}…"
