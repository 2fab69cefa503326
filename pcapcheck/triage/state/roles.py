"""Whose is whose: parts of a session -> nodes and pods.

What the session names (a heading, a prompt, ``kubectl exec``) is believed first. What it does not name is told by what
it holds: a /32 and a route to the gateway make a pod, cali interfaces and tunnels make a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.errors import StateError
from pcapcheck.triage.state.blocks import Part
from pcapcheck.triage.state.gathered import Gathered, differ, own_addresses
from pcapcheck.triage.state.model import BPF_DEVICES, NODE, POD, Host
from pcapcheck.triage.state.session import Owner
from pcapcheck.values import parse_address
from pcapcheck.workload import is_shortened, kind_of_name

MOST_HOSTS = 2000
GATEWAY = parse_address("169.254.1.1")
# Devices of a node that have addresses of one host as pods do.
NOT_A_PODS = ("lo", "kube-ipvs0", "nodelocaldns", "dummy0", "kube-dummy-if", *BPF_DEVICES)
NODE_DEVICES = ("docker0", "cni0", "virbr0", *NOT_A_PODS[1:])


class Roles:
    """Sorts parts to hosts, in the order of the session."""

    def __init__(self, prefix: str, gateway: int = GATEWAY) -> None:
        self.prefix = prefix
        self.gateway = gateway

    def sort(self, parts: Iterable[Part]) -> list[Host]:
        """The hosts, nodes first. Raises StateError where there are more than any node has."""
        groups: dict[str, list[Part]] = {}
        for part in parts:
            groups.setdefault(part.owner.label, []).append(part)
        hosts = [host for group in groups.values() for host in self._group(group)]
        if len(hosts) > MOST_HOSTS:
            raise StateError(
                f"more than {MOST_HOSTS} nodes and pods are described; leave out what is not about this node"
            )
        hosts = _merge_same(hosts)
        return sorted(hosts, key=lambda host: (host.role != NODE, host.role != POD))

    def _group(self, group: list[Part]) -> Iterator[Host]:
        """What one owner's parts come to: one host where the owner is named, else as many as contradict each other."""
        owner = group[0].owner
        if owner.role or owner.name or owner.netns:
            gathered = Gathered(Host(name=owner.name, role=owner.role, netns=owner.netns))
            for part in group:
                gathered.add(part.host)
            host = gathered.finish()
            host.role = host.role or self.role_of(host) or _guess(owner)
            yield host
            return
        yield from self._anonymous(group)

    def _anonymous(self, group: list[Part]) -> Iterator[Host]:
        roles = [self.role_of(part.host) for part in group]
        first = next((role for role in roles if role), None)
        node: Gathered | None = None
        pods: list[Gathered] = []
        last = first
        for part, role in zip(group, roles, strict=True):
            last = role or last
            if last == POD:
                if not pods or (role == POD and pods[-1].contradicts(part.host)):
                    pods.append(Gathered(Host(role=POD)))
                pods[-1].add(part.host)
            else:
                node = node or Gathered(Host(role=last))
                node.add(part.host)
        if node:
            yield node.finish()
        for pod in pods:
            yield pod.finish()

    def role_of(self, host: Host) -> str | None:
        """Node, pod, or None where what it holds fits both."""
        complained = (word for name in host.missing for word in name.split("."))
        if host.notes_of("bpf") or host.notes_of("felix"):
            return NODE
        if any(self._is_nodes(name) for name in (*host.devices(), *complained)):
            return NODE
        for route in host.routes:
            if (
                route.destination == self.gateway
                and route.is_host
                and route.via is None
                and route.dev not in NOT_A_PODS
            ):
                return POD
            if route.is_default and route.via == self.gateway:
                return POD
        if any(one.ip == self.gateway and one.mac is not None for one in host.neighbours):
            return POD
        if any(one.is_host and one.scope in (None, "global") and one.dev not in NOT_A_PODS for one in host.addresses):
            return POD
        if any(one.via == self.gateway for one in host.lookups):
            return POD
        link = host.links.get("eth0")
        return POD if link and link.peer_index is not None and "links" in host.whole else None

    def _is_nodes(self, name: str) -> bool:
        known = kind_of_name(name, self.prefix) in ("pod-link", "tunnel") or is_shortened(name, self.prefix)
        return (known and name != "tunl0") or name in NODE_DEVICES


def _guess(owner: Owner) -> str | None:
    """A network namespace that was entered from a node is a pod's; a host that is not known for a pod is a node."""
    return POD if owner.netns else NODE if owner.name else None


def _merge_same(hosts: list[Host]) -> list[Host]:
    """One host that was looked into from two shells is one."""
    kept: list[list[Host]] = []
    by_address: dict[int, list[list[Host]]] = {}
    for host in hosts:
        addresses = own_addresses(host.addresses) if host.role == POD else set()
        # A pod is known again by its address; of nodes there are few.
        likely = [some for ip in addresses for some in by_address.get(ip, ())] if host.role == POD else kept
        same = next((some for some in likely if _same(some[0], host)), None)
        if same is None:
            same = [host]
            kept.append(same)
        else:
            same.append(host)
        for ip in addresses:
            by_address.setdefault(ip, []).append(same)
    return [_merged(some) for some in kept]


def _merged(hosts: list[Host]) -> Host:
    if len(hosts) == 1:
        return hosts[0]
    first = hosts[0]
    gathered = Gathered(Host(first.name, first.role, netns=first.netns))
    for host in hosts:
        gathered.add(host)
        gathered.host.netns = gathered.host.netns or host.netns
    return gathered.finish()


def _same(one: Host, other: Host) -> bool:
    if one.role != other.role or (one.name and other.name and one.name != other.name):
        return False
    if one.netns and other.netns and one.netns != other.netns:
        return False
    if any(
        name != "lo" and name in other.links and differ(link, other.links[name]) for name, link in one.links.items()
    ):
        return False
    if one.role == POD:
        return True
    return one.role is not None or not (one.name or other.name)
