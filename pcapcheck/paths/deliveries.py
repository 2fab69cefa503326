"""Deliveries: whether packets reached their receiver's link, or left their node.

A packet that is missing somewhere proves something only where it would have been recorded: the link of its receiver is
known, was being recorded then, and shows frames of the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.links.capture_points import NODE_KINDS, PointKey
from pcapcheck.links.clock import Clock
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import POD
from pcapcheck.paths.address_locations import shows_the_node, to_pod
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.path import Path
from pcapcheck.paths.topology import Topology
from pcapcheck.table_names import ECHO

if TYPE_CHECKING:
    from pcapcheck.paths.path_grouping import PathGroups

# Nanoseconds. A recording that somebody starts and stops runs for longer.
SHORTEST_RECORDING = 2_000_000_000
# What the names of tunnel devices begin with (Calico: felix/dataplane/linux/vxlan_mgr.go, ipip_mgr.go).
DEVICES = {"vxlan": "vxlan", "ipip": "tunl"}


class Deliveries(Brief, Struct, dict=True):
    """Which packets of an observation had to be seen further on, and were or were not.

    ``filtered``: the user says that the recording had a filter. ``unfollowed`` are captures whose text shows too little
    of their packets to recognise them.
    """

    facts: Facts
    hosts: Hosts
    topology: Topology
    paths: list[Path] = field(default_factory=list)
    groups: PathGroups | None = None
    clocks: dict[int, Clock] = field(default_factory=dict)
    filtered: bool = False
    unfollowed: frozenset[int] = frozenset()

    @cached_property
    def _shown(self) -> dict[PointKey, bool]:
        return {}

    @cached_property
    def _missing(self) -> dict[int, tuple[Path, list[PointFacts]]]:
        # By id, with the path: it must not be taken for another that is made later.
        return {}

    @cached_property
    def _got_errors(self) -> frozenset[int]:
        """The addresses that ICMP errors went to."""
        return frozenset(path.dst for path in self.paths if path.packet == "error")

    def within(self, facts: Facts, topology: Topology, paths: list[Path]) -> Deliveries:
        """The same about some of the capture points, which ``facts`` describe."""
        return replace(self, facts=facts, topology=topology, paths=paths)

    def is_delivered(self, path: Path) -> bool | None:
        """Whether packets were seen on their receiver's own link; None if nothing would have shown it."""
        if path.answered:
            return True
        for step in path.steps[1:]:
            if step.spot.side != POD and step.spot.key in self.topology.homes.get(step.dst, ()):
                return True
        if path.steps[0].spot.key in self.topology.homes.get(path.dst, ()):
            # First seen where it was to arrive.
            return True
        return False if self.missing(path) else None

    def has_left(self, path: Path, delivered: bool | None) -> bool | None:
        """Whether packets were seen leaving the node that they entered."""
        if delivered or len(path.steps) > 1 or path.answered:
            return True
        here = path.steps[0].spot.point.key
        silent = self.missing(path)
        if any(frozenset((here, point.key)) in self.topology.apart for point in silent):
            # It goes to another node: the NIC or the tunnel of this node would have shown it first.
            seen_next = self.topology.exits.get((here, path.dst), set())
            exits = {key for key in seen_next if self.facts.points[key].kind in NODE_KINDS}
            return False if self._show_nothing(exits, path) else None
        if silent:
            return False
        exits = self.topology.outside.get(path.dst, set()) & self.topology.node_exits.get(here, set())
        return False if self._has_to_leave(path) and self._show_nothing(exits, path) else None

    def missing(self, path: Path) -> list[PointFacts]:
        """The receiver's links that were being recorded then, would have shown the packets, and do not."""
        if id(path) not in self._missing:
            self._missing[id(path)] = path, list(self._silent_homes(path))
        return self._missing[id(path)][1]

    def _has_to_leave(self, path: Path) -> bool:
        """Whether a request that goes to no pod of the node has to leave it: no traceroute's, and no ICMP error."""
        ttl = path.steps[-1].ttl
        has_error = path.src in self._got_errors
        return path.packet == "request" and not path.repeated and ttl is not None and ttl > 1 and not has_error

    def _show_nothing(self, exits: set[PointKey], path: Path) -> bool:
        """Whether the exits of a node were recorded so well that packets they do not show did not leave by them."""
        points = [self.facts.points[key] for key in exits]
        watched = [point for point in points if point.key[0] in path.watching and ECHO not in point.silence]
        interfaces = [point.capture_point.interface for point in watched]
        return bool(watched) and not any(interface.missing or interface.drops >= path.count for interface in interfaces)

    def _silent_homes(self, path: Path) -> Iterator[PointFacts]:
        if path.repeated:
            # The same packet passed just before: a frame that was recorded twice is not missing elsewhere.
            return
        seen = {step.spot.point.key for step in path.steps}
        ttl = path.steps[-1].ttl
        if ttl is not None and ttl <= 1 and not to_pod(path.steps[-1]):
            # The next router has to drop it.
            return
        if ttl is None and path.packet == "request" and ECHO in path.steps[0].spot.point.silence:
            # It may have been sent to expire: an error was recorded that does not say which request it is about.
            return
        for key in sorted({*self.topology.homes.get(path.receiver, ()), *self._devices(path)} - seen, key=str):
            if self.facts.are_apart(path.steps[0].spot.point.key, key):
                continue
            point = self.facts.points[key]
            # All of them may be among the packets that the recording dropped.
            lost = point.capture_point.interface.drops >= path.count
            watched = key[0] in path.watching or (point.kind == "tunnel" and self._was_recording(point, path))
            if watched and not lost and self._shows_the_node(point):
                yield point

    def _was_recording(self, point: PointFacts, path: Path) -> bool:
        """Whether a quiet device was being recorded while packets passed, judged by the few frames that it shows.

        It shows nothing that another point of its node shows, and was recorded between two packets that it lacks. That
        a recording began after the first and stopped before the second is not believed of a recording so short.
        """
        here = path.steps[-1].spot.point.key
        first, last = point.capture_point.first, point.capture_point.last
        if self.groups is None or first is None or last is None or not self.hosts.same(here, point.key):
            return False
        lacking = []
        for number, other in enumerate(self.groups.paths):
            keys = {step.spot.point.key for step in other.steps}
            if point.key in keys and len(keys) > 1:
                return False
            if (other.packet, other.src, other.dst) == (path.packet, path.src, path.dst) and here in keys:
                lacking.append(number)
        clock = self.clocks.get(point.key[0])
        offset = clock.offset if clock else 0
        before, after = self.groups.around(lacking, first - offset, last - offset)
        return before is not None and after is not None and after - before <= SHORTEST_RECORDING

    def _devices(self, path: Path) -> Iterator[PointKey]:
        """The tunnel devices that decapsulate what came to their node's NIC inside a tunnel."""
        last = path.steps[-1]
        here = last.spot.point.capture_point
        if last.encap not in DEVICES or here.kind != "host-nic" or not self.hosts.is_party(last):
            return
        if self.hosts.arrives(path, len(path.steps) - 1) is False:
            return
        for key, point in self.facts.points.items():
            fits = point.kind == "tunnel" and point.name.startswith(DEVICES[last.encap])
            if fits and point.judged and self.hosts.same(here.key, key):
                yield key

    def _shows_the_node(self, point: PointFacts) -> bool:
        key = point.key
        if key not in self._shown:
            filtered = self.filtered or bool(point.capture_point.interface.filter)
            shows = key[0] not in self.unfollowed and shows_the_node(point, filtered, key in self.topology.echo_points)
            self._shown[key] = shows
        return self._shown[key]
