"""Paths: what became of packets from one capture point to the next, as rows that rules can judge.

A packet that is missing somewhere proves something only where it would have been recorded: the link of its receiver is
known, was being recorded then, and shows frames of the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pcapcheck.brief import Brief
from pcapcheck.columns import ECHO, ECHOES, OPAQUE
from pcapcheck.decode.decoder import FrameGroup
from pcapcheck.decode.sightings import Sightings
from pcapcheck.links.capture_points import NODE_KINDS, PointKey
from pcapcheck.links.clock import Clock
from pcapcheck.links.facts import Facts
from pcapcheck.links.observations import observations
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.address_locations import homes_of, node_addresses, reporting, shows_the_node, spans_of, to_pod
from pcapcheck.paths.delivery import fate
from pcapcheck.paths.hop_row import HopRow
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.losses import PathLoss, loss_of
from pcapcheck.paths.nic_macs import Cards
from pcapcheck.paths.path import Path, PathSample, PathStep, SizeLimit
from pcapcheck.paths.path_row import PathRow
from pcapcheck.paths.size_limits import size_limits
from pcapcheck.paths.unidentified import leave_out_unidentified, leave_out_unnumbered
from pcapcheck.values import clean, is_ipv4

if TYPE_CHECKING:
    from pcapcheck.paths.path_grouping import PathGroups

# A recording that somebody starts and stops runs for longer.
SHORTEST_RECORDING = 2_000_000_000
# How the devices of tunnels are called, by encapsulation (Calico: felix/dataplane/linux/vxlan_mgr.go, ipip_mgr.go).
DEVICES = {"vxlan": "vxlan", "ipip": "tunl"}


@dataclass(repr=False)
class Paths(Brief):
    """What following the packets of an observation came to.

    ``share``: one packet in so many was followed. ``homes`` are the links of addresses, ``apart`` the pairs of links
    between which packets were seen on a NIC or a tunnel, so that they are not of one node; ``exits`` are the points
    where packets from a link to an address were seen next. ``heard`` are the points that recorded echoes. ``lost``
    sightings could not be told whose they were. ``filtered``: the user says that the recording had a filter.
    ``unfollowed`` are captures whose text does not tell enough of their packets to know them again. ``only``: what is
    told is of packets first seen at these points. ``hosts`` tell which points are of one machine.
    ``outside`` are the NICs and tunnels behind which an address was seen to be, ``ways_out`` those by which packets
    from a pod's link were seen to leave.
    """

    captures: list[Capture]
    facts: Facts
    groups: PathGroups | None = None
    clocks: dict[int, Clock] = field(default_factory=dict)
    share: int = 1
    homes: dict[int, set[PointKey]] = field(default_factory=dict)
    apart: set[frozenset[PointKey]] = field(default_factory=set)
    exits: dict[tuple[PointKey, int], set[PointKey]] = field(default_factory=dict)
    lost: int = 0
    heard: set[PointKey] = field(default_factory=set)
    filtered: bool = False
    unfollowed: frozenset[int] = frozenset()
    only: frozenset[PointKey] | None = None
    hosts: Hosts = field(default_factory=lambda: Hosts({}))
    outside: dict[int, set[PointKey]] = field(default_factory=dict)
    ways_out: dict[PointKey, set[PointKey]] = field(default_factory=dict)
    _node_addresses: dict[PointKey, set[int]] = field(default_factory=dict)
    _showing: dict[PointKey, bool] = field(default_factory=dict)
    _missing: dict[int, list[PointFacts]] = field(default_factory=dict)
    _limits: list[SizeLimit] | None = None
    _known_cards: Cards | None = None

    @property
    def found(self) -> list[Path]:
        every = self.groups.paths if self.groups else []
        return every if self.only is None else [path for path in every if path.steps[0].spot.point.key in self.only]

    def within(self, keys: set[PointKey], facts: Facts) -> Paths:
        """What following them came to on these capture points alone, of which ``facts`` tell."""
        homes = {ip: there & keys for ip, there in self.homes.items() if there & keys}
        part = replace(self, facts=facts, homes=homes, only=frozenset(keys), _missing={}, _limits=None)
        part._known_cards = None
        return part

    @property
    def opaque(self) -> int:
        return sum(path.count for path in self.found if path.steps[0].encap == OPAQUE)

    def path_rows(self, every: bool = False) -> Iterator[tuple[PathRow, int]]:
        """The rows of the table ``paths``, each with how many packets are behind it: one, where ``every`` is wanted."""
        if every:
            yield from ((row, 1) for row in self.every_path())
            return
        for path in self.found:
            row = self.path_row(path, path.samples[0])
            for sample, weight in _weighed(path):
                yield _like(row, path, sample), weight

    def every_path(self) -> Iterator[PathRow]:
        """A row for every packet, in the order in which they were seen first."""
        rows: dict[int, PathRow] = {}
        for path, sample in self._packets():
            if id(path) not in rows:
                rows[id(path)] = self.path_row(path, sample)
            yield _like(rows[id(path)], path, sample)

    def every_hop(self) -> Iterator[HopRow]:
        """A row for every packet and pair of pod links."""
        for path, sample in self._packets():
            for here, there in _pod_links(path):
                yield self._hop_row(path, here, there, sample)

    def _packets(self) -> Iterator[tuple[Path, PathSample]]:
        if self.groups is not None:
            packets = self.groups.packets
            times = packets.seen.time[packets.rows[packets.begins]]
            for packet in times.argsort(kind="stable").tolist():
                number = int(self.groups.path_of[packet])
                if number >= 0:
                    yield self.found[number], self.groups.sample(packet)

    def hop_rows(self, every: bool = False) -> Iterator[tuple[HopRow, int]]:
        """The same for the table ``hops``."""
        if every:
            yield from ((row, 1) for row in self.every_hop())
            return
        for path in self.found:
            for here, there in _pod_links(path):
                for sample, weight in _weighed(path):
                    yield self._hop_row(path, here, there, sample), weight

    def path_row(self, path: Path, sample: PathSample) -> PathRow:
        last = path.steps[-1]
        delivered = self.is_delivered(path)
        return PathRow(
            **_common(path, sample, range(len(path.steps))),
            calico=self.facts.calico,
            points=", ".join(step.spot.point.name for step in path.steps),
            ttls=", ".join("?" if step.ttl is None else str(step.ttl) for step in path.steps),
            first_kind=path.steps[0].spot.point.kind,
            receiver=path.receiver,
            receiver_recorded=path.receiver in self.homes or delivered is False,
            fate=self._fate(path, delivered),
            last_interface=last.spot.point.name,
            last_seen=_last_seen(path, sample.frames[-1]),
            missing=", ".join(point.name for point in self._would_have_seen(path)) or None,
            entered=_entered(path.steps[0]),
            left=self._left(path, delivered),
            delivered=delivered,
            answered=path.answered,
            for_node=self._for_node(path),
            sightings=len(path.steps),
            length=sample.length,
            duration=sample.times[-1] - sample.times[0],
        )

    def _fate(self, path: Path, delivered: bool | None) -> str:
        """What became of them, as a sentence about them goes on."""
        return fate(self.loss(path), self.hosts) if delivered is False else "arrive" if delivered else "go on"

    def _hop_row(self, path: Path, start: int, end: int, sample: PathSample) -> HopRow:
        here, there = path.steps[start], path.steps[end]
        capture = self.captures[there.spot.capture]
        lost = None if here.ttl is None or there.ttl is None else here.ttl - there.ttl
        between = self.between(path, start, end)
        if between is None and lost != 1:
            # Only that one is taken from the TTL is right on one node and wrong between two.
            between = "unknown"
        return HopRow(
            **_common(path, sample, range(start, end + 1)),
            calico=self.facts.calico,
            to_interface=there.spot.point.name,
            to_frame=f"frame {sample.frames[end]} of {clean(capture.source.short_name)}",
            ttl=here.ttl,
            to_ttl=there.ttl,
            ttl_lost=lost,
            between=between,
            eth_src=here.spot.group.src,
            eth_dst=here.spot.group.dst,
            to_eth_src=there.spot.group.src,
            to_eth_dst=there.spot.group.dst,
            latency=abs(sample.times[end] - sample.times[start]),
        )

    def between(self, path: Path, start: int, end: int) -> str | None:
        """What lies between two steps on pod links: one node, a tunnel or a network between two, or unknown.

        None where nothing tells but that the clocks of two files differ, as those of two nodes do, and as that of one
        node does that was set in between.
        """
        inside = path.steps[start + 1 : end]
        if any(step.encap != "none" or step.spot.point.kind == "tunnel" for step in inside):
            return "tunnel"
        if inside:
            return "network"
        here, there = path.steps[start].spot, path.steps[end].spot
        told = self.on_one_node(here.point, there.point)
        if told is not None:
            return "node" if told else "network"
        offsets = {self.clocks[spot.capture].offset for spot in (here, there) if spot.capture in self.clocks}
        return None if len(offsets) > 1 else "unknown"

    def on_one_node(self, here: PointFacts, there: PointFacts) -> bool | None:
        """Whether two pod links are of one node; None where nothing tells."""
        if here.key[0] == there.key[0]:
            return True
        if frozenset((here.key, there.key)) in self.apart:
            return False
        mine, other_ips = self.node_addresses(here), self.node_addresses(there)
        return bool(mine & other_ips) if mine and other_ips else None

    def is_delivered(self, path: Path) -> bool | None:
        """Whether it was seen on its receiver's own link; None where nothing would have shown it."""
        if path.answered:
            return True
        for step in path.steps[1:]:
            if step.spot.point.key in self.homes.get(step.dst, ()) and step.spot.side != POD:
                return True
        if path.steps[0].spot.point.key in self.homes.get(path.dst, ()):
            # First seen where it was to arrive.
            return True
        return False if self._would_have_seen(path) else None

    def loss(self, path: Path) -> PathLoss:
        """Where packets of a way were seen last that were not seen to arrive."""
        flooded = self.cards.is_flooded(path.steps[-1]) if path.meant is None else False
        return loss_of(path, self._would_have_seen(path), self.hosts, flooded)

    @property
    def cards(self) -> Cards:
        """The machines behind the network cards, as far as they are known."""
        if self._known_cards is None:
            self._known_cards = Cards(self.facts, self.captures, self.found, self.hosts, self.node_addresses)
        return self._known_cards

    def size_limits(self) -> list[SizeLimit]:
        """Where size decides whether packets arrive, or are answered."""
        if self._limits is None:
            self._limits = list(size_limits(self.captures, self.found, self.is_delivered))
        return self._limits

    def node_addresses(self, point: PointFacts) -> set[int]:
        """The addresses with which the node itself speaks on a pod link."""
        key = point.key
        if key not in self._node_addresses:
            own = reporting(self.captures, self.facts, point) if point.capture_point.interface.printed else set()
            self._node_addresses[key] = node_addresses(self.captures[key[0]], point) | own
        return self._node_addresses[key]

    def _for_node(self, path: Path) -> bool:
        return path.dst in self.node_addresses(path.steps[0].spot.point)

    def why_alone(self, path: Path) -> str:
        """What it means that packets of this way were seen at one point only."""
        point = path.steps[0].spot.point
        if self._for_node(path):
            return "for the node itself"
        if path.src in self.node_addresses(point):
            return "from the node itself"
        here = point.key
        others = [key for key in self.facts.points if key != here and not self.facts.are_apart(here, key)]
        if not others:
            return "no other point was recorded at that time"
        # Address translation changes what an error quotes, and not every change is known.
        return "not recognised elsewhere" if path.packet == "error" else "seen nowhere else"

    def _left(self, path: Path, delivered: bool | None) -> bool | None:
        """Whether it was seen leaving the node that it entered."""
        if delivered or len(path.steps) > 1 or path.answered:
            return True
        here = path.steps[0].spot.point.key
        silent = self._would_have_seen(path)
        if any(frozenset((here, point.key)) in self.apart for point in silent):
            # On the way to another node: what would have shown it first is the NIC or the tunnel of this one.
            exits = [self.facts.points[key] for key in self.exits.get((here, path.dst), ())]
            return False if self._show_nothing(exits, path) else None
        if silent:
            return False
        ways_out = [
            self.facts.points[key] for key in self.outside.get(path.dst, set()) & self.ways_out.get(here, set())
        ]
        return False if self._has_to_leave(path) and self._show_nothing(ways_out, path) else None

    def _has_to_leave(self, path: Path) -> bool:
        """Whether a request that goes to no pod of the node has to leave it: it is no traceroute's, and not refused."""
        ttl = path.steps[-1].ttl
        refused = any(back.packet == "error" and back.dst == path.src for back in self.found)
        return path.packet == "request" and not path.repeated and ttl is not None and ttl > 1 and not refused

    @staticmethod
    def _show_nothing(exits: list[PointFacts], path: Path) -> bool:
        """Whether the ways out of a node were recorded well enough that what they do not show did not leave by them."""
        watched = [point for point in exits if point.key[0] in path.watching and ECHO not in point.silence]
        interfaces = [point.capture_point.interface for point in watched]
        return bool(watched) and not any(interface.missing or interface.drops >= path.count for interface in interfaces)

    def _would_have_seen(self, path: Path) -> list[PointFacts]:
        """The receiver's links that were being recorded then, would have shown the packet, and do not."""
        if id(path) not in self._missing:
            self._missing[id(path)] = list(self._silent_homes(path))
        return self._missing[id(path)]

    def _silent_homes(self, path: Path) -> Iterator[PointFacts]:
        if path.repeated:
            # Its like went by just before: a frame recorded twice is not missing elsewhere.
            return
        seen = {step.spot.point.key for step in path.steps}
        ttl = path.steps[-1].ttl
        if ttl is not None and ttl <= 1 and not to_pod(path.steps[-1]):
            # The next router has to drop it.
            return
        if ttl is None and path.packet == "request" and ECHO in path.steps[0].spot.point.silence:
            # It may be one of those that were to expire, about which an error was recorded that says no more.
            return
        for key in sorted({*self.homes.get(path.receiver, ()), *self._devices(path)} - seen, key=str):
            if self.facts.are_apart(path.steps[0].spot.point.key, key):
                continue
            point = self.facts.points[key]
            # So many packets may be among those that were not recorded.
            lost = point.capture_point.interface.drops >= path.count
            watched = key[0] in path.watching or (point.kind == "tunnel" and self._ran(point, path))
            if watched and not lost and self._shows_the_node(point):
                yield point

    def _ran(self, point: PointFacts, path: Path) -> bool:
        """Whether a quiet device was being recorded while packets passed, as the few frames that it shows tell.

        It shows nothing that another point of its node shows, and was recorded between two packets that it lacks. That
        a recording was begun after the one and stopped before the other is believed of none so short.
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
        """The devices that take out of its tunnel what came to their node's NIC inside one."""
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
        if key not in self._showing:
            filtered = self.filtered or bool(point.capture_point.interface.filter)
            shows = key[0] not in self.unfollowed and shows_the_node(point, filtered, key in self.heard)
            self._showing[key] = shows
        return self._showing[key]


