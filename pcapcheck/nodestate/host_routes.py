"""Where the node routes a pod's addresses."""

from __future__ import annotations

from itertools import islice

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.calico import is_shortened, kind_of_name
from pcapcheck.nodestate.forwarding import OUT, by_table
from pcapcheck.nodestate.gateway import DEAD_END, LOCAL, REFUSALS
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import routes_of
from pcapcheck.nodestate.node_facts import Lookup, Route
from pcapcheck.nodestate.source_lines import Line, Sourced
from pcapcheck.nodestate.state import PodLink
from pcapcheck.values import format_address, is_ipv4

SEEN = 1000
NOWHERE = "none"


class HostRoutes(Struct):
    """``leads_there``: whether every address goes out of the pod's own cali; None if the state does not show it.

    ``dev`` is None if it is not known where else they lead. ``address`` is the first of several that does not lead
    there.
    """

    leads_there: bool | None = None
    dev: str | None = None
    lines: list[Line] = field(default_factory=list)
    address: int | None = None


def way_to_pod(node: Host, link: PodLink) -> HostRoutes:
    """Where the node sends packets for this pod."""
    cali = link.cali_name or ""
    if not link.ips:
        return _of_nobody(node, link, cali)
    ways = [_way_to(node, ip, cali) for ip in link.ips]
    routed = {is_ipv4(ip) for ip, way in zip(link.ips, ways, strict=True) if way.leads_there}
    # Calico gives a pod one address of a family. Others, which the pod gave itself, have no Calico route.
    ways = [
        HostRoutes(True, cali)
        if way.leads_there is False and is_ipv4(ip) in routed and not _has_host_route(node, ip)
        else way
        for ip, way in zip(link.ips, ways, strict=True)
    ]
    wrong = next((number for number, way in enumerate(ways) if way.leads_there is False), None)
    if wrong is not None:
        return replace(ways[wrong], address=link.ips[wrong] if len(ways) > 1 else None)
    if any(way.leads_there is None for way in ways):
        return next(way for way in ways if way.leads_there is None)
    return HostRoutes(True, cali, [line for way in ways for line in way.lines])


def lost_way(node: Host, ip: int) -> Sourced[str] | None:
    """Where the node sends packets for a pod of its own with an unknown link, if that can be no pod's link.

    In the words of a case: elsewhere, dead-end or none; None if it may be right, or the state does not show it.
    """
    found = by_table(node, ip)
    if found is None or found.leads == LOCAL or any(_is_pod_link(dev, "") for dev in found.devices):
        return None
    if found.leads == OUT and found.specific:
        # A route that was set by hand may be meant to lead there.
        return None
    return Sourced((found.leads if found.leads != OUT else "elsewhere"), found.lines)


def _way_to(node: Host, ip: int, cali: str) -> HostRoutes:
    family = 4 if is_ipv4(ip) else 6
    routes = node.routes_to(ip)
    own = next((route for route in routes if route.is_host and route.dev == cali), None)
    if own and own is routes[0]:
        return HostRoutes(True, cali, [own.line])
    asked = node.lookups_of(ip)
    if asked:
        last = asked[-1]
        leads = not last.fails and last.dev == cali
        return HostRoutes(leads, _where(last), [last.line, *([routes[0].line] if routes and not leads else [])])
    if routes and (routes[0].is_host or f"routes{family}" in node.whole):
        best = routes[0]
        return HostRoutes(best.dev == cali, _where(best), [best.line])
    if f"routes{family}" in node.whole:
        return HostRoutes(False, NOWHERE, _some(node.lacks(f"routes{family}", f"no route to {format_address(ip)}")))
    if family == 4 and routes_of(cali) in node.whole and not any(route.dev == cali for route in routes):
        return HostRoutes(False, None, _some(node.lacks(routes_of(cali), f"no route to {format_address(ip)}")))
    return HostRoutes()


def _has_host_route(node: Host, ip: int) -> bool:
    return any(route.is_host for route in node.routes_to(ip)[:1])


def _of_nobody(node: Host, link: PodLink, cali: str) -> HostRoutes:
    """No address of the pod is known: a cali without any route, while others have one, has lost its own."""
    # The first few routes show whether this node has pods with IPv4 addresses.
    by_others = any(
        route.is_host and route.family == 4 and _is_pod_link(route.dev, cali) for route in islice(node.routes, SEEN)
    )
    if link.cali and "routes4" in node.whole and ("routes6" in node.whole or by_others):
        return HostRoutes(False, NOWHERE, [link.cali.line, *_some(node.lacks("routes4", f"no route out of {cali}"))])
    return HostRoutes()


def _where(way: Route | Lookup) -> str:
    """Where it leads, in a word or two."""
    if isinstance(way, Lookup) and way.error:
        return "dead-end route" if REFUSALS.get(way.error) == DEAD_END else NOWHERE
    return way.dev or (f"{way.kind} route" if way.kind != "unicast" else NOWHERE)


def _is_pod_link(dev: str | None, but: str) -> bool:
    return dev is not None and dev != but and (kind_of_name(dev) == "pod-link" or is_shortened(dev))


def _some(line: Line | None) -> list[Line]:
    return [line] if line else []
