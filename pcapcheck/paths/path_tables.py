"""The rows of the tables ``paths`` and ``hops``: a row per path, or per packet, for rules to judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.fates import fate
from pcapcheck.paths.hop_row import HopRow
from pcapcheck.paths.path import Path, PathSample, PathStep, pod_link_pairs
from pcapcheck.paths.path_row import PathRow
from pcapcheck.paths.paths import Paths
from pcapcheck.values import clean, is_ipv4


class PathTables:
    """Makes the rows of both tables from the paths of an observation."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def path_rows(self, every: bool = False) -> Iterator[tuple[PathRow, int]]:
        """The rows of the table ``paths``, each with its number of packets: 1 if ``every`` packet is wanted."""
        if every:
            yield from ((row, 1) for row in self.every_path())
            return
        for path in self._paths.found:
            row = self._path_row(path, path.samples[0])
            for sample, weight in _weighed(path):
                yield _like(row, path, sample), weight

    def every_path(self) -> Iterator[PathRow]:
        """A row for every packet, in the order in which they were seen first."""
        rows: dict[int, PathRow] = {}
        for path, sample in self._packets():
            if id(path) not in rows:
                rows[id(path)] = self._path_row(path, sample)
            yield _like(rows[id(path)], path, sample)

    def every_hop(self) -> Iterator[HopRow]:
        """A row for every packet and pair of pod links."""
        for path, sample in self._packets():
            for here, there in pod_link_pairs(path):
                yield self._hop_row(path, here, there, sample)

    def _packets(self) -> Iterator[tuple[Path, PathSample]]:
        if self._paths.groups is not None:
            packets = self._paths.groups.packets
            times = packets.seen.time[packets.rows[packets.begins]]
            for packet in times.argsort(kind="stable").tolist():
                number = int(self._paths.groups.path_of[packet])
                if number >= 0:
                    yield self._paths.found[number], self._paths.groups.sample(packet)

    def hop_rows(self, every: bool = False) -> Iterator[tuple[HopRow, int]]:
        """The same for the table ``hops``."""
        if every:
            yield from ((row, 1) for row in self.every_hop())
            return
        for path in self._paths.found:
            for here, there in pod_link_pairs(path):
                for sample, weight in _weighed(path):
                    yield self._hop_row(path, here, there, sample), weight

    def _path_row(self, path: Path, sample: PathSample) -> PathRow:
        last = path.steps[-1]
        delivered = self._paths.is_delivered(path)
        return PathRow(
            **_common(path, sample, range(len(path.steps))),
            calico=self._paths.facts.calico,
            points=", ".join(step.spot.point.name for step in path.steps),
            ttls=", ".join("?" if step.ttl is None else str(step.ttl) for step in path.steps),
            first_kind=path.steps[0].spot.point.kind,
            receiver=path.receiver,
            receiver_recorded=path.receiver in self._paths.topology.homes or delivered is False,
            fate=self._fate(path, delivered),
            last_interface=last.spot.point.name,
            last_seen=_last_seen(path, sample.frames[-1]),
            missing=", ".join(point.name for point in self._paths.deliveries.missing(path)) or None,
            entered=_entered(path.steps[0]),
            left=self._paths.deliveries.has_left(path, delivered),
            delivered=delivered,
            answered=path.answered,
            for_node=self._paths.nodes.is_for_node(path),
            sightings=len(path.steps),
            length=sample.length,
            duration=sample.times[-1] - sample.times[0],
        )

    def _fate(self, path: Path, delivered: bool | None) -> str:
        """What became of the packets, as the rest of a sentence about them."""
        return (
            fate(self._paths.loss(path), self._paths.hosts)
            if delivered is False
            else "arrive"
            if delivered
            else "go on"
        )

    def _hop_row(self, path: Path, start: int, end: int, sample: PathSample) -> HopRow:
        here, there = path.steps[start], path.steps[end]
        capture = self._paths.captures[there.spot.capture]
        lost = None if here.ttl is None or there.ttl is None else here.ttl - there.ttl
        between = self._paths.nodes.between(path, start, end)
        if between is None and lost != 1:
            # A TTL that falls by 1 is right on one node and wrong between two.
            between = "unknown"
        return HopRow(
            **_common(path, sample, range(start, end + 1)),
            calico=self._paths.facts.calico,
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


def _weighed(path: Path) -> Iterator[tuple[PathSample, int]]:
    """The samples of a path: each stands for itself, the first also for the packets that were not kept."""
    first, *others = path.samples
    yield first, path.count - len(others)
    for sample in others:
        yield sample, 1


def _like(row: PathRow, path: Path, sample: PathSample) -> PathRow:
    """The row of another packet of the same path."""
    return replace(
        row,
        **_where(path, sample, range(len(path.steps))),
        time=sample.times[0],
        last_seen=_last_seen(path, sample.frames[-1]),
        duration=sample.times[-1] - sample.times[0],
        length=sample.length,
    )


def _common(path: Path, sample: PathSample, steps: range) -> dict[str, Any]:
    """What rows of paths and of hops have in common; they are shown at the first of these steps that is judged."""
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
    """The frames of a packet on these steps: the one that is shown, and the others."""
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
