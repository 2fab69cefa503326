"""Ways: packets summed up by the way that they took, step by step from capture point to capture point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pcapcheck.columns import ECHOES, ENCAPS, PACKETS
from pcapcheck.decode.decoder import FrameGroup
from pcapcheck.decode.frame_layout import ABSENT
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.paths.correlation import (
    MULTIPLY,
    Column,
    Mask,
    Numbering,
    Packets,
    encap_of,
    is_fresh,
    length_of,
    outer_of,
    packet_type_of,
    pair_of,
    ttl_of,
)
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.path import Latency, Path, PathSample, PathStep, Spot, same_link

# Ways told apart; beyond so many the rarest are only counted.
MOST_PATHS = 1 << 12
# A way of more steps is cut: no healthy packet comes near it.
LONGEST_PATH = 16
# Captures beyond so many are never held to have shown what they do not.
MOST_WATCHED = 60
SAMPLES = 5
# One link may be recorded more than twice (the pod's end, the cali's end, -i any).
ROUNDS = 4
# Numbers below are looked up in a table.
SMALL = 1 << 20


class Spots:
    """The spots of an observation by number, and which of them are on one link."""

    def __init__(self, numbering: Numbering, groups: dict[int, list[FrameGroup]], facts: Facts) -> None:
        self.spots: list[Spot | None] = []
        points: dict[tuple[int, int, int | None], int] = {}
        self.point_of = np.zeros(len(numbering.spots), np.int64)
        # Source and destination MACs, where frames show them.
        self.macs = np.full((2, len(numbering.spots)), ABSENT, np.int64)
        # 1 for spots on a pod's link, seen from its node.
        self.on_pod_link = np.zeros(len(numbering.spots), np.int64)
        for number, (capture, group) in enumerate(numbering.spots):
            point = facts.point(capture, group)
            self.spots.append(Spot(capture, group, groups[capture][group], point) if point else None)
            shown = groups[capture][group]
            self.macs[:, number] = [ABSENT if mac is None else mac for mac in (shown.src, shown.dst)]
            # Frames of too many senders share group 0, which belongs to no capture point.
            key = point.key if point else (capture, -1, group)
            self.point_of[number] = points.setdefault(key, len(points))
            self.on_pod_link[number] = point is not None and point.kind == "pod-link" and point.end != "pod"

    def __getitem__(self, number: int) -> Spot:
        spot = self.spots[number]
        if spot is None:
            raise KeyError(number)
        return spot


class Classes:
    """Packets sorted by a number: ``of`` tells each packet's kind, ``counts`` how many there are of each."""

    def __init__(self, signature: Column) -> None:
        self.of, _ = compact(signature)
        self.counts = np.bincount(self.of)
        # NumPy sorts 16-bit numbers by counting.
        few = len(self.counts) < 1 << 16
        self._sorted = np.argsort(self.of.astype(np.uint16) if few else self.of, kind="stable")
        self._ends = np.append(0, np.cumsum(self.counts))

    @property
    def examples(self) -> Column:
        """A packet of each kind."""
        examples: Column = self._sorted[self._ends[:-1]]
        return examples

    def members(self, kind: int) -> Column:
        """The packets of one kind, in their order."""
        return self._sorted[self._ends[kind] : self._ends[kind + 1]]


def compact(values: Column) -> tuple[Column, Column]:
    """The values as numbers from 0 in their order, and what stands for each number. Quick where few are different."""
    if len(values) and values.min() >= 0 and values.max() < SMALL:
        held = np.zeros(int(values.max()) + 1, np.bool_)
        held[values] = True
        return (np.cumsum(held) - 1)[values], np.flatnonzero(held)
    ordered = np.sort(values)
    different = ordered[is_fresh(ordered)]
    return np.searchsorted(different, values), different


