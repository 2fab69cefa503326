"""Remarks on routes of a node to networks, out of a pod's link: Calico writes routes to single addresses out of those.

A program that sets up each interface that it finds (connman, dhcpcd, NetworkManager, systemd-networkd) gives a cali
interface an IPv4 link-local address, with its network, and perhaps a default route.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.node_facts import Route
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, parse_network

# As Calico names the node's end of a pod's link, if nobody set another prefix.
LINK = re.compile(r"cali[0-9a-f]{11}")
LINK_LOCAL, LINK_LOCAL_BITS = parse_network("169.254.0.0/16")[0], 16


def routes_into_pods_remarks(state: State) -> list[Remark]:
    """A remark per link that has such routes."""
    return [
        _remark(host, name, [route for route in found if route.dev == name])
        for host in state.hosts
        if host.role != POD
        for found in [list(_found(host))]
        for name in dict.fromkeys(route.dev for route in found if route.dev)
    ]


def _found(host: Host) -> Iterator[Route]:
    for route in host.routes:
        if route.dev is None or LINK.fullmatch(route.dev) is None or route.table != "main":
            continue
        of_link_local = route.family == 4 and (route.destination, route.prefix) == (LINK_LOCAL, LINK_LOCAL_BITS)
        if route.is_default or of_link_local:
            yield route


def _remark(host: Host, name: str, routes: list[Route]) -> Remark:
    default = any(route.is_default for route in routes)
    local = any(not route.is_default for route in routes)
    what = " and ".join(["a default route"] * default + ["a route to 169.254.0.0/16"] * local)
    effects = ["what has no other route, or one of a larger metric, goes to that pod"] * default
    effects += ["it keeps the node from answering that pod's ARP for 169.254.1.1"] * local
    sentence = f"{host.label} has {what} out of a pod's link, {clean(name)}"
    return Remark(
        f"{sentence}: {', and '.join(effects)}. Calico writes none; a program that sets up each interface does "
        "(connman, dhcpcd, NetworkManager, systemd-networkd): have it leave cali* alone, and delete them (ip route "
        "del)",
        lines=tuple(quote(route.line) for route in routes),
        short=sentence,
        warning=sentence,
    )
