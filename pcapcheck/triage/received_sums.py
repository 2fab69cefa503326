"""Received checksums: whether unanswered packets came with a wrong checksum to where they were seen last.

Whoever receives such a packet drops it (RFC 1122, sections 3.2.1.2, 4.1.3.4 and 4.2.2.7). At the sender's own end a
checksum that is not right yet is left to the card, and no fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.column_words import CHECKSUMS
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.paths.losses import AT_POD, REQUEST, LastSeen, PathLoss
from pcapcheck.protocols import TCP, UDP
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case, Item
from pcapcheck.triage.nic_directions import NicDirections
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import Value, as_number, as_text, clean

if TYPE_CHECKING:
    from pcapcheck.triage.state_evidence.situation import Situation

OK, WRONG, UNFILLED, UNKNOWN = CHECKSUMS
INNER = "inner "
UPPER = {TCP: "TCP", UDP: "UDP"}
# Packets that are looked at again: of one case, and of all.
MOST_OF_CASE = 4
MOST = 1 << 10
SHOWN = 3

# A frame: the number of its capture, and its own.
Seen = tuple[int, int]


class _Known(Struct, frozen=True):
    """A frame that was read again: what each checksum is of, with one of CHECKSUMS; whether it came in; its tunnel."""

    sums: tuple[tuple[str, str], ...]
    came_in: bool | None
    encap: str | None

    @property
    def is_wrong(self) -> bool:
        return any(status == WRONG for _, status in self.sums)


class _Frames(Struct, frozen=True):
    """Frames of a case: where its packets were received, perhaps received, and where they were seen before."""

    received: list[Seen]
    perhaps: list[Seen]
    before: list[Seen]


def received_sums(
    judgement: Judgement, cases: Iterable[tuple[Case, list[PathLoss]]], situation: Situation | None
) -> list[QuotedColumns]:
    """The columns about checksums of each case, with what it lost; a capture is read again once for all."""
    frames = [_frames_of(case, losses) for case, losses in cases]
    wanted: dict[int, list[int]] = {}
    every = chain.from_iterable((*some.received, *some.perhaps, *some.before) for some in frames)
    for capture, frame in islice(every, MOST):
        wanted.setdefault(capture, []).append(frame)
    directions = NicDirections(judgement, situation)
    known = {
        seen: read
        for capture, numbers in wanted.items()
        for seen, read in _read(judgement, directions, capture, numbers)
    }
    return [_summed_up(judgement, some, known) for some in frames]


def _summed_up(judgement: Judgement, frames: _Frames, known: dict[Seen, _Known]) -> QuotedColumns:
    perhaps = [seen for seen in frames.perhaps if seen in known]
    received = [seen for seen in frames.received if seen in known] + [seen for seen in perhaps if known[seen].came_in]
    unsure = [seen for seen in perhaps if known[seen].came_in is None]
    # Inside a tunnel a packet is on its way already.
    before = [known[seen] for seen in frames.before if seen in known and known[seen].encap is None]
    found = QuotedColumns(
        {
            "checksum": _worst(known[seen] for seen in received),
            "checksum.all_wrong": all(known[seen].is_wrong for seen in received) if received else None,
            "checksum.sent": _worst(before),
            "checksum.on_nic": _worst(known[seen] for seen in unsure),
        }
    )
    if found.columns["checksum"] == WRONG:
        found.lines["checksum"] = _wrong(
            judgement, received, known, "the packet comes with a wrong {of} (frame {frame})"
        )
    elif received:
        found.lines["checksum"] = (_not_wrong(judgement, received, known, found.columns["checksum"]),)
    if found.columns["checksum.on_nic"] == WRONG:
        words = "a packet with a wrong {of} (frame {frame}); nothing shows whether it came in or left there"
        found.lines["checksum.on_nic"] = _wrong(judgement, unsure, known, words)
    encaps = {known[seen].encap for seen in (*received, *unsure)} - {None}
    if len(encaps) == 1:
        found.columns["tunnelled"] = encaps.pop()
    return found


def _wrong(judgement: Judgement, frames: list[Seen], known: dict[Seen, _Known], words: str) -> tuple[str, ...]:
    wrong = (
        f"{_file(judgement, seen)}: {words.format(of=of, frame=seen[1])}"
        for seen in frames
        for of, status in known[seen].sums
        if status == WRONG
    )
    return tuple(islice(wrong, SHOWN))


def _not_wrong(judgement: Judgement, frames: list[Seen], known: dict[Seen, _Known], worst: Value | None) -> str:
    """What a packet came with that was not wrong: right, or left to a card or unknown, which is not the same."""
    words = {OK: "the packet comes with the right checksums", UNFILLED: "the packet comes with its {of} not filled in"}
    said = words.get(as_text(worst) or "", "the packet comes with its {of} not known")
    seen, of = next(
        ((seen, of) for seen in frames for of, status in known[seen].sums if status == worst), (frames[0], "checksum")
    )
    return f"{_file(judgement, seen)}: {said.format(of=of)} (frame {seen[1]})"


def _worst(some: Iterable[_Known]) -> str | None:
    statuses = {status for known in some for _, status in known.sums}
    return next((status for status in (WRONG, UNKNOWN, UNFILLED, OK) if status in statuses), None)


def _file(judgement: Judgement, seen: Seen) -> str:
    return clean(judgement.captures[seen[0]].source.short_name)


def _frames_of(case: Case, losses: list[PathLoss]) -> _Frames:
    """Frames that had come to their receiver's node or pod when they were seen last; and the packets before."""
    frames = _Frames([], [], [])
    for loss in losses:
        places = [step.spot.capture for step in loss.path.steps]
        for sample in loss.path.samples:
            *before, last = zip(places, sample.frames, strict=True)
            if loss.arrived or loss.place == AT_POD:
                frames.received.append(last)
                frames.before.extend(before)
            elif loss.arrived is None:
                frames.perhaps.append(last)
    for item in case.items if not losses else ():
        seen: Unanswered | Evidence = item.question or item.evidence
        last_seen, own = seen.last_seen, [(seen.capture, frame) for frame in seen.frames]
        if last_seen is not None and (last_seen.arrived or _is_on_its_link(item, last_seen)):
            last = (last_seen.capture, last_seen.frame)
            frames.received.append(last)
            frames.before.extend(one for one in (*own, *item.evidence.elsewhere) if one != last)
        else:
            frames.perhaps.extend(own)
    return _Frames(frames.received[:MOST_OF_CASE], frames.perhaps[:MOST_OF_CASE], frames.before[: 2 * MOST_OF_CASE])


def _is_on_its_link(item: Item, last: LastSeen) -> bool:
    """Whether a question was seen last on the link of the pod that was asked."""
    return last.direction == REQUEST and item.dst_link is not None and item.dst_link.name == last.interface


def _read(
    judgement: Judgement, directions: NicDirections, capture: int, frames: list[int]
) -> Iterator[tuple[Seen, _Known]]:
    try:
        for row in rows_of(judgement.captures[capture], judgement.reading, set(frames), with_sums=True):
            known = _Known(tuple(_sums_of(row)), directions.came_in(capture, row), as_text(row.encap))
            yield (capture, row.frames[0]), known
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
