"""Address locations: which link an address belongs to, and whether a packet for it would have been recorded there."""

from __future__ import annotations

from pcapcheck.exchanges.waiting import with_margin
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.clock import Clock
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import NODE
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.table_names import ECHO


def spans_of(captures: list[Capture], clocks: dict[int, Clock], wait: int) -> dict[int, tuple[int, int]]:
    """From when to when each capture would have shown a packet: ``wait`` before its end at the latest.

    Where echoes took longer than that, as long as they took.
    """
    took = (bin_.most for capture in captures for bin_ in capture.exchanges.paired.bins_of(ECHO))
    wait = max(wait, with_margin(max((longest for longest in took if longest is not None), default=0)))
    spans = {}
    for capture in captures:
        firsts = [group.first for group in capture.groups if group.count and group.first is not None]
        lasts = [group.last for group in capture.groups if group.count and group.last is not None]
        if firsts and lasts:
            lasts += [interface.until for interface in capture.interfaces if interface.until is not None]
            offset = clocks[capture.number].offset if capture.number in clocks else 0
            spans[capture.number] = (min(firsts) - offset, max(lasts) - offset - wait)
    return spans


def homes_of(captures: list[Capture], facts: Facts, paths: list[Path]) -> dict[int, set[PointKey]]:
    """On which pod links an address is at home: the pod sends from it, or the node asks or sends for it there.

    A node's state may say it too.
    """
    homes: dict[int, set[PointKey]] = {}
    for key, point in facts.points.items():
        if point.kind != "pod-link":
            continue
        for ip in point.pod_ips:
            homes.setdefault(ip, set()).add(key)
        for ip, name in facts.known.homes.items():
            if name == point.name:
                homes.setdefault(ip, set()).add(key)
    for capture in captures:
        for group, target in capture.exchanges.asked:
            there = facts.point(capture.number, group)
            asker = there.sides.of(capture.groups[group])[0] if there else None
            if there is not None and there.kind == "pod-link" and asker == NODE:
                homes.setdefault(target, set()).add(there.key)
    for path in paths:
        for step in path.steps:
            if to_pod(step):
                homes.setdefault(step.dst, set()).add(step.spot.key)
    return homes


def shows_the_node(point: PointFacts, filtered: bool, echoes: bool) -> bool:
    """Whether an echo from the node would have been recorded here.

    ``filtered``: the recording had a filter, which may leave out echoes unless some were recorded (``echoes``).
    """
    if ECHO in point.silence or point.capture_point.interface.missing:
        return False
    if any(group.first is None for group in point.groups.values()):
        # Frames without times are not followed.
        return False
    if filtered and not echoes:
        return False
    # A tunnel's device has no pod at one end: what it shows, it shows of its node.
    return point.kind == "tunnel" or any(point.sides.of(group)[0] == NODE for group in point.groups.values())


def node_addresses(capture: Capture, point: PointFacts) -> set[int]:
    """The addresses with which the node itself speaks ARP on a pod link, its own pod's and the gateway's apart.

    A text may not show the MACs of those who ask: on the link of one pod that is known, who is not the pod is the node.
    """
    here = (point.capture_point.interface.number, point.key[2])
    nodes = {group.src for group in point.groups.values() if point.sides.of(group)[0] == NODE}
    claims = capture.exchanges.claims
    asking = {claim.ip for claim in claims.at(here) if claim.mac in nodes and claim.own}
    if point.pod_ips and not point.sides.folded and not point.sides.crowded:
        asking |= {ip for there, ip in claims.without_mac if there == here}
    return asking - point.pod_ips - capture.exchanges.gateways


def reporting(captures: list[Capture], facts: Facts, point: PointFacts) -> set[int]:
    """Who sends ICMP errors on a pod's link and asks by ARP on a NIC that shows none of them: the node itself.

    In a text without TTLs nothing else distinguishes the node's errors from those that it forwards.
    """
    said = _icmp_error_senders(point)
    if not said:
        return said
    nics = [nic for nic in facts.points.values() if nic.kind == "host-nic"]
    asking: set[int] = set()
    for nic in nics:
        claims = captures[nic.key[0]].exchanges.claims
        asking |= {ip for there, ip in claims.without_mac if there == nic.key[1:]}
        asking |= {claim.ip for claim in claims.at(nic.key[1:])}
    return (said & asking).difference(point.pod_ips, *(_icmp_error_senders(nic) for nic in nics))


def _icmp_error_senders(point: PointFacts) -> set[int]:
    groups = [point.groups[number] for number in point.capture_point.gateway.icmp_error_groups]
    found = (group.address if group.by_address else group.source for group in groups)
    return {ip for ip in found if ip is not None}


def to_pod(step: PathStep) -> bool:
    """Whether a packet went from the node to a pod, on that pod's link."""
    return step.spot.kind == "pod-link" and step.spot.side == NODE
