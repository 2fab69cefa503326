"""Annotations of GitHub Actions: workflow commands, as the runner reads them from a step's output.

Escaping as in actions/toolkit, packages/core/src/command.ts. A step shows ten of each kind; the worst come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.counts import counts, totals
from pcapcheck.report.headline import WARN, headed, heading
from pcapcheck.report.source_location import place_of_rule
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding, ordered
from pcapcheck.ruleset.rule import Rule
from pcapcheck.values import clean

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def write_github(outcome: Analysis, stream: IO[str]) -> None:
    """An annotation per failed rule, unmet demand and problem, and one with the verdict."""
    for line in _annotations(outcome):
        stream.write(f"{line}\n")


def _annotations(outcome: Analysis) -> Iterator[str]:
    findings = ordered(outcome.findings)
    if outcome.error:
        yield _command("error", "pcapcheck could not judge", [outcome.error])
        if len(outcome.skipped) > 1:
            yield _command("warning", "pcapcheck", list(wording.problems(outcome)))
        return
    for one in findings:
        if one.status == FAIL:
            message = [wording.summary(outcome, one), "", *wording.failure(outcome, one)]
            yield _command(COMMANDS[one.rule.severity], f"{one.rule.id}: {one.rule.title}", message, one.rule)
    if outcome.unmet:
        many = f"{len(outcome.unmet)} demand{'' if len(outcome.unmet) == 1 else 's'} not met"
        yield _command("error", many, [one.text for one in outcome.unmet])
    for sentence, why in wording.questions(outcome):
        yield _command("warning", "no answer", [sentence, "", *why])
    for problem in wording.problems(outcome):
        yield _command("warning", "pcapcheck", [problem])
    yield _command(*_verdict(outcome, findings))


def _verdict(outcome: Analysis, findings: list[Finding]) -> tuple[str, str, list[str]]:
    lines = [wording.verdict(outcome), totals(outcome).words, *wording.captures(outcome)]
    passed = [one for one in findings if one.status == PASS]
    if passed:
        lines.append("passed: " + ", ".join(f"{one.rule.id} ({counts(one)})" for one in passed))
    reasons: dict[str, list[str]] = {}
    for one in findings:
        if one.status == NOT_CHECKED:
            reasons.setdefault(one.reason, []).append(one.rule.id)
    lines += [f"not checked: {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    # What could not be judged fails the step; a failure is said by its own annotations.
    kind = heading(outcome)
    return {NOT_CHECKED: "error", WARN: "warning"}.get(kind, "notice"), f"pcapcheck: {headed(outcome).lower()}", lines


def _command(kind: str, title: str, message: list[str], rule: Rule | None = None) -> str:
    properties = {"title": title}
    if rule is not None:
        place, line = place_of_rule(rule)
        if place.is_local:
            properties |= {"file": clean(str(place.path)), "line": str(line)}
    given = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{kind} {given}::{_escaped(chr(10).join(message))}"


def _escaped(text: str, more: str = "") -> str:
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
