"""The places where packets were lost, and where they were seen last, as columns that causes ask for."""

from __future__ import annotations

from typing import TypeVar

from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.paths.losses import (
    AT_NIC,
    AT_POD,
    BETWEEN,
    DECAPSULATION,
    IN_NODE,
    REPLY,
    REQUEST,
    TO_POD_LINK,
    PathLoss,
)
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import AddressRoles
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import (
    PACKETS,
    exchanges_of,
)
from pcapcheck.triage.packet_evidence.lost_paths import (
    answer_seen,
)
from pcapcheck.triage.question_signs import arrival, is_missing, is_reset, left_over
from pcapcheck.values import Value

T = TypeVar("T")
# Where packets were lost, by the rule that says so.
LOST_BY_RULE = {
    "request-leaves-node": IN_NODE,
    "request-reaches-pod": BETWEEN,
    "pod-answers-echo": AT_POD,
    "reply-delivered": "on-return",
}


def lost_places(
    case: Case, judgement: Judgement, packet: str, losses: list[PathLoss], roles: AddressRoles
) -> dict[str, Value | None]:
    """Where packets were lost and seen last, if that is the same for all that were lost."""
    inside = _inside(case, judgement, roles)
    at_pod = AT_POD if "pod-answers-echo" in case.failed else _at_pod(case, judgement) or inside
    places = {at_pod} if at_pod else {loss.place for loss in losses if loss.missing}
    back = {loss.back or loss.path.src == case.lead.dst for loss in losses}
    seen = answer_seen(case)
    here = None
    if case.question is not None:
        here = judgement.facts.point(case.question.capture, case.question.group)
    capture_points = [loss.last.spot.point.capture_point for loss in losses]
    if not losses and seen is not None:
        # One link was recorded, so nothing was followed.
        back, places = {True}, {seen.place} if seen.place else set()
        capture_points = [here.capture_point] if here is not None else []
    if losses and back == {True} and seen is not None:
        places = {loss.place for loss in losses}
    by_rule = packet == REQUEST and case.question is None
    lost = _by_rule(case, judgement, losses) if by_rule else _lost_segments(case, judgement, packet, losses)
    lost = lost or inside
    if lost is None and seen is not None:
        lost = "on-return"
    if lost is None and is_reset(case):
        # A node that resets in the receiver's name took the packets on their way.
        lost = IN_NODE
    if lost is None and not places:
        # No link had to show them next, yet they were seen on the node that they were going to.
        lost = _only({loss.place if _is_at_node(loss) else None for loss in losses if loss.path.src == case.lead.pod})
        places = {lost} if lost else set()
    arrived = _only({loss.arrived for loss in losses})
    if arrived is None and here is not None and back != {True}:
        capture_points = capture_points or [here.capture_point]
        groups = [loss.last.spot.group for loss in losses] or [here.groups[case.lead.evidence.group]]
        arrived = arrival(case, judgement, roles, list(zip(capture_points, groups, strict=True)))
        if arrived is not None:
            # Nothing had to show it next, so it is not known to be lost; yet only this part of the path is left.
            lost = lost or left_over(losses, here, arrived)
            places = places or ({lost} if lost else set())
    name = _only({capture_point.name for capture_point in capture_points})
    return {
        "lost": lost or _went_on(case, losses),
        "lost.place": _only(places),
        "lost.direction": _only({REPLY if is_back else REQUEST for is_back in back}),
        "last_seen.kind": _only({capture_point.kind for capture_point in capture_points}),
        # A number alone is no name to type.
        "last_seen.interface": None if name is None or "ifindex " in name else name,
        "last_seen.arrived": arrived,
    }


def arrived_beyond(
    case: Case, judgement: Judgement, packet: str, places: dict[str, Value | None], failed: list[QuestionRow]
) -> dict[str, Value | None]:
    """Where those ``failed`` requests got to that were recorded on a NIC or tunnel of another node than the asker's.

    One wire may be recorded at both ends, which following packets counts as one point.
    """
    point = case.lead.link
    arrived = places["last_seen.arrived"]
    if point is None or arrived or places["lost"] not in (None, BETWEEN):
        return {"arrived": arrived}
    lost = {question.numbers for question in failed}
    same = judgement.followed.hosts.same
    there = [other for other in judgement.points if other.kind in NODE_KINDS and same(point.key, other.key) is False]
    shown = {
        other.key: any(
            question.numbers in lost
            for question in exchanges_of(packet, judgement, case.lead.pod, case.lead.dst, other)
        )
        for other in there
    }
    if not any(shown.values()):
        return {"arrived": arrived}
    tunnels = [other for other in there if other.kind == "tunnel"]
    if any(shown[tunnel.key] for tunnel in tunnels):
        return {"arrived": True, "lost": TO_POD_LINK}
    opened = any(shown[other.key] and same(other.key, tunnel.key) for other in there for tunnel in tunnels)
    return {"arrived": True, "lost": DECAPSULATION if opened else AT_NIC}


def _is_at_node(loss: PathLoss) -> bool:
    """Whether packets were seen last on a NIC or tunnel of the receiver's node, or going to a pod on its link."""
    if loss.last.spot.point.kind not in NODE_KINDS:
        return loss.place == AT_POD and len(loss.path.steps) > 1
    return bool(loss.arrived)


def _only(values: set[T]) -> T | None:
    return values.pop() if len(values) == 1 else None


def _at_pod(case: Case, judgement: Judgement) -> str | None:
    """Whether what failed was recorded on the receiver's own link and got no answer there."""
    for item in case.items:
        if item.dst_link is None:
            continue
        recorded = judgement.facts.point(item.evidence.capture, item.evidence.group)
        if item.question is not None and recorded is item.dst_link:
            return None if is_missing(case) else AT_POD
        packet = PACKETS.get(item.table)
        if packet is None:
            continue
        there = exchanges_of(packet, judgement, item.pod, item.dst, item.dst_link)
        if any(some.outcome == "unanswered" for some in there):
            return AT_POD
    return None


def _inside(case: Case, judgement: Judgement, roles: AddressRoles) -> str | None:
    """The same if they were recorded inside the receiver, by what the same text shows of its interfaces."""
    question = case.question
    if question is None:
        return None
    file = str(judgement.captures[question.capture].path)
    return AT_POD if roles.is_own(question.asked, file, question.interface) else None


def _by_rule(case: Case, judgement: Judgement, losses: list[PathLoss]) -> str | None:
    """Where echoes were lost: only if all that was seen to be lost was lost in one place."""
    places = {LOST_BY_RULE[name] for name in case.failed if name in LOST_BY_RULE}
    if BETWEEN in places:
        # Packets that were seen further on were lost where they were last seen.
        places = places - {BETWEEN} | {loss.place for loss in losses if loss.missing and loss.path.src == case.lead.pod}
    return _only(places)


def _lost_segments(case: Case, judgement: Judgement, packet: str, losses: list[PathLoss]) -> str | None:
    """The same for connection attempts and DNS queries, by where packets of their protocol were seen."""
    if any(loss.back or loss.path.src == case.lead.dst for loss in losses) or (not losses and answer_seen(case)):
        return "on-return"
    at_pod = _at_pod(case, judgement)
    lost = [loss for loss in losses if loss.missing]
    return at_pod or (lost[0].place if lost else None)


def _went_on(case: Case, losses: list[PathLoss]) -> str | None:
    """Whether requests were seen leaving the node for another, whose pod's link was not recorded."""
    if case.lead.dst_link is not None:
        return None
    return BETWEEN if any(loss.last.spot.point.kind in NODE_KINDS for loss in losses) else None
