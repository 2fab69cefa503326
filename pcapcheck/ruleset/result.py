"""What an observation came to: the model that every report format reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pcapcheck.brief import Brief
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.links.observations import apart
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.paths.paths import Paths
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Evidence, Finding
from pcapcheck.skipped import Skipped

if TYPE_CHECKING:
    from pcapcheck.links.loss_spread import Losses


@dataclass(repr=False)
class Result(Brief):
    """Captures as read, facts about their capture points, and the findings.

    ``skipped`` are inputs that could not be used. ``described`` says in a line each which hosts a node's
    state tells of, ``not_understood`` what of it could not be read. ``required`` and ``strict`` are what expectation
    files demand beside their rules. ``unanswered`` are the questions that nobody answered and no rule is about.
    """

    captures: list[Capture]
    facts: Facts
    findings: list[Finding]
    reading: Reading
    followed: Paths
    skipped: list[Skipped] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)
    required: tuple[str, ...] = ()
    strict: bool = False
    unanswered: list[Unanswered] = field(default_factory=list)
    _losses: dict[str, Losses | None] = field(default_factory=dict, init=False, repr=False)

    def losses(self, table: str) -> Losses | None:
        """How the losses of a table of questions are spread; None where there are none. Worked out once."""
        if table not in self._losses:
            some = any(
                of == table and tally.outcomes["unanswered"] + tally.outcomes["error"]
                for capture in self.captures
                for (of, _), tally in capture.tallies.items()
            )
            self._losses[table] = self._spread(table) if some else None
        return self._losses[table]

    def _spread(self, table: str) -> Losses | None:
        # Loads NumPy, which a healthy capture does not need.
        from pcapcheck.links.loss_spread import CONNECTION, losses_of
        from pcapcheck.paths.lost_connections import lost_whole

        losses = losses_of(self.captures, self.facts, table)
        if losses is not None and lost_whole(losses, self.captures, self.facts, self.followed):
            return replace(losses, follows=CONNECTION)
        return losses

    @property
    def verdict(self) -> str:
        """pass, fail (a rule of severity error failed) or not-checked (no rule could be checked)."""
        if self.failures:
            return FAIL
        return PASS if any(one.status != NOT_CHECKED for one in self.findings) else NOT_CHECKED

    @property
    def failures(self) -> list[Finding]:
        """The rules of severity error that failed: what every format counts as failed."""
        return [one for one in self.findings if one.status == FAIL and one.rule.severity == "error"]

    @property
    def accepted(self) -> list[Finding]:
        """The rules of which a failure is accepted, in whole or in part."""
        return [one for one in self.findings if one.has_accepted]

    @property
    def warnings(self) -> list[Finding]:
        """The rules that failed and only warn."""
        return [one for one in self.findings if one.status == FAIL and one.rule.severity == "warning"]

    @property
    def asked_in_vain(self) -> list[Unanswered]:
        """The questions of ``unanswered`` whose answer would have been recorded."""
        return [one for one in self.unanswered if not one.doubt]

    @property
    def points(self) -> list[PointFacts]:
        return list(self.facts.points.values())

    def by_observation(self) -> list[Result]:
        """What was recorded at one time, each by itself with what failed there; mostly that is all."""
        facts = self.facts
        different = list(dict.fromkeys(map(facts.observations.get, facts.points)))
        if not any(apart(one, other) for one in different for other in different):
            return [self]
        parts = []
        for one in different:
            keys = {key for key in facts.points if not apart(one, facts.observations.get(key))}
            own = {key for key in facts.points if facts.observations.get(key) == one}
            within = facts.within(keys)
            part = replace(self, facts=within, followed=self.followed.within(keys, within))
            places = {(key[0], facts.points[key].name) for key in own}
            part.unanswered = [one for one in self.unanswered if (one.capture, one.interface) in places]
            part.findings = [replace(finding, evidence=self._evidence_at(own, finding)) for finding in self.findings]
            parts.append(part)
        # What is of no capture is looked at once.
        parts[0].findings = [
            replace(finding, evidence=[*some.evidence, *(e for e in finding.evidence if self._point_of(e) is None)])
            for finding, some in zip(self.findings, parts[0].findings, strict=True)
        ]
        return parts

    def _evidence_at(self, keys: set[PointKey], finding: Finding) -> list[Evidence]:
        points = [(one, self._point_of(one)) for one in finding.evidence]
        return [one for one, point in points if point is not None and point.key in keys]

    def _point_of(self, evidence: Evidence) -> PointFacts | None:
        return self.facts.point(evidence.capture, evidence.group)

    def points_of(self, capture: Capture) -> list[PointFacts]:
        """The capture points of one capture."""
        return [point for point in self.points if point.key[0] == capture.number]