class PathGroups:
    """The ways of an observation's packets; ``beyond`` counts packets of ways that were not told apart."""

    def __init__(
        self, packets: Packets, spots: Spots, numbering: Numbering, spans: dict[int, tuple[int, int]], hosts: Hosts
    ) -> None:
        self.spots = spots
        self.hosts = hosts
        self.seen = packets.seen
        self.pairs = numbering.pairs
        self.beyond = 0
        self.packets = _drop_seen_twice(packets, self)
        self.paths, self.path_of = self._sum_up(spans)

    def step(self, row: int) -> PathStep:
        """The step that a row of ``seen`` is."""
        what = int(self.seen.what[row])
        src, dst = self.pairs[pair_of(what)]
        outer = self.pairs[outer_of(what)] if outer_of(what) else None
        spot = self.spots[int(self.seen.frame[row]) & 0xFFFFFFFF]
        return PathStep(spot, ttl_of(what) or None, ENCAPS[encap_of(what)], src, dst, outer)

    def steps(self, packet: int) -> tuple[PathStep, ...]:
        begin = int(self.packets.begins[packet])
        rows = self.packets.rows[begin : begin + int(self._lengths[packet])]
        return tuple(self.step(int(row)) for row in rows)

    def _sum_up(self, spans: dict[int, tuple[int, int]]) -> tuple[list[Path], Column]:
        packets, seen = self.packets, self.seen
        self._lengths = np.minimum(packets.lengths, LONGEST_PATH)
        if not packets.count:
            return [], np.zeros(0, np.int64)
        first = packets.rows[packets.begins]
        watching = _watching(seen.time[first], spans)
        answered = _answered(packets)
        signature = _signatures(packets, self._lengths)
        meant = _meant(packets)
        if meant.any():
            signature = np.where(meant, _mix(signature, meant), signature)
        flags = packets.repeated | (packets.rewritten << 1) | (answered << 2)
        signatures = Classes(signature)
        situation, situations = compact(watching << 3 | flags)
        kinds = Classes(signatures.of * np.int64(len(situations)) + situation)
        # Echoes first, however rare: it is they whose loss rules judge.
        echoes = packet_type_of(seen.what[first[kinds.examples]]) < len(ECHOES)
        order = np.lexsort((-kinds.counts, ~echoes))
        self.beyond = int(kinds.counts[order[MOST_PATHS:]].sum())
        numbers = np.full(len(kinds.counts), -1, np.int64)
        numbers[order[:MOST_PATHS]] = np.arange(min(MOST_PATHS, len(order)))
        latencies: dict[int, tuple[Latency, ...]] = {}
        paths = []
        for kind in order[:MOST_PATHS].tolist():
            members = kinds.members(kind)
            packet = int(members[0])
            rows = first[members]
            number = int(signatures.of[packet])
            if number not in latencies:
                latencies[number] = self._latencies(
                    packets.begins[signatures.members(number)], int(self._lengths[packet])
                )
            watched = frozenset(capture for bit, capture in enumerate(sorted(spans)) if watching[packet] >> bit & 1)
            path = self._path(members, rows, number, latencies[number])
            asked = self.pairs[int(meant[packet])] if meant[packet] else None
            paths.append(replace(path, watching=watched, answered=bool(answered[packet]), meant=asked))
        return paths, numbers[kinds.of]

    def _path(self, members: Column, rows: Column, signature: int, latencies: tuple[Latency, ...]) -> Path:
        """The way of these packets, whose first sightings are ``rows``."""
        packet = int(members[0])
        time, lengths = self.seen.time[rows], length_of(self.seen.what[rows])
        return Path(
            packet=PACKETS[packet_type_of(int(self.seen.what[rows[0]]))],
            signature=signature,
            steps=self.steps(packet),
            count=len(members),
            first=int(time.min()),
            last=int(time.max()),
            repeated=bool(self.packets.repeated[packet]),
            rewritten=bool(self.packets.rewritten[packet]),
            shortest=int(lengths.min()),
            longest=int(lengths.max()),
            latencies=latencies,
            samples=[self.sample(int(member)) for member in members[:SAMPLES]],
        )

    def _latencies(self, begins: Column, steps: int) -> tuple[Latency, ...]:
        """From step to step, over the packets whose sightings begin there."""
        time, rows = self.seen.time, self.packets.rows
        latencies = []
        for n in range(1, steps):
            took = np.abs(time[rows[begins + n]] - time[rows[begins + n - 1]])
            median, p99 = np.percentile(took, (50, 99))
            latencies.append(Latency(int(median), int(p99), int(took.max())))
        return tuple(latencies)

    def around(self, paths: list[int], first: int, last: int) -> tuple[int | None, int | None]:
        """When the latest packet of some ways before ``first`` was seen, and the earliest after ``last``."""
        packets = np.flatnonzero(np.isin(self.path_of, paths))
        times = self.seen.time[self.packets.rows[self.packets.begins[packets]]]
        before, after = times[times < first], times[times > last]
        return (int(before.max()) if len(before) else None), (int(after.min()) if len(after) else None)

    def sample(self, packet: int) -> PathSample:
        """One packet by its number."""
        begin, count = int(self.packets.begins[packet]), int(self._lengths[packet])
        rows = self.packets.rows[begin : begin + count]
        frames = tuple(int(frame) >> 32 & 0xFFFFFFFF for frame in self.seen.frame[rows])
        length = length_of(int(self.seen.what[rows[0]]))
        return PathSample(frames, tuple(self.seen.time[rows].tolist()), length)


