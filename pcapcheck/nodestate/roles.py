"""Whose is whose: parts of a session -> nodes and pods.

What the session names (a heading, a prompt, ``kubectl exec``) is believed first. What it does not name follows from
what it holds: a /32 and a route to the gateway make a pod, cali interfaces and tunnels make a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.calico import is_shortened, kind_of_name
from pcapcheck.errors import StateError
from pcapcheck.networks import by_device
from pcapcheck.nodestate.gateway import LOCAL
from pcapcheck.nodestate.host import BPF_DEVICES, NODE, POD, Host
from pcapcheck.nodestate.merged_host import Gathered
from pcapcheck.nodestate.output_owner import Owner
from pcapcheck.nodestate.same_host import by_owner, merge_same
from pcapcheck.nodestate.session_blocks import HostPart
from pcapcheck.values import parse_address

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
        # The numbers of pods' ends, and of their other ends, as the nodes' ends name them.
        self._named: set[tuple[int, int]] = set()

    def sort(self, parts: Iterable[HostPart]) -> list[Host]:
        """The hosts, nodes first. Raises StateError where there are more than any node has."""
        parts = list(parts)
        for part in parts:
            self._named |= {
                (link.peer_index, link.index)
                for link in part.host.links.values()
                if link.peer_index is not None and link.index is not None and self._is_nodes(link.name)
            }
        hosts = [host for group in by_owner(parts) for host in self._group(group)]
        if len(hosts) > MOST_HOSTS:
            raise StateError(
                f"more than {MOST_HOSTS} nodes and pods are described; leave out what is not about this node"
            )
        hosts = merge_same(hosts, self.prefix)
        return sorted(hosts, key=lambda host: (host.role != NODE, host.role != POD))

    def _group(self, group: list[HostPart]) -> Iterator[Host]:
        """What one owner's parts come to: one host where the owner is named, else as many as contradict each other."""
        owner = group[0].owner
        for host in self._hosts_of(owner, group):
            host.place, host.place_name = owner.place, owner.place_name
            yield host

    def _hosts_of(self, owner: Owner, group: list[HostPart]) -> Iterator[Host]:
        if owner.role or owner.name or owner.netns:
            role = owner.role or next((role for part in group if (role := self.role_of(part.host))), None)
            gathered = Gathered(Host(owner.name, role, netns=owner.netns, through=owner.through), self.prefix)
            own, inside = self._inside_apart(owner, group)
            for part in own:
                gathered.add(part.host)
            yield from self._anonymous(inside)
            host = gathered.finish()
            host.role = host.role or self.role_of(host) or _guess(owner, host)
            yield host
            return
        for host in self._anonymous(group):
            if host.role != POD and owner.label.endswith(f"#{owner.section}"):
                # The heading above it is its name, unless it tells another itself.
                host.name, host.assumed = (host.name, False) if host.name else (owner.section, True)
            yield host

    def _inside_apart(self, owner: Owner, group: list[HostPart]) -> tuple[list[HostPart], list[HostPart]]:
        """What stands at a node's prompt, and apart what only a pod can list: nsenter leaves the prompt as it is."""
        if owner.role or owner.netns or owner.place:
            return group, []
        roles = [self.role_of(part.host) for part in group]
        if NODE not in roles or POD not in roles:
            return group, []
        own = [part for part, role in zip(group, roles, strict=True) if role != POD]
        return own, [part for part, role in zip(group, roles, strict=True) if role == POD]

    def _anonymous(self, group: list[HostPart]) -> Iterator[Host]:
        roles = [self.role_of(part.host) for part in group]
        first = next((role for role in roles if role), None)
        node: Gathered | None = None
        pods: list[Gathered] = []
        last = first
        for part, role in zip(group, roles, strict=True):
            last = role or last
            if last == POD:
                if not pods or (role == POD and pods[-1].contradicts(part.host)):
                    pods.append(Gathered(Host(role=POD), self.prefix))
                pods[-1].add(part.host)
            else:
                node = node or Gathered(Host(role=last), self.prefix)
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
        if any(self._is_nodes(name) for name in dict.fromkeys((*host.devices(), *complained))):
            return NODE
        for route in host.routes:
            if (
                route.destination == self.gateway
                and route.is_host
                and route.via is None
                # A node with that address on a bridge lists it as its own.
                and route.kind != LOCAL
                and route.dev not in NOT_A_PODS
            ):
                return POD
            if route.is_default and route.via == self.gateway:
                return POD
        if any(neighbour.ip == self.gateway and neighbour.mac is not None for neighbour in host.neighbours):
            return POD
        if any(
            address.is_host
            and address.scope in (None, "global")
            and address.dev not in NOT_A_PODS
            and _may_be_veth(host, address.dev)
            for address in host.addresses
        ):
            return POD
        if any(lookup.via == self.gateway for lookup in host.lookups):
            return POD
        # Any container, and any machine made of namespaces, has an eth0@if7: a pod is one that a node's end names.
        ends = ((link.index, link.peer_index) for link in host.links.values())
        return POD if any(end in self._named for end in ends) else None

    def _is_nodes(self, name: str) -> bool:
        known = kind_of_name(name, self.prefix) in ("pod-link", "tunnel") or is_shortened(name, self.prefix)
        return (known and name != "tunl0") or name in NODE_DEVICES or by_device(name) is not None


def _may_be_veth(host: Host, dev: str) -> bool:
    """Whether an interface may be a pod's: machines in some clouds have addresses of one host on their NICs."""
    link = host.links.get(dev)
    return link is None or link.peer_index is not None or link.index is None


def _guess(owner: Owner, host: Host) -> str | None:
    """A network namespace that was entered from a node is a pod's; a host that is not known for a pod is a node.

    One that stands in a namespace of its own and shows nothing of either is some other machine.
    """
    if owner.netns:
        return POD
    link = host.links.get("eth0")
    return NODE if owner.name and (link is None or link.peer_index is None) else None
