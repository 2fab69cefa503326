"""Pods on their node's network: what is seen inside them is the node's state.

calico-node, kube-proxy and some others have ``hostNetwork: true`` (calico/manifests/calico.yaml and the
Kubernetes documentation of static pods and of kube-proxy). A pod is on its node's network if its object
says so, if it is named like one that is, if it has the address of one that is, or if it shows interfaces that only
nodes have. What a pod on a network of its own shows (a /32, a route to the gateway) rules it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from msgspec.structs import replace

from pcapcheck.calico import is_calico_tunnel, is_shortened, kind_of_name
from pcapcheck.nodestate.host import NODE, POD, Host
from pcapcheck.nodestate.output_owner import Owner
from pcapcheck.nodestate.session_blocks import HostPart
from pcapcheck.nodestate.state import PodEntry

# The suffixes that Kubernetes adds to the name of a daemon set and of a deployment.
RANDOM = r"[a-z0-9]{5}"
DAEMONS = re.compile(
    r"(?:calico-node|kube-proxy|(?:rke2-)?canal|nodelocaldns|node-local-dns|(?:[a-z0-9-]+-)?node-exporter)"
    rf"(?:-{RANDOM})?|(?:calico-typha|tigera-operator)-[a-z0-9]{{5,10}}-{RANDOM}"
)
# Named after their node (static pods), except those with a daemon set's suffix.
STATIC = re.compile(
    rf"(?:kube-(?:apiserver|controller-manager|scheduler)|kube-proxy(?!-{RANDOM}$))-([a-z0-9][a-z0-9.-]*)"
)
# Prefixes of a pod's name in files and commands.
KIND = re.compile(r"(?:^|(?<=/))(?:po|pods?|ds|daemonsets?)(?:\.apps)?/")


class Tells(Protocol):
    """What distinguishes nodes' output from pods' by content."""

    prefix: str

    def role_of(self, host: Host) -> str | None: ...


def is_agent(name: str) -> bool:
    """Whether a pod (without its namespace) is named like one that is always on its node's network."""
    return DAEMONS.fullmatch(name) is not None or STATIC.fullmatch(name) is not None


def mark_listed(pods: list[PodEntry], parts: Iterable[HostPart], tells: Tells) -> None:
    """Note in a list of pods which are on their node's network, if the list itself does not say so.

    If a node routes a pod's address out of a pod link, the pod is on a network of its own, whatever its name.
    """
    nodes = {
        address.ip
        for part in parts
        if tells.role_of(part.host) == NODE
        for address in part.host.addresses
        if not address.is_host and address.scope in (None, "global")
    }
    routed = {
        route.destination
        for part in parts
        for route in part.host.routes
        if route.is_host and route.dev and kind_of_name(route.dev, tells.prefix) == "pod-link"
    }
    nodes |= {pod.ip for pod in pods if pod.ip is not None and (pod.host_network or is_agent(pod.name))}
    pods[:] = [
        replace(pod, host_network=True) if pod.ip not in routed and (pod.ip in nodes or is_agent(pod.name)) else pod
        for pod in pods
    ]


def with_nodes(parts: list[HostPart], pods: list[PodEntry], tells: Tells) -> list[HostPart]:
    """The parts; those from inside a pod on its node's network become parts of that node."""
    groups: dict[str, list[HostPart]] = {}
    for part in parts:
        # "### calico-node-9abf1" heads that node's output, though it is no node's name.
        name = part.owner.name
        if name and (part.owner.role == POD or is_agent(name)):
            groups.setdefault(part.owner.label, []).append(part)
    if not groups:
        return parts
    by_name: dict[str, list[PodEntry]] = {}
    for pod in pods:
        by_name.setdefault(pod.name, []).append(pod)
    owners = {label: owner for label, group in groups.items() if (owner := _node_of(group, by_name, tells))}
    return [replace(part, owner=owners.get(part.owner.label, part.owner)) for part in parts]


def _node_of(group: list[HostPart], by_name: dict[str, list[PodEntry]], tells: Tells) -> Owner | None:
    """The node whose state a pod shows; None if it shows its own."""
    namespace, _, name = KIND.sub("", group[0].owner.name or "").rpartition("/")
    entry = next(
        (pod for pod in by_name.get(name, ()) if not namespace or pod.namespace in (None, namespace)),
        None,
    )
    said = (
        (entry.host_network if entry is not None else is_agent(name))
        or any(part.owner.on_node for part in group)
        or any(_is_nodes(dev, tells.prefix) for part in group for dev in part.host.devices())
    )
    if not said or any(tells.role_of(part.host) == POD for part in group):
        return None
    static = STATIC.fullmatch(name)
    node = entry.node if entry is not None and entry.node else static[1] if static else None
    if node:
        return Owner(f"host:{node}", NODE, node)
    return Owner(f"through:{name}", NODE, through=name)


def _is_nodes(name: str, prefix: str) -> bool:
    """Whether only Calico nodes have an interface of that name; with the module loaded every namespace has a tunl0."""
    tunnel = name != "tunl0" and is_calico_tunnel(name)
    return tunnel or kind_of_name(name, prefix) == "pod-link" or is_shortened(name, prefix)
