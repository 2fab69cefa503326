"""The rows of the tables ``paths`` and ``hops``: a row per path, or per packet, for rules to judge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from pcapcheck.links.sides import NODE, POD
from pcapcheck.links.silence import bypass_reason
from pcapcheck.paths.fates import fate
from pcapcheck.paths.hop_row import HopRow
from pcapcheck.paths.lone_answers import lone_answers
from pcapcheck.paths.path import Path, PathSample, pod_link_pairs
from pcapcheck.paths.path_row import FollowedRow, PathRow
from pcapcheck.paths.paths import Paths
from pcapcheck.table_names import ECHO, PATHS
from pcapcheck.values import clean, is_ipv4

# Fields of rows that differ from packet to packet of one path.
VARYING = {"time", "frames", "elsewhere", "last_seen", "length", "duration", "to_frame", "latency"}
# The others, which its packets have in common.
OF_PATHS, OF_HOPS = ([name for name in row.__struct_fields__ if name not in VARYING] for row in (PathRow, HopRow))

# What stands before a frame's number and behind it; without the latter, the text names no frame.
Words = tuple[str, str | None]


def said(words: Words, frame: int) -> str:
    """Words with the number of a frame in its place."""
    before, behind = words
    return before if behind is None else f"{before}{frame}{behind}"


class FollowedPackets:
    """Packets of one path between two of its steps, as rules judge them.

    What they have in common are attributes with the names of the columns, looked up when a rule asks for them; ``row``
    adds what differs from packet to packet. They are shown at the first of the steps that is judged.
    """

    outcome = ""

    def __init__(self, paths: Paths, path: Path, steps: range) -> None:
        self._paths, self._path, self.steps = paths, path, steps
        first = steps[0]
        if not path.steps[first].spot.point.judged:
            first = next((number for number in steps if path.steps[number].spot.point.judged), first)
        self._shown = first
        self.count = path.count
        self.packet, self.src, self.dst, self.rewritten = path.packet, path.src, path.dst, path.rewritten
        self.calico = paths.facts.calico
        spot = path.steps[self._shown].spot
        self.capture, self.group = spot.capture, spot.number

    @property
    def frames(self) -> list[int]:
        """The first packet's frame."""
        return [self._path.samples[0].frames[self._shown]]

    @property
    def time(self) -> int:
        """When the first packet was seen first."""
        return self._path.samples[0].times[0]

    @property
    def family(self) -> int:
        return 4 if is_ipv4(self.src) else 6

    @property
    def interface(self) -> str:
        return self._path.steps[self.steps[0]].spot.point.name

    @property
    def node_interface(self) -> str:
        return self._path.steps[self.steps[0]].spot.point.node_interface

    @property
    def encap(self) -> str:
        encaps = {self._path.steps[number].encap for number in self.steps} - {"none"}
        return ", ".join(sorted(encaps)) or "none"

    @property
    def kept(self) -> list[PathSample]:
        """The first packets, which ``row`` makes rows of."""
        return self._path.samples

    def rows(self) -> Iterator[tuple[FollowedRow, int]]:
        """The first packets as rows: each stands for itself, the first also for the packets that were not kept."""
        first, *others = self._path.samples
        yield self.row(first), self.count - len(others)
        for sample in others:
            yield self.row(sample), 1

    def row(self, sample: PathSample) -> FollowedRow:
        """The row of one of these packets."""
        raise NotImplementedError

    def last_frame(self) -> Words:
        """The frame of the last of these steps, in words."""
        raise NotImplementedError

    def _where(self, sample: PathSample) -> dict[str, Any]:
        """When a packet was seen first, the frame that is shown, and its others on these steps."""
        steps, shown = self._path.steps, self._shown
        others = (number for number in self.steps if number != shown)
        return {
            "time": sample.times[0],
            "frames": [sample.frames[shown]],
            "elsewhere": tuple((steps[number].spot.capture, sample.frames[number]) for number in others),
        }


