"""Cross-check: where a node's state contradicts the captures, or itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from msgspec import Struct, field

from pcapcheck.links.point_facts import UNNAMED, PointFacts
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.nodestate.unresolved_pods import resolutions
from pcapcheck.triage.machines import recorded
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.triage.signs_of_life import gateway_answered
from pcapcheck.triage.state_age import unlearned
from pcapcheck.values import format_address, format_mac

# What Calico sets on a network of 1500 bytes (felix/dataplane/linux/int_dataplane.go, ConfigureDefaultMTUs).
# Manifests before 3.16 set 1440 whatever the network was (veth_mtu in calico-config).
MTUS = {
    1480: "IP in IP",
    1450: "VXLAN",
    1430: "VXLAN over IPv6",
    1440: "WireGuard, or for IP in IP in manifests before 3.16,",
    1420: "WireGuard over IPv6",
}


CHANGES_TOLD = 3


class CrossCheck(Struct):
    """``foreign`` are addresses for which the state describes another instance than the captures show.

    ``elsewhere``: it describes none of the pods in the captures, so it is of another node or time. ``answered`` are the
    pods' links, by their names on the node, on which the captures show IPv4's gateway answered. ``earlier``: the
    state was taken before the packets that were recorded. ``unsought`` are the pods' links, by ``id`` of their nodes
    and by their names there, whose failed neighbour entries are of pods that nobody sent to while that was recorded.
    """

    remarks: list[Remark] = field(default_factory=list)
    foreign: set[int] = field(default_factory=set)
    elsewhere: bool = False
    answered: set[str] = field(default_factory=set)
    earlier: bool = False
    unsought: set[tuple[int, str | None]] = field(default_factory=set)


def compare(
    points: list[PointFacts],
    state: State,
    asked: Collection[int] = (),
    names: Collection[str | None] = (),
    spoken: frozenset[int] = frozenset(),
    is_sought: Callable[[PodLink], bool] = lambda _: True,
) -> CrossCheck:
    """Hold the pods of the captures against those of the state, and set apart what is about another instance of a pod.

    ``asked`` are the addresses that somebody asked for on pods' links: a pod that answers nothing is known by its own.
    ``names`` are what the machines of the captures are called, ``spoken`` the addresses heard on network cards.
    ``is_sought`` tells whether somebody sent to a pod while this was recorded, or its link was.
    """
    found = CrossCheck()
    for point in points:
        if gateway_answered(point):
            found.answered.add(point.node_interface)
        described = state.pod_for(cali=point.node_interface) if point.kind == "pod-link" else None
        if described is not None:
            _same_instance(point, described, found)
    if not recorded(state, names, spoken):
        _other_node(points, state, asked, found)
    _earlier(points, state, found)
    _unsought(state, is_sought, found)
    changed = [note for host in state.hosts if not host.contradictions for note in host.notes_of("changed")]
    for note in changed[:CHANGES_TOLD]:
        text = f"{note.text}: the later one counts here; which was so while the capture was made?"
        found.remarks.append(Remark(text, (quote(note.line),)))
    found.remarks += _sized_for_tunnels(state)
    return found


def _earlier(points: list[PointFacts], state: State, found: CrossCheck) -> None:
    """A state that lacks a neighbour to which its node was seen to send is of an earlier time."""
    lacking = unlearned(points, state)
    if lacking is None:
        return
    point, line = lacking
    found.earlier = True
    found.remarks.append(
        Remark(
            f"the node handed packets to the pod on {point.name}, and the state holds no neighbour there: it was "
            "taken before this was recorded (or somebody flushed the neighbours since), so what it shows of routes, "
            "rules and settings may have changed and rules nothing out; take the state again",
            (quote(line),),
        )
    )


def _unsought(state: State, is_sought: Callable[[PodLink], bool], found: CrossCheck) -> None:
    """A failed entry stays until somebody sends there again (kernel: net/core/neighbour.c): for a pod that
    nobody sent to it is of another time, such as that of a pod whose route was left behind."""
    for pod in state.links:
        failed = resolutions(pod.node, pod)[0] if pod.node is not None and not is_sought(pod) else []
        if not failed:
            continue
        found.unsought.add((id(pod.node), pod.cali_name))
        entry = failed[0]
        found.remarks.append(
            Remark(
                f"the node holds no MAC for {format_address(entry.ip)} ({entry.state} on {pod.cali_name}), and nobody "
                "sent there while this was recorded: the entry is of another time, perhaps of a pod that is gone and "
                "whose route is still there",
                tuple(quote(entry.line) for entry in failed),
            )
        )


def _sized_for_tunnels(state: State) -> Iterator[Remark]:
    """A remark per MTU that Calico gives to pods' links for a tunnel, if no device of that tunnel is described."""
    alike: dict[int, dict[str | None, Line]] = {}
    for link in state.links:
        if link.cali is not None and link.cali.mtu in MTUS:
            alike.setdefault(link.cali.mtu, {}).setdefault(link.cali_name, link.cali.line)
    for mtu, links in alike.items():
        tunnel = MTUS[mtu]
        if tunnel == "VXLAN" and any("vxlan.calico" in host.links for host in state.hosts):
            continue
        others = " (IP in IP would leave 1480)" if tunnel == "VXLAN" else ""
        name, line = next(iter(links.items()))
        whose = f"{name} has" if len(links) == 1 else f"{name} and {len(links) - 1} more have"
        text = f"{whose} mtu {mtu}, as Calico sets it for {tunnel} on a network of 1500{others}"
        yield Remark(text, (quote(line),))


