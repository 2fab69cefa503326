"""The table ``state``: its rows, filled from the facts of nodes and pods."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from pcapcheck.calico import cali_name, is_shortened, kind_of_name, parse_pod
from pcapcheck.columns import COLUMNS
from pcapcheck.nodestate.gateway import NONE, GatewayRoute, gateway_route, shows_all
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.host_routes import NOWHERE, way_to_pod
from pcapcheck.nodestate.node_facts import Device, Neighbour
from pcapcheck.nodestate.pod_inside import fill_inside, leave_out_inside
from pcapcheck.nodestate.pod_links import BY_CALI, pod_end
from pcapcheck.nodestate.row_draft import RowDraft
from pcapcheck.nodestate.row_settings import fill_reverse_path, fill_settings
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.unresolved_pods import FAILED, resolutions
from pcapcheck.table_names import STATE
from pcapcheck.values import format_address, is_ipv4, parse_address

GATEWAY6 = parse_address("fe80::ecee:eeff:feee:eeee")


def state_rows(
    state: State,
    gateway: int,
    prefix: str,
    gateway6: int = GATEWAY6,
    answered: frozenset[str] = frozenset(),
    unsought: frozenset[tuple[int, str | None]] = frozenset(),
) -> list[StateRow]:
    """The rows, in the order of the state's links; the gateways are those of pods for IPv4 and IPv6.

    ``answered`` are the pods' links on which the node was seen to answer for IPv4's. ``unsought`` are links, by ``id``
    of their node and by name, whose failed neighbours are of another time than the captures.
    """
    hosts = {id(link.node): link.node for link in state.links if link.node is not None}
    answering = {id(link.node) for link in state.links if link.cali_name in answered}
    nodes = {number: (tunnel_in_use(node, prefix), node.ebpf, number in answering) for number, node in hosts.items()}
    rows = [
        _RowMaker(number, link, (gateway, gateway6), prefix, nodes).make() for number, link in enumerate(state.links)
    ]
    for row, link in zip(rows, state.links, strict=True):
        if row.node_resolved is False and (id(link.node), link.cali_name) in unsought:
            row.node_resolved = None
            whom = ", ".join(map(format_address, row.unresolved or ()))
            row.lacking["node_resolved"] = (
                f"the node's entry for {whom} is {row.unresolved_state}, and nobody sent there while this was recorded"
            )
    return rows


class _RowMaker:
    """What makes the row of a link."""

    def __init__(
        self,
        number: int,
        link: PodLink,
        gateways: tuple[int, int],
        prefix: str,
        nodes: Mapping[int, tuple[Device | None, Line | None, bool]],
    ) -> None:
        self.link = link
        self.nodes = nodes
        self.prefix = prefix
        self.row = StateRow(group=number)
        self.draft = RowDraft(link, self.row, *gateways)

    def make(self) -> StateRow:
        link, row = self.link, self.row
        row.interface, row.pod = link.cali_name, _called(link)
        row.pod_ip = tuple(link.ips) or None
        row.calico, row.machine = link.calico, link.machine
        if link.foreign:
            said = f"the state describes another instance of the pod behind {link.cali_name} than the captures show"
            row.lacking = dict.fromkeys(COLUMNS[STATE], said)
            return row
        # Of a virtual machine's pod the inside is KubeVirt's; the machine has the pod's address and gateway.
        if link.pod and not link.apart and not link.machine:
            fill_inside(self.draft, link.pod, link.end or pod_end(link.pod))
        if link.cali:
            self._ends(link.cali, "cali")
        if link.end:
            self._ends(link.end, "pod")
        if link.apart:
            leave_out_inside(self.draft)
        if link.machine:
            row.pod_mac = None
        if link.node and link.cali_name:
            self._on_node(link.node, link.cali_name)
        whole = link.cali_name and not is_shortened(link.cali_name, self.prefix)
        if link.name and whole and link.named_by != BY_CALI:
            row.named_interface = _named(link.name, self.prefix)
            self.draft.rest_on("named_interface", link.cali.line if link.cali else None)
        row.source_lines = {name: tuple(dict.fromkeys(map(quote, lines))) for name, lines in self.draft.lines.items()}
        return row

    def _ends(self, link: Device, end: str) -> None:
        """The numbers and the MTU of one end."""
        for key in ("index", "peer_index", "mtu"):
            setattr(self.row, f"{end}_{key}", getattr(link, key))
            self.draft.rest_on(f"{end}.{key}", link.line)
        setattr(self.row, f"{end}_mac", link.mac)
        self.draft.rest_on(f"{end}.mac", link.line)

    def _on_node(self, node: Host, cali: str) -> None:
        row = self.row
        row.node = node.name
        tunnel, ebpf, answers = self.nodes[id(node)]
        row.ebpf = ebpf is not None
        self.draft.rest_on("ebpf", ebpf)
        fill_settings(self.draft, node, cali)
        way = way_to_pod(node, self.link)
        row.host_route, row.host_route_dev = way.leads_there, way.dev
        if way.leads_there is not None:
            row.host_route_found = "no route" if way.dev == NOWHERE else way.dev or f"no route out of {cali}"
        if way.leads_there is False and self.link.ips:
            row.unrouted = (way.address or self.link.ips[0],)
        if way.address is not None:
            row.host_route_found = f"{row.host_route_found} for {format_address(way.address)}"
        self.draft.rest_on("host_route", *way.lines)
        # IPv6 has no such check.
        fours = [ip for ip in self.link.ips if is_ipv4(ip)]
        checked = way if len(fours) in (0, len(self.link.ips)) else way_to_pod(node, replace(self.link, ips=fours))
        fill_reverse_path(self.draft, node, cali, checked)
        held = self._neighbours(node, cali)
        row.node_mac = tuple(neighbour.mac for neighbour in held if neighbour.mac is not None) or None
        self.draft.rest_on("node_mac", *(neighbour.line for neighbour in held))
        self._resolved(node)
        if not self.link.ips or any(map(is_ipv4, self.link.ips)):
            source = next(filter(is_ipv4, self.link.ips), None)
            found = gateway_route(node, cali, self.draft.gateway, source)
            if answers and found.leads == NONE and not shows_all(node):
                found = GatewayRoute()
                row.lacking["gateway_route"] = (
                    "the node was seen to answer for the gateway, and the state shows no route to it, nor all of the "
                    "node's addresses and rules; add ip addr and ip rule"
                )
            row.gateway_route, row.gateway_route_dev = found.leads, found.dev
            row.gateway_found = found.words(cali)
            self.draft.rest_on("gateway_route", found.line)
        self._gateway6(node, cali)
        if tunnel:
            row.tunnel, row.tunnel_mtu = tunnel.name, tunnel.mtu
            cali_link = node.links.get(cali)
            if cali_link and cali_link.mtu and tunnel.mtu:
                row.mtu_fits = cali_link.mtu <= tunnel.mtu
                self.draft.rest_on("mtu_fits", cali_link.line, tunnel.line)

    def _gateway6(self, node: Host, cali: str) -> None:
        """IPv6 is not proxied: the gateway's address is the cali's own."""
        own = next((address for address in node.addresses_of(cali, 6) if address.ip == self.draft.gateway6), None)
        link = node.links.get(cali)
        if own or (link is not None and "addresses6" in node.whole):
            self.row.gateway6 = own is not None
            line = own.line if own else node.lacks("addresses6", f"no {format_address(self.draft.gateway6)} on {cali}")
            self.draft.rest_on("gateway6", line, link.line if link and not own else None)

    def _neighbours(self, node: Host, cali: str) -> list[Neighbour]:
        """What the node holds for the pod's addresses on its cali."""
        return [
            neighbour
            for ip in self.link.ips
            for neighbour in node.neighbours_of(ip)
            if neighbour.dev == cali and neighbour.mac is not None and neighbour.state not in FAILED
        ]

    def _resolved(self, node: Host) -> None:
        """Whether the node found out the pod's MAC: the entries that say no, else those that hold one."""
        row = self.row
        failed, held = resolutions(node, self.link)
        if failed or held:
            row.node_resolved = not failed
            row.unresolved = tuple(entry.ip for entry in failed) or None
            row.unresolved_state = failed[0].state if failed else None
            self.draft.rest_on("node_resolved", *(entry.line for entry in failed or held))


def _called(link: PodLink) -> str:
    """The best that is known to call a pod by."""
    if link.name:
        return link.name
    if link.ips:
        return ", ".join(map(format_address, link.ips))
    return link.pod.label if link.pod else f"behind {link.cali_name}"


def _named(pod: str, prefix: str) -> str | None:
    try:
        return cali_name(*parse_pod(pod), prefix)
    except ValueError:
        return None


def tunnel_in_use(node: Host, prefix: str) -> Device | None:
    """The node's tunnel with the smallest MTU, of those that carry routes, or where routes are not known, are up."""
    tunnels = [link for link in node.links.values() if kind_of_name(link.name, prefix) == "tunnel" and link.mtu]
    routed = {route.dev for route in node.routes}
    used = [link for link in tunnels if link.name in routed or ("routes4" not in node.whole and link.up)]
    return min(used, key=lambda link: link.mtu or 0, default=None)
