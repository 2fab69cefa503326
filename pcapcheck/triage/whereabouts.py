"""Whereabouts: where lost packets were seen last, for failing rows and for questions that nobody answered.

A rule about answers sees a single link. Following the packets shows at which point of their path they, or the replies
to them, were seen last: that is where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.fates import first_seen
from pcapcheck.paths.losses import IN_NODE, REQUEST, LastSeen, PathLoss
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.questions.unanswered import SILENT, Unanswered
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import ECHO, PATHS
from pcapcheck.triage.last_seen import LastPlace, headline, observed, place_of, silence_of_question
from pcapcheck.triage.only_sighting import ANSWERS_OF, on_only_link, question_on_only_link, several_points, table_of
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.paths.tracing import Tracing

REPLIED = "replied"
# Further failing rows of a rule are reported without whereabouts.
MOST_TRACED = 50


def locate(judgement: Judgement) -> Judgement:
    """Add where their packets were seen last to failing rows and to questions that nobody answered."""
    judged = {finding.rule.table for finding in judgement.findings if _is_traced(finding)}
    if not (judged or judgement.unanswered):
        return judgement
    if judgement.followed.groups is None:
        return replace(
            judgement,
            findings=[
                _with_evidence(finding, partial(on_only_link, judgement, finding)) for finding in judgement.findings
            ],
            unanswered=[question_on_only_link(judgement, question) for question in judgement.unanswered],
        )
    from pcapcheck.paths.tracing import Tracing

    found = Whereabouts(judgement, Tracing(judgement.followed.groups))
    questions = [found.of_question(question, judged) for question in judgement.unanswered[:MOST_TRACED]]
    return replace(
        judgement,
        findings=[_with_evidence(finding, partial(found.of, finding), MOST_TRACED) for finding in judgement.findings],
        unanswered=[question for question in questions if question is not None] + judgement.unanswered[MOST_TRACED:],
    )


def _is_traced(finding: Finding) -> bool:
    return finding.status == FAIL and finding.rule.table in (PATHS, *ANSWERS_OF)


def _with_evidence(finding: Finding, of: Callable[[Evidence], Evidence], most: int | None = None) -> Finding:
    """A finding with the whereabouts of its first failing rows, if its rule is about packets that are followed."""
    if not _is_traced(finding):
        return finding
    rest = finding.evidence[len(finding.evidence) if most is None else most :]
    return replace(finding, evidence=[*map(of, finding.evidence[:most]), *rest])


class Whereabouts:
    """Looks for the packets of single rows among those that were followed."""

    def __init__(self, judgement: Judgement, tracing: Tracing) -> None:
        self._result = judgement
        self._paths = judgement.followed
        self._hosts = judgement.followed.hosts
        self._tracing = tracing

    def of(self, finding: Finding, evidence: Evidence) -> Evidence:
        """A failing row, with where its packet was seen last; an RST, where it was seen first."""
        if evidence.row.get("reset_midway"):
            return self._with_origin(evidence)
        found = self._seen(finding.rule.table, evidence.capture, evidence.frames, evidence.group)
        if found is None:
            return on_only_link(self._result, finding, evidence)
        packet, loss = found
        known = replace(evidence, last_seen=self._last(packet, loss))
        if finding.rule.table == PATHS:
            return replace(known, share=self._share(loss.path))
        if finding.rule.table == ECHO and loss.missing and loss.place == IN_NODE and loss.direction == REQUEST:
            # Another rule is about this, and says so.
            return known
        place = place_of(loss, evidence.interface, self._hosts, several_points(self._result))
        return known if place is None else self._worded(finding.rule, known, place)

    def _with_origin(self, evidence: Evidence) -> Evidence:
        """An RST, with where it was seen first: between there and the point before, if there is one, it was made."""
        packet = self._tracing.packet(evidence.capture, evidence.frames[0]) if evidence.frames else None
        path = self._tracing.path(packet) if packet is not None else None
        if packet is None or path is None or not several_points(self._result):
            return evidence
        first, frame = path.steps[0], self._tracing.frames(packet)[0]
        own = (first.spot.capture, frame) == (evidence.capture, evidence.frames[0])
        file = clean(self._result.captures[first.spot.capture].source.short_name)
        where = "" if own else f" (frame {frame} of {file})"
        return replace(evidence, observed=f"{evidence.observed}; {first_seen(first, self._hosts)}{where}")

    def _worded(self, rule: Rule, evidence: Evidence, place: LastPlace) -> Evidence:
        """A failing row in words, with the place where its packet was seen last."""
        said, last = evidence.observed, evidence.last_seen
        own = last is not None and last.capture == evidence.capture and last.frame in evidence.frames
        if last is not None and not (own and place.is_clause):
            # The row's own frames are shown with it.
            where = "" if own else f" (frame {last.frame} of {self._file(last)})"
            said = observed(rule, evidence.row, place, where, said)
        return replace(evidence, headline=headline(rule, evidence.row, place, evidence.headline), observed=said)

    def of_question(self, question: Unanswered, judged: Container[str]) -> Unanswered | None:
        """The same for a question; None if a rule fails for it (``judged`` are the tables of the rules that do)."""
        if question.lost_answer is not None:
            return self._of_lost_answer(question, question.lost_answer)
        table = table_of(question)
        found = self._seen(table, question.capture, question.frames) if table and question.asked is not None else None
        if found is None or table is None:
            return question
        packet, loss = found
        if PATHS in judged and table == ECHO and self._share(loss.path)[0]:
            return None
        first = loss.path.steps[0].spot
        on_path = first.capture != question.capture and question.protocol != "UDP"
        if table in judged and on_path and first.side == POD and first.point.judged:
            # The same packets, seen again on their path: the rule is about them on the asker's own link.
            return None
        place = place_of(loss, question.interface, self._hosts, several_points(self._result))
        if place is None:
            return question
        fate = silence_of_question(table, place) if question.fate == SILENT else question.fate
        return replace(question, fate=fate, last_seen=self._last(packet, loss))

    def _of_lost_answer(self, question: Unanswered, frame: int) -> Unanswered:
        """A question whose answer was recorded, with where the answer was seen last."""
        packet = self._tracing.packet(question.capture, frame)
        path = self._tracing.path(packet) if packet is not None else None
        if packet is None or path is None:
            return question_on_only_link(self._result, question)
        return replace(question, last_seen=self._last(packet, replace(self._paths.loss(path), back=True)))

    def _seen(
        self, table: str, capture: int, frames: tuple[int, ...], group: int | None = None
    ) -> tuple[int, PathLoss] | None:
        """The packet of a row, or of the reply to it, and how it was lost."""
        packet = self._tracing.packet(capture, frames[0]) if frames else None
        path = self._tracing.path(packet) if packet is not None else None
        if packet is None or path is None:
            return None
        if table in ANSWERS_OF:
            here = next((step for step in path.steps if step.spot.capture == capture), path.steps[0])
            for number, back in self._answers(table, packet, path, here):
                return number, replace(self._paths.loss(back), back=True, source=_wrong_source(here, back))
        loss = self._paths.loss(path)
        # For echoes, another rule says how many were lost.
        return packet, loss if table == ECHO else self._vanished(loss)

    def _answers(self, table: str, packet: int, path: Path, here: PathStep) -> Iterator[tuple[int, Path]]:
        """Answers that were seen elsewhere, and not where the question was recorded, between the same addresses."""
        if table == ECHO:
            found = self._tracing.replies(packet)
        else:
            pairs = {(path.dst, path.src), *self._answered_behind(table, path, self._tracing.frames(packet))}
            found = self._tracing.answers(ANSWERS_OF[table], pairs, packet)
        for number in found:
            back = self._tracing.path(number)
            if back is not None and not any(_answers_at(here, step) for step in back.steps):
                yield number, back

    def _answered_behind(self, table: str, path: Path, frames: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        """The pairs between which answers went behind address translation, if the translated question was answered."""
        for step, frame in zip(path.steps[1:], frames[1:], strict=True):
            paired = self._result.captures[step.spot.capture].exchanges.paired
            bins = paired.bins_of(table)
            samples = (sample for some in bins if some.outcome == REPLIED for sample in some.samples)
            if (step.src, step.dst) != (path.src, path.dst) and any(frame in sample.frames for sample in samples):
                yield step.dst, step.src

    def _vanished(self, loss: PathLoss) -> PathLoss:
        """How packets like these were lost, if these were sent before their receiver's link was watched.

        That holds for these too only if no packet of the same protocol between the same two is seen to get further.
        """
        path = loss.path
        here = path.steps[0].spot.point.key
        if loss.missing or loss.place != IN_NODE or len(path.steps) > 1:
            return loss
        same = (path.packet, here)
        alike = [
            other
            for other in self._paths.between(path.src, path.dst)
            if (other.packet, other.steps[0].spot.point.key) == same and not other.answered
        ]
        if any(len(other.steps) > 1 for other in alike):
            return loss
        losses = (self._paths.loss(other) for other in alike)
        return next((other for other in losses if other.missing), loss)

    def _last(self, packet: int, loss: PathLoss) -> LastSeen:
        step, capture_point = loss.last, loss.last.spot.point.capture_point
        return LastSeen(
            direction=loss.direction,
            capture=step.spot.capture,
            frame=self._tracing.frames(packet)[-1],
            host=self._hosts.name(capture_point.key),
            interface=capture_point.name,
            kind=capture_point.kind,
            encap=step.encap,
            arrived=loss.arrived,
            place=loss.place if loss.missing else None,
            never=tuple(point.name for point in loss.devices or loss.missing),
            source=loss.source,
            between=(step.src, step.dst),
        )

    def _share(self, path: Path) -> tuple[int, int]:
        """How many packets between the same two were lost, and for how many it is known."""
        received = self._paths.for_receiver(path.receiver)
        alike = [other for other in received if (other.packet, other.src) == (path.packet, path.src)]
        lost, known = 0, 0
        for other in alike:
            delivered = self._paths.is_delivered(other)
            lost += other.count if delivered is False else 0
            known += other.count if delivered is not None else 0
        return lost, known

    def _file(self, last: LastSeen | None) -> str:
        return clean(self._result.captures[last.capture].source.short_name) if last is not None else ""


def _answers_at(here: PathStep, step: PathStep) -> bool:
    """Whether an answer came to where its question was recorded, with the addresses that its asker waits for.

    An answer for a NodePort that comes in from another node still has to be translated back.
    """
    return step.spot.point.key == here.spot.point.key and (step.src, step.dst) == (here.dst, here.src)


def _wrong_source(here: PathStep, back: Path) -> int | None:
    """The source of an answer that came to its asker, or left for it by a NIC, if it is not the address asked.

    Nothing translates it any more: its asker takes it for a stranger's, and resets the connection (RFC 9293, 3.10.7.3).
    """
    last, capture_point = back.steps[-1], back.steps[-1].spot.point.capture_point
    if last.dst != here.src or last.src == here.dst:
        return None
    home = capture_point.kind == "pod-link" and last.spot.side == NODE
    gone = capture_point.kind == "host-nic" and last.encap == "none" and back.steps[0].spot.side == POD
    return last.src if home or gone else None
