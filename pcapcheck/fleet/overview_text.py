"""The overview of a fleet as text: the worst observations, and results by rule and by place."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from pcapcheck.fleet.fleet_rows import ERROR
from pcapcheck.fleet.overview import Entry, Overview, PlaceTally
from pcapcheck.report.console import Page
from pcapcheck.report.marks import FAILED, NOTE, PASSED, UNCHECKED, WARNED
from pcapcheck.report.pod_table import aligned
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS
from pcapcheck.values import format_duration

HEADINGS = {FAIL: "FAIL", ERROR: "NOT JUDGED", NOT_CHECKED: "NOT CHECKED", PASS: "PASS"}
MARKS = {FAIL: FAILED, ERROR: NOTE, NOT_CHECKED: UNCHECKED, PASS: PASSED}
WORDS = {FAIL: "failed", ERROR: "could not be judged", NOT_CHECKED: "not checked", PASS: "passed"}
# Lines of each list, unless all are asked for.
SHOWN = 10
NONE = "–"


def heading(overview: Overview) -> str:
    """The verdict over all, in words: what could not be judged does not hide what failed."""
    return HEADINGS[FAIL] if overview.verdicts[FAIL] else HEADINGS[overview.verdict]


def sentence(overview: Overview) -> str:
    """As in ``4,000 observations: 12 failed, 900 not checked, 3,088 passed (4 with warnings)``."""
    parts = [f"{count:,} {WORDS[verdict]}" for verdict in WORDS if (count := overview.verdicts[verdict])]
    warned = f" ({overview.warned:,} with warnings)" if overview.warned else ""
    return f"{overview.count:,} observation{'' if overview.count == 1 else 's'}: {', '.join(parts)}{warned}"


def mark_of(entry: Entry) -> str:
    """The mark before an observation."""
    return WARNED if entry.row.verdict == PASS and entry.row.warnings else MARKS[entry.row.verdict]


def needs_a_look(entry: Entry) -> bool:
    """Whether an observation belongs among the worst: not one that passed, nor one with nothing to check."""
    return entry.row.verdict in (FAIL, ERROR) or bool(entry.row.warnings)


def rule_rows(overview: Overview) -> list[list[str]]:
    """A head and a row for each rule that failed somewhere."""
    head = ["rule", "severity", "failed", "passed", "not checked"]
    rows = [
        [rule, tally.severity, *(f"{tally.statuses[status]:,}" for status in (FAIL, PASS, NOT_CHECKED))]
        for rule, tally in overview.failed_rules()
    ]
    return [head, *rows]


def place_rows(overview: Overview) -> list[list[str]]:
    """A head and a row for each place, the worst first."""
    head = ["place", "failed", "not judged", "not checked", "passed", "echo loss", "highest p99"]
    return [head, *([place, *_counts(tally)] for place, tally in overview.worst_places())]


def _counts(tally: PlaceTally) -> list[str]:
    verdicts = (f"{tally.verdicts[verdict]:,}" for verdict in (FAIL, ERROR, NOT_CHECKED, PASS))
    return [*verdicts, share(tally.lost, tally.settled), seconds(tally.p99)]


def share(part: int, whole: int) -> str:
    """In per cent, or a dash for a share of nothing."""
    return f"{100 * part / whole:.3g} %" if whole else NONE


def seconds(value: float | None) -> str:
    """A duration with its unit, or a dash."""
    return NONE if value is None else format_duration(round(value * 1e9))


def write_overview(overview: Overview, page: Page) -> None:
    """The verdict, what was done, and three lists, the worst first."""
    page.line(f"{heading(overview)}  {sentence(overview)}")
    page.line(f"judged now: {overview.judged:,}; as before: {overview.unchanged:,}", 6)
    worst = [entry for entry in overview.worst if needs_a_look(entry)]
    if worst:
        page.line()
        page.line("worst first:")
        shown = worst if page.verbose else worst[:SHOWN]
        for entry in shown:
            page.line(f"{page.mark(mark_of(entry))} {entry.name}: {entry.headline}", 2, 2)
        _more(page, sum(overview.verdicts[verdict] for verdict in (FAIL, ERROR)) + overview.warned - len(shown))
    if overview.failed_rules():
        _table(page, "by rule:", rule_rows(overview))
    if len(overview.places) > 1:
        _table(page, "by place:", place_rows(overview))


def _table(page: Page, title: str, rows: Sequence[Sequence[str]]) -> None:
    page.line()
    page.line(title)
    shown = rows if page.verbose else rows[: SHOWN + 1]
    for number, line in enumerate(aligned(shown)):
        page.command(Text(line, "" if number else "dim"), 2)
    _more(page, len(rows) - len(shown))


def _more(page: Page, count: int) -> None:
    if count > 0:
        page.line(Text(f"and {count:,} more (--verbose shows more, the tables have all)", "dim"), 2)