def find_paths(captures: list[Capture], facts: Facts, reading: Reading, sightings: Sightings) -> Paths:
    """Follow the packets of an observation; empties ``sightings``."""
    paths = Paths(captures, facts, share=sightings.share, hosts=Hosts(facts.points, facts.known.nodes))
    leave_out_unnumbered(captures, sightings)
    paths.unfollowed = leave_out_unidentified(captures, sightings)
    facts.observations = observations(facts.points, {})
    # Where there is but one place to see packets, nothing can be followed.
    if not sightings.count or len(facts.points) < 2:
        return paths
    # NumPy takes as long to load as a short capture takes to judge.
    from pcapcheck.paths.clocks import by_one_clock, estimate_clocks
    from pcapcheck.paths.correlation import columns_of, join
    from pcapcheck.paths.path_grouping import PathGroups, Spots

    groups: dict[int, list[FrameGroup]] = {capture.number: capture.groups for capture in captures}
    # Frames of too many senders share a group that belongs to no capture point.
    known = {(key[0], group) for key, point in facts.points.items() for group in point.groups}
    seen, numbering = columns_of(sightings, {number: len(some) for number, some in groups.items()}, known)
    spots = Spots(numbering, groups, facts)
    paths.lost = numbering.lost + sightings.dropped
    paths.filtered = bool(reading.scope.filter_used)
    paths.clocks = estimate_clocks(seen, spots.macs)
    facts.observations = observations(facts.points, paths.clocks)
    seen.time = by_one_clock(seen, paths.clocks)
    packets = join(seen, spots.point_of, spots.on_pod_link, numbering.flows)
    paths.groups = PathGroups(
        packets, spots, numbering, spans_of(captures, paths.clocks, reading.echo_wait), paths.hosts
    )
    paths.homes = homes_of(captures, facts, paths.found)
    for path in paths.found:
        if len(path.steps) > 1:
            here, there = (step.spot.point.key for step in path.steps[:2])
            paths.exits.setdefault((here, path.dst), set()).add(there)
        for end, ip in ((path.steps[0], path.src), (path.steps[-1], path.steps[-1].dst)):
            if end.spot.point.kind in NODE_KINDS and (end is path.steps[0] or len(path.steps) > 1):
                paths.outside.setdefault(ip, set()).add(end.spot.point.key)
        for one, other in pairwise(path.steps):
            if one.spot.side == POD and other.spot.point.kind in NODE_KINDS:
                paths.ways_out.setdefault(one.spot.point.key, set()).add(other.spot.point.key)
    facts.followed = any(len(path.steps) > 1 for path in paths.found)
    paths.heard = {step.spot.point.key for path in paths.found if path.packet in ECHOES for step in path.steps}
    paths.apart = {
        frozenset((path.steps[one].spot.point.key, path.steps[other].spot.point.key))
        for path in paths.found
        for one, other in _pod_links(path)
        if other - one > 1
    }
    return paths


