"""Signs of life: who was still heard, and what still arrived, after the first packet of a case was lost."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.values import Value, is_ipv4

# What was sent this soon after the last lost packet was sent at the same time.
MEANWHILE = 10**9
# A kernel asks three times, a second apart, before it gives up (net/core/neighbour.c); with some leeway.
LATE = 2 * 10**9


def signs_of_life(
    asked: Iterable[QuestionRow], point: PointFacts | None, dst_link: PointFacts | None, dst: int | None
) -> dict[str, Value | None]:
    """``asked`` are the requests on ``link`` that failed; the host with ``dst`` is on ``dst_link``."""
    times = [some.time for some in asked if some.time is not None]
    first = min(times, default=None)
    lives = dst_link is not None and dst in dst_link.pod_ips
    return {
        "pod.reached": _heard(point, NODE, first),
        "dst.heard": _heard(dst_link, POD, first) if lives else None,
    }


def _heard(point: PointFacts | None, side: str, since: int | None) -> bool | None:
    """Whether one end sent a unicast IP packet there after that (nanoseconds); None if it would not be known."""
    if point is None or since is None or not point.heard_both_ends:
        return None
    return any(
        group.carries == IP_UNICAST and (group.last or 0) > since and point.sides.of(group)[0] == side
        for group in point.groups.values()
    )


def routed(
    asked: Iterable[QuestionRow], dst_link: PointFacts | None, dst: int | None, solicited: Container[int]
) -> bool | None:
    """Whether the node sent something to ``dst`` by its link while the requests ``asked`` were lost: True, or unknown.

    ``solicited`` are the frame groups in which the node asked for the address of ``dst``. Of a group only its first
    and last frame have times; one of them must lie between the first request that failed and the last.
    """
    times = [some.time for some in asked if some.time is not None]
    if dst_link is None or not times:
        return None
    begin, end = min(times), max(times) + MEANWHILE
    lives = dst in dst_link.pod_ips
    for number, group in dst_link.groups.items():
        handed = lives and group.carries == IP_UNICAST and dst_link.sides.of(group)[0] == NODE
        meanwhile = any(time is not None and begin <= time <= end for time in (group.first, group.last))
        if meanwhile and (handed or number in solicited):
            return True
    return None


def gateway_answered(point: PointFacts) -> set[int]:
    """The IPv4 addresses on a pod's link for which the node answered by ARP for the gateway.

    The answer depends on routes and, if the reverse path is checked, on the asker's route too (net/ipv4/arp.c,
    arp_process); an IPv6 gateway is the node's own address. If others answer there too, it need not be the node's.
    """
    talk = point.capture_point.gateway
    if point.kind != "pod-link" or talk.others_answer:
        return set()
    return {address for group in talk.answered for address in talk.askers.get(group, ()) if is_ipv4(address)}


def refused_late(errors: Sequence[QuestionRow], point: PointFacts | None) -> bool | None:
    """Whether the first ICMP error came so late that the node had asked for a neighbour in vain.

    ``errors`` are the requests that ended so, all of them. What a node sends from itself is a group of its own, since
    its TTL is whole; other packets than these errors may be in it, so that one that came early tells nothing.
    """
    times = [some.time for some in errors if some.time is not None]
    if point is None or not times:
        return None
    sent = [
        group
        for group in point.groups.values()
        if group.carries == IP_UNICAST and group.first is not None and point.sides.of(group)[0] == NODE
    ]
    firsts = [group.first for group in sent if group.first is not None]
    if not firsts or min(firsts) < min(times):
        return None
    if min(firsts) - min(times) >= LATE:
        return True
    return False if sum(group.count for group in sent) == len(errors) else None
