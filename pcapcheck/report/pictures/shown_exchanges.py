"""Which exchanges pictures show: the first failed ones, and for comparison one that was answered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.errors import CaptureError
from pcapcheck.links.read_rows import read_rows
from pcapcheck.paths.losses import REPLY, LastSeen
from pcapcheck.raw_rows import TableRow
from pcapcheck.report.loss_sentences import is_about_losses
from pcapcheck.report.pictures.frame_sightings import Place
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, Evidence, ordered
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import ARP, ECHO, HOPS, PAIRED, PATHS

FAILED_SHOWN = 2
# Frames of one exchange: a question may be repeated a thousand times.
FRAMES_SHOWN = 12
# How far into a capture an answered exchange is looked for.
BATCHES_SEARCHED = 4
ANSWERED = ("answered", "replied")
# Columns that are false of a row whose packet, or the answer to it, was lost.
ANSWER_COLUMNS = ("answered", "replied", "delivered")
# A question without these is not understood; without them no question is asked.
BEFORE = {ARP: (ARP,), **{table: (ARP, table) for table in PAIRED}}


class ShownExchange(Struct, frozen=True):
    """An exchange to draw: its frames, and whether it failed.

    ``rule`` is the one that failed, ``sentence`` says what happened. ``lost``: a question or its answer got lost, and
    ``last`` is where it was seen last, if that is known. ``tables`` are those of what was answered.
    """

    places: tuple[Place, ...]
    failed: bool
    rule: str = ""
    sentence: str = ""
    last: LastSeen | None = None
    lost: bool = False
    tables: tuple[str, ...] = ()


def shown_exchanges(analysis: Analysis) -> list[ShownExchange]:
    """At most two failed exchanges, then one that was answered, with the address resolution before it."""
    failed = list(islice(_failed(analysis), FAILED_SHOWN))
    table = next((finding.rule.table for finding in ordered(analysis.findings) if finding.status == FAIL), ECHO)
    if table in (PATHS, HOPS) or table not in BEFORE:
        table = ECHO
    capture = failed[0].places[0][0] if failed else None
    healthy = _answered(analysis, BEFORE[table], capture)
    return failed + ([healthy] if healthy else [])


def _failed(analysis: Analysis) -> Iterator[ShownExchange]:
    """Failed rows of different frames: the first of each rule, errors first, then the others."""
    drawn: set[Place] = set()
    failed = [finding for finding in ordered(analysis.findings) if finding.status == FAIL]
    first = [(finding, evidence) for finding in failed for evidence in finding.evidence[:1]]
    others = [(finding, evidence) for finding in failed for evidence in finding.evidence[1:]]
    for finding, evidence in first + others:
        places = _places(evidence)
        if places and not drawn & set(places):
            drawn.update(places)
            last = evidence.last_seen
            # The answer that was lost on its way back.
            back = [(last.capture, last.frame)] if last and last.direction == REPLY else []
            shown = tuple(dict.fromkeys((*places[:FRAMES_SHOWN], *back)))
            lost = is_ended(finding.rule, evidence)
            yield ShownExchange(shown, True, finding.rule.id, evidence.observed, last, lost)


def is_ended(rule: Rule, evidence: Evidence) -> bool:
    """Whether its packet, or the answer to it, was lost or refused: what came late did come."""
    row = evidence.row
    if not is_about_losses(rule) or row.get("outcome") in ANSWERED:
        return False
    unanswered = row.get("outcome") in ("unanswered", "error") or False in map(row.get, ANSWER_COLUMNS)
    return unanswered or evidence.last_seen is not None


def _places(evidence: Evidence) -> tuple[Place, ...]:
    if evidence.capture == NO_CAPTURE:
        return ()
    return (*((evidence.capture, frame) for frame in evidence.frames), *evidence.elsewhere)


def _answered(analysis: Analysis, tables: tuple[str, ...], capture: int | None) -> ShownExchange | None:
    """The first answered exchange of each table in one capture: on a pod's link, best where something failed."""
    kind = min((point.kind for point in analysis.points), key=lambda kind: kind != "pod-link", default="")
    for one in sorted(analysis.captures, key=lambda one: one.number != capture):
        found = {table: places for table in tables if (places := _first_answered(analysis, one.number, table, kind))}
        if found:
            return ShownExchange(tuple(place for some in found.values() for place in some), False, tables=tuple(found))
    return None


def _first_answered(analysis: Analysis, capture: int, table: str, kind: str) -> tuple[Place, ...]:
    try:
        for rows in islice(read_rows(analysis.captures[capture].source, analysis.reading, table), BATCHES_SEARCHED):
            row: TableRow
            for row in rows:
                point = analysis.facts.point(capture, row.group)
                if row.outcome in ANSWERED and point is not None and point.kind == kind:
                    return tuple((capture, frame) for frame in sorted(row.frames)[:FRAMES_SHOWN])
    except (CaptureError, OSError):
        return ()
    return ()
