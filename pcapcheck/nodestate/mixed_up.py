"""Outputs that stand below the name of another host, by what only hosts of one kind have and whose pod links they name.

A pod has no cali; a node's routes to its pods lead out of calis, and only a pod asks the node for 169.254.1.1 and gets
the proxy MAC (felix/dataplane/linux/endpoint_mgr.go). A cali is named after its pod, which runs on one node.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.calico import find_cali_name
from pcapcheck.nodestate.host import NODE, POD, Host
from pcapcheck.nodestate.node_facts import Contradiction, Neighbour, Route
from pcapcheck.nodestate.source_lines import Line, where

LINKS = "links"


def mark_mixed_up(hosts: list[Host], prefix: str, gateway: int, proxy_mac: int) -> None:
    """Add what contradicts the name above an output to the host of that name; takes time proportional to the facts."""
    named = {id(host): _calis(host, prefix) for host in hosts}
    on_nodes: dict[str, list[tuple[Host, Line]]] = {}
    for host in hosts:
        for name, line in named[id(host)].get(LINKS, {}).items() if host.role == NODE else ():
            on_nodes.setdefault(name, []).append((host, line))
    for host in hosts:
        calis = named[id(host)]
        if host.role == POD:
            host.contradictions += _in_a_pod(host, calis)
        elif host.role == NODE:
            host.contradictions += _as_in_a_pod(host, calis, gateway, proxy_mac)
            host.contradictions += _of_another_node(host, calis, on_nodes)


def _calis(host: Host, prefix: str) -> dict[str, dict[str, Line]]:
    """The pod links that each kind of fact names, with a line of each."""
    kinds = {
        LINKS: ((link.name, link.line) for link in host.links.values()),
        "routes": ((route.dev, route.line) for route in host.routes),
        "neighbours": ((neighbour.dev, neighbour.line) for neighbour in host.neighbours),
        "settings": ((setting.interface, setting.line) for setting in host.sysctls.values()),
    }
    found: dict[str, dict[str, Line]] = {}
    for kind, pairs in kinds.items():
        for name, line in pairs:
            if name and name not in found.get(kind, ()) and find_cali_name(name, prefix) == name:
                found.setdefault(kind, {})[name] = line
    return found


def _in_a_pod(host: Host, calis: dict[str, dict[str, Line]]) -> Iterator[Contradiction]:
    for listed in calis.values():
        name, line = next(iter(listed.items()))
        yield Contradiction(f"{name} is a node's end of a pod link, in what is said to be a pod's", line)
        return


def _as_in_a_pod(
    host: Host, calis: dict[str, dict[str, Line]], gateway: int, proxy_mac: int
) -> Iterator[Contradiction]:
    """A machine may itself be behind Calico's gateway (a virtual machine in a pod); then its pods are listed too."""
    kinds: tuple[tuple[str, list[Route] | list[Neighbour]], ...] = (
        ("routes", [route for route in host.routes if route.is_default and route.via == gateway]),
        ("neighbours", [entry for entry in host.neighbours if entry.ip == gateway and entry.mac == proxy_mac]),
    )
    for kind, facts in kinds:
        others = next((listed for other, listed in calis.items() if other != kind), None)
        if facts and kind not in calis and others:
            name, line = next(iter(others.items()))
            text = f"this is as in a pod, and {name} in line {where(line, facts[0].line)} is a node's end of a pod link"
            yield Contradiction(text, facts[0].line)
            return


def _of_another_node(
    host: Host, calis: dict[str, dict[str, Line]], on_nodes: dict[str, list[tuple[Host, Line]]]
) -> Iterator[Contradiction]:
    """Names of pod links that are not listed on this node, and are on another.

    Where this node's links are not listed wholly, only of a listing that names none that another of its listings does.
    """
    for kind, listed in calis.items():
        others = {name for other, names in calis.items() if other != kind for name in names}
        known = host.links.keys() if "lo" in host.links else others
        if kind == LINKS or not known or (known is others and others & listed.keys()):
            continue
        for name, line in listed.items():
            there = next((at for other, at in on_nodes.get(name, ()) if other is not host), None)
            if there is not None and name not in known:
                text = f"{name} is not listed here, and is a pod link of another node in line {where(there, line)}"
                yield Contradiction(text, line)
                return
