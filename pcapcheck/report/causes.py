"""Diagnoses in words: why something failed, or the causes that it may have and the command that settles each."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from rich.text import Text

from pcapcheck.analysis import Analysis
from pcapcheck.report.console import Page
from pcapcheck.report.marks import NOTE
from pcapcheck.values import clean, format_address

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis, Suspect

# Of more commands, and of more causes that are ruled out, the first are shown and the rest counted.
SHOWN = 5
RULED_OUT_SHOWN = 3
LINES_SHOWN = 3
REMARKS_SHOWN = 10
ALL_AT_ONCE = (
    "or all at once: pcapcheck node-script > script.sh; on the node, as root: sh script.sh > state.txt; "
    "then repeat this with --node-state state.txt"
)
BY_STATE = "(the output of pcapcheck node-script shows it)"
CAUSE = "bold magenta"


def write_diagnosis(page: Page, diagnosis: Diagnosis) -> None:
    """Why one failure, and what follows from it, came about."""
    if diagnosis.confirmed:
        page.line(Text.assemble(("Why ", CAUSE), f"{_about(diagnosis)}:"))
        for one in diagnosis.confirmed:
            _confirmed(page, one)
    else:
        _possible(page, diagnosis)
    _ruled_out(page, diagnosis)


def write_remarks(page: Page, outcome: Analysis) -> None:
    """What the state says against the captures."""
    remarks = outcome.remarks
    if remarks:
        page.line()
    shown = remarks if page.verbose or len(remarks) <= REMARKS_SHOWN + 1 else remarks[:REMARKS_SHOWN]
    for remark in shown:
        page.line(Text.assemble((f"{page.mark(NOTE)} ", "bold yellow"), clean(remark.text)), hang=4)
        for line in remark.lines[:LINES_SHOWN]:
            page.command(line, 4)
    if len(remarks) > len(shown):
        page.line(f"and {len(remarks) - len(shown)} more remarks (--verbose shows all)")


def write_next(page: Page, outcome: Analysis) -> None:
    """What to do first: the fix of a cause that is confirmed, or the command that settles the likeliest."""
    for diagnosis in outcome.diagnoses[:1]:
        for suspect in (diagnosis.confirmed or diagnosis.possible)[:1]:
            word, does = ("confirmed:", suspect.fix) if diagnosis.confirmed else ("first suspect:", suspect.confirm)
            page.line(Text.assemble((f"{word} ", CAUSE), (suspect.title, "bold")), 6)
            for command in does[:1]:
                page.command(command, 10)
            if suspect.shows and not diagnosis.confirmed:
                page.line(Text(f"so it is if {suspect.shows}", "dim"), 10)
    more = len(outcome.diagnoses) - 1
    if more > 0:
        page.line(Text(f"and {more} other failure{'s' if more > 1 else ''} above", "dim"), 6)


def _about(diagnosis: Diagnosis) -> str:
    """Which failures are meant: ``gateway-arp-answered failed, and with it echo-answered``.

    Where a rule failed for several reasons, for whom: ``echo-answered failed from 10.244.1.10 to 10.244.1.11``.
    Of a question that no rule is about, whose it was: ``10.244.1.10's ping to 10.244.1.11 failed``.
    """
    asked = [f"{format_address(one.asker)}'s {one.about}" for one in diagnosis.questions]
    if not diagnosis.failed and diagnosis.questions[0].poor:
        return diagnosis.questions[0].sentence
    first, *rest = [one.rule.id for one in diagnosis.failed] or asked[:1]
    others = len(diagnosis.others)
    more = f" (and {others} more case{'s' if others > 1 else ''} like it)" if others else ""
    lead = diagnosis.case.lead
    whom = ""
    if diagnosis.one_of_several and diagnosis.failed and lead.pod is not None and lead.dst is not None:
        whom = f" from {format_address(lead.pod)} to {format_address(lead.dst)}"
    return f"{first} failed{whom}" + (f", and with it {', '.join(rest)}" if rest else "") + more


def _confirmed(page: Page, suspect: Suspect) -> None:
    page.line(Text.assemble(("confirmed ", CAUSE), (suspect.title, "bold")), 2)
    for line in suspect.because[:LINES_SHOWN]:
        page.command(line, 6)
    page.line(Text("fix:", "dim"), 4)
    for one in suspect.fix:
        page.command(one, 6)


def _possible(page: Page, diagnosis: Diagnosis) -> None:
    if not diagnosis.possible:
        page.line(Text.assemble(("Why ", CAUSE), f"{_about(diagnosis)} is not known: nothing in the catalogue fits"))
        more = "both ends recorded together" + ("" if diagnosis.has_state else ", and the node's state")
        page.line(Text(f"to find out more, give: {more}", "dim"), 4)
    else:
        said = f"{_about(diagnosis)}; run each command to confirm or rule out the causes below it:"
        page.line(Text.assemble(("Why ", CAUSE), said))
    by_command: dict[str, list[Suspect]] = {}
    for one in diagnosis.possible:
        by_command.setdefault(next(iter(one.confirm), BY_STATE), []).append(one)
    # One more is no longer than the line that would count it.
    shown = SHOWN if len(by_command) > SHOWN + 1 and not page.verbose else len(by_command)
    for command, suspects in islice(by_command.items(), shown):
        page.command(command, 4)
        for one in suspects:
            half = f" (likely, known by half: {one.half})" if one.half else ""
            page.line(f"· {f'if {one.shows}: ' if one.shows else ''}{one.title}{half}", 8, 2)
            for line in one.because[:LINES_SHOWN]:
                page.command(f"{'perhaps' if one.leaning > 0 or one.half else 'not'}: {line}", 10)
    rest = sum(len(some) for some in islice(by_command.values(), shown, None))
    if rest:
        causes = "cause" if rest == 1 else "causes"
        page.line(Text(f"and {rest} less likely {causes} (--verbose shows all)", "dim"), 4)
    if not diagnosis.has_state:
        page.line(Text(ALL_AT_ONCE, "dim"), 4)
    for line in list(dict.fromkeys(line for one in diagnosis.possible for line in one.lacks))[:LINES_SHOWN]:
        page.line(Text(f"missing in the node's state: {line}", "dim"), 4)


def _ruled_out(page: Page, diagnosis: Diagnosis) -> None:
    out = [one for one in diagnosis.suspects if one.status == "ruled-out"]
    if not out:
        return
    page.line(Text("ruled out:", "dim"), 2)
    shown = out if page.verbose or len(out) <= RULED_OUT_SHOWN + 1 else out[:RULED_OUT_SHOWN]
    for one in shown:
        because = f" ({one.because[0]})" if one.because else ""
        page.command(f"{one.title}{because}", 6)
    if len(out) > len(shown):
        page.line(Text(f"and {len(out) - len(shown)} more (--verbose shows all)", "dim"), 6)
