"""The report for people as plain lines, which formats with room for text quote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.report.accepted import expired
from pcapcheck.report.console import SHOWN, Page
from pcapcheck.report.diagnosis_section import write_diagnosis
from pcapcheck.report.failure_section import write_failure
from pcapcheck.report.headline import failure as sentence
from pcapcheck.report.headline import headline
from pcapcheck.report.model import Explanation, Failure, Report
from pcapcheck.report.pod_names import with_names
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, Finding
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods

# A long list is cut to this many lines.
FEW = 20


def headline_line(analysis: Analysis) -> str:
    """The headline, with pods named."""
    return with_names(headline(analysis), analysis.pods)


def failure(analysis: Analysis, finding: Finding) -> list[str]:
    """A failed rule: all of its evidence, with the frames in words, and why it failed, if known."""
    from pcapcheck.report.explanations import explanations
    from pcapcheck.report.failures import failure_of

    return _quoted(failure_of(analysis, finding), explanations(analysis), analysis.pods)


def summary(analysis: Analysis, finding: Finding) -> str:
    """A finding in one line: the failure, why it was not checked, or what holds."""
    said = sentence(finding, analysis) + expired(finding) if finding.status == FAIL else finding.rule.title
    return finding.reason if finding.status == NOT_CHECKED else with_names(said, analysis.pods)


def failure_lines(report: Report, failed: Failure) -> list[str]:
    """The same for a failure in a report."""
    return _quoted(failed, report.explanations, report.pods)


def failed_rows(report: Report, failed: Failure) -> list[str]:
    """The rows of a failure alone: why they failed is said elsewhere."""
    return _lines(report.pods, partial(write_failure, failure=failed))


def diagnosis_lines(report: Report, explanation: Explanation) -> list[str]:
    """Why something failed."""
    return _lines(report.pods, partial(write_diagnosis, explanation=explanation))


def failure_line(report: Report, failed: Failure) -> str:
    """A failure in one line."""
    return report.named(failed.sentence + failed.expired)


def questions(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Questions that no rule is about and nobody answered: a sentence for each, and why, if known."""
    for explanation in report.questions:
        yield report.named(explanation.headline), diagnosis_lines(report, explanation)


def captures(report: Report, every: bool = False) -> list[str]:
    """The inputs: a line per capture and per host of a node's state; if there are many, the first few and a count."""
    lines = [report.named(entry.line) for entry in report.captures if every or entry.shown]
    lines += [report.more_captures] if report.more_captures and not every else []
    return lines + some(report.hosts, "more hosts", every)


def problems(report: Report, every: bool = False) -> Iterator[str]:
    """Problems of the input, acceptances that are no longer needed, remarks."""
    notes = report.notes
    yield from notes.skipped
    yield from notes.unneeded
    of_captures = [
        f"{clean(entry.capture.source.name)}: {line}" for entry in report.captures for line in entry.problems
    ]
    yield from some(of_captures, "more problems of captures", every)
    yield from some(notes.not_understood, "more lines that were not understood", every)
    yield from some([clean(remark.text) for remark in report.remarks], "more remarks", every)


def some(lines: Sequence[str], what: str, every: bool = False) -> list[str]:
    """A list of lines, shortened unless ``every``; JSON has them all."""
    return list(lines) if every else few(lines, what, FEW, "--format json has them all")


def few(lines: Sequence[str], what: str, shown: int = SHOWN, how: str = "--verbose shows all") -> list[str]:
    """The first lines, and how many more there are. A single further line is shown: counting it takes a line too."""
    return list(lines) if len(lines) <= shown + 1 else [*lines[:shown], f"and {len(lines) - shown:,} {what} ({how})"]


def _quoted(failed: Failure, why: Sequence[Explanation], pods: Pods | None) -> list[str]:
    def write(page: Page) -> None:
        write_failure(page, failed)
        for explanation in why:
            first, *others = explanation.rules or [""]
            if failed.rule.id == first:
                page.line()
                write_diagnosis(page, explanation)
            elif failed.rule.id in others:
                page.line()
                page.line(f"it follows from {first}; the cause is given there")

    return _lines(pods, write)


def _lines(pods: Pods | None, write: Callable[[Page], None]) -> list[str]:
    stream = StringIO()
    write(Page(stream, pods, plain=True))
    return stream.getvalue().rstrip("\n").split("\n")
