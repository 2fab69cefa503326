"""A path: the capture points that packets passed, in order. Works without NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts


class Spot(Brief, Struct, frozen=True, dict=True):
    """A frame group where it was recorded, with its number there.

    Thousands of paths are asked what few spots answer, so they answer once.
    """

    capture: int
    number: int
    group: FrameGroup
    point: PointFacts

    @cached_property
    def side(self) -> str | None:
        return self.point.sides.of(self.group)[0]

    @cached_property
    def key(self) -> PointKey:
        """The key of its capture point."""
        return self.point.key

    @cached_property
    def kind(self) -> str:
        """The kind of its capture point."""
        return self.point.kind


class PathStep(Brief, Struct, frozen=True):
    """A packet at one capture point of its path; ``ttl`` is None if the text of a capture does not show it."""

    spot: Spot
    ttl: int | None
    encap: str
    src: int
    dst: int
    outer: tuple[int, int] | None


class Latency(Struct, frozen=True):
    """Nanoseconds from the step before."""

    median: int
    p99: int
    most: int


class PathSample(Struct):
    """One packet: frame numbers and times of its steps, and its length in bytes."""

    frames: tuple[int, ...]
    times: tuple[int, ...]
    length: int


class Path(Brief, Struct, dict=True):
    """Packets of one type and address pair that took the same path.

    Paths with one ``signature`` differ only in the fields after ``steps``, and share their latencies.
    ``watching`` are the captures that were being recorded then. ``answered``: a reply to the echo request was seen
    somewhere. ``meant`` is the address pair of the request, as its asker sent it, if the reply was seen only behind
    address translation. Lengths are those of the datagrams, in bytes. ``measure`` and ``pick`` look up what only a path
    that is shown needs.
    """

    packet: str
    signature: int
    steps: tuple[PathStep, ...]
    count: int
    first: int
    last: int
    repeated: bool
    rewritten: bool
    shortest: int
    longest: int
    watching: frozenset[int]
    answered: bool
    meant: tuple[int, int] | None
    measure: Callable[[], tuple[Latency, ...]]
    pick: Callable[[], list[PathSample]]

    @cached_property
    def latencies(self) -> tuple[Latency, ...]:
        """From step to step."""
        return self.measure()

    @cached_property
    def samples(self) -> list[PathSample]:
        """The first packets of the path, one at least."""
        return self.pick()

    @property
    def src(self) -> int:
        return self.steps[0].src

    @property
    def dst(self) -> int:
        return self.steps[0].dst

    @property
    def receiver(self) -> int:
        """The final receiver; behind address translation, whoever asked."""
        return self.steps[-1].dst if self.meant is None else self.meant[0]


def same_link(step: PathStep, other: PathStep) -> bool:
    """Whether two sightings of a packet are of one link seen twice, not of a hop.

    Pod links are distinguished by their pods and names: a packet that is unchanged on another link is a fault.
    Elsewhere an unchanged frame is the same frame: a bond and its slave, a VLAN and its parent, two ends of a wire.
    A bridge hears what passes from one of its ports to another, and is neither's link.
    """
    left, right = step.spot.point, other.spot.point
    if left.kind == right.kind == "pod-link":
        if left.pod_macs and right.pod_macs:
            return bool(left.pod_macs & right.pod_macs)
        here, there = left.capture_point, right.capture_point
        if left.end == right.end == here.node_end and here.named_by and there.named_by:
            return left.name == right.name
        if left.pod_ips and right.pod_ips:
            return bool(left.pod_ips & right.pod_ips)
    if left.capture_point.is_bridge != right.capture_point.is_bridge:
        return False
    if left.capture_point.is_bridged != right.capture_point.is_bridged and "unknown" in (left.kind, right.kind):
        # Next to a port of a bridge, a number of -i any may be the bridge.
        return False
    a, b = step.spot.group, other.spot.group
    unchanged = a.src is not None and a.src == b.src and (a.dst == b.dst or a.dst is None or b.dst is None)
    return unchanged and step.ttl == other.ttl and step.encap == other.encap


def pod_link_pairs(path: Path) -> Iterator[tuple[int, int]]:
    """Consecutive steps on pod links, by number; steps elsewhere may lie between."""
    links = [number for number, step in enumerate(path.steps) if step.spot.kind == "pod-link"]
    yield from pairwise(links)


class SizeLimit(Struct, frozen=True):
    """Datagrams from ``src`` to ``dst`` that were lost for their size: the smallest lost, the largest that arrived.

    Bytes, with the IP header. ``error_reading`` are the MTUs that ICMP errors name, and who sent them; none: lost
    silently. ``packet`` is their type. ``back``: they arrived and got no reply, so the replies are too large.
    """

    src: int
    dst: int
    lost: int
    arrived: int | None
    icmp_errors: tuple[tuple[int, int], ...]
    packet: str
    back: bool