def _weighed(path: Path) -> Iterator[tuple[PathSample, int]]:
    """The samples of a way: each stands for itself, the first also for those of which none is kept."""
    first, *others = path.samples
    yield first, path.count - len(others)
    for sample in others:
        yield sample, 1


def _like(row: PathRow, path: Path, sample: PathSample) -> PathRow:
    """The row of another packet of the same way."""
    return replace(
        row,
        **_where(path, sample, range(len(path.steps))),
        time=sample.times[0],
        last_seen=_last_seen(path, sample.frames[-1]),
        duration=sample.times[-1] - sample.times[0],
        length=sample.length,
    )


def _common(path: Path, sample: PathSample, steps: range) -> dict[str, Any]:
    """What rows of paths and of hops have alike; they are shown at the first of these steps that is to be judged."""
    shown = _shown(path, steps)
    encaps = {path.steps[number].encap for number in steps} - {"none"}
    return {
        "capture": path.steps[shown].spot.capture,
        "group": path.steps[shown].spot.number,
        **_where(path, sample, steps),
        "time": sample.times[0],
        "packet": path.packet,
        "family": 4 if is_ipv4(path.src) else 6,
        "src": path.src,
        "dst": path.dst,
        "rewritten": path.rewritten,
        "interface": path.steps[steps[0]].spot.point.name,
        "node_interface": path.steps[steps[0]].spot.point.node_interface,
        "encap": ", ".join(sorted(encaps)) or "none",
    }


