"""Hosts: which capture points are of one machine, what it is called, and which frames of a NIC are from it or to it.

Nothing is guessed: if neither names nor frames show it, the answer is None.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pcapcheck.capture.rotation import bare_name
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import NODE_KINDS, CapturePoint, PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.values import is_multicast_mac

# The end of the name of a file that ``tcpdump -i any`` wrote.
ANY = "any"


class Machine(Struct, frozen=True):
    """MACs that include a NIC's own. ``certain``: each of them is its own, and no other.

    A pair that is not certain is the only two machines heard there: every frame is from one to the other.
    """

    macs: frozenset[int] = frozenset()
    certain: bool = False


class Hosts:
    """The machines of an observation. ``nodes`` maps pod links to the names that a state has for their nodes."""

    def __init__(self, points: Mapping[PointKey, PointFacts], nodes: Mapping[str, str] | None = None) -> None:
        self._points = {key: point.capture_point for key, point in points.items()}
        self._nodes = nodes or {}
        self._labels = {key: _label(capture_point) for key, capture_point in self._points.items()}
        self._machines: dict[PointKey, Machine] = {}
        # A node has one interface of a name: files that both have one of that name are of two nodes, if they are no
        # copies of each other. A file that has two was merged.
        names: dict[int, list[str]] = {}
        for key, point in points.items():
            if point.kind in NODE_KINDS and point.judged:
                names.setdefault(key[0], []).append(point.name)
        self._merged = {number for number, some in names.items() if len(set(some)) < len(some)}
        self._names = {number: frozenset(some) for number, some in names.items()}
        # Pods' links by their numbers: a node has one interface of a number, so another pod's is another node's.
        self._pods: dict[int, dict[int, set[int]]] = {}
        for key, point in points.items():
            if key[2] is not None and point.kind == "pod-link" and point.pod_macs:
                self._pods.setdefault(key[0], {})[key[2]] = set(point.pod_macs)
        folders = {capture_point.path.parent for capture_point in self._points.values()}
        self._by_folder = len(folders) > 1

    def same(self, here: PointKey, other: PointKey) -> bool | None:
        """Whether two capture points are of one machine."""
        if here == other:
            return True
        if here[0] == other[0]:
            return None if here[0] in self._merged else True
        if self._names.get(here[0], frozenset()) & self._names.get(other[0], frozenset()):
            return False
        mine, theirs = self._pods.get(here[0], {}), self._pods.get(other[0], {})
        if any(not mine[number] & theirs[number] for number in mine.keys() & theirs.keys()):
            return False
        left, right = self._named_by_files(here), self._named_by_files(other)
        return left == right if left and right else None

    def name(self, key: PointKey) -> str | None:
        """What the machine of a capture point is called: by a state, else by its files' names or their folder's."""
        for other, capture_point in self._points.items():
            node = self._nodes.get(capture_point.name) if capture_point.kind == "pod-link" else None
            if node and self.same(key, other):
                return node
        return self._named_by_files(key)

    def arrives(self, path: Path, number: int) -> bool | None:
        """Whether a packet came to the machine of this step from another; False where it was leaving it."""
        step = path.steps[number]
        here = step.spot.point.capture_point
        if here.kind not in NODE_KINDS and (here.kind == "pod-link" or not number):
            return None
        if step.spot.group.direction in ("in", "out"):
            return step.spot.group.direction == "in"
        for before in path.steps[:number]:
            same = self.same(before.spot.point.key, here.key)
            if same is not None:
                # What came in a tunnel to this machine's NIC is taken out of it on the tunnel's device.
                return not same or (here.kind == "tunnel" and before.encap != "none")
        if any(self.same(after.spot.point.key, here.key) for after in path.steps[number + 1 :]):
            return True
        machine = self._machine(here)
        return step.spot.group.dst in machine.macs if machine.certain and self.is_party(step) else None

    def came_in(self, capture_point: CapturePoint, group: FrameGroup) -> bool | None:
        """Whether frames of a group came to the machine that recorded them, by the other frames there alone."""
        if group.direction in ("in", "out"):
            return group.direction == "in"
        machine = self._machine(capture_point)
        if not machine.certain or (group.src in machine.macs) == (group.dst in machine.macs):
            return None
        return group.dst in machine.macs

    def is_party(self, step: PathStep) -> bool:
        """Whether a frame was certainly sent by the machine that recorded it, or to it alone."""
        group = step.spot.group
        if group.direction in ("in", "out"):
            return True
        machine = self._machine(step.spot.point.capture_point)
        return bool({group.src, group.dst} & machine.macs)

    def _named_by_files(self, key: PointKey) -> str | None:
        """The machine's name in the bundle, or in the names of its files, if they hold one."""
        label = self._points[key].host or self._labels[key]
        if not label and self._by_folder:
            return self._points[key].path.parent.name or None
        if not label and key[0] not in self._merged and self._clashes(key[0]):
            return bare_name(self._points[key].path)
        return label or None

    def _clashes(self, number: int) -> bool:
        """Whether another file has an interface of the same name, so that a file is called after its node."""
        mine = self._names.get(number, frozenset())
        capture_points = [capture_point for capture_point in self._points.values() if capture_point.key[0] == number]
        return len(capture_points) > 1 and any(mine & names for other, names in self._names.items() if other != number)

    def _machine(self, capture_point: CapturePoint) -> Machine:
        if capture_point.key not in self._machines:
            self._machines[capture_point.key] = machine_of(capture_point)
        return self._machines[capture_point.key]


def _label(capture_point: CapturePoint) -> str:
    """What stands in a file's name before the interface's: ``node1`` of ``node1-eth0.pcap`` and ``node1-any.pcap``."""
    whole = bare_name(capture_point.path)
    name = ANY if capture_point.key[2] is not None and whole.endswith(ANY) else capture_point.name
    return whole[: -len(name)].strip("-_. ") if whole.endswith(name) else ""


def machine_of(capture_point: CapturePoint) -> Machine:
    """Of frames without a direction: the party to all unicast frames, in both directions."""
    single = [
        group
        for group in capture_point.groups.values()
        if group.src and group.dst and group.src != group.dst and not is_multicast_mac(group.dst)
    ]
    if not single:
        return Machine()
    macs = frozenset.intersection(*(frozenset((group.src or 0, group.dst or 0)) for group in single))
    senders = {group.src for group in capture_point.groups.values() if group.src}
    if len(macs) == 1:
        # A router whose frames to others are flooded by a switch is heard sending only.
        both = macs <= {group.src for group in single} and macs <= {group.dst for group in single}
        return Machine(macs, certain=True) if both else Machine()
    # Of two, each may be the one that recorded; a third that was heard as well may be it too.
    return Machine(macs if senders <= macs else frozenset())
