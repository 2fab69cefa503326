"""Paths: what following the packets of an observation from capture point to capture point came to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.column_words import OPAQUE
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.clock import Clock
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.deliveries import Deliveries
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.losses import PathLoss, loss_of
from pcapcheck.paths.nic_macs import Cards
from pcapcheck.paths.node_links import NodeLinks
from pcapcheck.paths.path import Path, SizeLimit
from pcapcheck.paths.regrouped import TCP, Pair, regrouped_pairs
from pcapcheck.paths.size_limits import size_limits
from pcapcheck.paths.topology import Topology
from pcapcheck.values import is_ipv4

if TYPE_CHECKING:
    from pcapcheck.paths.path_grouping import PathGroups
    from pcapcheck.paths.translations import Translations


class Paths(Brief, Struct, dict=True):
    """The paths of an observation's packets, and what they show.

    ``hosts`` say which points are on one machine. ``share`` N: one packet in N was followed. ``lost`` counts sightings
    of unknown packets. ``unfollowed`` are captures whose text shows too little of their packets to recognise them.
    ``only``: the points where the packets were seen first, None for all.
    """

    captures: list[Capture]
    facts: Facts
    hosts: Hosts
    topology: Topology
    nodes: NodeLinks
    deliveries: Deliveries
    groups: PathGroups | None = None
    clocks: Mapping[int, Clock] = field(default_factory=dict)
    share: int = 1
    lost: int = 0
    unfollowed: frozenset[int] = frozenset()
    only: frozenset[PointKey] | None = None

    @classmethod
    def none(cls, captures: list[Capture], facts: Facts, hosts: Hosts | None = None) -> Paths:
        """Of an observation whose packets were not followed."""
        hosts, topology = hosts or Hosts({}), Topology()
        nodes = NodeLinks(captures, facts, topology, {})
        return cls(captures, facts, hosts, topology, nodes, Deliveries(facts, hosts, topology))

    @cached_property
    def found(self) -> list[Path]:
        every = self.groups.paths if self.groups else []
        return every if self.only is None else [path for path in every if path.steps[0].spot.point.key in self.only]

    def forget_packets(self) -> None:
        """Release the packets, if only their paths are asked for from now on."""
        if self.groups:
            self.groups.forget()

    def between(self, src: int | None, dst: int | None) -> list[Path]:
        """The paths of what one address sent to another."""
        return [path for path in self.of_two(src, dst) if path.src == src]

    def of_two(self, address: int | None, other: int | None) -> list[Path]:
        """The paths of what two addresses sent to each other."""
        return self._by_ends.get(frozenset((address, other)), [])

    def for_receiver(self, address: int | None) -> list[Path]:
        """The paths of what an address was to receive."""
        return self._by_receiver.get(address, [])

    def steps_between(self, src: int, dst: int) -> list[tuple[Path, int]]:
        """Where packets had these addresses: paths, each with the number of a step."""
        return self._steps_by_ends.get((src, dst), [])

    def steps_in_tunnel(self, outer: tuple[int, int] | None) -> list[tuple[Path, int]]:
        """Where packets were in a tunnel from one node to another: paths, each with the number of a step."""
        return self._steps_by_outer.get(outer, []) if outer else []

    @cached_property
    def encrypting(self) -> frozenset[PointKey]:
        """The capture points that show packets encrypted."""
        return frozenset(step.spot.point.key for path in self.found for step in path.steps if step.encap == OPAQUE)

    @cached_property
    def keeping_ttl(self) -> frozenset[int]:
        """The senders of packets that have the same TTL at the end of their path as at its beginning."""
        several = (path for path in self.found if len(path.steps) > 1)
        return frozenset(path.src for path in several if path.steps[0].ttl == path.steps[-1].ttl)

    @cached_property
    def forwarding(self) -> frozenset[tuple[PointKey, bool]]:
        """The capture points that packets were seen to go on from, and whether they were IPv4."""
        return frozenset((step.spot.point.key, is_ipv4(path.src)) for path in self.found for step in path.steps[:-1])

    @cached_property
    def _by_ends(self) -> dict[frozenset[int | None], list[Path]]:
        found: dict[frozenset[int | None], list[Path]] = {}
        for path in self.found:
            found.setdefault(frozenset((path.src, path.dst)), []).append(path)
        return found

    @cached_property
    def _by_receiver(self) -> dict[int | None, list[Path]]:
        found: dict[int | None, list[Path]] = {}
        for path in self.found:
            found.setdefault(path.receiver, []).append(path)
        return found

    @cached_property
    def _steps_by_ends(self) -> dict[tuple[int, int], list[tuple[Path, int]]]:
        found: dict[tuple[int, int], list[tuple[Path, int]]] = {}
        for path in self.found:
            for number, step in enumerate(path.steps):
                found.setdefault((step.src, step.dst), []).append((path, number))
        return found

    @cached_property
    def _steps_by_outer(self) -> dict[tuple[int, int], list[tuple[Path, int]]]:
        found: dict[tuple[int, int], list[tuple[Path, int]]] = {}
        for path in self.found:
            for number, step in enumerate(path.steps):
                if step.outer:
                    found.setdefault(step.outer, []).append((path, number))
        return found

    def within(self, keys: set[PointKey], facts: Facts) -> Paths:
        """The same about these capture points alone, which ``facts`` describe."""
        part = replace(self, facts=facts, topology=self.topology.within(keys), only=frozenset(keys))
        part.deliveries = self.deliveries.within(facts, part.topology, part.found)
        return part

    @property
    def opaque(self) -> int:
        """How many packets were seen encrypted only."""
        return sum(path.count for path in self.found if path.steps[0].encap == OPAQUE)

    def is_delivered(self, path: Path) -> bool | None:
        """Whether packets were seen on their receiver's own link; None if nothing would have shown it."""
        delivered = self.deliveries.is_delivered(path)
        return None if delivered is False and self._is_regrouped(path) else delivered

    def loss(self, path: Path) -> PathLoss:
        """Where packets were last seen that were not seen to arrive."""
        flooded = self.cards.is_flooded(path.steps[-1]) if path.meant is None else False
        return loss_of(path, self.deliveries.missing(path), self.hosts, flooded)

    @cached_property
    def cards(self) -> Cards:
        """The machines behind the network cards, if they are known."""
        return Cards(self.facts, self.captures, self.found, self.hosts, self.nodes.addresses)

    @cached_property
    def translations(self) -> Translations:
        """How nodes changed the addresses of packets."""
        # One link alone, where nothing is followed, does without.
        from pcapcheck.paths.translations import Translations

        return Translations(self.captures, self.found, self.facts)

    @cached_property
    def size_limits(self) -> list[SizeLimit]:
        """Where size decides whether packets arrive, or are answered."""
        return list(size_limits(self.captures, self.found, self.is_delivered))

    def _is_regrouped(self, path: Path) -> bool:
        """Whether the data of a segment may have passed in other segments."""
        if path.packet != TCP:
            return False
        return any(frozenset((step.src, step.dst)) in self._regrouped for step in path.steps)

    @cached_property
    def _regrouped(self) -> frozenset[Pair]:
        return regrouped_pairs(self.captures, self.found)

    def why_alone(self, path: Path) -> str:
        """What it means that packets of this path were seen at one point only."""
        point = path.steps[0].spot.point
        if self.nodes.is_for_node(path):
            return "for the node itself"
        if path.src in self.nodes.addresses(point):
            return "from the node itself"
        here = point.key
        others = [key for key in self.facts.points if key != here and not self.facts.are_apart(here, key)]
        if not others:
            return "no other point was recorded at that time"
        # Address translation changes what an error quotes, and not every change is known.
        return "not recognised elsewhere" if path.packet == "error" else "seen nowhere else"
