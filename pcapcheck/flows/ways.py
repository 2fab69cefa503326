"""Ways: packets summed up by the way that they took, step by step from capture point to capture point."""

from __future__ import annotations

import numpy as np

from pcapcheck.columns import ENCAPS, PACKETS
from pcapcheck.decode.frames import FrameGroup
from pcapcheck.flows.facts import Facts
from pcapcheck.flows.joining import Column, Numbering, Packets, Seen
from pcapcheck.flows.way import Latency, Sample, Spot, Step, Way, same_link

# Ways told apart; beyond so many the rarest are only counted.
MOST_WAYS = 1 << 12
# A way of more steps is cut: no healthy packet comes near it.
LONGEST_WAY = 16
SAMPLES = 5
# One link may be recorded more than twice (the pod's end, the cali's end, -i any).
ROUNDS = 4


class Spots:
    """The spots of an observation by number, and which of them are on one link."""

    def __init__(self, numbering: Numbering, groups: dict[int, list[FrameGroup]], facts: Facts) -> None:
        self.spots: list[Spot | None] = []
        points: dict[tuple[int, int, int | None], int] = {}
        self.point_of = np.zeros(len(numbering.spots), np.int64)
        for number, (capture, group) in enumerate(numbering.spots):
            link = facts.link(capture, group)
            self.spots.append(Spot(capture, groups[capture][group], link) if link else None)
            # Frames of too many senders share group 0, which belongs to no capture point.
            key = link.point.key if link else (capture, -1, group)
            self.point_of[number] = points.setdefault(key, len(points))

    def __getitem__(self, number: int) -> Spot:
        spot = self.spots[number]
        if spot is None:
            raise KeyError(number)
        return spot

    def known(self) -> Column:
        """Which spots belong to a capture point."""
        return np.array([spot is not None for spot in self.spots], np.bool_)


class Kinds:
    """Packets sorted by a number: ``of`` tells each packet's kind, ``counts`` how many there are of each."""

    def __init__(self, signature: Column) -> None:
        _, inverse, self.counts = np.unique(signature, return_inverse=True, return_counts=True)
        self.of: Column = inverse.reshape(-1)
        self._sorted = np.argsort(self.of, kind="stable")
        self._ends = np.append(0, np.cumsum(self.counts))

    def members(self, kind: int) -> Column:
        """The packets of one kind, in their order."""
        return self._sorted[self._ends[kind] : self._ends[kind + 1]]


class Ways:
    """The ways of an observation's packets; ``beyond`` counts packets of ways that were not told apart."""

    def __init__(self, packets: Packets, spots: Spots, numbering: Numbering, spans: dict[int, tuple[int, int]]) -> None:
        self.spots = spots
        self.flows = numbering.flows
        self.beyond = 0
        self.packets = _drop_seen_twice(packets, self)
        self.ways, self.way_of = self._sum_up(spans)

    def step(self, seen: Seen, row: int) -> Step:
        src, dst = self.flows[int(seen.flow[row])]
        outer = self.flows[int(seen.outer[row])] if seen.outer[row] else None
        spot = self.spots[int(seen.spot[row])]
        return Step(spot, int(seen.ttl[row]), ENCAPS[int(seen.encap[row])], src, dst, outer)

    def steps(self, packet: int) -> tuple[Step, ...]:
        begin = int(self.packets.begins[packet])
        return tuple(self.step(self.packets.seen, begin + n) for n in range(int(self._lengths[packet])))

    def _sum_up(self, spans: dict[int, tuple[int, int]]) -> tuple[list[Way], Column]:
        packets, seen = self.packets, self.packets.seen
        self._lengths = np.minimum(packets.lengths, LONGEST_WAY)
        if not packets.count:
            return [], np.zeros(0, np.int64)
        first = packets.begins
        watching = _watching(seen.time[first], spans)
        answered = _answered(packets)
        route = _signatures(packets, self._lengths)
        flags = packets.repeated | (packets.rewritten << 1) | (answered << 2)
        with np.errstate(over="ignore"):
            kinds = Kinds(_mix(_mix(route, watching), flags.astype(np.int64)))
        routes = Kinds(route)
        order = np.argsort(-kinds.counts, kind="stable")
        self.beyond = int(kinds.counts[order[MOST_WAYS:]].sum())
        numbers = np.full(len(kinds.counts), -1, np.int64)
        numbers[order[:MOST_WAYS]] = np.arange(min(MOST_WAYS, len(order)))
        latencies: dict[int, tuple[Latency, ...]] = {}
        ways = []
        for kind in order[:MOST_WAYS].tolist():
            members = kinds.members(kind)
            packet = int(members[0])
            rows = packets.begins[members]
            steps = self.steps(packet)
            number = int(routes.of[packet])
            if number not in latencies:
                latencies[number] = self._latencies(packets.begins[routes.members(number)], len(steps))
            ways.append(
                Way(
                    packet=PACKETS[int(seen.kind[rows[0]])],
                    route=number,
                    steps=steps,
                    count=len(members),
                    first=int(seen.time[rows].min()),
                    last=int(seen.time[rows].max()),
                    watching=frozenset(one for bit, one in enumerate(sorted(spans)) if watching[packet] >> bit & 1),
                    answered=bool(answered[packet]),
                    repeated=bool(packets.repeated[packet]),
                    rewritten=bool(packets.rewritten[packet]),
                    shortest=int(seen.length[rows].min()),
                    longest=int(seen.length[rows].max()),
                    latencies=latencies[number],
                    samples=[self.sample(int(one)) for one in members[:SAMPLES]],
                )
            )
        return ways, numbers[kinds.of]

    def _latencies(self, rows: Column, steps: int) -> tuple[Latency, ...]:
        """From step to step, over the packets whose sightings begin at ``rows``."""
        time = self.packets.seen.time
        latencies = []
        for n in range(1, steps):
            took = np.abs(time[rows + n] - time[rows + n - 1])
            median, p99 = np.percentile(took, (50, 99))
            latencies.append(Latency(int(median), int(p99), int(took.max())))
        return tuple(latencies)

    def sample(self, packet: int) -> Sample:
        """One packet by its number."""
        begin, count = int(self.packets.begins[packet]), int(self._lengths[packet])
        seen = self.packets.seen
        frames = tuple(int(one) for one in seen.number[begin : begin + count])
        duration = int(seen.time[begin + count - 1] - seen.time[begin])
        return Sample(frames, int(seen.time[begin]), duration)


