"""Fuller recordings: where a pod's link was recorded twice, and one recording holds answers that the other lacks.

Programs on the node may hand answers to a pod past the node's end of its link (bpf_redirect_peer in Calico's eBPF data
plane and in Cilium), and a recorder may drop packets without a word. What the fuller recording holds did come to the
pod; what it lacks is judged there. So a missing answer in the other proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import POD
from pcapcheck.table_names import PAIRED

# Nanoseconds by which recordings that were stopped together may begin and end apart.
TOGETHER = 1_000_000_000


class Asked(Struct, frozen=True):
    """How many questions of a pod got no answer in one recording, and how many got one."""

    in_vain: int
    answered: int


def without_the_gaps(
    points: Iterable[PointFacts], judged: Collection[PointKey], captures: Sequence[Capture]
) -> dict[PointKey, PointFacts]:
    """The capture points, where one lacks answers that another of the same pod holds with a silence that says so."""
    described = {point.key: point for point in points}
    by_pod: dict[frozenset[int], list[PointFacts]] = {}
    for point in described.values():
        if point.key in judged and point.kind == "pod-link" and point.pod_macs:
            by_pod.setdefault(point.pod_macs, []).append(point)
    for alike in by_pod.values():
        if len(alike) < 2:
            continue
        for point in alike:
            gaps = {table: reason for table in PAIRED if (reason := _gap(table, point, alike, captures))}
            if gaps:
                described[point.key] = replace(point, silence=gaps | point.silence)
    return described


def _gap(table: str, point: PointFacts, alike: list[PointFacts], captures: Sequence[Capture]) -> str:
    """Why missing answers of one kind prove nothing at a point, if another of the same pod holds some of them."""
    here = _asked(table, point, captures)
    for other in alike if here.in_vain else ():
        if other is point or table in other.silence or not _covers(other, point):
            continue
        there = _asked(table, other, captures)
        if there.in_vain < here.in_vain and there.answered > here.answered:
            return (
                f"{other.name} recorded answers to the same pod that {point.name} did not, so they went past "
                f"{point.name} or its recording lost them"
            )
    return ""


def _asked(table: str, point: PointFacts, captures: Sequence[Capture]) -> Asked:
    tallies = captures[point.key[0]].tallies
    sums = [
        tallies[table, number]
        for number, group in point.groups.items()
        if (table, number) in tallies and point.sides.of(group)[0] == POD
    ]
    return Asked(
        sum(max(some.in_vain, some.outcomes["unanswered"]) for some in sums),
        sum(some.outcomes["replied"] + some.outcomes["error"] for some in sums),
    )


def _covers(other: PointFacts, point: PointFacts) -> bool:
    """Whether another recording went on for as long as this one did."""
    whole, part = other.capture_point, point.capture_point
    if whole.first is None or whole.last is None or part.first is None or part.last is None:
        return False
    return whole.first <= part.first + TOGETHER and part.last <= whole.last + TOGETHER
