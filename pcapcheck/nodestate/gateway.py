"""Where the node routes the pods' gateway: its proxy ARP answers only if that leads elsewhere.

Kernel: net/ipv4/arp.c, arp_process (ip_route_input, then arp_fwd_proxy: never for a route that leads back).
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Lookup
from pcapcheck.nodestate.policy_routing import RoutedPacket, diversion
from pcapcheck.nodestate.source_lines import Line

ELSEWHERE, LOCAL, BACK, DEAD_END, NONE = "elsewhere", "local", "back", "dead-end", "none"
# The kernel's errors for a dead-end route (net/ipv4/fib_semantics.c, fib_props).
REFUSALS = {
    "Network is unreachable": NONE,
    "Invalid argument": DEAD_END,
    "No route to host": DEAD_END,
    "Permission denied": DEAD_END,
}


class GatewayRoute(Struct, frozen=True):
    """Where the route leads, its interface and its line; empty if the state does not show it."""

    leads: str | None = None
    dev: str | None = None
    line: Line | None = None

    def words(self, cali: str) -> str | None:
        """Where it leads, for people."""
        return {
            None: None,
            ELSEWHERE: f"a route out of {self.dev}" if self.dev else "a route",
            LOCAL: "an address of the node itself",
            BACK: f"a route back out of {cali}",
            DEAD_END: "a blackhole, unreachable or prohibit route",
            NONE: "no route",
        }[self.leads]


def shows_all(node: Host) -> bool:
    """Whether the state shows all that may route the gateway besides the main table: own addresses, other tables.

    ``route -n``, and ``ip route`` too, leave the local table out.
    """
    return bool({"addresses4", "local4"} & node.whole) and "rules4" in node.whole


def gateway_route(node: Host, cali: str, gateway: int, source: int | None = None) -> GatewayRoute:
    """What the node does with the gateway's address when a pod behind a cali asks as ``source``."""
    plain = node.lookups_of(gateway)
    if plain:
        return _answer(plain[-1], cali)
    # A lookup as if the packet came in from the pod: its error may have other reasons.
    from_pod = [lookup for lookup in node.lookups_of(gateway, cali) if not lookup.fails]
    if from_pod:
        return _answer(from_pod[-1], cali)
    return _by_routes(node, cali, gateway, source)


def _answer(lookup: Lookup, cali: str) -> GatewayRoute:
    if lookup.error:
        return GatewayRoute(REFUSALS.get(lookup.error), None, lookup.line)
    if lookup.fails:
        return GatewayRoute(DEAD_END, lookup.dev, lookup.line)
    if lookup.kind == "local":
        return GatewayRoute(LOCAL, lookup.dev, lookup.line)
    return GatewayRoute(BACK if lookup.dev == cali else ELSEWHERE, lookup.dev, lookup.line)


def _by_routes(node: Host, cali: str, gateway: int, source: int | None) -> GatewayRoute:
    """By the main table; unknown if other tables are asked first."""
    own = next((address for address in node.addresses if address.ip == gateway), None)
    if own:
        return GatewayRoute(LOCAL, own.dev, own.line)
    diverted = diversion(node, RoutedPacket(source, gateway, cali))
    if diverted is not None and diverted.route is None:
        return GatewayRoute()
    if diverted is not None and diverted.route is not None:
        found = diverted.route
        leads = DEAD_END if found.leads_nowhere else BACK if found.dev == cali else ELSEWHERE
        return GatewayRoute(leads, found.dev, found.line)
    routes = node.routes_to(gateway)
    whole = "routes4" in node.whole
    if routes and (routes[0].is_host or whole):
        best = routes[0]
        if best.kind == "throw":
            return GatewayRoute(NONE, None, best.line)
        if best.leads_nowhere:
            return GatewayRoute(DEAD_END, None, best.line)
        return GatewayRoute(BACK if best.dev == cali else ELSEWHERE, best.dev, best.line)
    if whole:
        return GatewayRoute(NONE, None, node.lacks("routes4", "no route to the gateway"))
    return GatewayRoute()
