"""The pod behind each cali: by the indexes that both ends of a veth pair name, by route, by the pod's name."""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct, field

from pcapcheck.calico import cali_name, find_cali_name, is_shortened, parse_pod
from pcapcheck.networks import VM_BRIDGE, VM_UPLINK
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.state import PodEntry, PodLink, State

BY_INDEX, BY_NETNS, BY_ROUTE, BY_NAME, BY_MAC = "index", "netns", "route", "name", "mac"
BY_ADDRESS, BY_CALI = "address", "cali"
# One address of each family.
MOST_OWN = 2


class LinkNames(Struct):
    """Pods by address and by cali name."""

    prefix: str
    by_ip: dict[int, list[PodEntry]] = field(default_factory=dict)
    by_name: dict[str, PodEntry] = field(default_factory=dict)
    by_cali: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pods: list[PodEntry], prefix: str) -> LinkNames:
        """Index a list of pods; a pod that has ended has no address, nor has one on the node's network."""
        names = cls(prefix)
        for pod in pods:
            names.by_name.setdefault(pod.label, pod)
            names.by_name.setdefault(pod.name, pod)
            names.by_cali.setdefault(names.cali_of(pod), full_name(pod))
            if pod.ip is not None and pod.holds_address:
                held = names.by_ip.setdefault(pod.ip, [])
                if all(entry.label != pod.label for entry in held):
                    held.append(pod)
        return names

    def homes(self) -> dict[int, str]:
        """The cali interface of each address that one pod has."""
        held = {ip: pods[0] for ip, pods in self.by_ip.items() if len(pods) == 1}
        return {ip: self.cali_of(pod) for ip, pod in held.items()}

    def cali_of(self, pod: PodEntry) -> str:
        """The name of a pod's interface on its node."""
        # An unprinted namespace is mostly "default"; that counts only if a cali of that name exists.
        return cali_name(pod.namespace or "default", pod.name, self.prefix)

    def holder(self, ips: list[int], cali: str | None) -> PodEntry | None:
        """The pod that has one of these addresses; if several have it, the pod that the link is named after."""
        held = next((self.by_ip[ip] for ip in ips if ip in self.by_ip), [])
        if len(held) > 1:
            held = [entry for entry in held if cali is not None and self.by_cali.get(cali) == full_name(entry)]
        return held[0] if held else None


def full_name(pod: PodEntry) -> str:
    """NAMESPACE/POD, with default if the namespace is not known."""
    return f"{pod.namespace or 'default'}/{pod.name}"


class NodeEnds:
    """The nodes' ends of pod links, by everything that identifies them for a pod's end."""

    def __init__(self, nodes: list[Host], prefix: str, netns: Container[str] = ()) -> None:
        self.links: list[PodLink] = []
        self.routed: dict[tuple[int, str], list[int]] = {}
        self.by_netns: dict[str, list[PodLink]] = {}
        self.by_index: dict[int, list[PodLink]] = {}
        self.by_name: dict[str, list[PodLink]] = {}
        self.by_ip: dict[int, list[PodLink]] = {}
        self.by_mac: dict[int, list[PodLink]] = {}
        for node in nodes:
            self._add(node, prefix, netns)

    def _add(self, node: Host, prefix: str, netns: Container[str]) -> None:
        routed: dict[str, list[int]] = {}
        for route in node.routes:
            if route.is_host and route.table == "main" and route.dev:
                routed.setdefault(route.dev, []).append(route.destination)
        macs: dict[str, list[int]] = {}
        for neighbour in node.neighbours:
            if neighbour.mac is not None and neighbour.dev:
                macs.setdefault(neighbour.dev, []).append(neighbour.mac)
        # Whatever it is called, a link into a pod's namespace is the node's end of that pod's.
        into_pods = [link.name for link in node.links.values() if link.netns and link.netns in netns]
        for name in dict.fromkeys([*cali_names(node, prefix), *into_pods]):
            link = PodLink(node, None, name, node.links.get(name))
            self.links.append(link)
            self.by_name.setdefault(name, []).append(link)
            self.routed[id(node), name] = routed.get(name, [])
            for ip in routed.get(name, ()):
                self.by_ip.setdefault(ip, []).append(link)
            for mac in macs.get(name, ()):
                self.by_mac.setdefault(mac, []).append(link)
            if link.cali and link.cali.netns:
                self.by_netns.setdefault(link.cali.netns, []).append(link)
            if link.cali and link.cali.index is not None:
                self.by_index.setdefault(link.cali.index, []).append(link)

    def routed_to(self, link: PodLink) -> list[int]:
        """The addresses that the node has host routes for out of a cali."""
        return self.routed.get((id(link.node), link.cali_name or ""), [])

    def is_of_another(self, link: PodLink) -> bool:
        """Whether the pod's addresses are those of another pod, by the node's routes to both: outputs were swapped.

        Where the ends name each other by their numbers it is the routes that are wrong.
        """
        own = self.routed_to(link)
        if not link.ips or not own or set(own) & set(link.ips) or _are_numbered(link.end, link.cali):
            return False
        return any(other.node is link.node and other is not link for ip in link.ips for other in self.by_ip.get(ip, ()))

    def find(self, pod: Host, end: Device | None, ips: list[int], names: LinkNames) -> PodLink | None:
        """The node's end of this pod's link, if one criterion leaves a single choice."""
        for how, found in (
            (BY_NETNS, self.by_netns.get(pod.netns or "", [])),
            (BY_INDEX, self._named_by_number(end)),
            (BY_NAME, [link for name in own_calis(pod, names) for link in self.by_name.get(name, [])]),
            (BY_MAC, self.by_mac.get(end.mac, []) if end and end.mac is not None else []),
            (BY_ROUTE, [link for ip in ips for link in self.by_ip.get(ip, [])]),
        ):
            free = [link for link in found if link.pod is None]
            if len(free) == 1:
                free[0].joined_by = how
                return free[0]
        return None

    def _named_by_number(self, end: Device | None) -> list[PodLink]:
        if end is None or end.peer_index is None:
            return []
        return [
            link
            for link in self.by_index.get(end.peer_index, [])
            if link.cali and (None in (link.cali.peer_index, end.index) or link.cali.peer_index == end.index)
        ]


