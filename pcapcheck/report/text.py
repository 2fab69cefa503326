"""The report for people: the verdict first, then failures with their evidence, the exchanges, what was not checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from rich.table import Table
from rich.text import Text

from pcapcheck.decode.frames import link_name
from pcapcheck.flows.echo import error_words
from pcapcheck.flows.read import Capture
from pcapcheck.flows.summary import Durations, Tally
from pcapcheck.flows.unjudged import what_it_is
from pcapcheck.report.accepted import accepted, needless, over
from pcapcheck.report.causes import write_diagnosis, write_remarks
from pcapcheck.report.counts import counts, totals
from pcapcheck.report.evidence import Shown, frames_in_words, in_lines
from pcapcheck.report.headline import WARN, failure, headed, heading, headline
from pcapcheck.report.look import commands
from pcapcheck.report.page import Page
from pcapcheck.report.paths import Names, hops, notes, route_title, routes
from pcapcheck.report.skipped import skipped_lines
from pcapcheck.report.summary import PodSummary, pods
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, NOT_CHECKED, PASS, Evidence, Finding, ordered
from pcapcheck.ruleset.result import Result
from pcapcheck.triage.outcome import Outcome
from pcapcheck.values import clean, format_address, format_duration, format_durations, format_mac

STYLES = {PASS: "bold green", FAIL: "bold red", WARN: "bold yellow", NOT_CHECKED: "bold yellow"}
EVIDENCE_SHOWN = 3
FRAMES_SHOWN = 4
REFUSALS_SHOWN = 5
ROUTES_SHOWN = 6


def write_text(result: Outcome, stream: IO[str]) -> None:
    """The whole report, complete whether on a terminal or piped."""
    page = Page(stream, result.pods)
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
    passed = [one for one in findings if one.status == PASS]
    if passed:
        page.line()
        for finding in passed:
            _passed(page, finding)
    _exchanges(page, pods(result))
    _paths(page, result)
    _refusals(page, result)
    _not_checked(page, [one for one in findings if one.status == NOT_CHECKED])


def _verdict(page: Page, result: Outcome) -> None:
    kind = heading(result)
    # Green is a pass of which nothing is to be known.
    style = STYLES[WARN if kind == PASS and result.accepted else kind]
    page.line(Text.assemble((headed(result), style), "  ", (headline(result), "bold")))
    page.line(Text(totals(result).words), 6)
    for one in result.unmet:
        page.line(Text.assemble(("! ", "bold yellow"), one.text), 6)
    for line in skipped_lines(result, demanded=False):
        page.line(Text.assemble(("! ", "bold yellow"), line), 6)
    for line in needless(result, demanded=False):
        page.line(Text.assemble(("! ", "bold yellow"), line), 6)
    for capture in result.captures:
        page.line(Text(capture_line(result, capture)), 6)
        for problem in capture.problems:
            where = f" (at byte {problem.byte})" if problem.byte is not None else ""
            page.line(Text.assemble(("! ", "bold yellow"), f"{problem.message}{where}"), 6)
    if result.described:
        page.line(f"state of {'; '.join(result.described)}", 6)
    for line in result.not_understood:
        page.line(Text.assemble(("! ", "bold yellow"), line), 6)


def capture_line(result: Result, capture: Capture) -> str:
    """What one capture holds: frames, length, interfaces."""
    links = result.links_of(capture)
    first = min((link.point.first for link in links if link.point.first is not None), default=None)
    last = max((link.point.last for link in links if link.point.last is not None), default=None)
    parts = [f"{capture.frames} frame{'' if capture.frames == 1 else 's'}"]
    if first is not None and last is not None and last > first:
        parts.append(format_duration(last - first))
    for link in links[:4]:
        what = {"pod-link": "pod link", "host-nic": "host NIC"}.get(link.point.kind, link.point.kind)
        if link.point.likeness:
            what = what_it_is(link)
        elif link.point.kind == "unknown":
            what = f"{link_name(link.point.link_type)} interface of unknown kind"
        pod = ", ".join(format_address(ip) for ip in sorted(link.pod_ips)[:2])
        macs = ", ".join(format_mac(mac) for mac in sorted(link.pod_macs)[:2])
        at = f" at {macs}" if macs else ""
        parts.append(f"{what} {link.point.name}" + (f" (pod {pod}{at})" if pod else ""))
    if len(links) > 4:
        parts.append(f"and {len(links) - 4} more interfaces")
    return f"{clean(capture.source.name)}: {', '.join(parts)}"


def write_failure(page: Page, result: Outcome, finding: Finding, most: int | None = None) -> None:
    """A failed rule with so much of its evidence at most, and what to ask the node next if no cause says so.

    Of one that is accepted it is told what was found, and why it is accepted.
    """
    rule = finding.rule
    if finding.is_accepted:
        page.line(Text.assemble(("~ ", STYLES[WARN]), (rule.id, "bold"), f"  {failure(finding)}"))
        for line in accepted(finding):
            page.line(line, 4)
        return
    mark = ("✗ ", STYLES[FAIL]) if rule.severity == "error" else ("! ", STYLES[NOT_CHECKED])
    severity = "" if rule.severity == "error" else f" ({rule.severity}{f': {rule.adjusted}' if rule.adjusted else ''})"
    page.line(Text.assemble(mark, (rule.id, "bold"), f"{severity}  {rule.title} ({counts(finding)})"))
    for line in (*over(finding), *accepted(finding)):
        page.line(line, 4)
    shown = finding.evidence[:most]
    words = _words(result, shown)
    told: set[tuple[str, str]] = set()
    for one in shown:
        # Ten failures alike are told once; their frames are all in the command below.
        if (one.expected, one.observed) not in told:
            told.add((one.expected, one.observed))
            _evidence(page, one, words)
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


def _evidence(page: Page, one: Evidence, words: dict[tuple[int, int], Shown]) -> None:
    where = f" (on {one.interface})" if one.interface else ""
    page.line(Text.assemble(("expected ", "dim"), one.expected), 4)
    page.line(Text.assemble(("observed ", "dim"), one.observed, where), 4)
    for number in one.frames[:FRAMES_SHOWN]:
        frame = words.get((one.capture, number))
        where = in_lines(*frame.lines) if frame and frame.lines else f"frame {number}"
        page.line(Text(f"{where}: {frame.words if frame else ''}"), 6)
    for line in one.told:
        page.line(Text(line), 6)


def _words(result: Result, shown: list[Evidence]) -> dict[tuple[int, int], Shown]:
    wanted: dict[int, set[int]] = {}
    for one in shown:
        if one.frames:
            wanted.setdefault(one.capture, set()).update(one.frames)
    return {
        (capture, number): text
        for capture, numbers in wanted.items()
        for number, text in frames_in_words(result.captures[capture].source, numbers).items()
    }


def _passed(page: Page, finding: Finding) -> None:
    words = f"  {finding.rule.title} ({counts(finding)})"
    page.line(Text.assemble(("✓ ", STYLES[PASS]), (finding.rule.id, "bold"), words))


def _exchanges(page: Page, summaries: list[PodSummary]) -> None:
    rows = [one for one in summaries if one.arp.total or one.echo.total]
    if not rows:
        return
    names = [_pod_name(one) for one in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("pod", "ARP answered", "after", "echo replied", "loss", "rtt min/median/p99/max"):
        table.add_column(title, no_wrap=title == "pod", overflow="fold")
    for name, one in zip(names, rows, strict=True):
        latency = one.arp.durations.quantile(0.5)
        loss = one.echo.loss
        # The same pod seen at both ends of its link, or two pods with one address, are told apart by the interface.
        shown = f"{name} ({one.link.point.name})" if names.count(name) > 1 else name
        table.add_row(
            Text(shown),
            f"{one.arp.outcomes['answered']} of {one.arp.settled}" if one.arp.settled else "–",
            "–" if latency is None else format_duration(latency),
            _replied(one.echo),
            "–" if loss is None else f"{100 * loss:.3g} %",
            _spread(one.echo.durations),
        )
    page.line()
    if page.console.is_terminal:
        page.console.print(table)
        return
    with page.console.capture() as captured:
        page.console.print(table)
    for line in captured.get().splitlines():
        page.line(line.rstrip())


def _replied(echoes: Tally) -> str:
    """How many were replied to, and of how many that is not known: the loss beside it says nothing of those."""
    open_ = echoes.outcomes["in-flight"] + echoes.outcomes["unknown"]
    replied = f"{echoes.outcomes['replied']} of {echoes.settled}" if echoes.settled else "–"
    return replied + (f" ({open_} open)" if open_ else "")


def _pod_name(summary: PodSummary) -> str:
    return ", ".join(format_address(ip) for ip in sorted(summary.link.pod_ips)) or summary.link.point.name


def _spread(durations: Durations) -> str:
    """Minimum, median, 99th percentile and maximum in one unit."""
    figures = (durations.least, durations.quantile(0.5), durations.quantile(0.99), durations.most)
    known = [one for one in figures if one is not None]
    return format_durations(known) if known else "–"


def _paths(page: Page, result: Result) -> None:
    """The ways that packets took, a line per hop."""
    every = routes(result)
    # Where nothing was seen twice there is nothing to follow.
    if any(len(one.way.steps) > 1 for one in every):
        names = Names(result)
        shown = every[:ROUTES_SHOWN]
        page.line()
        for route in shown:
            lost = f", {'all' if route.lost == route.count else route.lost} lost behind this" if route.lost else ""
            page.line(Text.assemble((route_title(route), "bold"), (lost, STYLES[FAIL])))
            for hop in hops(route.way, names, result.followed):
                page.line(hop, 4)
        if len(every) > len(shown):
            rest = sum(one.count for one in every[len(shown) :])
            page.line(f"and {len(every) - len(shown)} more ways, {rest} packets (pcapcheck export --table paths)")
    for note in notes(result):
        page.line(note)


def _refusals(page: Page, result: Result) -> None:
    """ICMP errors, whatever they are about: who refused what, and how often."""
    for capture in result.captures:
        errors = capture.exchanges.echoes.errors.most_common(REFUSALS_SHOWN)
        if errors:
            page.line()
        for (family, kind, code, source, mtu), count in errors:
            said = f"{format_address(source)} says {error_words(family, kind, code, mtu)}, {count}x"
            page.line(f"ICMP error: {said} (in {clean(capture.source.short_name)})")


def _not_checked(page: Page, findings: Iterable[Finding]) -> None:
    by_reason: dict[str, list[Finding]] = {}
    for finding in findings:
        by_reason.setdefault(finding.reason, []).append(finding)
    if by_reason:
        page.line()
    for reason, some in by_reason.items():
        names = ", ".join(one.rule.id for one in some)
        page.line(Text.assemble(("– not checked: ", STYLES[NOT_CHECKED]), (names, "bold")))
        page.line(reason, 4)
