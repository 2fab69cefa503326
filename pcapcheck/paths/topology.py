"""Topology: where addresses are at home, and which capture points lie behind which, as the paths of packets show it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.column_words import ECHOES
from pcapcheck.links.capture_points import NODE_KINDS, PointKey
from pcapcheck.links.sides import POD
from pcapcheck.paths.path import Path, PathStep, pod_link_pairs


class Topology(Brief, Struct):
    """What the paths of an observation show about its capture points and addresses.

    ``homes`` are the pod links of addresses. ``apart`` are the pairs of pod links between which packets were seen on a
    NIC or a tunnel, or were routed more than once: they are not on one node. ``exits`` are the points where packets
    from a point to an address were seen next. ``outside`` are the NICs and tunnels behind which an address is,
    ``node_exits`` those by which packets from a pod's link left its node. ``echo_points`` recorded echoes.
    """

    homes: dict[int, set[PointKey]] = field(default_factory=dict)
    apart: set[frozenset[PointKey]] = field(default_factory=set)
    exits: dict[tuple[PointKey, int], set[PointKey]] = field(default_factory=dict)
    outside: dict[int, set[PointKey]] = field(default_factory=dict)
    node_exits: dict[PointKey, set[PointKey]] = field(default_factory=dict)
    echo_points: set[PointKey] = field(default_factory=set)

    def within(self, keys: set[PointKey]) -> Topology:
        """The same with the homes that are among these capture points."""
        return replace(self, homes={ip: links & keys for ip, links in self.homes.items() if links & keys})


def topology_of(paths: Iterable[Path], homes: dict[int, set[PointKey]]) -> Topology:
    """``homes`` are the pod links of addresses."""
    topology = Topology(homes)
    for path in paths:
        _add(topology, path)
    return topology


def _add(topology: Topology, path: Path) -> None:
    steps = path.steps
    first, last = steps[0], steps[-1]
    if len(steps) > 1:
        topology.exits.setdefault((first.spot.key, first.dst), set()).add(steps[1].spot.key)
    for end, ip in ((first, first.src), (last, last.dst)):
        if end.spot.kind in NODE_KINDS and (end is first or len(steps) > 1):
            topology.outside.setdefault(ip, set()).add(end.spot.key)
    for step, after in pairwise(steps):
        if after.spot.kind in NODE_KINDS and step.spot.side == POD:
            topology.node_exits.setdefault(step.spot.key, set()).add(after.spot.key)
    for start, end_number in pod_link_pairs(path):
        sent, arrived = steps[start], steps[end_number]
        if end_number - start > 1 or _routers_between(sent, arrived) > 1:
            topology.apart.add(frozenset((sent.spot.key, arrived.spot.key)))
    if path.packet in ECHOES:
        topology.echo_points.update([step.spot.key for step in steps])


def _routers_between(sent: PathStep, arrived: PathStep) -> int:
    """How many routers passed a packet on, by its TTL; 0 if that is not known."""
    return sent.ttl - arrived.ttl if sent.ttl is not None and arrived.ttl is not None else 0
