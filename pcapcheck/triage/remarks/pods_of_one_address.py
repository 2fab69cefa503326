"""Remarks on addresses that several pods hold at once: a node's one host route leads to one of them.

By the list of pods only two of different nodes are surely two: those of one node may be on its network. Calico's node
keeps a neighbour entry on the link of each pod that was given the address.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.node_facts import Neighbour
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import PodEntry, State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

SHOWN = 3
MOST = 3
LOST = ("FAILED", "INCOMPLETE")


def pods_of_one_address_remarks(state: State) -> list[Remark]:
    """A remark per address, the first few of them."""
    linked = dict(_by_links(state))
    listed = {ip: pods for ip, pods in _listed(state) if len({pod.node for pod in pods}) > 1 or ip in linked}
    found = []
    for ip in [*listed, *(ip for ip in linked if ip not in listed)]:
        names = [clean(pod.label) for pod in listed.get(ip, ())] or [clean(entry.dev or "") for entry in linked[ip]]
        lines = [pod.line for pod in listed.get(ip, ())][:SHOWN] or [entry.line for entry in linked[ip]]
        found.append(_remark(ip, names, "pods" if ip in listed else "pod links", lines))
    return found[:MOST]


def _listed(state: State) -> Iterator[tuple[int, list[PodEntry]]]:
    """The addresses that several pods of a list hold, each pod once."""
    pods: dict[int, dict[str, PodEntry]] = {}
    for pod in state.pods:
        if pod.holds_address and pod.ip is not None and pod.phase == "Running":
            pods.setdefault(pod.ip, {})[pod.label] = pod
    return ((ip, list(held.values())) for ip, held in pods.items() if len(held) > 1)


def _by_links(state: State) -> Iterator[tuple[int, list[Neighbour]]]:
    """The addresses that a node has neighbour entries for on several pods' links, of a MAC each."""
    for host in state.hosts:
        if host.role != POD:
            yield from _of(host)


def _of(host: Host) -> Iterator[tuple[int, list[Neighbour]]]:
    entries: dict[int, dict[str, Neighbour]] = {}
    for entry in host.neighbours:
        dev = entry.dev or ""
        if kind_of_name(dev) == "pod-link" and entry.mac is not None and entry.state not in LOST and not entry.proxy:
            entries.setdefault(entry.ip, {})[dev] = entry
    for ip, held in entries.items():
        if len({entry.mac for entry in held.values()}) > 1:
            yield ip, list(held.values())


def _remark(ip: int, names: list[str], what: str, lines: list[Line]) -> Remark:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    sentence = f"{len(names)} {what} have the address {format_address(ip)}: {', '.join(names[:SHOWN])}{more}"
    return Remark(
        f"{sentence}. A node's host route leads to one of them, and the others get nothing: not even an answer to "
        "their ARP for the gateway, where the reverse-path check is on. Find those meant to keep it (calicoctl ipam "
        "check; kubectl get pods -A -o wide), delete the other pods, and look why it was given out twice",
        lines=tuple(quote(line) for line in lines[:SHOWN]),
        short=sentence,
        warning=sentence,
    )