def join_links(state: State, prefix: str) -> list[PodLink]:
    """Every pod link that the state shows: the node's end, the pod's, or both."""
    names = LinkNames.of(state.pods, prefix)
    ends = NodeEnds(state.nodes, prefix, {pod.netns for pod in state.pod_hosts if pod.netns})
    alone = []
    for pod in state.pod_hosts:
        end = pod_end(pod)
        ips = [address.ip for address in pod.addresses if end and address.dev == end.name and address.scope != "link"]
        joined = ends.find(pod, end, ips, names)
        if joined is None:
            alone.append(PodLink(None, pod, None, None, end, ips=ips))
        else:
            joined.pod, joined.end, joined.ips = pod, end, ips
            joined.apart = not _name_each_other(end, joined.cali) or ends.is_of_another(joined)
    links = ends.links + alone
    for link in links:
        _name(link, ends.routed_to(link), names)
    return links


def _name_each_other(end: Device | None, cali: Device | None) -> bool:
    """Whether no number that either end of a veth pair names speaks against the other (kernel: IFLA_LINK)."""
    if end is None or cali is None:
        return True
    pairs = (end.peer_index, cali.index), (cali.peer_index, end.index)
    return not any(named is not None and own is not None and named != own for named, own in pairs)


def _are_numbered(end: Device | None, cali: Device | None) -> bool:
    """Whether a number that one end of a veth pair names is the other's."""
    if end is None or cali is None:
        return False
    return any(
        named is not None and named == own
        for named, own in ((end.peer_index, cali.index), (cali.peer_index, end.index))
    )


def cali_names(node: Host, prefix: str) -> list[str]:
    """Every cali interface that any fact of the node names, in order."""
    names = dict.fromkeys(node.devices())
    return [name for name in names if find_cali_name(name, prefix) == name or is_shortened(name, prefix)]


def pod_end(pod: Host) -> Device | None:
    """The pod's end of its link: eth0, else where its default route leaves, else its only link.

    In the pod of a virtual machine it is a port of KubeVirt's bridge, and eth0 a dummy with the pod's address.
    """
    if any(map(VM_BRIDGE.fullmatch, pod.links)):
        ports = [link for name, link in pod.links.items() if VM_UPLINK.fullmatch(name) and link.peer_index is not None]
        return ports[0] if ports else None
    if "eth0" in pod.links:
        return pod.links["eth0"]
    for route in pod.routes:
        if route.is_default and route.dev in pod.links:
            return pod.links[route.dev]
    others = [link for name, link in pod.links.items() if name not in ("lo", "tunl0")]
    return others[0] if len(others) == 1 else None


def own_calis(pod: Host, names: LinkNames) -> list[str]:
    """The cali name that follows from what a described pod is called."""
    if pod.name is None:
        return []
    entry = names.by_name.get(pod.name)
    try:
        namespace, name = parse_pod(
            pod.name if "/" in pod.name else full_name(entry) if entry else f"default/{pod.name}"
        )
    except ValueError:
        return []
    return [cali_name(namespace, name, names.prefix)]


def _name(link: PodLink, routed: list[int], names: LinkNames) -> None:
    """Say what the pod is called, by what does not rest on the name of its cali where possible."""
    said = link.pod.name if link.pod else None
    if link.apart or (not link.ips and len(routed) <= MOST_OWN):
        link.ips = list(routed[:MOST_OWN])
    entry = names.holder(link.ips, link.cali_name)
    if said and "/" in said:
        link.name, link.named_by = said, BY_NAME
    elif said and (said in names.by_name or entry is None):
        known = names.by_name.get(said)
        link.name = _with_namespace(said, known.namespace if known else None, link.cali_name, names)
        link.named_by = BY_NAME
    elif entry:
        link.name, link.named_by = _with_namespace(entry.name, entry.namespace, link.cali_name, names), BY_ADDRESS
    if link.name is None and link.cali_name in names.by_cali:
        link.name, link.named_by = names.by_cali[link.cali_name], BY_CALI
    if link.pod:
        link.pod.pod = link.name


def _with_namespace(pod: str, namespace: str | None, cali: str | None, names: LinkNames) -> str | None:
    """NAMESPACE/POD; where the namespace is not known, only if the cali's name shows that it is default."""
    if namespace is None and cali != cali_name("default", pod, names.prefix):
        return None
    return f"{namespace or 'default'}/{pod}"
