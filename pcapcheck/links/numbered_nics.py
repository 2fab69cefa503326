"""Numbered NICs: of the interfaces that ``-i any`` names by a number only, those that lead to a node's network.

A device of a tunnel that Calico makes speaks no ARP (its entries are set: felix/dataplane/linux/vxlan_mgr.go), and a
container behind a bridge sends from the address that it claims. So who claims an address by ARP or neighbour
discovery, and comes from others too, is a router or another node.
"""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode.frame_layout import TTL_DECREMENTED
from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import CapturePoint


def is_numbered(point: CapturePoint) -> bool:
    """Whether it is one of the interfaces of ``-i any``, and nothing names it."""
    return point.key[2] is not None and not point.named_by


def leads_to_routers(point: CapturePoint, claims: Sequence[Claim]) -> bool:
    """Whether a router or another node is heard there, and the machine that recorded speaks to it as a neighbour."""
    groups = point.groups.values()
    leaving = {group.src for group in groups if group.direction == "out" and group.src}
    coming = {group.src for group in groups if group.direction == "in" and group.src} - leaving
    own: dict[int, set[int]] = {}
    for claim in claims:
        own.setdefault(claim.mac, set()).add(claim.ip)
    if not leaving & own.keys():
        return False
    return any(
        group.src in coming
        and group.src in own
        and group.carries == IP_UNICAST
        and (group.ttl == TTL_DECREMENTED or (group.ip_src is not None and group.ip_src not in own[group.src]))
        for group in groups
    )
