"""Build the report of an analysis: once, in one place, for every format."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.report.accepted import unneeded
from pcapcheck.report.captures import capture_entries, more_captures
from pcapcheck.report.counts import totals
from pcapcheck.report.exit import exit_code
from pcapcheck.report.headline import headed, heading, headline
from pcapcheck.report.icmp_errors import counted_errors, error_lines
from pcapcheck.report.left_out import skipped_lines
from pcapcheck.report.loss_sentences import WHAT
from pcapcheck.report.model import Explanation, Failure, Notes, PathEntry, Report
from pcapcheck.report.path_summaries import PathSummary, PointNames, hops, notes, path_summaries, path_title
from pcapcheck.report.pod_sums import each_pod, pods
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding, ordered
from pcapcheck.values import clean

SUBJECTS = 3


class Detail(Struct, frozen=True):
    """How much a format prints of what costs time.

    ``rows``: how many rows of each failure; their frames are read from the captures again (None: all rows that are
    kept). ``paths``: how many paths hop by hop (None: all). ``numbers``: paths and losses in numbers too.
    """

    rows: int | None = None
    paths: int | None = 0
    numbers: bool = False


EVERY_ROW = Detail()
NUMBERS = Detail(rows=0, numbers=True)


def build_report(analysis: Analysis, detail: Detail = EVERY_ROW) -> Report:
    """The analysis as data for formats."""
    findings = ordered(analysis.findings)
    captures = capture_entries(analysis)
    points = [point.capture_point for point in analysis.points]
    summaries = path_summaries(analysis) if detail.numbers or detail.paths != 0 else []
    errors = counted_errors(analysis)
    return Report(
        verdict=analysis.verdict,
        heading=heading(analysis),
        label=headed(analysis),
        headline=headline(analysis),
        error=analysis.error,
        exit_code=exit_code(analysis),
        totals=totals(analysis),
        subject=_subject(analysis),
        first=min((point.first for point in points if point.first is not None), default=None),
        last=max((point.last for point in points if point.last is not None), default=None),
        captures=captures,
        more_captures=more_captures(captures),
        hosts=tuple(analysis.described),
        demands=tuple(analysis.unmet),
        findings=tuple(analysis.findings),
        ordered=tuple(findings),
        failures=_failures(analysis, detail.rows),
        passed=tuple(finding for finding in findings if finding.status == PASS),
        not_checked=_by_reason(findings),
        explanations=_explanations(analysis),
        unanswered=tuple(analysis.unanswered),
        exchanges=tuple(pods(analysis)),
        pod_exchanges=tuple(each_pod(analysis)),
        losses=tuple(losses for table in WHAT if detail.numbers and (losses := analysis.losses(table)) is not None),
        followed=analysis.followed,
        path_summaries=tuple(summaries),
        paths=_paths(analysis, summaries, detail.paths),
        icmp_errors=errors,
        remarks=tuple(analysis.remarks),
        traces=tuple(analysis.traces),
        skipped=tuple(analysis.skipped),
        notes=Notes(
            skipped=tuple(skipped_lines(analysis)),
            skipped_undemanded=tuple(skipped_lines(analysis, demanded=False)),
            unneeded=tuple(unneeded(analysis)),
            unneeded_undemanded=tuple(unneeded(analysis, demanded=False)),
            not_understood=tuple(analysis.not_understood),
            icmp_errors=tuple(error_lines(errors, analysis.followed)),
            paths=tuple(notes(analysis)) if detail.paths != 0 else (),
        ),
        pods=analysis.pods,
    )


def _failures(analysis: Analysis, rows: int | None) -> tuple[Failure, ...]:
    """The rules that failed. A healthy capture loads nothing for them."""
    if all(finding.status != FAIL for finding in analysis.findings):
        return ()
    from pcapcheck.report.failures import failures

    return failures(analysis, rows)


def _explanations(analysis: Analysis) -> tuple[Explanation, ...]:
    if not analysis.diagnoses:
        return ()
    from pcapcheck.report.explanations import explanations

    return explanations(analysis)


def _subject(analysis: Analysis) -> str:
    """The name of the observation: the names of the given files, without their folders."""
    names = [clean(path.rstrip("/").rpartition("/")[2]) or path for path in analysis.given]
    more = f" and {len(names) - SUBJECTS} more" if len(names) > SUBJECTS else ""
    return ", ".join(names[:SUBJECTS]) + more


def _by_reason(findings: list[Finding]) -> tuple[tuple[str, tuple[Finding, ...]], ...]:
    by_reason: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.status == NOT_CHECKED:
            by_reason.setdefault(finding.reason, []).append(finding)
    return tuple((reason, tuple(unchecked)) for reason, unchecked in by_reason.items())


def _paths(analysis: Analysis, summaries: list[PathSummary], most: int | None) -> tuple[PathEntry, ...]:
    """The first paths hop by hop. If no packet was seen twice, there is none."""
    if most == 0 or not any(len(summary.path.steps) > 1 for summary in summaries):
        return ()
    names = PointNames(analysis)
    # A single further path takes no more room than the line that would count it.
    shown = summaries if most is None or len(summaries) <= most + 1 else summaries[:most]
    return tuple(
        PathEntry(summary, path_title(summary), _lost(summary), tuple(hops(summary.path, names, analysis.followed)))
        for summary in shown
    )


def _lost(summary: PathSummary) -> str:
    lost = "all" if summary.lost == summary.count else summary.lost
    return f", {lost} lost after this point" if summary.lost else ""
