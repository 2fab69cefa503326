"""The report for people: the verdict first, then failures with their evidence, the exchanges, what was not checked."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from itertools import islice
from typing import IO

from rich.text import Text

from pcapcheck.analysis import Analysis
from pcapcheck.decode.icmp_words import in_words
from pcapcheck.report.accepted import accepted, needless, over
from pcapcheck.report.captures import capture_line, captures_shown, more_captures, problem_lines
from pcapcheck.report.causes import write_diagnosis, write_next, write_remarks
from pcapcheck.report.console import Page, few
from pcapcheck.report.counts import counts, totals
from pcapcheck.report.evidence import ShownFrame, frames_in_words, in_lines
from pcapcheck.report.headline import WARN, failure, headed, heading, headline
from pcapcheck.report.left_out import skipped_lines
from pcapcheck.report.marks import ACCEPTED, FAILED, NOTE, PASSED, UNCHECKED, WARNED
from pcapcheck.report.path_summaries import PointNames, hops, notes, path_summaries, path_title
from pcapcheck.report.pod_sums import each_pod
from pcapcheck.report.pod_table import write_pods
from pcapcheck.report.show_commands import commands
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, NOT_CHECKED, PASS, Evidence, Finding, fair, ordered
from pcapcheck.values import clean, format_address

STYLES = {PASS: "bold green", FAIL: "bold red", WARN: "bold yellow", NOT_CHECKED: "bold yellow"}
EVIDENCE_SHOWN = 3
FRAMES_SHOWN = 4
ROUTES_SHOWN = 6
REASONS_SHOWN = 8


def write_text(result: Analysis, stream: IO[str], verbose: bool = False) -> None:
    """The whole report, on a terminal or piped. Long lists are shortened unless ``verbose``.

    On a terminal what matters most is said again below a report that is longer than the screen.
    """
    page = Page(stream, result.pods, verbose=verbose)
    _verdict(page, result)
    for diagnosis in result.diagnoses:
        page.line()
        write_diagnosis(page, diagnosis)
    write_remarks(page, result)
    findings = ordered(result.findings)
    for finding in findings:
        if finding.status == FAIL:
            page.line()
            write_failure(page, result, finding, EVIDENCE_SHOWN)
    _passed(page, [one for one in findings if one.status == PASS])
    write_pods(page, each_pod(result))
    _paths(page, result)
    _refusals(page, result)
    _not_checked(page, [one for one in findings if one.status == NOT_CHECKED])
    if page.is_full:
        page.line()
        _headline(page, result)
        write_next(page, result)


def summary(result: Analysis) -> str:
    """What heads and ends the report on a terminal: the verdict, its headline, and the cause with what to do first."""
    stream = StringIO()
    page = Page(stream, result.pods, plain=True)
    _headline(page, result)
    write_next(page, result)
    return stream.getvalue().rstrip("\n")


def _headline(page: Page, result: Analysis) -> None:
    kind = heading(result)
    # Green is a pass of which nothing is to be known.
    style = STYLES[WARN if kind == PASS and result.accepted else kind]
    word = headed(result)
    page.line(Text.assemble((word, style), "  ", (headline(result), "bold")), hang=6)


def _verdict(page: Page, result: Analysis) -> None:
    _headline(page, result)
    page.line(totals(result).words, 6)
    page.few((_marked(page, FAILED, one.text) for one in result.unmet), 6, "more demands that are not met")
    page.few((_marked(page, NOTE, line) for line in skipped_lines(result, demanded=False)), 6)
    page.few((_marked(page, NOTE, line) for line in needless(result, demanded=False)), 6)
    shown = captures_shown(result, page.verbose)
    for capture in shown:
        page.line(capture_line(result, capture), 6, 2)
        page.few((_marked(page, NOTE, line) for line in problem_lines(capture)), 6, "more problems of this capture")
    if more := more_captures(result, shown):
        page.line(f"{more} (--verbose shows all)", 6)
    if result.described:
        hosts = result.described if page.verbose else few(result.described, "more hosts")
        page.line(f"state of {'; '.join(hosts)}", 6, 2)
    page.few((_marked(page, NOTE, line) for line in result.not_understood), 6, "more lines that were not understood")


def _marked(page: Page, mark: str, text: str) -> Text:
    style = STYLES[FAIL] if mark == FAILED else STYLES[NOT_CHECKED]
    return Text.assemble((f"{page.mark(mark)} ", style), text)


def write_failure(page: Page, result: Analysis, finding: Finding, most: int | None = None) -> None:
    """A failed rule with so much of its evidence at most, and what to ask the node next if no cause says so.

    Of one that is accepted it is told what was found, and why it is accepted.
    """
    rule = finding.rule
    if finding.is_accepted:
        page.line(
            Text.assemble((f"{ACCEPTED} ", STYLES[WARN]), (rule.id, "bold"), f"  {failure(finding, result)}"), hang=4
        )
        for line in accepted(finding):
            page.line(line, 4)
        return
    is_error = rule.severity == "error"
    mark = (f"{page.mark(FAILED if is_error else WARNED)} ", STYLES[FAIL if is_error else WARN])
    severity = "" if rule.severity == "error" else f" ({rule.severity}{f': {rule.adjusted}' if rule.adjusted else ''})"
    page.line(Text.assemble(mark, (rule.id, "bold"), f"{severity}  {rule.title} ({counts(finding)})"), hang=4)
    for line in (*over(finding), *accepted(finding)):
        page.line(line, 4)
    shown = fair(finding.evidence, most)
    words = _words(result, shown)
    said: list[tuple[str, str]] = []
    for one in shown:
        # Ten failures alike are said once; their frames are all in the command below.
        if (one.expected, one.observed) not in said:
            _evidence(page, one, words, again=bool(said) and said[-1][0] == one.expected)
            said.append((one.expected, one.observed))
    for capture in sorted({one.capture for one in shown if one.capture != NO_CAPTURE}):
        numbers = sorted({number for one in shown if one.capture == capture for number in one.frames})
        frames = [words.get((capture, number)) for number in numbers]
        lines = [frame.lines for frame in frames if frame and frame.lines]
        source = result.captures[capture].source
        shows = commands(source, numbers, lines)
        for command in shows:
            page.command(command, 4)
        if numbers and not shows:
            page.line(f"frames {' '.join(map(str, numbers))} of {clean(source.name)}", 4)
    for file in finding.files:
        page.command(f"kept in {clean(str(file))}", 4)
    questions = list(dict.fromkeys(command for one in shown for command in one.next))
    if questions and not any(one.suspects and rule.id in one.case.failed for one in result.diagnoses):
        page.line(Text("ask the node next:", "dim"), 4)
        for command in questions:
            page.command(command, 6)


def _evidence(page: Page, one: Evidence, words: dict[tuple[int, int], ShownFrame], again: bool = False) -> None:
    """A failing row; of several of which the same was expected (``again``) that is said once."""
    where = f" (on {one.interface})" if one.interface and one.interface not in one.observed else ""
    if not again:
        page.line(Text.assemble(("expected ", "dim"), one.expected), 4)
    page.line(Text.assemble(("observed ", "dim"), one.observed, where), 4)
    for number in one.frames[:FRAMES_SHOWN]:
        frame = words.get((one.capture, number))
        where = in_lines(*frame.lines) if frame and frame.lines else f"frame {number}"
        page.line(Text(f"{where}: {frame.words if frame else ''}"), 6)
    for line in one.source_lines:
        page.line(Text(line), 6)


def _words(result: Analysis, shown: list[Evidence]) -> dict[tuple[int, int], ShownFrame]:
    wanted: dict[int, set[int]] = {}
    for one in shown:
        if one.frames:
            wanted.setdefault(one.capture, set()).update(one.frames)
    return {
        (capture, number): text
        for capture, numbers in wanted.items()
        for number, text in frames_in_words(result.captures[capture].source, numbers).items()
    }


def _passed(page: Page, findings: list[Finding]) -> None:
    """In one paragraph, with how many rows each checked; a line for one of which more is to be said."""
    mark = (f"{page.mark(PASSED)} ", STYLES[PASS])
    brief = [one for one in findings if not (page.verbose or one.measures or one.unknown)]
    if findings:
        page.line()
    for finding in findings:
        if finding not in brief:
            words = f"  {finding.rule.title} ({counts(finding)})"
            page.line(Text.assemble(mark, (finding.rule.id, "bold"), words), hang=4)
    if brief:
        listed = [part for one in brief for part in (", ", (one.rule.id, "bold"), f" ({one.checked})")]
        page.line(Text.assemble(mark, "passed (rows checked): ", *listed[1:]), hang=4, fit=True)


def _paths(page: Page, result: Analysis) -> None:
    """The ways that packets took, a line per hop."""
    every = path_summaries(result)
    # Where nothing was seen twice there is nothing to follow.
    if any(len(one.path.steps) > 1 for one in every):
        names = PointNames(result)
        shown = every if page.verbose or len(every) <= ROUTES_SHOWN + 1 else every[:ROUTES_SHOWN]
        page.line()
        for summary in shown:
            some = "all" if summary.lost == summary.count else summary.lost
            lost = f", {some} lost after this point" if summary.lost else ""
            page.line(Text.assemble((path_title(summary), "bold"), (lost, STYLES[FAIL])))
            for hop in hops(summary.path, names, result.followed):
                page.line(hop, 4)
        if len(every) > len(shown):
            rest = sum(one.count for one in every[len(shown) :])
            page.line(f"and {len(every) - len(shown)} more ways, {rest} packets (pcapcheck export --table paths)")
    page.few(notes(result))


def _refusals(page: Page, result: Analysis) -> None:
    """ICMP errors, whatever they are about: who refused what, and how often; the most frequent first."""
    counted: dict[tuple[int, int, int, int, int | None], tuple[int, list[str]]] = {}
    for capture in result.captures:
        for error, count in capture.exchanges.echoes.ending_errors.counts.items():
            known, names = counted.get(error, (0, []))
            # One error on its way is seen at several points: where it was seen most often counts.
            counted[error] = max(known, count), [*names, clean(capture.source.short_name)]
    lines = []
    for (family, kind, code, source, mtu), (count, names) in sorted(counted.items(), key=lambda one: -one[1][0]):
        where = names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        lines.append(
            f"ICMP error: {format_address(source)} says {in_words(family, kind, code, mtu)}, {count}x (in {where})"
        )
    if lines:
        page.line()
    page.few(lines, what="more kinds of ICMP error")


def _not_checked(page: Page, findings: Iterable[Finding]) -> None:
    by_reason: dict[str, list[Finding]] = {}
    for finding in findings:
        by_reason.setdefault(finding.reason, []).append(finding)
    if by_reason:
        page.line()
    shown = len(by_reason) if page.verbose or len(by_reason) <= REASONS_SHOWN + 1 else REASONS_SHOWN
    for reason, some in islice(by_reason.items(), shown):
        names = ", ".join(one.rule.id for one in some)
        mark = (f"{page.mark(UNCHECKED)} not checked: ", STYLES[NOT_CHECKED])
        page.line(Text.assemble(mark, (names, "bold")), hang=4)
        page.line(reason, 4)
    rest = [one.rule.id for some in islice(by_reason.values(), shown, None) for one in some]
    if rest:
        page.line(f"and {len(rest)} more rules, for other reasons (--verbose shows all)")
