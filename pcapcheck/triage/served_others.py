"""Others that are served: whether a host answers others of the same node while it does not answer one of them.

Then it is there, and the node's routes lead to it: the node chooses a route by the destination.
"""

from __future__ import annotations

from functools import cached_property

from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import asked_in
from pcapcheck.triage.signs_of_life import MEANWHILE


class ServedOthers:
    """Finds the answers that came to other pods; looks at the samples of all exchanges once, if at all."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement

    def by(self, case: Case) -> bool | None:
        """Whether answers from the case's ``dst`` came to others between its first failure and its last.

        None if none did: they may not have asked.
        """
        lead, judgement = case.lead, self._judgement
        here = judgement.facts.point(lead.evidence.capture, lead.evidence.group)
        failed = [some for some in asked_in(case, judgement, lead.link) if some.outcome in ("unanswered", "error")]
        times = [some.time for some in failed if some.time is not None]
        if here is None or lead.dst is None or not times:
            return None
        begin, end = min(times), max(times) + MEANWHILE
        # Of a question that is repeated the frames say until when it was asked.
        first, last = min(some.frames[0] for some in failed), max(some.frames[-1] for some in failed)
        for point, answered in self._answers.get(lead.dst, ()):
            meanwhile = answered.time is not None and begin <= answered.time <= end
            meanwhile = meanwhile or (point.key[0] == here.key[0] and first <= answered.frames[0] <= last)
            if meanwhile and answered.src != lead.pod and judgement.followed.hosts.same(here.key, point.key):
                return True
        return None

    @cached_property
    def _answers(self) -> dict[int, list[tuple[PointFacts, QuestionRow]]]:
        """By host, what pods asked it on their links and it answered: echoes, connections and DNS."""
        found: dict[int, list[tuple[PointFacts, QuestionRow]]] = {}
        for capture in self._judgement.captures:
            for some in capture.exchanges.paired.all_bins():
                point = self._judgement.facts.point(capture.number, some.group)
                if some.outcome == "replied" and point is not None and point.kind == "pod-link":
                    for row in some.samples:
                        found.setdefault(row.dst, []).append((point, row))
        return found
