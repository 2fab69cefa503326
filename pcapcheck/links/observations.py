"""Recording times: which capture points were recorded at the same time.

What was recorded at another time is another observation: it may have the same addresses and other machines, so nothing
of it explains this one. Recordings belong together where their times overlap or lie close, by one clock where both saw
the same packets: these prove it whatever the clocks say.
"""

from __future__ import annotations

from collections.abc import Mapping

from pcapcheck.links.capture_points import CapturePoint, PointKey
from pcapcheck.links.clock import Clock
from pcapcheck.links.point_facts import PointFacts

# Of one incident one point is often recorded right after the other.
NEAR = 10_000_000_000
# Before this a time is one of a text that tells no date: those are taken for times of 1970-01-01 and the days after.
DATED = 10 * 24 * 3600 * 10**9

Span = tuple[int, int]


# Whether its times have a date, and a number.
Observation = tuple[bool, int]


def observations(points: Mapping[PointKey, PointFacts], clocks: Mapping[int, Clock]) -> dict[PointKey, Observation]:
    """The observation that each capture point belongs to; points without times belong to none."""
    numbers: dict[PointKey, Observation] = {}
    for dated in (False, True):
        spans: dict[object, Span] = {}
        members: dict[object, list[PointKey]] = {}
        for key, point in points.items():
            span = _span(point.capture_point)
            if span is None or (span[0] >= DATED) is not dated:
                continue
            unit = _recording(point.capture_point, clocks)
            offset = clocks[key[0]].offset if key[0] in clocks else 0
            first, last = span[0] - offset, span[1] - offset
            known = spans.get(unit, (first, last))
            spans[unit] = (min(known[0], first), max(known[1], last))
            members.setdefault(unit, []).append(key)
        number, end = -1, 0
        for unit, (first, last) in sorted(spans.items(), key=lambda item: item[1]):
            if number < 0 or first > end + NEAR:
                number += 1
                end = last
            end = max(end, last)
            numbers |= dict.fromkeys(members[unit], (dated, number))
    return numbers


def _recording(capture_point: CapturePoint, clocks: Mapping[int, Clock]) -> object:
    """What was certainly recorded at one time: a file, files that saw the same packets, one interface of a text."""
    if capture_point.interface.printed:
        return capture_point.key
    number = capture_point.key[0]
    return clocks[number].reference if number in clocks else number


def _span(capture_point: CapturePoint) -> Span | None:
    return (
        None if capture_point.first is None or capture_point.last is None else (capture_point.first, capture_point.last)
    )


def apart(here: Observation | None, other: Observation | None) -> bool:
    """Whether two observations are known to be of different times: times with a date and those without say nothing."""
    return here is not None and other is not None and here[0] == other[0] and here != other
