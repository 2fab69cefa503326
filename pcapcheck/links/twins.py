"""Twins: recordings of one interface that hold nothing that another does not hold too.

A copy under another name, a text pasted twice, a second tcpdump that ran for a shorter while. Their exchanges are the
same ones, and count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.capture import scan_layout
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture

# Two recordings of one interface have the kernel's one time of each frame, but for the nanoseconds that a container
# rounds off; at the other end of a wire the same frames come some microseconds later.
SAME_TIME = 1_000
# Frames compared one by one; above this number, captures with the same number of frames and times are the same.
MOST_COMPARED = 1 << 17


def recorded_twice(captures: list[Capture], points: Iterable[PointFacts]) -> Iterator[tuple[PointFacts, PointFacts]]:
    """Capture points that hold nothing of their own, each with the one that holds it all."""
    # What was kept so far, by the frame types that it holds, with its first and last time.
    kept: dict[object, list[tuple[int, int, PointFacts]]] = {}
    # The longest first, so that what it holds is recognised in the others.
    for point in sorted(points, key=lambda point: -point.capture_point.frames):
        first, last = point.capture_point.first, point.capture_point.last
        if first is None or last is None or not captures[point.key[0]].source.complete:
            continue
        keys = [_key(group) for group in point.groups.values()]
        original = next(
            (
                known
                for begin, end, known in kept.get(keys[0], ())
                if begin - SAME_TIME <= first and last <= end + SAME_TIME and _adds_nothing(captures, point, known)
            ),
            None,
        )
        if original is not None:
            yield point, original
            continue
        for key in keys:
            kept.setdefault(key, []).append((first, last, point))


def _adds_nothing(captures: list[Capture], point: PointFacts, other: PointFacts) -> bool:
    capture_point, original = point.capture_point, other.capture_point
    if (capture_point.link_type, capture_point.kind) != (original.link_type, original.kind):
        return False
    if capture_point.interface.printed is not original.interface.printed or (
        point.end and other.end and point.end != other.end
    ):
        return False
    if capture_point.name != original.name and (
        (capture_point.named_by and original.named_by) or capture_point.key[0] == original.key[0]
    ):
        return False
    there = {_key(group): group for group in original.groups.values()}
    pairs = [(there.get(_key(group)), group) for group in capture_point.groups.values()]
    if not all(_may_hold(whole, part) for whole, part in pairs):
        return False
    if original.frames > MOST_COMPARED:
        return all(whole is not None and _alike(whole, part) for whole, part in pairs)
    return _holds_all(captures, other, point)


def _key(group: FrameGroup) -> tuple[object, ...]:
    return group.sender, group.dst, group.carries, group.ttl, group.direction


def _may_hold(whole: FrameGroup | None, part: FrameGroup) -> bool:
    if whole is None or whole.first is None or whole.last is None or part.first is None or part.last is None:
        return False
    before, after = whole.first - part.first, part.last - whole.last
    return whole.count >= part.count and before <= SAME_TIME and after <= SAME_TIME


def _alike(group: FrameGroup, other: FrameGroup) -> bool:
    return (group.count, group.first, group.last) == (other.count, other.first, other.last)


def _holds_all(captures: list[Capture], whole: PointFacts, part: PointFacts) -> bool:
    """Whether every frame of one point is among those of the other, at the same time."""
    times: dict[bytes, list[int]] = {}
    for time, frame in _frames(captures, whole):
        times.setdefault(frame, []).append(time)
    return all(
        any(abs(time - other) <= SAME_TIME for other in times.get(frame, ())) for time, frame in _frames(captures, part)
    )


def _frames(captures: list[Capture], point: PointFacts) -> Iterator[tuple[int, bytes]]:
    """The frames of a capture point's interface, with their times."""
    with captures[point.key[0]].source.open() as reader:
        for batch in reader.batches():
            for row in range(batch.count):
                entry = row * scan_layout.FIELDS
                if batch.matrix[entry + scan_layout.INTERFACE] == point.key[1]:
                    start = batch.matrix[entry + scan_layout.OFFSET]
                    end = start + batch.matrix[entry + scan_layout.CAPTURED]
                    yield batch.matrix[entry + scan_layout.TIME], bytes(batch.buffer[start:end])