def _drop_seen_twice(packets: Packets, paths: PathGroups) -> Packets:
    """Of a link seen twice one sighting is enough; the node's own view is preferred."""
    for _ in range(ROUNDS):
        together = np.flatnonzero(packets.packet[1:] == packets.packet[:-1])
        if not len(together):
            break
        token, tokens = compact(_tokens(packets))
        kind, _ = compact(token[together] * np.int64(len(tokens)) + token[together + 1])
        examples = np.zeros(int(kind.max()) + 1, np.int64)
        examples[kind] = together
        # 0: a hop, 1: drop the later, 2: drop the earlier, 3: drop the later where the packet was seen further on.
        verdicts = np.zeros(len(examples), np.int8)
        for number, place in enumerate(examples.tolist()):
            step, other = paths.step(int(packets.rows[place])), paths.step(int(packets.rows[place + 1]))
            if same_link(step, other):
                verdicts[number] = 2 if _detail_of(step) < _detail_of(other) else 1
                if _ends_of_a_wire(step, other) and paths.hosts.same(_key(step), _key(other)) is False:
                    # That a packet came to the other node is told by nothing but its NIC.
                    verdicts[number] = 3
        if not verdicts.any():
            break
        verdict = verdicts[kind]
        dropped = np.zeros(len(packets.rows), np.bool_)
        dropped[together[verdict == 1] + 1] = True
        later = together[verdict == 3] + 1
        dropped[later[np.append(~is_fresh(packets.packet)[1:], False)[later]]] = True
        earlier = together[verdict == 2]
        # Never both of a pair: the later one stays where it was not dropped for another's sake.
        dropped[earlier[~dropped[earlier + 1]]] = True
        if not dropped.any():
            break
        packets = packets.without(dropped)
    return packets


def _detail_of(step: PathStep) -> tuple[bool, bool]:
    """How much a sighting of a link tells beside another: the destination MAC, and what the node itself saw."""
    return step.spot.group.dst is not None, step.spot.point.end != "pod"


def _tokens(packets: Packets) -> Column:
    """A number per sighting that is the same where frame group, TTL and tunnel are."""
    frame, what = packets.seen.frame[packets.rows], packets.seen.what[packets.rows]
    return ((frame & 0xFFFFFFFF) << 10) | (ttl_of(what) << 2) | encap_of(what)


def _watching(times: Column, spans: dict[int, tuple[int, int]]) -> Column:
    """Bit by bit, which captures were being recorded at these times (of the first MOST_WATCHED)."""
    mask = np.zeros(len(times), np.int64)
    for bit, capture in enumerate(sorted(spans)[:MOST_WATCHED]):
        first, last = spans[capture]
        mask |= ((times >= first) & (times <= last)).astype(np.int64) << bit
    return mask


