"""Round trip times and losses over time: the echo requests of each pod in slices of the recording.

The captures are read once more for it. Cost grows with the frames, what is kept with the pods shown.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.echo_fields import ECHO_FIELDS
from pcapcheck.exchanges.question_fields import OUTCOME
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_rows import read_rows
from pcapcheck.links.sides import POD
from pcapcheck.raw_rows import Field
from pcapcheck.report.pictures.nice_scale import Scale, time_scale
from pcapcheck.report.pod_sums import PodSummary
from pcapcheck.report.tables.cells import Numbers
from pcapcheck.report.tables.field_cells import FieldCells
from pcapcheck.table_names import ECHO
from pcapcheck.values import format_address

PODS_SHOWN = 6
SLICES = 120
BARS = 24
NONE = np.iinfo(np.int64).max


class Slice(Struct, frozen=True):
    """Echo requests of one pod in one part of the recording; times in nanoseconds, None without a reply."""

    number: int
    asked: int
    lost: int
    least: int | None
    mean: int | None
    most: int | None


class PodOverTime(Struct, frozen=True):
    """What one pod's echo requests came to: slice by slice, and how often which round trip time occurred.

    ``number`` counts the pods shown.
    """

    number: int
    name: str
    asked: int
    lost: int
    slices: tuple[Slice, ...]
    histogram: tuple[tuple[int, int, int], ...]
    scale: Scale

    @property
    def words(self) -> str:
        """The picture in a sentence."""
        bad = [part.number for part in self.slices if part.lost]
        share = f"{self.lost:,} of {self.asked:,} echo requests without a reply"
        if not bad:
            return f"{self.name}: {share}"
        return f"{self.name}: {share}, from {bad[0] * 100 // SLICES} % to {(bad[-1] + 1) * 100 // SLICES} % of the time"


class OverTime(Struct, frozen=True):
    """The worst pods over the whole recording, from ``first`` to ``last`` (nanoseconds); ``more`` are not shown."""

    first: int
    last: int
    pods: tuple[PodOverTime, ...]
    more: int


class _Sums(Struct):
    asked: npt.NDArray[np.int64]
    lost: npt.NDArray[np.int64]
    answered: npt.NDArray[np.int64]
    total: npt.NDArray[np.int64]
    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]

    @classmethod
    def none(cls) -> _Sums:
        zero = [np.zeros(SLICES, np.int64) for _ in range(5)]
        return cls(zero[0], zero[1], zero[2], zero[3], np.full(SLICES, NONE), zero[4])


def over_time(analysis: Analysis, pods: list[PodSummary]) -> OverTime | None:
    """The pods' echo requests over time, the worst pods first.

    None if the recording shows no times or no pod's echo requests, or cannot be read again.
    """
    asking = [pod for pod in pods if pod.echo.total and pod.ips]
    worst = sorted(asking, key=lambda pod: (-(pod.echo.loss or 0), -(pod.echo.durations.most or 0)))[:PODS_SHOWN]
    first, last = _span(analysis)
    if not worst or first is None or last is None or last <= first:
        return None
    sums: list[_Sums] = [_Sums.none() for _ in worst]
    try:
        for capture in analysis.captures:
            _add_capture(analysis, capture.number, worst, sums, first, last)
    except (CaptureError, OSError):
        return None
    shown = tuple(
        _pod(number, pod, own) for number, (pod, own) in enumerate(zip(worst, sums, strict=True)) if own.asked.any()
    )
    return OverTime(first, last, shown, len(asking) - len(shown)) if shown else None


def _span(analysis: Analysis) -> tuple[int | None, int | None]:
    points = [point.capture_point for point in analysis.points]
    firsts = [point.first for point in points if point.first is not None]
    lasts = [point.last for point in points if point.last is not None]
    return min(firsts, default=None), max(lasts, default=None)


def _add_capture(
    analysis: Analysis, capture: int, pods: list[PodSummary], sums: list[_Sums], first: int, last: int
) -> None:
    owners: dict[PointKey, dict[int, int]] = {}
    for number, pod in enumerate(pods):
        owners.setdefault(pod.link.key, {}).update(dict.fromkeys(pod.ips, number))
    if not any(key[0] == capture for key in owners):
        return
    known: dict[int | None, dict[int, int]] = {}
    time, rtt, src = (ECHO_FIELDS.columns[name] for name in ("time", "rtt", "src"))
    assert isinstance(time, Field)
    assert isinstance(rtt, Field)
    assert isinstance(src, Field)
    for rows in read_rows(analysis.captures[capture].source, analysis.reading, ECHO):
        cells = FieldCells(rows)
        groups, sources, outcomes = cells.groups, cells.coded(src), cells.coded(OUTCOME)
        times, trips = cells.field(time), cells.field(rtt)
        assert isinstance(times, Numbers)
        assert isinstance(trips, Numbers)
        for group in groups.values:
            if group not in known:
                point = _point(analysis, capture, group)
                known[group] = owners.get(point.key, {}) if point is not None else {}
        lost = np.array([outcome == "unanswered" for outcome in outcomes.values], np.bool_)[outcomes.codes]
        settled = np.array([outcome != "in-flight" for outcome in outcomes.values], np.bool_)[outcomes.codes]
        for code, source, number in _owned([known[group] for group in groups.values], sources.values):
            own = (groups.codes == code) & (sources.codes == source) & settled & ~times.absent
            if own.any():
                slices = (times.values[own] - first) * SLICES // (last - first + 1)
                # Where silence proves nothing, none is a loss.
                lost_here = lost[own] & (ECHO not in pods[number].link.silence)
                _add(sums[number], slices, trips, own, lost_here)


def _owned(owners: list[dict[int, int]], sources: list[int | None]) -> Iterator[tuple[int, int, int]]:
    """The frame groups and sources, by their codes, that are a shown pod's, with its number.

    ``owners`` are the numbers of the pods of each group, by address.
    """
    codes = {source: code for code, source in enumerate(sources)}
    for group, own in enumerate(owners):
        for ip, number in own.items():
            if ip in codes:
                yield group, codes[ip], number


def _point(analysis: Analysis, capture: int, group: int | None) -> PointFacts | None:
    """The pod link that a group of frames came over, if the pod sent them."""
    point = None if group is None else analysis.facts.point(capture, group)
    if point is None or group is None or point.kind != "pod-link" or point.sides.of(point.groups[group])[0] != POD:
        return None
    return point


def _add(
    sums: _Sums, slices: npt.NDArray[np.int64], trips: Numbers, own: npt.NDArray[np.bool_], lost: npt.NDArray[np.bool_]
) -> None:
    sums.asked += np.bincount(slices, minlength=SLICES)
    sums.lost += np.bincount(slices[lost], minlength=SLICES)
    here = ~trips.absent[own]
    values, answered = trips.values[own][here], slices[here]
    sums.answered += np.bincount(answered, minlength=SLICES)
    sums.total += np.bincount(answered, weights=values, minlength=SLICES).astype(np.int64)
    np.minimum.at(sums.least, answered, values)
    np.maximum.at(sums.most, answered, values)


def _pod(number: int, pod: PodSummary, sums: _Sums) -> PodOverTime:
    slices = tuple(_slice(sums, number) for number in np.flatnonzero(sums.asked).tolist())
    return PodOverTime(
        number=number,
        name=", ".join(format_address(ip) for ip in sorted(pod.ips)[:2]),
        asked=int(sums.asked.sum()),
        lost=int(sums.lost.sum()),
        slices=slices,
        histogram=tuple(pod.echo.durations.histogram(BARS)),
        scale=time_scale(max((part.most or 0 for part in slices), default=0)),
    )


def _slice(sums: _Sums, number: int) -> Slice:
    answered = int(sums.answered[number])
    times = (
        (int(sums.least[number]), int(sums.total[number]) // answered, int(sums.most[number]))
        if answered
        else (None, None, None)
    )
    return Slice(number, int(sums.asked[number]), int(sums.lost[number]), *times)
