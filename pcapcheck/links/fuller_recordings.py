"""Fuller recordings: where a pod's link was recorded twice, and one recording holds answers that the other lacks.

Programs on the node may hand answers to a pod past the node's end of its link (bpf_redirect_peer in Calico's eBPF data
plane and in Cilium), and a recorder may drop packets without a word. What the fuller recording holds did come to the
pod; what it lacks is judged there. So a missing answer in the other proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import POD
from pcapcheck.table_names import PAIRED

# Nanoseconds in which a packet goes from one end of a link to the other.
ALONG_THE_LINK = 1_000_000


class PodQuestions(Struct, frozen=True):
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
        if other is point or table in other.silence or not _hold_the_same(other, point):
            continue
        there = _asked(table, other, captures)
        if there.in_vain < here.in_vain and there.answered > here.answered:
            return (
                f"{other.name} recorded answers to the same pod that {point.name} did not, so they went past "
                f"{point.name} or its recording lost them"
            )
    return ""


def _asked(table: str, point: PointFacts, captures: Sequence[Capture]) -> PodQuestions:
    tallies = captures[point.key[0]].tallies
    sums = [
        tallies[table, number]
        for number, group in point.groups.items()
        if (table, number) in tallies and point.sides.of(group)[0] == POD
    ]
    return PodQuestions(
        sum(max(some.in_vain, some.outcomes["unanswered"]) for some in sums),
        sum(some.outcomes["replied"] + some.outcomes["error"] for some in sums),
    )


def _hold_the_same(other: PointFacts, point: PointFacts) -> bool:
    """Whether two recordings hold the same packets from the pod. With other filters, or at other times, they do not."""
    (count, first, last), (there, begin, end) = _from_pod(point), _from_pod(other)
    return count == there and abs(first - begin) <= ALONG_THE_LINK and abs(last - end) <= ALONG_THE_LINK


def _from_pod(point: PointFacts) -> tuple[int, int, int]:
    """How many packets for one machine the pod sent, and when it sent the first and the last (nanoseconds)."""
    sent = [group for group in point.groups.values() if group.carries == IP_UNICAST and point.sides.of(group)[0] == POD]
    first = min((group.first for group in sent if group.first is not None), default=0)
    return sum(group.count for group in sent), first, max((group.last for group in sent if group.last), default=0)
