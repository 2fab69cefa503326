"""Markdown for a job summary or a ticket, in the flavour of GitHub (GFM), which GitLab and others read too.

Whatever comes from a capture or its name stands in code, so that it makes no links, mentions, HTML or table cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.build_report import build_report
from pcapcheck.report.counts import counts
from pcapcheck.report.headline import WARN
from pcapcheck.report.model import Report
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding
from pcapcheck.version import __version__

# Of a pass in spite of an accepted failure.
ACCEPTED = "☑️"
MARKS = {PASS: "✅", WARN: "⚠️", FAIL: "❌", NOT_CHECKED: "❔"}
# Words and short numbers; anything else may mean something to a renderer.
HARMLESS = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d{1,6}(?:\.\d{1,3})?|[%–—…]")
# What may stand around either.
AROUND = re.compile(r"(\(?)(.*?)((?:'s?)?[).,;:?]*)", re.DOTALL)


def write_markdown(analysis: Analysis, stream: IO[str], verbose: bool = False) -> None:
    """The verdict, a table of the rules, each failure with its evidence and why, and why questions got no answer.

    Long lists are shortened unless ``verbose``.
    """
    for line in _lines(build_report(analysis), analysis, verbose):
        stream.write(f"{line}\n")


def prose(text: str) -> str:
    """Text whose words stay words, and whose addresses, names and commands are code."""
    # What stands before, inside and after each run of code; words are their own run, with nothing inside.
    runs: list[tuple[str, str, str]] = []
    for word in text.split():
        before, core, after = AROUND.fullmatch(word).groups("")  # type: ignore[union-attr]
        begins_list = not runs and core.isdigit() and after
        if not core or (HARMLESS.fullmatch(core) and not begins_list):
            runs.append((word, "", ""))
        elif runs and runs[-1][1] and not runs[-1][2] and not before:
            runs[-1] = (runs[-1][0], f"{runs[-1][1]} {core}", after)
        else:
            runs.append((before, core, after))
    return " ".join(f"{before}{_code(core) if core else ''}{after}" for before, core, after in runs)


def block(lines: list[str]) -> list[str]:
    """Lines as they are, in a block of code that none of them ends."""
    fence = _fence("\n".join(lines), 3)
    return [f"{fence}text", *lines, fence]


def _lines(report: Report, analysis: Analysis, verbose: bool) -> Iterator[str]:
    mark = ACCEPTED if report.heading == PASS and report.totals.accepted else MARKS[report.heading]
    yield f"## {mark} {report.label}: {prose(report.named(report.headline))}"
    yield ""
    if report.findings:
        yield f"- {report.totals.words}"
    for line in wording.captures(report, verbose):
        yield f"- {prose(line)}"
    for line in wording.problems(report, verbose):
        yield f"- ⚠️ {prose(line)}"
    for demand in wording.some([demand.text for demand in report.demands], "more demands that are not met", verbose):
        yield f"- ❌ {prose(demand)}"
    if report.failures or analysis.asked_in_vain:
        yield from _pictures(analysis)
    yield from _failures(report)
    for sentence, why in wording.questions(report):
        yield ""
        yield f"### unanswered: {prose(sentence)}"
        yield ""
        yield from block(why)
    unchecked = [finding for finding in report.ordered if finding.status == NOT_CHECKED]
    yield from _table("Passed", report.passed, folded=True)
    yield from _table("Not checked", unchecked, folded=True)
    yield ""
    yield f"<sub>pcapcheck {__version__}</sub>"


def _pictures(analysis: Analysis) -> Iterator[str]:
    """The way of the packet that failed first and its ladder, as Mermaid, folded."""
    from pcapcheck.report.pictures.ladder import ladder_of
    from pcapcheck.report.pictures.mermaid import ladder_lines, way_lines
    from pcapcheck.report.pictures.pictured_exchange import pictured_exchanges
    from pcapcheck.report.pictures.way import way

    exchanges = pictured_exchanges(analysis, failed=1, comparison=False)
    gone = way(analysis, exchanges)
    drawings = [way_lines(gone)] if gone else []
    drawings += [ladder_lines(ladder_of(exchange)) for exchange in exchanges]
    if not drawings:
        return
    yield ""
    yield "<details><summary>What happened, as a picture</summary>"
    for lines in drawings:
        yield from ("", "```mermaid", *lines, "```")
    yield ""
    yield "</details>"


def _failures(report: Report) -> Iterator[str]:
    """A table of failures per severity, then each with its evidence and why it failed."""
    failed = [failure.finding for failure in report.failures]
    noted = [finding for finding in failed if finding.rule.severity == "info"]
    yield from _table("Failed", [finding for finding in failed if finding.rule.severity == "error"])
    yield from _table("Warnings", [finding for finding in failed if finding.rule.severity == "warning"])
    yield from _table("Accepted", [finding for finding in noted if finding.is_accepted])
    yield from _table("For information", [finding for finding in noted if not finding.is_accepted])
    for failure in report.failures:
        yield ""
        yield f"### {failure.rule.id}: {prose(wording.failure_line(report, failure))}"
        yield ""
        yield from block(wording.failure_lines(report, failure))


def _table(title: str, findings: Sequence[Finding], folded: bool = False) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield f"<details><summary>{title}: {len(findings)}</summary>" if folded else f"{title}: {len(findings)}"
    yield ""
    yield f"| rule | severity | what must hold | {'why' if findings[0].status == NOT_CHECKED else 'result'} |"
    yield "|---|---|---|---|"
    for finding in findings:
        yield f"| {' | '.join(_cells(finding))} |"
    if folded:
        yield ""
        yield "</details>"


def _cells(finding: Finding) -> Iterable[str]:
    rule = finding.rule
    result = finding.reason if finding.status == NOT_CHECKED else counts(finding)
    adjusted = f" ({rule.adjusted})" if rule.adjusted and not rule.off else ""
    cells = (rule.id, prose(rule.severity + adjusted), prose(rule.title), prose(result))
    # A bar ends a cell even inside code.
    return [cell.replace("|", "\\|") for cell in cells]


def _code(text: str) -> str:
    fence = _fence(text, 1)
    inner = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{inner}{fence}"


def _fence(text: str, least: int) -> str:
    """Enough backticks that none in the text end what they enclose."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
