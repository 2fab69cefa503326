"""Addresses that nodes were heard to speak ARP with, on the links of pods and on network cards."""

from __future__ import annotations

from itertools import pairwise

from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts as CapturedLink
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case


def spoken_addresses(case: Case, judgement: Judgement) -> frozenset[int]:
    """Addresses that the asker's node speaks ARP with on the asker's link, else those spoken on every pod link.

    A node that asks nothing on the asker's link, because it holds the MAC, may ask on links that it was seen to join.
    """
    asked = case.lead.link
    if asked is not None and asked.kind == "pod-link":
        spoken = judgement.followed.nodes.addresses(asked)
        joined = [] if spoken else _joined(asked, judgement)
        return frozenset(spoken).union(*map(judgement.followed.nodes.addresses, joined))
    said = [judgement.followed.nodes.addresses(point) for point in judgement.points if point.kind == "pod-link"]
    return frozenset.intersection(*(frozenset(addresses) for addresses in said)) if said else frozenset()


def spoken_at(point: CapturedLink | None, judgement: Judgement) -> frozenset[int]:
    """Addresses that the node of a pod's link speaks ARP with there."""
    if point is None or point.kind != "pod-link":
        return frozenset()
    return frozenset(judgement.followed.nodes.addresses(point))


def spoke_on_cards(judgement: Judgement, address: int, since: int) -> bool:
    """Whether an address still spoke ARP on a network card at some time or later."""
    claims = (claim for _, claim in judgement.followed.cards.claims if claim.ip == address)
    return any(claim.last_time is not None and claim.last_time >= since for claim in claims)


def _joined(point: CapturedLink, judgement: Judgement) -> list[CapturedLink]:
    """Links of other pods of the same node: between them and this link the TTL of packets fell by one."""
    found: dict[PointKey, CapturedLink] = {}
    for path in judgement.followed.found:
        for step, following in pairwise(path.steps):
            ends = step.spot.point, following.spot.point
            is_hop = step.ttl is not None and following.ttl is not None and step.ttl - following.ttl == 1
            if is_hop and point in ends and all(end.kind == "pod-link" for end in ends):
                found |= {end.key: end for end in ends if end is not point}
    same = judgement.followed.hosts.same
    return [joined for joined in found.values() if same(joined.key, point.key) is not False]
