"""The table ``state``: its rows, filled from the facts of nodes and pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pcapcheck.calico import cali_name, is_shortened, kind_of_name, parse_pod
from pcapcheck.columns import COLUMNS, STATE
from pcapcheck.nodestate.gateway import NONE, GatewayRoute, gateway_route, shows_all
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.host_routes import NOWHERE, HostRoutes, way_to_pod
from pcapcheck.nodestate.node_facts import Device, Neighbour, Route, Sysctl
from pcapcheck.nodestate.pod_links import BY_CALI, pod_end
from pcapcheck.nodestate.readers.sysctls import line_of, value_of
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.unresolved_pods import FAILED, resolutions
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
        _RowDraft(number, link, (gateway, gateway6), prefix, nodes).make() for number, link in enumerate(state.links)
    ]
    for row, link in zip(rows, state.links, strict=True):
        if row.node_resolved is False and (id(link.node), link.cali_name) in unsought:
            row.node_resolved = None
            whom = ", ".join(map(format_address, row.unresolved or ()))
            row.lacking["node_resolved"] = (
                f"the node's entry for {whom} is {row.unresolved_state}, and nobody sent there while this was recorded"
            )
    return rows


class _RowDraft:
    """One row in the making."""

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
        self.gateway, self.gateway6 = gateways
        self.prefix = prefix
        self.row = StateRow(group=number)
        self.lines: dict[str, list[Line]] = {}

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
            self._inside(link.pod, link.end or pod_end(link.pod))
        if link.cali:
            self._ends(link.cali, "cali")
        if link.end:
            self._ends(link.end, "pod")
        if link.apart:
            self._set_apart()
        if link.machine:
            row.pod_mac = None
        if link.node and link.cali_name:
            self._on_node(link.node, link.cali_name)
        whole = link.cali_name and not is_shortened(link.cali_name, self.prefix)
        if link.name and whole and link.named_by != BY_CALI:
            row.named_interface = _named(link.name, self.prefix)
            self._tell("named_interface", link.cali.line if link.cali else None)
        row.source_lines = {name: tuple(dict.fromkeys(map(quote, lines))) for name, lines in self.lines.items()}
        return row

    def _set_apart(self) -> None:
        """Leave of the pod's inside only what shows that it is of another instance."""
        row = self.row
        row.pod_mac = row.pod_mtu = None
        said = f"what the state shows from inside the pod is not from the pod behind {self.link.cali_name} here"
        columns = (
            "host_address",
            "default_route",
            "default_via",
            "gateway_on_link",
            "gateway_mac",
            "pod.mac",
            "pod.mtu",
        )
        row.lacking |= dict.fromkeys(columns, said)

    def _tell(self, column: str, *lines: Line | None) -> None:
        self.lines.setdefault(column, []).extend(line for line in lines if line is not None)

    def _inside(self, pod: Host, end: Device | None) -> None:
        """What the pod itself shows."""
        row = self.row
        dev = end.name if end else None
        if pod.addresses or "addresses4" in pod.whole:
            row.addresses_found = _addresses_in_words(pod, dev)
        own = [
            address
            for address in pod.addresses
            if (dev is None or address.dev == dev) and address.dev != "lo" and address.scope != "link"
        ]
        if own:
            row.host_address = all(address.is_host for address in own)
            wrong = [address for address in own if not address.is_host]
            self._tell("host_address", *(address.line for address in wrong or own))
        elif "addresses4" in pod.whole:
            row.host_address = False
            self._tell("host_address", end.line if end else None, pod.lacks("addresses4", "no address"))
        if any(is_ipv4(address.ip) for address in own) or not own:
            self._routes(pod)
        held = [
            neighbour
            for gateway in (self.gateway, self.gateway6)
            for neighbour in pod.neighbours_of(gateway)
            if neighbour.mac is not None
            and neighbour.state not in FAILED
            and (dev is None or neighbour.dev in (dev, None))
        ]
        if held:
            cali = self.link.cali
            # Of both families' entries the one that is wrong, if one is.
            shown = next(
                (neighbour for neighbour in reversed(held) if cali is not None and neighbour.mac != cali.mac), held[-1]
            )
            row.gateway_mac = shown.mac
            self._tell("gateway_mac", shown.line, cali.line if cali else None)

    def _routes(self, pod: Host) -> None:
        row = self.row
        whole = "routes4" in pod.whole
        default = next(
            (route for route in pod.routes if route.is_default and route.family == 4 and route.table == "main"), None
        )
        if default or whole:
            row.default_route = default is not None
            row.default_found = _default_words(default)
            line = default.line if default else pod.lacks("routes4", "no default route")
            self._tell("default_route", line)
            self._tell("default_via", line)
        if default:
            row.default_via = default.via
            if default.via is None:
                row.default_route = False
        direct = next((route for route in pod.routes if route.destination == self.gateway and route.is_host), None)
        if direct or whole:
            row.gateway_on_link = direct is not None and direct.via is None and direct.scope in ("link", None)
            self._tell("gateway_on_link", direct.line if direct else pod.lacks("routes4", "no route to the gateway"))

    def _ends(self, link: Device, end: str) -> None:
        """The numbers and the MTU of one end."""
        for key in ("index", "peer_index", "mtu"):
            setattr(self.row, f"{end}_{key}", getattr(link, key))
            self._tell(f"{end}.{key}", link.line)
        setattr(self.row, f"{end}_mac", link.mac)
        self._tell(f"{end}.mac", link.line)

    def _on_node(self, node: Host, cali: str) -> None:
        row = self.row
        row.node = node.name
        tunnel, ebpf, answers = self.nodes[id(node)]
        row.ebpf = ebpf is not None
        self._tell("ebpf", ebpf)
        self._settings(node, cali)
        way = way_to_pod(node, self.link)
        row.host_route, row.host_route_dev = way.leads_there, way.dev
        if way.leads_there is not None:
            row.host_route_found = "no route" if way.dev == NOWHERE else way.dev or f"no route out of {cali}"
        if way.leads_there is False and self.link.ips:
            row.unrouted = (way.address or self.link.ips[0],)
        if way.address is not None:
            row.host_route_found = f"{row.host_route_found} for {format_address(way.address)}"
        self._tell("host_route", *way.lines)
        # IPv6 has no such check.
        fours = [ip for ip in self.link.ips if is_ipv4(ip)]
        checked = way if len(fours) in (0, len(self.link.ips)) else way_to_pod(node, replace(self.link, ips=fours))
        self._reverse_path(node, cali, checked)
        held = self._neighbours(node, cali)
        row.node_mac = tuple(neighbour.mac for neighbour in held if neighbour.mac is not None) or None
        self._tell("node_mac", *(neighbour.line for neighbour in held))
        self._resolved(node)
        if not self.link.ips or any(map(is_ipv4, self.link.ips)):
            source = next(filter(is_ipv4, self.link.ips), None)
            found = gateway_route(node, cali, self.gateway, source)
            if answers and found.leads == NONE and not shows_all(node):
                found = GatewayRoute()
                row.lacking["gateway_route"] = (
                    "the node was seen to answer for the gateway, and the state shows no route to it, nor all of the "
                    "node's addresses and rules; add ip addr and ip rule"
                )
            row.gateway_route, row.gateway_route_dev = found.leads, found.dev
            row.gateway_found = found.words(cali)
            self._tell("gateway_route", found.line)
        self._gateway6(node, cali)
        if tunnel:
            row.tunnel, row.tunnel_mtu = tunnel.name, tunnel.mtu
            cali_link = node.links.get(cali)
            if cali_link and cali_link.mtu and tunnel.mtu:
                row.mtu_fits = cali_link.mtu <= tunnel.mtu
                self._tell("mtu_fits", cali_link.line, tunnel.line)

    def _gateway6(self, node: Host, cali: str) -> None:
        """IPv6 is not proxied: the gateway's address is the cali's own."""
        own = next((address for address in node.addresses_of(cali, 6) if address.ip == self.gateway6), None)
        link = node.links.get(cali)
        if own or (link is not None and "addresses6" in node.whole):
            self.row.gateway6 = own is not None
            line = own.line if own else node.lacks("addresses6", f"no {format_address(self.gateway6)} on {cali}")
            self._tell("gateway6", line, link.line if link and not own else None)

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
            self._tell("node_resolved", *(entry.line for entry in failed or held))

    def _settings(self, node: Host, cali: str) -> None:
        row = self.row
        own, every = node.sysctl(cali, "proxy_arp"), node.sysctl("all", "proxy_arp")
        values = [value_of(own), value_of(every)]
        # The kernel takes either: IN_DEV_PROXY_ARP in include/linux/inetdevice.h is an OR.
        row.proxy_arp = True if any(values) else None if None in values else False
        self._tell("proxy_arp", *map(line_of, (own, every)))
        if row.proxy_arp is None:
            self._half("proxy_arp", "proxy_arp", {cali: own, "all": every})
        forwarding = node.sysctl(cali, "forwarding")
        value = value_of(forwarding)
        row.forwarding = None if value is None else value != 0
        self._tell("forwarding", line_of(forwarding))
        if value is None:
            # What holds for all, or for interfaces to come, need not hold for this one.
            similar = [node.sysctls.get("net.ipv4.ip_forward"), node.sysctl("all", "forwarding")]
            self._missing("forwarding", [f"net.ipv4.conf.{cali}.forwarding"], next(filter(None, similar), None))
        delay = node.sysctl(cali, "proxy_delay", "neigh")
        row.proxy_delay = value_of(delay)
        self._tell("proxy_delay", line_of(delay))
        if row.proxy_delay is None:
            self._missing("proxy_delay", [f"net.ipv4.neigh.{cali}.proxy_delay"])
        filters = [node.sysctl(cali, "rp_filter"), node.sysctl("all", "rp_filter")]
        known = [value for setting in filters if (value := value_of(setting)) is not None]
        # IN_DEV_RPFILTER there is the maximum: one that is on is enough, that both are off must be known of both.
        row.rp_filter = max(known) if len(known) == 2 or any(known) else None
        self._tell("rp_filter", *map(line_of, filters))
        if row.rp_filter is None:
            self._half("rp_filter", "rp_filter", dict(zip((cali, "all"), filters, strict=True)))

    def _reverse_path(self, node: Host, cali: str, way: HostRoutes) -> None:
        """Strict and loose are alike here: an interface without an address has no last resort (fib_validate_source)."""
        row = self.row
        link = node.links.get(cali)
        refused = [
            lookup
            for lookup in node.lookups_of(self.gateway, cali)
            if lookup.error == "Invalid cross-device link" and lookup.source in self.link.ips
        ]
        if refused:
            row.reverse_path = False
            self._tell("reverse_path", refused[-1].line)
        elif way.leads_there or row.rp_filter == 0 or (link is not None and link.master and link.master == way.dev):
            # What comes in by a bridge's port comes in by the bridge.
            row.reverse_path = True
        elif way.leads_there is False and row.rp_filter is not None:
            row.reverse_path = False
        self._tell("reverse_path", *self.lines.get("rp_filter", ()), *way.lines)
        if row.reverse_path is None and row.rp_filter is None:
            row.lacking["reverse_path"] = row.lacking["rp_filter"]
        elif row.reverse_path is None:
            lines = self.lines.get("rp_filter", ())
            said = "; ".join(map(quote, lines))
            row.lacking["reverse_path"] = (
                f"the check is on ({said}), but the route to the pod is missing from the state; add ip route"
            )

    def _half(self, column: str, key: str, of: dict[str, Sysctl | None]) -> None:
        """Of a setting that an interface and all decide together, say which is known, and which is missing."""
        known = next((setting for setting in of.values() if value_of(setting) is not None), None)
        missing = [f"net.ipv4.conf.{name}.{key}" for name, setting in of.items() if value_of(setting) is None]
        self._missing(column, missing, known, "either can be what counts")

    def _missing(self, column: str, names: list[str], known: Sysctl | None = None, why: str = "that counts") -> None:
        """Say which settings are missing to know a column, and what is known instead."""
        said = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} missing from the state"
        if known is not None:
            place = quote(known.line).rpartition(": ")[0] if known.name in known.line.text else quote(known.line)
            said = f"{known.name} is {known.value} ({place}), but {said}, and {why}"
        self.row.lacking[column] = f"{said}; add sysctl {' '.join(names)}"


def _addresses_in_words(pod: Host, dev: str | None) -> str:
    """The addresses of a pod's end with their prefix lengths."""
    held = [
        address
        for address in pod.addresses
        if address.dev != "lo" and address.scope != "link" and dev in (None, address.dev)
    ]
    return ", ".join(f"{format_address(address.ip)}/{address.prefix}" for address in held) or "no address"


def _default_words(default: Route | None) -> str:
    """A default route, as a pod has it."""
    if default is None:
        return "no default route"
    gateway = f"via {format_address(default.via)}" if default.via is not None else "without a gateway"
    return f"default {gateway}{f' out of {default.dev}' if default.dev else ''}"


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
