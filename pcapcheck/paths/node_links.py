"""Node links: which pod links are on one node, and with which addresses the node itself speaks on them."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.clock import Clock
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.networks import CALICO
from pcapcheck.paths.address_locations import node_addresses, reporting
from pcapcheck.paths.path import Path
from pcapcheck.paths.topology import Topology


class NodeLinks(Brief, Struct):
    """The pod links of an observation and the nodes at their other end."""

    captures: list[Capture]
    facts: Facts
    topology: Topology
    clocks: dict[int, Clock]
    _addresses: dict[PointKey, set[int]] = field(default_factory=dict)

    def addresses(self, point: PointFacts) -> set[int]:
        """The addresses with which the node itself speaks on a pod link."""
        key = point.key
        if key not in self._addresses:
            own = reporting(self.captures, self.facts, point) if point.capture_point.interface.printed else set()
            self._addresses[key] = node_addresses(self.captures[key[0]], point) | own
        return self._addresses[key]

    def is_for_node(self, path: Path) -> bool:
        """Whether packets are for the node whose pod link they were seen on first."""
        return path.dst in self.addresses(path.steps[0].spot.point)

    def on_one_node(self, here: PointFacts, there: PointFacts) -> bool | None:
        """Whether two pod links are on one node; None if nothing shows it."""
        if here.key[0] == there.key[0]:
            return True
        if frozenset((here.key, there.key)) in self.topology.apart:
            return False
        mine, theirs = self.addresses(here), self.addresses(there)
        if mine & theirs:
            return True
        # Nodes of other networks have the gateway's address on links besides their own, and speak with either.
        is_calico = here.capture_point.network == there.capture_point.network == CALICO
        return False if mine and theirs and is_calico else None

    def between(self, path: Path, start: int, end: int) -> str | None:
        """What lies between two steps on pod links: one node, a tunnel or a network between two, or unknown.

        None if nothing shows it except that the clocks of the two files differ. They differ between two nodes, and on
        one node whose clock was set in between.
        """
        inside = path.steps[start + 1 : end]
        if inside and any(step.encap != "none" or step.spot.point.kind == "tunnel" for step in inside):
            return "tunnel"
        if inside:
            return "network"
        here, there = path.steps[start].spot, path.steps[end].spot
        on_one_node = self.on_one_node(here.point, there.point)
        if on_one_node is not None:
            return "node" if on_one_node else "network"
        offsets = {self.clocks[spot.capture].offset for spot in (here, there) if spot.capture in self.clocks}
        return None if len(offsets) > 1 else "unknown"
