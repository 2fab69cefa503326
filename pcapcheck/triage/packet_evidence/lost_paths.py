"""The paths of lost packets: which of those recorded were lost, and where each was seen last."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.calico import encap_of, is_wireguard
from pcapcheck.column_words import OPAQUE
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.losses import (
    AT_NIC,
    DECAPSULATION,
    REPLY,
    REQUEST,
    TO_POD_LINK,
    LastSeen,
    PathLoss,
)
from pcapcheck.paths.path import Path
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import (
    packet_of,
)
from pcapcheck.values import is_ipv4


def lost_of(case: Case, judgement: Judgement) -> list[PathLoss]:
    """What was lost between pod and dst: replies that did not come back, else requests that nobody answered."""
    followed, packet = judgement.followed, packet_of(case)
    pod, dst = case.lead.pod, case.lead.dst
    answers = REPLY if packet == REQUEST else packet
    back = [path for path in followed.for_receiver(pod) if path.packet == answers and path.src == dst]
    lost = [path for path in back if followed.is_delivered(path) is False]
    last = answer_seen(case)
    if not lost and last is not None:
        # No link had to show them: it is enough that they did not come back to the asker.
        came = [path for path in followed.found if path.packet == answers and _ends_at(path, last)]
        if came:
            return [replace(followed.loss(path), back=True) for path in came]
    return [followed.loss(path) for path in lost or lost_paths_of(judgement, packet, case)]


def answer_seen(case: Case) -> LastSeen | None:
    """Where the answer to the first question was seen last, if it did not come back to the asker."""
    last = case.question.last_seen if case.question is not None else case.lead.evidence.last_seen
    return last if last is not None and last.direction == REPLY else None


def lost_paths_of(judgement: Judgement, packet: str, case: Case) -> list[Path]:
    asked = judgement.followed.between(case.lead.pod, case.lead.dst)
    if packet != REQUEST:
        return [path for path in asked if path.packet == packet and not judgement.followed.is_delivered(path)]
    return [path for path in asked if path.packet == REQUEST and not path.answered]


def last_tunnel(lost_paths: list[Path]) -> str | None:
    """The tunnel that unanswered requests were seen in last."""
    return next((path.steps[-1].encap for path in lost_paths if path.steps[-1].encap != "none"), None)


def passed_tunnel(judgement: Judgement, src: int | None, dst: int | None) -> str | None:
    """The tunnel that packets from one to the other pass; None if they were not followed."""
    paths = list(judgement.followed.between(src, dst))
    steps = [step for path in paths for step in path.steps]
    for step in steps:
        # On a tunnel's own device packets are not in the tunnel yet, or not any more.
        encap = step.encap if step.encap != "none" else encap_of(step.spot.point.name)
        if encap not in (None, "none"):
            return encap
    return "none" if steps else None


def opaque_device(losses: list[PathLoss]) -> str | None:
    """WireGuard, if packets were seen last on its device: beyond it nobody can look into them."""
    return OPAQUE if any(is_wireguard(loss.last.spot.point.name) for loss in losses) else None


def translated(judgement: Judgement, packet: str, src: int | None, dst: int | None) -> bool | None:
    """Whether packets were seen leaving by a NIC with another source; None if they were not seen there."""
    left = [
        step.src != path.src
        for path in judgement.followed.between(src, dst)
        if path.packet == packet
        for step in path.steps[1:]
        if step.encap == "none" and step.spot.point.kind == "host-nic"
    ]
    return any(left) if left else None


def forwarded_columns(judgement: Judgement, point: PointFacts | None, pod: int | None) -> dict[str, bool | None]:
    """Whether anything of the pod's IP version, and of the other, passes from its link to other links."""
    if point is None or pod is None:
        return {"forwarded": None, "forwarded.other": None}
    forwarding, version = judgement.followed.forwarding, is_ipv4(pod)
    return {"forwarded": (point.key, version) in forwarding, "forwarded.other": (point.key, not version) in forwarding}


def is_cut_off(judgement: Judgement, point: PointFacts | None, pod: int | None) -> bool | None:
    """Whether packets for a pod got as far as its node's NIC or tunnel, and were never seen on its link."""
    if point is None or pod is None:
        return None
    losses = (judgement.followed.loss(path) for path in judgement.followed.for_receiver(pod))
    return any(
        loss.place in (AT_NIC, DECAPSULATION, TO_POD_LINK) and (loss.arrived or point in loss.missing)
        for loss in losses
    )


def _ends_at(path: Path, last: LastSeen) -> bool:
    """Whether the last sighting on a path is that of an answer, with the addresses that it had there."""
    step = path.steps[-1]
    at = (step.spot.capture, step.spot.point.name, (step.src, step.dst))
    return at == (last.capture, last.interface, last.between)
