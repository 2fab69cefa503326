"""Which pod is behind which cali: by the numbers that both ends of a veth pair name, by route, by the pod's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pcapcheck.triage.state.model import Host, Link, PodEntry, PodLink, State
from pcapcheck.triage.state.sysctls import interfaces_of
from pcapcheck.workload import cali_name, find_cali_name, parse_pod

BY_INDEX, BY_NETNS, BY_ROUTE, BY_NAME = "index", "netns", "route", "name"


@dataclass
class Names:
    """Pods by what they can be known by."""

    prefix: str
    by_ip: dict[int, PodEntry] = field(default_factory=dict)
    by_name: dict[str, PodEntry] = field(default_factory=dict)
    by_cali: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pods: list[PodEntry], prefix: str) -> Names:
        """Index a list of pods; one that has ended holds its address no more, one on the node's network never did."""
        names = cls(prefix)
        for pod in pods:
            names.by_name.setdefault(pod.label, pod)
            names.by_name.setdefault(pod.name, pod)
            # What kubectl does not say is mostly "default"; it counts only where a cali of that name is there.
            names.by_cali.setdefault(cali_name(pod.namespace or "default", pod.name, prefix), full_name(pod))
            if pod.ip is not None and not pod.host_network and pod.phase not in ("Succeeded", "Failed", "Completed"):
                names.by_ip.setdefault(pod.ip, pod)
        return names


def full_name(pod: PodEntry) -> str:
    """NAMESPACE/POD, with default where the namespace is not known."""
    return f"{pod.namespace or 'default'}/{pod.name}"


def join_links(state: State, prefix: str) -> list[PodLink]:
    """Every pod link that the state tells of, the node's end, the pod's, or both."""
    names = Names.of(state.pods, prefix)
    links: list[PodLink] = []
    for node in state.nodes:
        for name in cali_names(node, prefix):
            links.append(PodLink(node, None, name, node.links.get(name)))
    for pod in state.pod_hosts:
        end = pod_end(pod)
        ips = [one.ip for one in pod.addresses if end and one.dev == end.name and one.scope != "link"]
        joined = _join(links, pod, end, ips, names)
        if joined is None:
            links.append(PodLink(None, pod, None, None, end, ips=ips))
        else:
            joined.pod, joined.end = pod, end
            joined.ips += [ip for ip in ips if ip not in joined.ips]
    for link in links:
        _name(link, names)
    return links


def cali_names(node: Host, prefix: str) -> list[str]:
    """Every cali interface that anything on the node names, in order."""
    mentioned = [*node.links, *(one.dev for one in node.routes), *interfaces_of(node)]
    mentioned += [one.dev for one in (*node.neighbours, *node.lookups, *node.addresses)]
    mentioned += [one.iif for one in node.lookups]
    return [name for name in dict.fromkeys(mentioned) if name and find_cali_name(name, prefix) == name]


def pod_end(pod: Host) -> Link | None:
    """The pod's end of its link: eth0, else where its default route leaves, else its only link."""
    if "eth0" in pod.links:
        return pod.links["eth0"]
    for route in pod.routes:
        if route.is_default and route.dev in pod.links:
            return pod.links[route.dev]
    others = [link for name, link in pod.links.items() if name not in ("lo", "tunl0")]
    return others[0] if len(others) == 1 else None


def routed_ips(node: Host, cali: str) -> list[int]:
    """The addresses that the node has host routes for out of a cali."""
    return [one.destination for one in node.routes if one.dev == cali and one.is_host and one.table == "main"]


def _join(links: list[PodLink], pod: Host, end: Link | None, ips: list[int], names: Names) -> PodLink | None:
    """The link whose node end is this pod's, removed from further choice by being given to it."""
    free = [link for link in links if link.pod is None and link.node is not None]
    for how, found in (
        (BY_NETNS, _by_netns(free, pod)),
        (BY_INDEX, _by_index(free, end)),
        (BY_NAME, _by_name(free, pod, names)),
        (BY_ROUTE, _by_route(free, ips)),
    ):
        if len(found) == 1:
            found[0].joined_by = how
            return found[0]
    return None


def _by_netns(free: list[PodLink], pod: Host) -> list[PodLink]:
    return [link for link in free if pod.netns and link.cali and link.cali.netns == pod.netns]


def _by_index(free: list[PodLink], end: Link | None) -> list[PodLink]:
    if end is None or end.peer_index is None:
        return []
    return [
        link
        for link in free
        if link.cali
        and link.cali.index == end.peer_index
        and (None in (link.cali.peer_index, end.index) or link.cali.peer_index == end.index)
    ]


def _by_name(free: list[PodLink], pod: Host, names: Names) -> list[PodLink]:
    known = set(_own_names(pod, names))
    return [link for link in free if link.cali_name in {cali_name(*name.split("/"), names.prefix) for name in known}]


def _by_route(free: list[PodLink], ips: list[int]) -> list[PodLink]:
    return [
        link for link in free if link.node and link.cali_name and set(routed_ips(link.node, link.cali_name)) & set(ips)
    ]


def _own_names(pod: Host, names: Names) -> Iterator[str]:
    """What a described pod may be called, NAMESPACE/POD."""
    if pod.name is None:
        return
    entry = names.by_name.get(pod.name)
    named = pod.name if "/" in pod.name else full_name(entry) if entry else f"default/{pod.name}"
    try:
        parse_pod(named)
    except ValueError:
        return
    yield named


def _name(link: PodLink, names: Names) -> None:
    """Say what the pod is called, by what does not rest on the name of its cali where possible."""
    said = link.pod.name if link.pod else None
    routed = routed_ips(link.node, link.cali_name) if link.node and link.cali_name else []
    ips = link.ips or routed
    if not link.ips:
        link.ips = [ip for ip in routed if len(routed) <= 2]
    entry = next((names.by_ip[ip] for ip in ips if ip in names.by_ip), None)
    if said and "/" in said:
        link.name = said
    elif said and said in names.by_name:
        link.name = _with_namespace(names.by_name[said], link.cali_name, names)
    elif entry:
        link.name = _with_namespace(entry, link.cali_name, names)
    elif link.cali_name in names.by_cali:
        link.name = names.by_cali[link.cali_name]
    elif said:
        link.name = (
            _with_namespace(PodEntry(said, link.pod.links["eth0"].line), link.cali_name, names)
            if link.pod and "eth0" in link.pod.links
            else None
        )
    if link.pod:
        link.pod.pod = link.name


def _with_namespace(pod: PodEntry, cali: str | None, names: Names) -> str | None:
    """NAMESPACE/POD; where the namespace is not known, only if the cali's name shows that it is default."""
    if pod.namespace:
        return pod.label
    return full_name(pod) if cali == cali_name("default", pod.name, names.prefix) else None
