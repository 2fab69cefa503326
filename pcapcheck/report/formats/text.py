"""The report for people: the verdict first, then failures with their evidence, the exchanges, what was not checked."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import IO

from rich.text import Text

from pcapcheck.analysis import Analysis
from pcapcheck.report.build_report import Detail, build_report
from pcapcheck.report.console import Page
from pcapcheck.report.counts import counts
from pcapcheck.report.diagnosis_section import write_diagnosis, write_next, write_remarks
from pcapcheck.report.failure_section import STYLES, write_failure
from pcapcheck.report.headline import WARN
from pcapcheck.report.marks import FAILED, NOTE, PASSED, UNCHECKED
from pcapcheck.report.model import Report
from pcapcheck.report.pod_table import write_pods
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding

SHORT = Detail(rows=3, paths=6)
VERBOSE = Detail(rows=3, paths=None)
NO_ROWS = Detail(rows=0)
REASONS_SHOWN = 11


def write_text(analysis: Analysis, stream: IO[str], verbose: bool = False, ladder: bool = False) -> None:
    """The whole report, on a terminal or piped. Long lists are shortened unless ``verbose``.

    ``ladder``: with failed exchanges, and one that was answered, packet by packet. On a terminal what matters most is
    said again below a report that is longer than the screen.
    """
    report = build_report(analysis, VERBOSE if verbose else SHORT)
    page = Page(stream, report.pods, verbose=verbose)
    _verdict(page, report)
    if ladder:
        _ladders(page, analysis)
    for explanation in report.explanations:
        page.line()
        write_diagnosis(page, explanation)
    write_remarks(page, report.remarks)
    for failure in report.failures:
        page.line()
        write_failure(page, failure)
    _passed(page, report.passed)
    write_pods(page, list(report.pod_exchanges))
    _paths(page, report)
    if report.notes.icmp_errors:
        page.line()
    page.few(report.notes.icmp_errors, what="more kinds of ICMP error")
    _not_checked(page, report)
    if page.is_full:
        page.line()
        _headline(page, report)
        write_next(page, report.explanations)


def summary(analysis: Analysis) -> str:
    """What heads and ends the report on a terminal: the verdict, its headline, and the cause with what to do first."""
    report = build_report(analysis, NO_ROWS)
    stream = StringIO()
    page = Page(stream, report.pods, plain=True)
    _headline(page, report)
    write_next(page, report.explanations)
    return stream.getvalue().rstrip("\n")


def _headline(page: Page, report: Report) -> None:
    # Green is for a pass without anything to look at.
    style = STYLES[WARN if report.heading == PASS and report.totals.accepted else report.heading]
    page.line(Text.assemble((report.label, style), "  ", (report.headline, "bold")), hang=6)


def _verdict(page: Page, report: Report) -> None:
    notes = report.notes
    _headline(page, report)
    page.line(report.totals.words, 6)
    page.few((_marked(page, FAILED, demand.text) for demand in report.demands), 6, "more demands that are not met")
    page.few((_marked(page, NOTE, line) for line in notes.skipped_undemanded), 6)
    page.few((_marked(page, NOTE, line) for line in notes.unneeded_undemanded), 6)
    for entry in report.captures:
        if entry.shown or page.verbose:
            page.line(entry.line, 6, 2)
            page.few((_marked(page, NOTE, line) for line in entry.problems), 6, "more problems of this capture")
    if report.more_captures and not page.verbose:
        page.line(f"{report.more_captures} (--verbose shows all)", 6)
    if report.hosts:
        from pcapcheck.report.wording import few

        hosts = report.hosts if page.verbose else few(report.hosts, "more hosts")
        page.line(f"state of {'; '.join(hosts)}", 6, 2)
    page.few((_marked(page, NOTE, line) for line in notes.not_understood), 6, "more lines that were not understood")


def _ladders(page: Page, analysis: Analysis) -> None:
    from pcapcheck.report.pictures.ladder import ladder_of
    from pcapcheck.report.pictures.pictured_exchange import pictured_exchanges
    from pcapcheck.report.pictures.text_ladder import text_ladder

    for drawn in map(ladder_of, pictured_exchanges(analysis)):
        page.line()
        page.line(Text(drawn.title, "bold"))
        for line in text_ladder(drawn, page.width, ascii_only=page.mark(PASSED) != PASSED):
            page.command(line, 0)


def _marked(page: Page, mark: str, text: str) -> Text:
    style = STYLES[FAIL] if mark == FAILED else STYLES[NOT_CHECKED]
    return Text.assemble((f"{page.mark(mark)} ", style), text)


def _passed(page: Page, findings: Sequence[Finding]) -> None:
    """In one paragraph, with how many rows each checked; a line for each with more to say."""
    mark = (f"{page.mark(PASSED)} ", STYLES[PASS])
    brief = [finding for finding in findings if not (page.verbose or finding.measures or finding.unknown)]
    if findings:
        page.line()
    for finding in findings:
        if finding not in brief:
            words = f"  {finding.rule.title} ({counts(finding)})"
            page.line(Text.assemble(mark, (finding.rule.id, "bold"), words), hang=4)
    if brief:
        listed = [part for finding in brief for part in (", ", (finding.rule.id, "bold"), f" ({finding.checked})")]
        page.line(Text.assemble(mark, "passed (rows checked): ", *listed[1:]), hang=4, fit=True)


def _paths(page: Page, report: Report) -> None:
    """The paths that packets took, a line per hop."""
    if report.paths:
        page.line()
    for path in report.paths:
        page.line(Text.assemble((path.title, "bold"), (path.lost, STYLES[FAIL])))
        for hop in path.hops:
            page.line(hop, 4)
    rest = report.path_summaries[len(report.paths) :] if report.paths else ()
    if rest:
        packets = sum(summary.count for summary in rest)
        page.line(f"and {len(rest)} more paths, {packets} packets (pcapcheck export --table paths)")
    page.few(report.notes.paths)


def _not_checked(page: Page, report: Report) -> None:
    reasons = report.not_checked
    if reasons:
        page.line()
    shown = len(reasons) if page.verbose or len(reasons) <= REASONS_SHOWN + 1 else REASONS_SHOWN
    for reason, findings in reasons[:shown]:
        names = ", ".join(finding.rule.id for finding in findings)
        mark = (f"{page.mark(UNCHECKED)} not checked: ", STYLES[NOT_CHECKED])
        page.line(Text.assemble(mark, (names, "bold")), hang=4)
        page.line(reason, 4)
    rest = sum(len(findings) for _, findings in reasons[shown:])
    if rest:
        page.line(f"and {rest} more rules, for other reasons (--verbose shows all)")
