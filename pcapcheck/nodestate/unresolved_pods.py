"""Pods that their node has no MAC for: it asked, and nobody answered (kernel: net/core/neighbour.c, NUD_FAILED)."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import routes_of
from pcapcheck.nodestate.node_facts import Neighbour
from pcapcheck.nodestate.state import PodLink
from pcapcheck.values import is_ipv4, is_link_local

# States of an entry that holds no MAC; of NONE it is not known whether anybody was asked for.
FAILED = ("FAILED", "INCOMPLETE", "NONE")
UNANSWERED = FAILED[:2]


def resolutions(node: Host, link: PodLink) -> tuple[list[Neighbour], list[Neighbour]]:
    """The node's entries for addresses of a pod behind its cali: those without a MAC, and those with one.

    Which addresses are the pod's is known by its host routes or by its inside. If neither is known, what the node
    asks for on a cali can only be the pod; but an address that complete routes do not name is that of a pod that is
    gone, or not there yet.
    """
    cali = link.cali_name
    on_link = [
        neighbour
        for neighbour in node.neighbours
        if neighbour.dev == cali and not neighbour.proxy and not is_link_local(neighbour.ip)
    ]
    if link.ips:
        own = [neighbour for neighbour in on_link if neighbour.ip in link.ips]
    else:
        own = [neighbour for neighbour in on_link if not _routes_are_told(node, cali or "", neighbour.ip)]
    failed = [
        neighbour
        for neighbour in own
        if neighbour.state in UNANSWERED and _is_routed(node, cali or "", neighbour.ip) is not False
    ]
    return failed, [neighbour for neighbour in own if neighbour.mac is not None and neighbour.state not in FAILED]


def _is_routed(node: Host, cali: str, ip: int) -> bool | None:
    """Whether a host route leads to it out of its cali; None if not all routes are known."""
    if any(route.is_host and route.dev == cali for route in node.routes_to(ip)):
        return True
    return False if _routes_are_told(node, cali, ip) else None


def _routes_are_told(node: Host, cali: str, ip: int) -> bool:
    return f"routes{4 if is_ipv4(ip) else 6}" in node.whole or (is_ipv4(ip) and routes_of(cali) in node.whole)
