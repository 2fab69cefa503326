"""Data that is missing at one capture point, and that another recorded, where it is said to be stuck.

On the link of whoever receives it large data never shows if it is lost before; on the sender's own link it is sent
again and again. Those are one fault, which is judged where more of it was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from pcapcheck.exchanges.transfer_row import Side, TransferRow
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture

MISSING, STALLED = "missing", "stalled"
# A point, by its capture and one of its frame groups, and a side of a connection.
Seen = tuple[PointKey, Side]


def with_recorded_elsewhere(
    points: dict[PointKey, PointFacts], captures: Sequence[Capture]
) -> dict[PointKey, PointFacts]:
    """The capture points, each with the frame groups whose missing data was all recorded at another."""
    by_group = {(key[0], number): key for key, point in points.items() for number in point.groups}
    missing: dict[PointKey, list[TransferRow]] = {}
    stuck: set[Seen] = set()
    for capture in captures:
        for row in capture.exchanges.conversations.broken:
            key = by_group.get((capture.number, row.group))
            if key is not None and row.outcome == MISSING:
                missing.setdefault(key, []).append(row)
            elif key is not None and row.outcome == STALLED:
                stuck.update((key, side) for side in row.sides)
    elsewhere = {key: _elsewhere(key, rows, stuck) for key, rows in missing.items()} if stuck else {}
    return {key: _with(point, elsewhere) for key, point in points.items()}


def _with(point: PointFacts, elsewhere: Mapping[PointKey, frozenset[int]]) -> PointFacts:
    groups = elsewhere.get(point.key)
    if not groups:
        return point
    alternatives = [replace(alternative, recorded_elsewhere=groups) for alternative in point.alternatives]
    return replace(point, recorded_elsewhere=groups, alternatives=alternatives)


def _elsewhere(key: PointKey, rows: Sequence[TransferRow], stuck: set[Seen]) -> frozenset[int]:
    others = {side for other, side in stuck if other != key}
    only_here = {row.group for row in rows if not others & set(row.sides)}
    return frozenset(row.group for row in rows) - only_here
