"""A failed rule for people: expected, observed, the frames, and what to do next."""

from __future__ import annotations

from rich.text import Text

from pcapcheck.report.console import Page
from pcapcheck.report.headline import WARN
from pcapcheck.report.marks import ACCEPTED, FAILED, WARNED
from pcapcheck.report.model import EvidenceRow, Failure
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS
from pcapcheck.values import clean

STYLES = {PASS: "bold green", FAIL: "bold red", WARN: "bold yellow", NOT_CHECKED: "bold yellow"}


def write_failure(page: Page, failure: Failure) -> None:
    """A failed rule with its rows. For an accepted failure: the finding, and why it is accepted."""
    rule = failure.rule
    if failure.finding.is_accepted:
        mark = (f"{ACCEPTED} ", STYLES[WARN])
        page.line(Text.assemble(mark, (rule.id, "bold"), f"  {failure.sentence}"), hang=4)
        for line in failure.acceptances:
            page.line(line, 4)
        return
    is_error = rule.severity == "error"
    mark = (f"{page.mark(FAILED if is_error else WARNED)} ", STYLES[FAIL if is_error else WARN])
    severity = "" if is_error else f" ({rule.severity}{f': {rule.adjusted}' if rule.adjusted else ''})"
    page.line(Text.assemble(mark, (rule.id, "bold"), f"{severity}  {rule.title} ({failure.counts})"), hang=4)
    for line in failure.acceptances:
        page.line(line, 4)
    said: list[tuple[str, str]] = []
    for row in failure.rows:
        # Failures alike are printed once; the command below shows the frames of all.
        if (row.expected, row.evidence.observed) not in said:
            _row(page, row, again=bool(said) and said[-1][0] == row.expected)
            said.append((row.expected, row.evidence.observed))
    for command in failure.commands:
        page.command(command, 4)
    for line in failure.frames:
        page.line(line, 4)
    for file in failure.finding.files:
        page.command(f"evidence: {clean(str(file))}", 4)
    if failure.next:
        page.line(Text("run next on the node:", "dim"), 4)
        for command in failure.next:
            page.command(command, 6)


def _row(page: Page, row: EvidenceRow, again: bool = False) -> None:
    """A row that failed. ``again``: the row before expected the same, which is not repeated."""
    if not again:
        page.line(Text.assemble(("expected ", "dim"), row.expected), 4)
    page.line(Text.assemble(("observed ", "dim"), row.observed), 4)
    for line in (*row.frames, *row.source_lines):
        page.line(Text(line), 6)
