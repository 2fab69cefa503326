"""JUnit XML for Jenkins, GitLab and others, valid by the schema of Jenkins' xunit plugin (junit-10.xsd).

A suite is an observation, a case a rule. What makes pcapcheck exit 1 is a failure, and what makes it exit 2 an error. A
rule that only warns counts as skipped where it failed, with a type and a message that say so: Jenkins calls a build
unstable for each failure.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO, TypeVar

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from msgspec.structs import asdict

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.build_report import build_report
from pcapcheck.report.counts import counts
from pcapcheck.report.model import Failure as Failed
from pcapcheck.report.model import Report
from pcapcheck.ruleset.demands import Unmet
from pcapcheck.ruleset.finding import NOT_CHECKED, Finding
from pcapcheck.values import format_time
from pcapcheck.version import __version__

# How much of a time in RFC 3339 is the date and the seconds.
SECONDS = len("2026-01-31T16:22:59")
R = TypeVar("R", Failure, Skipped)


def write_junit(analysis: Analysis, stream: IO[str]) -> None:
    """One document with one suite; its time is that of the recording, not of the judging."""
    report = build_report(analysis)
    suite = TestSuite(f"pcapcheck {report.subject}".strip())
    for name, value in _properties(report):
        suite.add_property(name, value)
    suite.add_testcases(_cases(report))
    if report.first is not None and report.last is not None:
        suite.timestamp = format_time(report.first)[:SECONDS]
        suite.time = round((report.last - report.first) / 1e9, 3)
    document = JUnitXml("pcapcheck")
    document.add_testsuite(suite)
    document.tests, document.failures, document.errors = suite.tests, suite.failures, suite.errors
    data = BytesIO()
    document.write(data, pretty=True)
    stream.write(data.getvalue().decode())


def _properties(report: Report) -> list[tuple[str, str]]:
    verdict = [("version", __version__), ("verdict", report.verdict), ("verdict_label", report.label)]
    verdict.append(("headline", report.named(report.headline)))
    verdict += [(name, str(count)) for name, count in asdict(report.totals).items()]
    inputs = [("input", line) for line in wording.captures(report)]
    asked = [("unanswered", "\n".join([f"{sentence}.", *why])) for sentence, why in wording.questions(report)]
    return verdict + inputs + asked + [("problem", line) for line in wording.problems(report)]


def _cases(report: Report) -> list[TestCase]:
    # Jenkins takes what stands before the last dot for a package.
    group = f"pcapcheck.{report.subject.replace('.', '_')}"
    unmet: dict[str | None, list[Unmet]] = {}
    for demand in report.demands:
        unmet.setdefault(demand.rule, []).append(demand)
    failures = {failure.rule.id: failure for failure in report.failures}
    cases = [
        _case(report, finding, failures.get(finding.rule.id), unmet.get(finding.rule.id, []), group)
        for finding in report.ordered
    ]
    for number, demand in enumerate(unmet.get(None, ()), 1):
        # A case per demand, so that failures are counted as everywhere.
        cases.append(_extra("input" if number == 1 else f"input {number}", Failure(demand.text, "unmet"), group))
    if report.verdict == NOT_CHECKED:
        cases.append(_extra("verdict", Error(report.named(report.headline), NOT_CHECKED), group))
    return cases


def _case(report: Report, finding: Finding, failure: Failed | None, unmet: list[Unmet], group: str) -> TestCase:
    rule = finding.rule
    case = TestCase(rule.id, group)
    lines = [f"{rule.title} ({rule.severity}, {counts(finding)})"]
    if rule.adjusted:
        lines.append(f"adjusted: {rule.adjusted}")
    message = wording.failure_line(report, failure) if failure else finding.reason
    failed = wording.failure_lines(report, failure) if failure else []
    if failed and rule.severity == "error":
        case.result = [_with(Failure(message, rule.severity), failed)]
    elif unmet:
        case.result = [_with(_unmet(unmet), failed)]
    elif failed:
        result_type = "accepted" if finding.is_accepted else rule.severity
        case.result = [_with(Skipped(message, result_type), failed)]
    elif finding.status == NOT_CHECKED:
        case.result = [Skipped(message, NOT_CHECKED)]
    case.system_out = "\n".join(lines)
    return case


def _extra(name: str, result: Failure | Error, group: str) -> TestCase:
    case = TestCase(name, group)
    case.result = [result]
    return case


def _unmet(unmet: list[Unmet]) -> Failure:
    return _with(Failure(unmet[0].text, "unmet"), [demand.text for demand in unmet[1:]])


def _with(result: R, lines: list[str]) -> R:
    """The result with more lines of text."""
    if lines:
        result.text = "\n".join([*((result.text or "").splitlines()), *lines])
    return result
