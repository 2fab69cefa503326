"""Diagnoses for people: why something failed, or its possible causes with the command that settles each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from pcapcheck.report.console import Page
from pcapcheck.report.marks import NOTE
from pcapcheck.report.model import Explanation
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.triage.remarks.remark import Remark
    from pcapcheck.triage.suspect import Suspect

# Further commands, and further causes that are ruled out, are only counted.
SHOWN = 5
RULED_OUT_SHOWN = 3
LINES_SHOWN = 3
REMARKS_SHOWN = 10
ALL_AT_ONCE = (
    "or to settle all of them at once: pcapcheck node-script > script.sh; "
    "on the node, as root: sh script.sh > state.txt; "
    "then run this command again with --node-state state.txt"
)
CAUSE = "bold magenta"


def write_diagnosis(page: Page, explanation: Explanation) -> None:
    """Why a failure and its consequences came about."""
    if explanation.confirmed:
        page.line(Text.assemble(("Why ", CAUSE), f"{explanation.about}:"))
        for suspect in explanation.confirmed:
            _confirmed(page, suspect)
    else:
        _possible(page, explanation)
    _ruled_out(page, explanation.ruled_out)


def write_remarks(page: Page, remarks: Sequence[Remark]) -> None:
    """Remarks: no failures, but worth knowing."""
    if remarks:
        page.line()
    shown = remarks if page.verbose or len(remarks) <= REMARKS_SHOWN + 1 else remarks[:REMARKS_SHOWN]
    for remark in shown:
        page.line(Text.assemble((f"{page.mark(NOTE)} ", "bold yellow"), clean(remark.text)), hang=4)
        for line in remark.lines[:LINES_SHOWN]:
            page.command(line, 4)
    if len(remarks) > len(shown):
        page.line(f"and {len(remarks) - len(shown)} more remarks (--verbose shows all)")


def write_next(page: Page, explanations: Sequence[Explanation]) -> None:
    """What to do first: apply the fix of a confirmed cause, or run the command that settles the likeliest cause."""
    for explanation in explanations[:1]:
        for suspect in (explanation.confirmed or explanation.likeliest)[:1]:
            word, commands = (
                ("confirmed:", suspect.fix) if explanation.confirmed else ("first suspect:", suspect.confirm)
            )
            page.line(Text.assemble((f"{word} ", CAUSE), (suspect.title, "bold")), 6)
            for command in commands[:1]:
                page.command(command, 10)
            if suspect.shows and not explanation.confirmed:
                page.line(Text(f"confirmed if {suspect.shows}", "dim"), 10)
    more = len(explanations) - 1
    if more > 0:
        page.line(Text(f"and {more} other failure{'s' if more > 1 else ''} above", "dim"), 6)


def _confirmed(page: Page, suspect: Suspect) -> None:
    page.line(Text.assemble(("confirmed ", CAUSE), (suspect.title, "bold")), 2)
    for line in suspect.because[:LINES_SHOWN]:
        page.command(line, 6)
    page.line(Text("fix:", "dim"), 4)
    for command in suspect.fix:
        page.command(command, 6)


def _possible(page: Page, explanation: Explanation) -> None:
    has_state = explanation.diagnosis.has_state
    if not explanation.possible:
        page.line(Text.assemble(("Why ", CAUSE), f"{explanation.about} is not known: no cause in the catalogue fits"))
        more = "both ends recorded together" + ("" if has_state else ", and the node's state")
        page.line(Text(f"to find out more, give: {more}", "dim"), 4)
    else:
        said = f"{explanation.about}: possible causes, most likely first (run the command to confirm):"
        page.line(Text.assemble(("Why ", CAUSE), said))
    # A single further command is shown: counting it takes a line too.
    shown = SHOWN if len(explanation.possible) > SHOWN + 1 and not page.verbose else len(explanation.possible)
    for command, suspects in explanation.possible[:shown]:
        page.command(command, 4)
        for suspect in suspects:
            _suspect(page, suspect)
    rest = sum(len(suspects) for _, suspects in explanation.possible[shown:])
    if rest:
        causes = "cause" if rest == 1 else "causes"
        page.line(Text(f"and {rest} less likely {causes} (--verbose shows all)", "dim"), 4)
    if not has_state:
        page.line(Text(ALL_AT_ONCE, "dim"), 4)
    for line in explanation.missing[:LINES_SHOWN]:
        page.line(Text(f"missing from the node's state: {line}", "dim"), 4)


def _suspect(page: Page, suspect: Suspect) -> None:
    partly_known = f" (likely, partly known: {suspect.half})" if suspect.half else ""
    page.line(f"· {f'if {suspect.shows}: ' if suspect.shows else ''}{suspect.title}{partly_known}", 8, 2)
    for line in suspect.because[:LINES_SHOWN]:
        page.command(f"{'for' if suspect.leaning > 0 or suspect.half else 'against'} it: {line}", 10)


def _ruled_out(page: Page, suspects: Sequence[Suspect]) -> None:
    if not suspects:
        return
    page.line(Text("ruled out:", "dim"), 2)
    shown = suspects if page.verbose or len(suspects) <= RULED_OUT_SHOWN + 1 else suspects[:RULED_OUT_SHOWN]
    for suspect in shown:
        because = f" ({suspect.because[0]})" if suspect.because else ""
        page.command(f"{suspect.title}{because}", 6)
    if len(suspects) > len(shown):
        page.line(Text(f"and {len(suspects) - len(shown)} more (--verbose shows all)", "dim"), 6)
