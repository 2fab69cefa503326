"""State age: whether a node's state was taken before the packets that were recorded."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State
from pcapcheck.values import is_ipv4

# Below this many neighbours the kernel forgets none, even if it does not need them (net/ipv4/arp.c, gc_thresh1).
KEPT = 128


def unlearned(points: Iterable[PointFacts], state: State) -> tuple[PointFacts, Line] | None:
    """A pod's link by which its node was seen to hand the pod packets, while the state has no neighbour there at all.

    Returned with the line of the listing that lacks the entry. The packets had a MAC, which the node then held; with
    few neighbours it keeps holding it until somebody flushes it, or the link goes down.
    """
    for point in points:
        described = state.pod_for(cali=point.node_interface) if point.kind == "pod-link" else None
        if described is None or described.foreign or described.node is None or described.cali is None:
            continue
        node, name = described.node, described.cali_name
        lasting = described.cali.carrier is not False and node.ebpf is None and not node.contradictions
        if not lasting or name is None or not _handed(point, described.cali) or _may_have_lost(node, name):
            continue
        if (line := node.lacks("neighbours4", f"no neighbour on {name}")) is not None:
            return point, line
    return None


def _handed(point: PointFacts, cali: Device) -> bool:
    """Whether the node handed IPv4 packets to the pod of a link from its own MAC: it routed them there itself."""
    if cali.mac is None or cali.master is not None or not point.pod_ips or not all(map(is_ipv4, point.pod_ips)):
        return False
    groups = (group for group in point.groups.values() if group.carries == IP_UNICAST and group.src == cali.mac)
    return any(point.sides.of(group)[0] == NODE for group in groups)


def _may_have_lost(node: Host, name: str) -> bool:
    """Whether the state shows a neighbour there, or not all, or enough for the kernel to have dropped some."""
    held = [neighbour for neighbour in node.neighbours if is_ipv4(neighbour.ip) and not neighbour.proxy]
    return "neighbours4" not in node.whole or len(held) >= KEPT or any(neighbour.dev == name for neighbour in held)
