"""Annotations of GitHub Actions: workflow commands, as the runner reads them from a step's output.

Escaping as in actions/toolkit, packages/core/src/command.ts. A step shows ten of each kind; the worst come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.build_report import build_report
from pcapcheck.report.counts import counts
from pcapcheck.report.headline import WARN
from pcapcheck.report.model import Report
from pcapcheck.report.source_location import place_of_rule
from pcapcheck.ruleset.finding import NOT_CHECKED
from pcapcheck.ruleset.rule import Rule
from pcapcheck.values import clean

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def write_github(analysis: Analysis, stream: IO[str]) -> None:
    """An annotation per failed rule, unmet demand and problem, and one with the verdict."""
    for line in _annotations(build_report(analysis)):
        stream.write(f"{line}\n")


def _annotations(report: Report) -> Iterator[str]:
    if report.error:
        yield _command("error", "pcapcheck could not judge", [report.error])
        if len(report.skipped) > 1:
            yield _command("warning", "pcapcheck", list(wording.problems(report)))
        return
    for failure in report.failures:
        rule = failure.rule
        message = [wording.failure_line(report, failure), "", *wording.failure_lines(report, failure)]
        yield _command(COMMANDS[rule.severity], f"{rule.id}: {rule.title}", message, rule)
    if report.demands:
        many = f"{len(report.demands)} demand{'' if len(report.demands) == 1 else 's'} not met"
        yield _command("error", many, [demand.text for demand in report.demands])
    for sentence, why in wording.questions(report):
        yield _command("warning", "no answer", [sentence, "", *why])
    for problem in wording.problems(report):
        yield _command("warning", "pcapcheck", [problem])
    yield _command(*_verdict(report))


def _verdict(report: Report) -> tuple[str, str, list[str]]:
    lines = [report.named(report.headline), report.totals.words, *wording.captures(report)]
    if report.passed:
        lines.append("passed: " + ", ".join(f"{finding.rule.id} ({counts(finding)})" for finding in report.passed))
    lines += [
        f"not checked: {', '.join(finding.rule.id for finding in findings)}: {reason}"
        for reason, findings in report.not_checked
    ]
    # What could not be judged fails the step; a failure is said by its own annotations.
    command = "error" if report.verdict == NOT_CHECKED else "warning" if report.heading == WARN else "notice"
    return command, f"pcapcheck: {report.label.lower()}", lines


def _command(command: str, title: str, message: list[str], rule: Rule | None = None) -> str:
    properties = {"title": title}
    if rule is not None:
        place, line = place_of_rule(rule)
        if place.is_local:
            properties |= {"file": clean(str(place.path)), "line": str(line)}
    given = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{command} {given}::{_escaped(chr(10).join(message))}"


def _escaped(text: str, more: str = "") -> str:
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