def _where(path: Path, sample: PathSample, steps: range) -> dict[str, Any]:
    """In which frames a packet was seen on these steps, the one that is shown apart from the others."""
    shown = _shown(path, steps)
    others = (number for number in steps if number != shown)
    return {
        "frames": [sample.frames[shown]],
        "elsewhere": tuple((path.steps[number].spot.capture, sample.frames[number]) for number in others),
    }


def _shown(path: Path, steps: range) -> int:
    return next((number for number in steps if path.steps[number].spot.point.judged), steps[0])


def _last_seen(path: Path, frame: int) -> str:
    step = path.steps[-1]
    capture_point = step.spot.point.capture_point
    where = {POD: ", coming from the pod", NODE: ", going to the pod"}.get(step.spot.side or "", "")
    rest = f" (frame {frame} of {capture_point.file})" if len(path.steps) > 1 else ", and nowhere else"
    return f"{capture_point.name}{where}{rest}"


def _entered(step: PathStep) -> bool | None:
    """Whether a packet came to the node from a pod, on that pod's link."""
    if step.spot.point.kind != "pod-link":
        return False
    return None if step.spot.side is None else step.spot.side == POD


def _pod_links(path: Path) -> Iterator[tuple[int, int]]:
    """Consecutive steps on pod links, by number; steps elsewhere may lie between."""
    links = [number for number, step in enumerate(path.steps) if step.spot.point.kind == "pod-link"]
    yield from pairwise(links)