class PathPackets(FollowedPackets):
    """Packets of the table ``paths``."""

    def __init__(self, paths: Paths, path: Path) -> None:
        super().__init__(paths, path, range(len(path.steps)))
        self.receiver, self.answered = path.receiver, path.answered
        self.delivered = paths.is_delivered(path)
        self.sightings = len(path.steps)

    @property
    def points(self) -> str:
        return ", ".join(step.spot.point.name for step in self._path.steps)

    @property
    def ttls(self) -> str:
        return ", ".join("?" if step.ttl is None else str(step.ttl) for step in self._path.steps)

    @property
    def first_kind(self) -> str:
        return self._path.steps[0].spot.kind

    @property
    def lacking(self) -> dict[str, str]:
        """Why it is unknown whether the packets were delivered, where a node's programs may take them past a link."""
        facts = self._paths.facts
        if facts.known.ebpf_line is None or self.delivered is not None:
            return {}
        homes = (facts.points[key] for key in self._paths.topology.homes.get(self.receiver, ()))
        silent = next((home for home in homes if ECHO in home.silence), None)
        return {} if silent is None else {"delivered": bypass_reason(silent.name, facts.known)}

    @property
    def receiver_recorded(self) -> bool:
        return self.receiver in self._paths.topology.homes or self.delivered is False

    @property
    def fate(self) -> str:
        """What became of the packets, as the rest of a sentence about them."""
        if self.delivered is False:
            return fate(self._paths.loss(self._path), self._paths.hosts)
        return "arrive" if self.delivered else "go on"

    @property
    def last_interface(self) -> str:
        return self._path.steps[-1].spot.point.name

    @property
    def missing(self) -> str | None:
        return ", ".join(point.name for point in self._paths.deliveries.missing(self._path)) or None

    @property
    def entered(self) -> bool | None:
        """Whether they came to the node from a pod, on that pod's link."""
        first = self._path.steps[0].spot
        if first.kind != "pod-link":
            return False
        return None if first.side is None else first.side == POD

    @property
    def left(self) -> bool | None:
        return self._paths.deliveries.has_left(self._path, self.delivered)

    @property
    def for_node(self) -> bool:
        return self._paths.nodes.is_for_node(self._path)

    @cached_property
    def asked(self) -> int | None:
        return self._paths.translations.asked(self._path)

    @property
    def translated_back(self) -> bool | None:
        return None if self.asked is None else self._path.steps[-1].src == self.asked

    @property
    def source_translated(self) -> bool | None:
        return self._paths.translations.is_source_translated(self._path)

    def row(self, sample: PathSample) -> PathRow:
        return PathRow(
            **{name: getattr(self, name) for name in OF_PATHS},
            **self._where(sample),
            last_seen=said(self.last_frame(), sample.frames[-1]),
            length=sample.length,
            duration=sample.times[-1] - sample.times[0],
        )

    def last_frame(self) -> Words:
        step = self._path.steps[-1]
        capture_point = step.spot.point.capture_point
        where = {POD: ", coming from the pod", NODE: ", going to the pod"}.get(step.spot.side or "", "")
        if self.sightings == 1:
            return f"{capture_point.name}{where}, and nowhere else", None
        return f"{capture_point.name}{where} (frame ", f" of {capture_point.file})"


class LoneAnswer(PathPackets):
    """An answer to a pod from another address than ``asked``, which only the pod's own link shows."""

    def __init__(self, paths: Paths, path: Path, asked: int) -> None:
        super().__init__(paths, path)
        self._asked = asked

    @property
    def asked(self) -> int:
        return self._asked

    @property
    def translated_back(self) -> bool:
        return False

    def row(self, sample: PathSample) -> PathRow:
        # How long it is was not kept.
        return replace(super().row(sample), length=None)


class HopPackets(FollowedPackets):
    """Packets of the table ``hops``: ``start`` and ``end`` are their steps on the two pod links."""

    def __init__(self, paths: Paths, path: Path, start: int, end: int) -> None:
        super().__init__(paths, path, range(start, end + 1))
        self._start, self._end = start, end
        here, there = path.steps[start], path.steps[end]
        self.ttl, self.to_ttl = here.ttl, there.ttl
        self.ttl_lost = None if here.ttl is None or there.ttl is None else here.ttl - there.ttl
        self.eth_src, self.eth_dst = here.spot.group.src, here.spot.group.dst
        self.to_eth_src, self.to_eth_dst = there.spot.group.src, there.spot.group.dst

    @property
    def to_interface(self) -> str:
        return self._path.steps[self._end].spot.point.name

    @property
    def between(self) -> str | None:
        between = self._paths.nodes.between(self._path, self._start, self._end)
        # A TTL that falls by 1 is right on one node and wrong between two.
        return "unknown" if between is None and self.ttl_lost != 1 else between

    def row(self, sample: PathSample) -> HopRow:
        return HopRow(
            **{name: getattr(self, name) for name in OF_HOPS},
            **self._where(sample),
            to_frame=said(self.last_frame(), sample.frames[self._end]),
            latency=abs(sample.times[self._end] - sample.times[self._start]),
        )

    def last_frame(self) -> Words:
        capture = self._paths.captures[self._path.steps[self._end].spot.capture]
        return "frame ", f" of {clean(capture.source.short_name)}"


class PathTables:
    """Both tables, from the paths of an observation."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def packets(self, table: str) -> Iterator[FollowedPackets]:
        """The packets of a table, path by path and, in ``hops``, hop by hop."""
        for path in self._paths.found:
            yield from self.of_path(table, path)
        yield from self.lone_answers() if table == PATHS else ()

    def lone_answers(self) -> Iterator[LoneAnswer]:
        """The answers that only the link of who asked shows."""
        paths = self._paths
        for path, asked in lone_answers(paths.captures, paths.facts, paths.found):
            yield LoneAnswer(paths, path, asked)

    def of_path(self, table: str, path: Path) -> list[FollowedPackets]:
        """The packets of one path."""
        if table == PATHS:
            return [PathPackets(self._paths, path)]
        return [HopPackets(self._paths, path, start, end) for start, end in pod_link_pairs(path)]
