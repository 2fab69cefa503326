"""A diagnosis: what failed together and why, the most likely cause first."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import Finding
from pcapcheck.triage.case import Case
from pcapcheck.triage.suspect import CONFIRMED, POSSIBLE, Suspect
from pcapcheck.values import Value


class Diagnosis(Brief, Struct):
    """What failed together, and why, as far as is known. ``others`` are further cases that are alike.

    ``has_state``: the state of the node that it is about was given. ``one_of_several``: another is of the same rule.
    """

    case: Case
    packet_evidence: dict[str, Value | None]
    suspects: list[Suspect]
    others: list[Case] = field(default_factory=list)
    has_state: bool = False
    one_of_several: bool = False

    @property
    def headline(self) -> str:
        lead = self.case.lead
        return lead.evidence.headline or (lead.finding.rule.title if lead.finding is not None else "")

    @property
    def questions(self) -> list[Unanswered]:
        """The questions that it is about, if no rule is."""
        items = [item for case in (self.case, *self.others) for item in case.items]
        return [item.question for item in items if item.question is not None and item.finding is None]

    @property
    def failed(self) -> list[Finding]:
        return list(self.case.failed.values())

    @property
    def confirmed(self) -> list[Suspect]:
        return [suspect for suspect in self.suspects if suspect.status == CONFIRMED]

    @property
    def possible(self) -> list[Suspect]:
        return [suspect for suspect in self.suspects if suspect.status == POSSIBLE]
