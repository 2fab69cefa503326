"""Received checksums: whether unanswered packets came with a wrong checksum to where they were seen last.

Whoever receives such a packet drops it (RFC 1122, sections 3.2.1.2, 4.1.3.4 and 4.2.2.7). At the sender's own end a
checksum that is not right yet is left to the card, and no fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from msgspec import Struct

from pcapcheck.columns import CHECKSUMS
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.paths.losses import AT_POD, REQUEST, LastSeen, PathLoss
from pcapcheck.protocols import TCP, UDP
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case, Item
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import as_number, clean

OK, WRONG, UNFILLED, UNKNOWN = CHECKSUMS
INNER = "inner "
UPPER = {TCP: "TCP", UDP: "UDP"}
# Packets that are looked at again: of one case, and of all.
MOST_OF_CASE = 4
MOST = 1 << 10
SHOWN = 3

# A frame: the number of its capture, and its own.
Seen = tuple[int, int]
# What a checksum is of, and one of CHECKSUMS.
Sums = tuple[tuple[str, str], ...]


class _Frames(Struct, frozen=True):
    """Frames of a case: where its packets were received, and where the same packets were seen before."""

    received: list[Seen]
    before: list[Seen]


def received_sums(judgement: Judgement, cases: Iterable[tuple[Case, list[PathLoss]]]) -> list[QuotedColumns]:
    """``checksum`` and ``checksum.sent`` of each case, with what it lost; a capture is read again once for all."""
    frames = [_frames_of(case, judgement, losses) for case, losses in cases]
    wanted: dict[int, list[int]] = {}
    for capture, frame in islice(chain.from_iterable((*some.received, *some.before) for some in frames), MOST):
        wanted.setdefault(capture, []).append(frame)
    known = {seen: sums for capture, numbers in wanted.items() for seen, sums in _read(judgement, capture, numbers)}
    return [_summed_up(judgement, some, known) for some in frames]


def _summed_up(judgement: Judgement, frames: _Frames, known: dict[Seen, Sums]) -> QuotedColumns:
    received = [(seen, known[seen]) for seen in frames.received if seen in known]
    # Inside a tunnel a packet is on its way already.
    before = [known[seen] for seen in frames.before if seen in known and not _in_tunnel(known[seen])]
    found = QuotedColumns({"checksum": _worst(sums for _, sums in received), "checksum.sent": _worst(before)})
    if found.columns["checksum"] == WRONG:
        wrong = [
            f"{_file(judgement, seen)}: the packet comes with a wrong {of} (frame {seen[1]})"
            for seen, sums in received
            for of, status in sums
            if status == WRONG
        ]
        found.lines["checksum"] = tuple(wrong[:SHOWN])
    elif received:
        seen = received[0][0]
        found.lines["checksum"] = (
            f"{_file(judgement, seen)}: the packet comes with the right checksums (frame {seen[1]})",
        )
    return found


def _worst(some: Iterable[Sums]) -> str | None:
    told = {status for sums in some for _, status in sums}
    return next((status for status in (WRONG, UNKNOWN, UNFILLED, OK) if status in told), None)


def _in_tunnel(sums: Sums) -> bool:
    return any(of.startswith(INNER) for of, _ in sums)


def _file(judgement: Judgement, seen: Seen) -> str:
    return clean(judgement.captures[seen[0]].source.short_name)


def _frames_of(case: Case, judgement: Judgement, losses: list[PathLoss]) -> _Frames:
    """Frames that had come to their receiver's node or pod when they were seen last; and the packets before."""
    frames = _Frames([], [])
    for loss in losses:
        if loss.arrived or loss.place == AT_POD:
            places = [step.spot.capture for step in loss.path.steps]
            for sample in loss.path.samples:
                *before, received = zip(places, sample.frames, strict=True)
                frames.received.append(received)
                frames.before.extend(before)
    for item in case.items if not losses else ():
        seen: Unanswered | Evidence = item.question or item.evidence
        last, own = seen.last_seen, [(seen.capture, frame) for frame in seen.frames]
        point = judgement.facts.point(seen.capture, seen.group) if seen.group >= 0 else None
        if last is not None and (last.arrived or _is_on_its_link(item, last)):
            frames.received.append((last.capture, last.frame))
            frames.before.extend(one for one in (*own, *item.evidence.elsewhere) if one != (last.capture, last.frame))
        elif point is not None and _comes_in(point, seen.group):
            frames.received.extend(own)
    return _Frames(frames.received[:MOST_OF_CASE], frames.before[: 2 * MOST_OF_CASE])


def _is_on_its_link(item: Item, last: LastSeen) -> bool:
    """Whether a question was seen last on the link of the pod that was asked."""
    return last.direction == REQUEST and item.dst_link is not None and item.dst_link.name == last.interface


def _comes_in(point: PointFacts, group: int) -> bool:
    """Whether frames of a group came from the network, or to a pod from its node."""
    if point.kind in NODE_KINDS:
        return point.groups[group].direction == "in"
    return point.sides.of(point.groups[group])[0] == NODE


def _read(judgement: Judgement, capture: int, frames: list[int]) -> Iterator[tuple[Seen, Sums]]:
    source = judgement.captures[capture].source
    try:
        for row in rows_of(source, judgement.reading, set(frames), with_sums=True):
            yield (capture, row.frames[0]), tuple(_sums_of(row))
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return


def _sums_of(row: FrameRow) -> Iterator[tuple[str, str]]:
    inner = INNER if row.encap else ""
    upper = UPPER.get(as_number(row.ip_proto) or 0, "ICMP")
    for of, status in (
        ("outer IP checksum", row.outer_ip_checksum),
        ("outer UDP checksum", row.outer_checksum),
        (f"{inner}IP checksum", row.ip_checksum),
        (f"{inner}{upper} checksum", row.checksum),
    ):
        if isinstance(status, str):
            yield of, status
