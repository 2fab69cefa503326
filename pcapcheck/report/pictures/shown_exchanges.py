"""Which exchanges pictures show: those that failed, the worst first, and for comparison one that was answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.errors import CaptureError
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.read_rows import read_rows
from pcapcheck.paths.losses import REPLY, LastSeen
from pcapcheck.questions.broken_transfers import NEVER_ARRIVES
from pcapcheck.questions.unanswered import UNANSWERED, Unanswered
from pcapcheck.raw_rows import TableRow
from pcapcheck.report.loss_sentences import is_about_losses
from pcapcheck.report.pictures.frame_sightings import Place
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, Evidence, Finding, ordered
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import ARP, ECHO, HOPS, PAIRED, PATHS, TRANSFERS

# Frames of one exchange: a question may be repeated a thousand times.
FRAMES_SHOWN = 12
# How far into a capture an answered exchange is looked for: some 100,000 frames.
BATCHES_SEARCHED = 20
ANSWERED = ("answered", "replied")
# Columns that are false of a row whose packet, or the answer to it, was lost.
ANSWER_COLUMNS = ("answered", "replied", "delivered")
# Of frame groups: what asks for MACs, and what answers that.
RESOLVES = ("arp", "nd")
# A question without these is not understood; without them no question is asked.
BEFORE = {ARP: (ARP,), **{table: (ARP, table) for table in PAIRED}}


class ShownExchange(Struct, frozen=True):
    """An exchange to draw: its frames, and whether it failed.

    ``rule`` is the one that failed (empty: none is about it), ``sentence`` says what happened. ``lost``: a question or
    its answer got lost, and ``last`` is where it was seen last, if that is known; ``silence`` is what to say where a
    question ends otherwise. ``tables`` are those of what was answered; ``compares``: something else failed.
    """

    places: tuple[Place, ...]
    failed: bool
    rule: str = ""
    sentence: str = ""
    last: LastSeen | None = None
    lost: bool = False
    silence: str = "no answer"
    tables: tuple[str, ...] = ()
    compares: bool = False


def failed_exchanges(analysis: Analysis) -> Iterator[ShownExchange]:
    """What failed, in the order of headlines: the first row of each rule, questions that no rule is about, others.

    What is accepted comes last.
    """
    failed = [finding for finding in ordered(analysis.findings) if finding.status == FAIL]
    counted = [finding for finding in failed if not finding.is_accepted]
    accepted = [finding for finding in failed if finding.is_accepted]
    questions = [_of_question(question) for question in analysis.asked_in_vain]
    first = [_of_row(finding, row) for finding in counted for row in finding.evidence[:1]]
    others = [_of_row(finding, row) for finding in counted for row in finding.evidence[1:]]
    last = [_of_row(finding, row) for finding in accepted for row in finding.evidence[:1]]
    return (shown for shown in chain(first, questions, others, last) if shown.places)


def answered_exchange(analysis: Analysis, failed: Sequence[ShownExchange]) -> ShownExchange | None:
    """One exchange that was answered, with the address resolution before it: like what failed, and where it did."""
    table = next((finding.rule.table for finding in ordered(analysis.findings) if finding.status == FAIL), ECHO)
    if table in (PATHS, HOPS) or table not in BEFORE:
        table = ECHO
    capture = failed[0].places[0][0] if failed else None
    return _answered(analysis, BEFORE[table], capture, bool(failed))


def _of_row(finding: Finding, evidence: Evidence) -> ShownExchange:
    last = evidence.last_seen
    return ShownExchange(
        places=_with_answer(_places(evidence), last),
        failed=True,
        rule=finding.rule.id,
        sentence=evidence.observed,
        last=last,
        lost=_is_lost(finding.rule, evidence),
        silence="not acknowledged" if finding.rule.table == TRANSFERS else "no answer",
    )


def _of_question(question: Unanswered) -> ShownExchange:
    last = question.last_seen
    answer = () if question.lost_answer is None else ((question.capture, question.lost_answer),)
    places = tuple((question.capture, frame) for frame in question.frames[:FRAMES_SHOWN])
    return ShownExchange(
        places=_with_answer((*places, *answer), last),
        failed=True,
        sentence=f"{question.sentence} ({question.often})",
        last=last,
        lost=question.ended == UNANSWERED and not question.fate.startswith(NEVER_ARRIVES),
        silence="not acknowledged" if question.size is not None else "no answer",
    )


def _with_answer(places: tuple[Place, ...], last: LastSeen | None) -> tuple[Place, ...]:
    """Frames as they are drawn, with that of an answer that was lost on its way back."""
    back = [(last.capture, last.frame)] if places and last and last.direction == REPLY else []
    return tuple(dict.fromkeys((*places[:FRAMES_SHOWN], *back)))


def _is_lost(rule: Rule, evidence: Evidence) -> bool:
    """Whether its packet, or the answer to it, was lost or refused: what came late did come."""
    row = evidence.row
    if row.get("outcome") == "missing":
        # What was lost is not among its frames.
        return False
    if row.get("progresses") is False:
        return True
    if not is_about_losses(rule) or row.get("outcome") in ANSWERED:
        return False
    unanswered = row.get("outcome") in ("unanswered", "error") or False in map(row.get, ANSWER_COLUMNS)
    return unanswered or evidence.last_seen is not None


def _places(evidence: Evidence) -> tuple[Place, ...]:
    if evidence.capture == NO_CAPTURE:
        return ()
    return (*((evidence.capture, frame) for frame in evidence.frames), *evidence.elsewhere)


def _answered(analysis: Analysis, tables: tuple[str, ...], capture: int | None, compares: bool) -> ShownExchange | None:
    """The first answered exchange of the last table in one capture, best on a pod's link, where something failed.

    The one before it, of the tables before, is of the same capture point.
    """
    kind = min((point.kind for point in analysis.points), key=lambda kind: kind != "pod-link", default="")
    for one in sorted(analysis.captures, key=lambda one: one.number != capture):
        places: tuple[Place, ...] = ()
        found: list[str] = []
        where: PointFacts | None = None
        for table in reversed(tables):
            answered = _first_answered(analysis, one.number, table, kind, where)
            if answered is not None:
                where, frames = answered
                places, found = frames + places, [table, *found]
        if places:
            return ShownExchange(places, False, tables=tuple(found), compares=compares)
    return None


def _first_answered(
    analysis: Analysis, capture: int, table: str, kind: str, where: PointFacts | None
) -> tuple[PointFacts, tuple[Place, ...]] | None:
    if not _has_answers(analysis.captures[capture], table, where):
        # The whole capture would be read for nothing.
        return None
    try:
        for rows in read_rows(analysis.captures[capture].source, analysis.reading, table, BATCHES_SEARCHED):
            row: TableRow
            for row in rows:
                point = analysis.facts.point(capture, row.group)
                if point is None or row.outcome not in ANSWERED:
                    continue
                if point is where or (where is None and point.kind == kind):
                    return point, tuple((capture, frame) for frame in sorted(row.frames)[:FRAMES_SHOWN])
    except (CaptureError, OSError):
        return None
    return None


def _has_answers(capture: Capture, table: str, where: PointFacts | None) -> bool:
    if table in PAIRED:
        return any(some.outcome in ANSWERED for some in capture.exchanges.paired.bins_of(table))
    return where is None or any(group.carries in RESOLVES for group in where.groups.values())
