"""Networks in a node's state: what shows that a link is Calico's, and which other network a node looks like.

Rules about states are about Calico's pod links. A link that nothing shows to be Calico's is not judged: other plugins
give pods a /32 and the gateway 169.254.1.1 too.
"""

from __future__ import annotations

from functools import partial

from pcapcheck.calico import is_calico_tunnel, kind_of_name
from pcapcheck.networks import (
    CALICO_PROTOCOLS,
    GATEWAY,
    NAME,
    NETWORKS,
    PROXY_MAC,
    STATE,
    VM_BRIDGE,
    KnownNetwork,
    by_mac,
    is_of_another,
)
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.pod_links import cali_names
from pcapcheck.nodestate.pools import must_be_translated
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import Look, PodLink, State
from pcapcheck.values import format_address, format_mac

# States of neighbour entries that were set, not learnt.
SET_BY_HAND = ("PERMANENT", "NOARP")
# What a node has besides its pods' links.
OWN = ("host-nic", "tunnel")
# The kernel makes it when the module is loaded.
EVERYBODYS_TUNNEL = "tunl0"
SIGNS = "no cali interface, no ee:ee:ee:ee:ee:ee, no route of proto 80 or bird"


def sort_out(state: State, prefix: str, gateway: int, proxy_mac: int) -> None:
    """Note what shows that a pod link is Calico's, and what a node without Calico looks like."""
    calico = {id(node): _calico(node, prefix, proxy_mac) for node in state.nodes}
    for node in state.nodes:
        look = None if calico[id(node)] else _look(node)
        if look is not None:
            state.looks.append(look)
    state.calico = on_calico = any(calico.values())
    on_another = bool(state.looks)
    for link in state.links:
        link.calico = _shown_by(link, gateway, proxy_mac, on_calico, on_another)
        link.machine = link.pod is not None and any(map(VM_BRIDGE.fullmatch, link.pod.links))
        if link.calico is None and link.pod is not None and not on_another:
            look = _look_of_pod(link.pod, gateway, proxy_mac)
            state.looks += [look] if look else []


def known_of(state: State) -> KnownNetwork:
    """What of it captures are read with."""
    calico = state.calico or any(link.calico for link in state.links)
    links: dict[int, str | None] = {}
    homes: dict[int, str] = {}
    nodes: dict[str, str] = {}
    for link in state.links:
        if link.calico and link.mac is not None and not link.machine:
            links[link.mac] = link.cali_name
        if link.calico and link.cali_name:
            homes |= dict.fromkeys(link.ips, link.cali_name)
            if link.node is not None and link.node.name:
                nodes[link.cali_name] = link.node.name
    ebpf_line = next((node.ebpf.number for node in state.nodes if node.ebpf is not None), None)
    pools = tuple(state.pools)
    is_nat_outgoing = partial(must_be_translated, pools) if pools else None
    not_calico = "" if calico else _not_calico(state)
    others = frozenset(look.network for look in state.looks)
    return KnownNetwork(
        *(calico, others, not_calico, links, homes, nodes, ebpf_line, _routed_links(state), is_nat_outgoing),
        devices=_own_devices(state),
    )


def _own_devices(state: State) -> dict[tuple[int, int], str]:
    """The nodes' NICs and tunnels, by their number and MAC: pods' links have one MAC, on every node."""
    named: dict[tuple[int, int], set[str]] = {}
    for node in state.nodes:
        for device in node.links.values():
            if device.index is not None and device.mac and kind_of_name(device.name) in OWN:
                named.setdefault((device.index, device.mac), set()).add(device.name)
    return {key: names.pop() for key, names in named.items() if len(names) == 1}


def _routed_links(state: State) -> frozenset[str]:
    """The pods' links on nodes whose interfaces are all listed, without a sign of eBPF; not if another has the name."""
    routed: dict[str, bool] = {}
    for link in state.links:
        if link.cali_name and link.node is not None:
            plain = link.node.ebpf is None and "links" in link.node.whole
            routed[link.cali_name] = plain and routed.get(link.cali_name, True)
    return frozenset(name for name, plain in routed.items() if plain)


