"""What the rules came to on an observation: what triage explains and an ``Analysis`` is built from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.links.observations import apart
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.paths.paths import Paths
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding
from pcapcheck.ruleset.loss_spreads import LossSpreads
from pcapcheck.skipped import Skipped

if TYPE_CHECKING:
    from pcapcheck.links.question_losses import Losses


class Judgement(Brief, Struct, frozen=True, eq=False):
    """The captures as read, the facts about their capture points, the followed packets and the findings.

    ``unanswered`` are the questions that nobody answered and no rule is about. ``skipped`` are inputs that cannot be
    used. ``described`` has a line per host that the node's state describes, ``not_understood`` what of the state
    cannot be read.
    """

    captures: list[Capture]
    facts: Facts
    findings: list[Finding]
    reading: Reading
    followed: Paths
    spreads: LossSpreads
    unanswered: list[Unanswered] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    def losses(self, table: str) -> Losses | None:
        """How the losses of a table of questions are spread; None if nothing was lost."""
        return self.spreads.of(table)

    @property
    def failures(self) -> list[Finding]:
        """The rules of severity error that failed: what every format counts as failed."""
        return [finding for finding in self.findings if finding.status == FAIL and finding.rule.severity == "error"]

    @property
    def accepted(self) -> list[Finding]:
        """The rules whose failures are accepted, all or some."""
        return [finding for finding in self.findings if finding.has_accepted]

    @property
    def warnings(self) -> list[Finding]:
        """The rules that failed and only warn."""
        return [finding for finding in self.findings if finding.status == FAIL and finding.rule.severity == "warning"]

    @property
    def asked_in_vain(self) -> list[Unanswered]:
        """The questions of ``unanswered`` whose answer would have been recorded."""
        return [question for question in self.unanswered if not question.doubt]

    @property
    def points(self) -> list[PointFacts]:
        return list(self.facts.points.values())

    def points_of(self, capture: Capture) -> list[PointFacts]:
        """The capture points of one capture."""
        return [point for point in self.points if point.key[0] == capture.number]

    def by_observation(self) -> list[Judgement]:
        """A judgement per period of recording, with its failures; nearly always only this judgement."""
        facts = self.facts
        different = list(dict.fromkeys(map(facts.observations.get, facts.points)))
        if not any(apart(observation, other) for observation in different for other in different):
            return [self]
        parts: list[Judgement] = []
        for observation in different:
            keys = {key for key in facts.points if not apart(observation, facts.observations.get(key))}
            own = {key for key in facts.points if facts.observations.get(key) == observation}
            # Evidence that belongs to no capture is in the first part only.
            parts.append(self._part(keys, own, with_the_rest=not parts))
        return parts

    def _part(self, keys: set[PointKey], own: set[PointKey], with_the_rest: bool) -> Judgement:
        """What was recorded at the points ``keys``, with what failed at those of ``own``."""
        facts = self.facts.within(keys)
        followed = self.followed.within(keys, facts)
        places = {(key[0], self.facts.points[key].name) for key in own}

        def is_own(asked: Unanswered) -> bool:
            """A text may hold several recordings of one interface, so its name alone does not tell."""
            point = self.facts.point(asked.capture, asked.group)
            return point.key in own if point is not None else (asked.capture, asked.interface) in places

        def evidence(finding: Finding) -> list[Evidence]:
            rows = [(row, self.facts.point(row.capture, row.group)) for row in finding.evidence]
            here = [row for row, point in rows if point is not None and point.key in own]
            return here + [row for row, point in rows if point is None and with_the_rest]

        return replace(
            self,
            facts=facts,
            followed=followed,
            spreads=LossSpreads(self.captures, facts, followed),
            unanswered=[asked for asked in self.unanswered if is_own(asked)],
            findings=[replace(finding, evidence=evidence(finding)) for finding in self.findings],
        )