def _other_node(points: list[PointFacts], state: State, asked: Collection[int], found: CrossCheck) -> None:
    """A state that describes pods, but none of those in the captures, is of another node, or of another time."""
    ours = [
        point for point in points if point.kind == "pod-link" and (point.pod_ips or point.node_interface != UNNAMED)
    ]
    described = [link for link in state.links if link.cali_name or link.ips]
    if not ours or not described or any(_describes(state, point) for point in ours):
        return
    if any(state.pod_for(ip=ip) is not None for ip in asked):
        return
    names = ", ".join(dict.fromkeys(point.name for point in ours[:3]))
    there = ", ".join(dict.fromkeys(link.cali_name for link in described[:3] if link.cali_name)) or "others"
    found.elsewhere = True
    found.remarks.append(Remark(f"the state shows nothing of {names}, only of {there}: is it from another node?"))


def _describes(state: State, point: PointFacts) -> bool:
    by_address = any(state.pod_for(ip=ip) is not None for ip in point.pod_ips)
    return by_address or state.pod_for(cali=point.node_interface) is not None


def _same_instance(point: PointFacts, described: PodLink, found: CrossCheck) -> None:
    lines = tuple(quote(device.line) for device in (described.end, described.cali) if device is not None)
    ips, mac = set(described.ips), described.mac
    other_ip = bool(ips and point.pod_ips and not ips & point.pod_ips)
    other_mac = mac is not None and bool(point.pod_macs) and mac not in point.pod_macs
    if not (other_ip or other_mac):
        # Numbers that do not match set apart the cali and not the pod, if it is the pod that was recorded.
        described.apart = described.apart and mac not in point.pod_macs
        return
    routed = _routed(described)
    if described.pod is not None:
        described.apart, described.ips = True, sorted(routed)
    described.foreign = not routed or bool(point.pod_ips and not routed & point.pod_ips)
    seen = _pod(point.pod_ips, point.pod_macs)
    said = _pod(ips, {mac} if mac is not None else set())
    found.foreign |= ips | point.pod_ips
    found.remarks.append(
        Remark(
            f"on {point.name} the capture shows the pod {seen}, the state describes {said}: not the same pod "
            "instance, so what the state says of the pod counts for nothing here",
            lines,
        )
    )


def _routed(described: PodLink) -> set[int]:
    """The addresses that the node routes out of a cali."""
    routes = described.node.routes if described.node is not None else []
    return {route.destination for route in routes if route.is_host and route.dev == described.cali_name}


def _pod(ips: set[int] | frozenset[int], macs: set[int] | frozenset[int]) -> str:
    shown = ", ".join(map(format_address, sorted(ips))) or "without an address"
    return shown + (f" at {', '.join(map(format_mac, sorted(macs)))}" if macs else "")