def _not_calico(state: State) -> str:
    """Why rules about Calico have nothing to judge, if the state describes hosts."""
    if state.looks:
        return f"{_in_words(state.looks[0])}, and the rules are about Calico's pod links"
    if not state.links:
        return ""
    return f"nothing in the state shows that these are Calico's pods ({SIGNS})"


def remarks_of(state: State) -> list[tuple[str, tuple[Line, ...]]]:
    """A line per node without Calico, with the lines of the state that show what it is."""
    return [
        (f"{_in_words(look)}: its gateway, MACs, routes and settings are not held to what Calico does", look.lines)
        for look in state.looks
    ]


def _in_words(look: Look) -> str:
    return f"{look.host} looks like {look.title}, not Calico (by {look.by})"


def _calico(node: Host, prefix: str, proxy_mac: int) -> bool:
    """Whether anything on a node shows Calico's data path."""
    return (
        any(not is_of_another(name) for name in cali_names(node, prefix))
        or node.ebpf is not None
        or bool(node.notes_of("felix"))
        or any(is_calico_tunnel(name) and name != EVERYBODYS_TUNNEL for name in node.devices())
        or any(route.proto in CALICO_PROTOCOLS for route in node.routes)
        or any(link.mac == proxy_mac for link in node.links.values())
    )


def _look(node: Host) -> Look | None:
    """The first network of the table that has an interface on the node."""
    names = list(dict.fromkeys(node.devices()))
    for network in NETWORKS:
        own = [name for name in names if network.has_link(name) or network.has_device(name)]
        if own:
            lines = tuple(node.links[name].line for name in own[:2] if name in node.links)
            id_ = "ptp" if network.may_be and _routes_to_pods(node, own) else network.id
            return Look(node.label, id_, network.title, ", ".join(own[:3]), lines)
    return None


def _routes_to_pods(node: Host, links: list[str]) -> bool:
    """Whether host routes lead out of these links, as the ptp plugin sets them; behind a bridge there is one route."""
    return any(route.is_host and route.dev in links for route in node.routes)


def _look_of_pod(pod: Host, gateway: int, proxy_mac: int) -> Look | None:
    """A pod with a static entry for 169.254.1.1 is on a network whose plugin sets it."""
    held = next((neighbour for neighbour in pod.neighbours_of(gateway) if neighbour.mac not in (None, proxy_mac)), None)
    if held is None or held.mac is None:
        return None
    known = by_mac([held.mac])
    title = known[0].title if known else " or ".join(network.title for network in NETWORKS if network.virtual_gateway)
    what = f"{format_address(gateway)} at {format_mac(held.mac)}{' ' + held.state if held.state else ''}"
    return Look(pod.label, known[0].id if known else "", title, what, (held.line,))


def _shown_by(link: PodLink, gateway: int, proxy_mac: int, on_calico: bool, on_another: bool) -> str | None:
    """The strongest evidence that there is."""
    if link.cali_name is not None and not is_of_another(link.cali_name):
        return NAME
    pod = link.pod
    held = [neighbour for neighbour in pod.neighbours_of(gateway) if neighbour.mac is not None] if pod else []
    if (link.cali and link.cali.mac == proxy_mac) or any(neighbour.mac == proxy_mac for neighbour in held):
        return PROXY_MAC
    if pod is None or link.cali_name is not None:
        return None
    set_up = [neighbour for neighbour in held if neighbour.state in SET_BY_HAND or by_mac([neighbour.mac])]
    if _leads_to(pod, gateway) or held:
        # A wrong static entry is a fault in a Calico pod, and normal in a pod of AWS or Azure.
        return GATEWAY if on_calico or not (set_up or on_another) else None
    alone = any(
        address.is_host and address.scope in (None, "global") and address.dev != "lo" for address in pod.addresses
    )
    return STATE if on_calico and alone else None


def _leads_to(pod: Host, gateway: int) -> bool:
    routes = any(route.via == gateway or (route.destination == gateway and route.is_host) for route in pod.routes)
    return routes or any(lookup.via == gateway for lookup in pod.lookups)
