"""Diagnoses as data: the subject of each, and its causes by the command that settles them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.questions.unanswered import OPEN
from pcapcheck.report.model import Explanation
from pcapcheck.values import format_address

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.suspect import Suspect

BY_STATE = "(the output of pcapcheck node-script shows it)"


def explanations(analysis: Analysis) -> tuple[Explanation, ...]:
    """One explanation per diagnosis."""
    return tuple(map(explanation, analysis.diagnoses))


def explanation(diagnosis: Diagnosis) -> Explanation:
    """The subject of the diagnosis and its possible causes."""
    by_command: dict[str, list[Suspect]] = {}
    for suspect in diagnosis.possible:
        by_command.setdefault(next(iter(suspect.confirm), BY_STATE), []).append(suspect)
    return Explanation(
        diagnosis=diagnosis,
        about=_about(diagnosis),
        confirmed=tuple(diagnosis.confirmed),
        possible=tuple((command, tuple(suspects)) for command, suspects in by_command.items()),
        ruled_out=tuple(suspect for suspect in diagnosis.suspects if suspect.status == "ruled-out"),
        missing=tuple(dict.fromkeys(line for suspect in diagnosis.possible for line in suspect.lacks)),
    )


def _about(diagnosis: Diagnosis) -> str:
    """Which failures are meant: ``gateway-arp-answered failed, and with it echo-answered``.

    If a rule failed for several reasons, the hosts: ``echo-answered failed from 10.244.1.10 to 10.244.1.11``.
    For a question that no rule is about, its asker: ``10.244.1.10's ping to 10.244.1.11 failed``.
    """
    asked = [
        f"{format_address(question.asker)}'s {question.about or f'{question.protocol} {question.noun}'}"
        for question in diagnosis.questions
    ]
    first, *rest = [finding.rule.id for finding in diagnosis.failed] or asked[:1]
    others = len(diagnosis.others)
    what = "has no answer in this text" if any(each.ended == OPEN for each in diagnosis.questions) else "failed"
    more = f" (and {others} more case{'s' if others > 1 else ''} like it)" if others else ""
    lead = diagnosis.case.lead
    whom = ""
    if diagnosis.one_of_several and diagnosis.failed and lead.pod is not None and lead.dst is not None:
        whom = f" from {format_address(lead.pod)} to {format_address(lead.dst)}"
    return f"{first} {what}{whom}" + (f", and with it {', '.join(rest)}" if rest else "") + more