def _drop_seen_twice(packets: Packets, ways: Ways) -> Packets:
    """Of a link seen twice one sighting is enough; the node's own view is preferred."""
    for _ in range(ROUNDS):
        seen = packets.seen
        token = (seen.spot.astype(np.int64) << 16) | (seen.ttl.astype(np.int64) << 8) | seen.encap
        together = packets.packet[1:] == packets.packet[:-1]
        left = np.flatnonzero(together)
        if not len(left):
            break
        _, compact = np.unique(token, return_inverse=True)
        compact = compact.reshape(-1).astype(np.int64)
        codes = compact[left] * np.int64(int(compact.max()) + 1) + compact[left + 1]
        _, example, kind = np.unique(codes, return_index=True, return_inverse=True)
        # 0: a hop, 1: drop the later, 2: drop the earlier.
        verdicts = np.zeros(len(example), np.int8)
        for number, row in enumerate(left[example].tolist()):
            one, other = ways.step(seen, row), ways.step(seen, row + 1)
            if same_link(one, other):
                verdicts[number] = 2 if one.spot.link.end == "pod" and other.spot.link.end == "cali" else 1
        verdict = verdicts[kind.reshape(-1)]
        if not verdict.any():
            break
        dropped = np.zeros(len(seen), np.bool_)
        dropped[left[verdict == 1] + 1] = True
        earlier = left[verdict == 2]
        # Never both of a pair: the later one stays where it was not dropped for another's sake.
        dropped[earlier[~dropped[earlier + 1]]] = True
        packet = packets.packet[~dropped]
        begins = np.flatnonzero(np.diff(packet, prepend=-1))
        packets = Packets(seen.take(~dropped), packet, begins, packets.repeated, packets.rewritten)
    return packets


def _watching(times: Column, spans: dict[int, tuple[int, int]]) -> Column:
    """Bit by bit, which captures were being recorded at these times (at most 62 are told)."""
    mask = np.zeros(len(times), np.int64)
    for bit, capture in enumerate(sorted(spans)[:62]):
        first, last = spans[capture]
        mask |= ((times >= first) & (times <= last)).astype(np.int64) << bit
    return mask


def _answered(packets: Packets) -> Column:
    """Whether a reply to a request was seen anywhere."""
    first = packets.begins
    kind, echo = packets.seen.kind[first], packets.seen.echo[first]
    replies = np.unique(echo[kind == PACKETS.index("reply")])
    found: Column = np.isin(echo, replies) & (kind == PACKETS.index("request"))
    return found


def _signatures(packets: Packets, lengths: Column) -> Column:
    """A hash per packet of its kind, address pair and steps."""
    seen, begins = packets.seen, packets.begins
    token = (seen.spot.astype(np.int64) << 16) | (seen.ttl.astype(np.int64) << 8) | seen.encap
    with np.errstate(over="ignore"):
        signature = _mix(seen.kind[begins].astype(np.int64), seen.flow[begins].astype(np.int64))
        for n in range(int(lengths.max())):
            there = lengths > n
            signature[there] = _mix(signature[there], token[begins[there] + n] + n)
    return signature


def _mix(one: Column, other: Column) -> Column:
    mixed = (one ^ other) * np.int64(0x9E3779B97F4A7C15 - (1 << 64))
    return np.asarray(mixed ^ (mixed >> 29))
