"""JUnit XML for Jenkins, GitLab and others, valid by the schema of Jenkins' xunit plugin (junit-10.xsd).

A suite is an observation, a case a rule. What makes pcapcheck exit 1 is a failure, and what makes it exit 2 an error. A
rule that only warns counts as skipped where it failed, with a type and a message that say so: Jenkins calls a build
unstable for each failure.
"""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from typing import IO, TypeVar

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.counts import counts, totals
from pcapcheck.report.headline import headed
from pcapcheck.ruleset.demands import Unmet
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, Finding, ordered
from pcapcheck.values import format_time
from pcapcheck.version import __version__

# How much of a time in RFC 3339 is the date and the seconds.
SECONDS = len("2026-01-31T16:22:59")
R = TypeVar("R", Failure, Skipped)


def write_junit(outcome: Analysis, stream: IO[str]) -> None:
    """One document with one suite; its time is that of the recording, not of the judging."""
    suite = TestSuite(f"pcapcheck {wording.subject(outcome)}".strip())
    for name, value in _properties(outcome):
        suite.add_property(name, value)
    suite.add_testcases(_cases(outcome))
    capture_points = [point.capture_point for point in outcome.points]
    first = min((one.first for one in capture_points if one.first is not None), default=None)
    last = max((one.last for one in capture_points if one.last is not None), default=None)
    if first is not None and last is not None:
        suite.timestamp = format_time(first)[:SECONDS]
        suite.time = round((last - first) / 1e9, 3)
    document = JUnitXml("pcapcheck")
    document.add_testsuite(suite)
    document.tests, document.failures, document.errors = suite.tests, suite.failures, suite.errors
    data = BytesIO()
    document.write(data, pretty=True)
    stream.write(data.getvalue().decode())


def _properties(outcome: Analysis) -> list[tuple[str, str]]:
    verdict = [("version", __version__), ("verdict", outcome.verdict), ("verdict_label", headed(outcome))]
    verdict.append(("headline", wording.verdict(outcome)))
    verdict += [(name, str(count)) for name, count in asdict(totals(outcome)).items()]
    inputs = [("input", line) for line in wording.captures(outcome)]
    asked = [("unanswered", "\n".join([f"{sentence}.", *why])) for sentence, why in wording.questions(outcome)]
    return verdict + inputs + asked + [("problem", line) for line in wording.problems(outcome)]


def _cases(outcome: Analysis) -> list[TestCase]:
    # Jenkins takes what stands before the last dot for a package.
    group = f"pcapcheck.{wording.subject(outcome).replace('.', '_')}"
    unmet: dict[str | None, list[Unmet]] = {}
    for one in outcome.unmet:
        unmet.setdefault(one.rule, []).append(one)
    cases = [_case(outcome, one, unmet.get(one.rule.id, []), group) for one in ordered(outcome.findings)]
    for number, one in enumerate(unmet.get(None, ()), 1):
        # A case per demand, so that failures are counted as everywhere.
        cases.append(_extra("input" if number == 1 else f"input {number}", Failure(one.text, "unmet"), group))
    if outcome.verdict == NOT_CHECKED:
        cases.append(_extra("verdict", Error(wording.verdict(outcome), NOT_CHECKED), group))
    return cases


def _case(outcome: Analysis, finding: Finding, unmet: list[Unmet], group: str) -> TestCase:
    rule = finding.rule
    case = TestCase(rule.id, group)
    message = wording.summary(outcome, finding)
    lines = [f"{rule.title} ({rule.severity}, {counts(finding)})"]
    if rule.adjusted:
        lines.append(f"adjusted: {rule.adjusted}")
    failed = wording.failure(outcome, finding) if finding.status == FAIL else []
    if failed and rule.severity == "error":
        case.result = [_with(Failure(message, rule.severity), failed)]
    elif unmet:
        case.result = [_with(_unmet(unmet), failed)]
    elif failed:
        kind = "accepted" if finding.is_accepted else rule.severity
        case.result = [_with(Skipped(message, kind), failed)]
    elif finding.status == NOT_CHECKED:
        case.result = [Skipped(message, NOT_CHECKED)]
    case.system_out = "\n".join(lines)
    return case


def _extra(name: str, result: Failure | Error, group: str) -> TestCase:
    case = TestCase(name, group)
    case.result = [result]
    return case


def _unmet(unmet: list[Unmet]) -> Failure:
    return _with(Failure(unmet[0].text, "unmet"), [one.text for one in unmet[1:]])


def _with(result: R, lines: list[str]) -> R:
    """The result with more lines of text."""
    if lines:
        result.text = "\n".join([*((result.text or "").splitlines()), *lines])
    return result