def _answered(packets: Packets) -> Mask:
    """Whether a reply to a request was seen anywhere, also where addresses were rewritten on the way."""
    seen, begins = packets.seen, packets.begins
    first = packets.rows[begins]
    last = packets.rows[begins + packets.lengths - 1]
    kind = packet_type_of(seen.what[first])
    replies, requests = kind == PACKETS.index("reply"), kind == PACKETS.index("request")
    if packets.rewritten.any():
        heard = np.concatenate((seen.echo[first[replies]], seen.echo[last[replies & packets.rewritten]]))
        either: Mask = requests & (_among(seen.echo[first], heard) | _among(seen.echo[last], heard))
        return either
    answered = np.zeros(packets.count, np.bool_)
    asked = seen.echo[first[requests]]
    answered[requests] = _among(asked, seen.echo[first[replies]])
    ordered = np.sort(asked)
    anew = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(anew):
        # Identifier and sequence number were used again: the reply must come before the next request.
        some = np.flatnonzero((requests | replies) & np.isin(seen.echo[first], anew))
        some = some[np.lexsort((seen.time[first[some]], seen.echo[first[some]]))]
        followed = replies[some[1:]] & (seen.echo[first[some[1:]]] == seen.echo[first[some[:-1]]])
        answered[some] = np.append(followed, False)
    answered &= requests
    return answered


def _meant(packets: Packets) -> Column:
    """Of replies that were seen behind address translation only, the address pair (by number) of their request.

    0 for all others. Nodes translate replies back, so that the asker's link shows them to its own address.
    """
    seen, begins = packets.seen, packets.begins
    meant = np.zeros(packets.count, np.int64)
    if not packets.rewritten.any():
        return meant
    first = packets.rows[begins]
    kind = packet_type_of(seen.what[first])
    asked = np.flatnonzero((kind == PACKETS.index("request")) & packets.rewritten)
    back = np.flatnonzero((kind == PACKETS.index("reply")) & ~packets.rewritten)
    if not len(asked) or not len(back):
        return meant
    last = packets.rows[begins[asked] + packets.lengths[asked] - 1]
    order = np.argsort(seen.echo[last], kind="stable")
    known = seen.echo[last][order]
    place = np.minimum(np.searchsorted(known, seen.echo[first[back]]), len(known) - 1)
    fits = known[place] == seen.echo[first[back]]
    meant[back[fits]] = pair_of(seen.what[first[asked[order[place[fits]]]]])
    return meant


def _ends_of_a_wire(step: PathStep, other: PathStep) -> bool:
    """Whether both are NICs, or not known to be anything else, neither of them a copy of another recording."""
    points = step.spot.point, other.spot.point
    return all(point.kind in ("host-nic", "unknown") and point.judged for point in points)


def _key(step: PathStep) -> PointKey:
    return step.spot.point.key


def _among(values: Column, known: Column) -> Mask:
    """Which values are among the known ones. Quick where nearly all of them are."""
    if not len(known):
        return np.zeros(len(values), np.bool_)
    known, ordered = np.sort(known), np.sort(values)
    place = np.minimum(np.searchsorted(known, ordered), len(known) - 1)
    missing = ordered[known[place] != ordered]
    found: Mask = ~np.isin(values, missing) if len(missing) else np.ones(len(values), np.bool_)
    return found


def _signatures(packets: Packets, lengths: Column) -> Column:
    """A hash per packet of its kind, address pair and steps."""
    token, _ = compact(_tokens(packets))
    begins = packets.begins
    what = packets.seen.what[packets.rows] if packets.rewritten.any() else packets.seen.what[packets.rows[begins]]
    first = what[begins] if packets.rewritten.any() else what
    # Kind and address pairs are told apart by their bits, ways by their lengths too.
    signature = _mix((first >> 32) << 4 | packet_type_of(first), lengths + MULTIPLY)
    shortest = int(lengths.min())
    for n in range(int(lengths.max())):
        there = lengths > n
        if n < shortest:
            signature = _mix(signature, token[begins + n] + n)
        else:
            signature[there] = _mix(signature[there], token[begins[there] + n] + n)
        if packets.rewritten.any():
            # The addresses behind a translation belong to the way as well.
            signature[there] = _mix(signature[there], what[begins[there] + n] >> 32)
    return signature


def _mix(left: Column, right: Column) -> Column:
    mixed = (left ^ right) * MULTIPLY
    return np.asarray(mixed ^ (mixed >> 29))
