"""Lone answers: on a pod's own link they came from another address than it had asked, and no other link shows them.

As paths of one step: what a pod was sent by its node, in answer to a question that got no other answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.exchanges.misaddressed import Misaddressed
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import POD
from pcapcheck.paths.losses import REPLY
from pcapcheck.paths.path import Path, PathSample, PathStep, Spot
from pcapcheck.table_names import CONNECTIONS, DATAGRAMS, DNS, ECHO

PACKETS = {ECHO: REPLY, CONNECTIONS: "tcp", DNS: "udp", DATAGRAMS: "udp"}


def lone_answers(captures: list[Capture], facts: Facts, followed: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """The answers, each with the address that was asked; ``followed`` are the packets that were seen elsewhere too."""
    known: set[tuple[str, int, int]] | None = None
    for capture in captures:
        for answer in capture.exchanges.paired.misaddressed:
            point = facts.point(capture.number, answer.group)
            if point is None or not _is_at_asker(answer, point):
                continue
            if known is None:
                known = {(path.packet, step.src, step.dst) for path in followed for step in path.steps}
            if (PACKETS[answer.table], answer.answerer, answer.asker) not in known:
                yield _path(capture, answer, point), answer.asked


def _is_at_asker(answer: Misaddressed, point: PointFacts) -> bool:
    """Whether it was recorded on the link of the pod that asked, coming from its node."""
    side = point.sides.of(point.groups[answer.group])[0]
    return point.kind == "pod-link" and point.judged and answer.asker in point.pod_ips and side != POD


def _path(capture: Capture, answer: Misaddressed, point: PointFacts) -> Path:
    spot = Spot(capture.number, answer.group, point.groups[answer.group], point)
    time = answer.time or 0
    sample = PathSample((answer.frame,), (time,), 0)
    return Path(
        packet=PACKETS[answer.table],
        signature=-1,
        steps=(PathStep(spot, answer.ttl, "none", answer.answerer, answer.asker, None),),
        count=1,
        first=time,
        last=time,
        repeated=False,
        rewritten=False,
        shortest=0,
        longest=0,
        watching=frozenset((capture.number,)),
        answered=False,
        meant=None,
        measure=tuple,
        pick=lambda: [sample],
    )
