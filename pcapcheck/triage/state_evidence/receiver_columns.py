"""Columns of whom the pod asked: its link, its address, how it answers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

from pcapcheck.nodestate.readers.sysctls import value_of
from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.nodestate.state import PodEntry
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence
from pcapcheck.values import format_address, is_ipv4


def _dst_up(evidence: StateEvidence) -> QuotedValue | None:
    ends = [
        one for one in (evidence.dst_end(), evidence.dst_link.cali if evidence.dst_link else None) if one is not None
    ]
    down = [one for one in ends if one.up is False]
    if down:
        return Quoted(False, quotes(*(one.line for one in down)))
    return Quoted(True, quotes(*(one.line for one in ends))) if len(ends) == 2 and all(one.up for one in ends) else None


def _dst_ended(evidence: StateEvidence) -> QuotedValue | None:
    """By the list of pods: a pod that has ended keeps its address there."""
    listed = [one for one in evidence.state.pods if one.ip is not None and one.ip == evidence.dst]
    running = [one for one in listed if one.holds_address]
    return Quoted(not running, quotes(*(one.line for one in running or listed))) if listed else None


def _dst_address(evidence: StateEvidence) -> QuotedValue | None:
    host = evidence.dst_pod()
    if host is None or evidence.dst is None:
        return None
    for one in host.addresses:
        if one.ip == evidence.dst:
            return Quoted(True, quotes(one.line))
    family = f"addresses{4 if is_ipv4(evidence.dst) else 6}"
    return Quoted(False, quotes(host.lacks(family, "no such address"))) if family in host.whole else None


def _dst_arp_ignore(evidence: StateEvidence) -> QuotedValue | None:
    host, end = evidence.dst_pod(), evidence.dst_end()
    if host is None:
        return None
    found = [host.sysctl("all", "arp_ignore"), host.sysctl(end.name if end else "eth0", "arp_ignore")]
    values = [value for one in found if (value := value_of(one)) is not None]
    # The kernel takes the larger (IN_DEV_ARP_IGNORE): that both are small must be known of both.
    if not values or (max(values) < 2 and len(values) < 2):
        return None
    return Quoted(max(values), quotes(*(one.line for one in found if one is not None)))


def _dst_leaves_by_link(evidence: StateEvidence) -> QuotedValue | None:
    """Whether dst answers over its link: the node, which asks from its own addresses, or the pod that asked."""
    host, end = evidence.dst_pod(), evidence.dst_end()
    node = evidence.dst_link.node if evidence.dst_link else None
    family = 6 if evidence.dst is not None and not is_ipv4(evidence.dst) else 4
    listing = f"routes{family}"
    if host is None or end is None or listing not in host.whole:
        return None
    at_pod = evidence.packet_evidence.get("lost") == "at-pod"
    if at_pod:
        asking = [evidence.pod] if evidence.pod is not None else []
    else:
        own = node.addresses if node is not None else []
        asking = [one.ip for one in own if one.family == family and one.dev != "lo" and one.scope != "link"]
    ways = [(ip, next(iter(host.routes_to(ip)), None)) for ip in asking]
    lost = next((ip for ip, way in ways if way is None), None)
    if lost is not None and at_pod:
        return Quoted(False, quotes(host.lacks(listing, f"no route to {format_address(lost)}")))
    dead = [way for _, way in ways if way is not None and way.leads_nowhere]
    if dead and at_pod:
        return Quoted(False, quotes(dead[0].line))
    routes = [way for _, way in ways if way is not None and not way.leads_nowhere]
    wrong = [one for one in routes if one.dev != end.name]
    if wrong:
        return Quoted(False, quotes(wrong[0].line))
    return Quoted(True, quotes(routes[0].line)) if routes else None


def _dst_ignores_echo(evidence: StateEvidence) -> QuotedValue | None:
    host = evidence.dst_pod()
    setting = host.sysctls.get("net.ipv4.icmp_echo_ignore_all") if host is not None else None
    value = value_of(setting)
    return None if setting is None or value is None else Quoted(value != 0, quotes(setting.line))


def _duplicate(evidence: StateEvidence) -> QuotedValue | None:
    return _twice(evidence, lambda one, other: True)


def _duplicate_here(evidence: StateEvidence) -> QuotedValue | None:
    return _twice(evidence, lambda one, other: one.node is None or other.node is None or one.node == other.node)


def _twice(evidence: StateEvidence, counts: Callable[[PodEntry, PodEntry], bool]) -> QuotedValue | None:
    """Whether two pods hold the address of pod or dst at one time."""
    for address in (evidence.pod, evidence.dst):
        if address is None:
            continue
        listed = [one for one in evidence.state.pods if one.ip == address and one.holds_address]
        pairs = ((one, other) for one, other in combinations(listed, 2) if one.label != other.label)
        pair = next((pair for pair in pairs if counts(*pair)), None)
        if pair is not None:
            return Quoted(True, quotes(*(one.line for one in pair)))
        held = [own for host in evidence.state.pod_hosts for own in host.addresses if own.ip == address]
        if len(held) > 1:
            return Quoted(True, quotes(*(one.line for one in held[:2])))
    return None


RECEIVER_COLUMNS: ColumnFunctions = {
    "state.dst_up": _dst_up,
    "state.dst_ended": _dst_ended,
    "state.dst_address": _dst_address,
    "state.dst_arp_ignore": _dst_arp_ignore,
    "state.dst_leaves_by_link": _dst_leaves_by_link,
    "state.dst_ignores_echo": _dst_ignores_echo,
    "state.duplicate": _duplicate,
    "state.duplicate_here": _duplicate_here,
}
