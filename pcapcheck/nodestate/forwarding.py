"""Forwarding: what a node's routing does with a packet, by its rules, its tables and ``ip route get``.

Kernel: net/ipv4/fib_rules.c, __fib_lookup; net/ipv4/fib_trie.c, fib_table_lookup (dead next hops are passed over).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pcapcheck.nodestate.gateway import DEAD_END, LOCAL, NONE, REFUSALS
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import TABLES, table_of
from pcapcheck.nodestate.node_facts import Lookup, Route
from pcapcheck.nodestate.policy_routing import RoutedPacket, diversions
from pcapcheck.nodestate.readers.sysctls import value_of
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import format_address, is_ipv4

OUT = "out"
# A failed reverse-path check: a route was found, and the packet is dropped anyway.
CHECKED = "Invalid cross-device link"


class Hop(Struct, frozen=True):
    """An outgoing interface, and the next hop if that is not the receiver."""

    dev: str
    via: int | None
    line: Line


class Decision(Struct, frozen=True):
    """``leads`` is out, local, dead-end or none. ``hops`` has every next hop of the route.

    ``specific``: not a default route. ``lines`` are the evidence: a rule's line, then the route's or the lack of one.
    """

    leads: str
    hops: tuple[Hop, ...]
    lines: tuple[Line, ...]
    specific: bool = True

    @property
    def devices(self) -> set[str]:
        return {hop.dev for hop in self.hops}


def decide(node: Host, packet: RoutedPacket) -> Decision | None:
    """What the node does with a packet; None if the state does not show it."""
    own = next((address for address in node.addresses if address.ip == packet.dst), None)
    if own is not None:
        return Decision(LOCAL, (), (own.line,))
    asked = [
        lookup
        for lookup in node.lookups_of(packet.dst, packet.iif)
        if packet.iif is not None and lookup.source == packet.src and lookup.error != CHECKED
    ]
    if asked:
        return _answered(asked[-1])
    diverted = diversions(node, packet)
    if not diverted:
        return by_table(node, packet.dst)
    first = diverted[0]
    if not first.certain:
        return None
    if first.ends:
        return Decision(DEAD_END, (), first.lines)
    found = by_table(node, packet.dst, first.rule.table or "main") if first.route is not None else None
    if found is None:
        return None
    return Decision(found.leads, found.hops, (first.rule.line, *found.lines), found.specific)


def by_table(node: Host, address: int, table: str = "main") -> Decision | None:
    """What one table decides."""
    family = 4 if is_ipv4(address) else 6
    listing = f"routes{family}" if table == "main" else table_of(table, family)
    whole = listing in node.whole or f"{TABLES}{family}" in node.whole
    routes = [route for route in node.routes_to(address, table) if not _is_passed_over(node, route)]
    if routes and (routes[0].is_host or whole):
        return _routed(routes)
    if not whole:
        return None
    lacking = node.lacks(listing, f"no route to {format_address(address)}")
    return Decision(NONE, (), (lacking,) if lacking else ())


def _is_passed_over(node: Host, route: Route) -> bool:
    if route.dead or not route.linkdown or route.dev is None:
        return route.dead
    settings = [node.sysctl(name, "ignore_routes_with_linkdown", family=route.family) for name in (route.dev, "all")]
    return any(value_of(setting) for setting in settings)


def _routed(routes: list[Route]) -> Decision:
    """The most specific routes with the lowest metric: the next hops of one route."""
    best = routes[0]
    if best.leads_nowhere:
        # ``throw`` in the last table means no route.
        return Decision(NONE if best.kind == "throw" else DEAD_END, (), (best.line,))
    if best.kind == "local":
        return Decision(LOCAL, (), (best.line,))
    level = (best.prefix, best.metric or 0)
    alike = [route for route in routes if (route.prefix, route.metric or 0) == level and not route.leads_nowhere]
    hops = _different(Hop(route.dev, route.via, route.line) for route in alike if route.dev is not None)
    return Decision(OUT, hops, tuple(hop.line for hop in hops) or (best.line,), not best.is_default)


def _different(hops: Iterable[Hop]) -> tuple[Hop, ...]:
    """Each route once, even if it was listed twice."""
    return tuple({(hop.dev, hop.via): hop for hop in hops}.values())


def _answered(lookup: Lookup) -> Decision | None:
    if lookup.error is not None:
        leads = REFUSALS.get(lookup.error)
        return None if leads is None else Decision(leads, (), (lookup.line,))
    if lookup.fails:
        return Decision(DEAD_END, (), (lookup.line,))
    if lookup.kind == "local":
        return Decision(LOCAL, (), (lookup.line,))
    return Decision(OUT, (Hop(lookup.dev or "", lookup.via, lookup.line),), (lookup.line,))
