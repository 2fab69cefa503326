"""Remarks on the recordings themselves: those of different times, and those that are there twice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pcapcheck.links.observations import DATED, Observation, apart
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_time

SHOWN = 4


def recording_remarks(judgement: Judgement, repeated: Iterable[Path]) -> list[Remark]:
    """A remark for captures that do not overlap in time, and for each that is there twice."""
    remarks = list(_separate(judgement))
    given = ", ".join(dict.fromkeys(clean(str(path)) for path in repeated))
    if given:
        remarks.append(Remark(f"given more than once, read and counted once: {given}"))
    for point, original in judgement.facts.twice[:SHOWN]:
        text = (
            f"{_place(judgement, point)} holds nothing but what {_place(judgement, original)} holds too: counted once"
        )
        remarks.append(Remark(text))
    if len(judgement.facts.twice) > SHOWN:
        remarks.append(Remark(f"and {len(judgement.facts.twice) - SHOWN} more recordings like these"))
    return remarks


def _separate(judgement: Judgement) -> list[Remark]:
    numbers = judgement.facts.observations
    together: dict[Observation, list[PointFacts]] = {}
    for key, point in judgement.facts.points.items():
        if key in numbers:
            together.setdefault(numbers[key], []).append(point)
    different = [observation for observation in together if any(apart(observation, other) for other in together)]
    if not different:
        return []
    parts = [_part(judgement, together[observation]) for observation in sorted(different)]
    shown = "; ".join(parts[:SHOWN]) + (f"; and {len(parts) - SHOWN} more" if len(parts) > SHOWN else "")
    return [Remark(f"recorded at different times, so judged as separate observations: {shown}")]


def _part(judgement: Judgement, points: list[PointFacts]) -> str:
    names = list(dict.fromkeys(_place(judgement, point) for point in points))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    first = min(point.capture_point.first for point in points if point.capture_point.first is not None)
    return f"{', '.join(names[:SHOWN])}{more} (from {_time(first)})"


def _place(judgement: Judgement, point: PointFacts) -> str:
    """A capture and, if it holds several interfaces, which of them."""
    capture = judgement.captures[point.key[0]]
    name = clean(capture.source.short_name)
    return name if len(judgement.points_of(capture)) == 1 else f"{point.name} in {name}"


def _time(time: int) -> str:
    """To the second; the time of day for a text without dates."""
    text = format_time(time)[:19]
    return text.split("T")[1] if time < DATED else text.replace("T", " ")
