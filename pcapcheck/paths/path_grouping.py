"""Path grouping: packets summed up by the path that they took, step by step from capture point to capture point."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial

import numpy as np

from pcapcheck.column_words import ECHOES, ENCAPS, PACKETS
from pcapcheck.paths import gathering, summing
from pcapcheck.paths import summing_layout as layout
from pcapcheck.paths.correlation import Packets
from pcapcheck.paths.echo_replies import answered_of, asked_pairs
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.packet_classes import Classes, slots_for
from pcapcheck.paths.path import Latency, Path, PathSample, PathStep
from pcapcheck.paths.seen_twice import Tokens, drop_seen_twice
from pcapcheck.paths.sighting_columns import (
    MULTIPLY,
    Column,
    Mask,
    Numbering,
    Rows,
    encap_of,
    length_of,
    outer_of,
    packet_type_of,
    pair_of,
    ttl_of,
)
from pcapcheck.paths.spots import Spots

# How many paths are distinguished; the packets of rarer ones are only counted.
MOST_PATHS = 1 << 12
# A path of more steps is cut: no healthy packet comes near it.
LONGEST_PATH = 16
# Captures above this number never prove that a packet is missing.
MOST_WATCHED = 60


class PathGroups:
    """The paths of an observation's packets; ``beyond`` counts the packets of paths above the limit."""

    def __init__(
        self, packets: Packets, spots: Spots, numbering: Numbering, spans: dict[int, tuple[int, int]], hosts: Hosts
    ) -> None:
        self.spots = spots
        self.seen = packets.seen
        self.pairs = numbering.pairs
        self.beyond = 0
        self.packets, tokens = drop_seen_twice(packets, spots, self.step, hosts)
        self.paths, self.path_of = self._sum_up(tokens, spans)

    def forget(self) -> None:
        """Release the packets, if only their paths are asked for from now on."""
        del self.seen, self.packets

    def step(self, row: int) -> PathStep:
        """The step that a row of ``seen`` is."""
        what = int(self.seen.what[row])
        src, dst = self.pairs[pair_of(what)]
        outer = self.pairs[outer_of(what)] if outer_of(what) else None
        spot = self.spots[int(self.seen.frame[row]) & 0xFFFFFFFF]
        return PathStep(spot, ttl_of(what) or None, ENCAPS[encap_of(what)], src, dst, outer)

    def _steps_of(self, packets: Column) -> Iterator[tuple[PathStep, ...]]:
        """The steps of some packets."""
        lengths = self._lengths[packets]
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) + np.repeat(self.packets.begins[packets] - ends + lengths, lengths)
        rows = self.packets.rows[places]
        what, spots = self.seen.what[rows], (self.seen.frame[rows] & 0xFFFFFFFF).tolist()
        shown = (ttl_of(what), encap_of(what), pair_of(what), outer_of(what))
        steps = [
            PathStep(
                self.spots[spot],
                ttl or None,
                ENCAPS[encap],
                self.pairs[pair][0],
                self.pairs[pair][1],
                self.pairs[outer] if outer else None,
            )
            for spot, ttl, encap, pair, outer in zip(spots, *(column.tolist() for column in shown), strict=True)
        ]
        return (tuple(steps[end - length : end]) for end, length in zip(ends.tolist(), lengths.tolist(), strict=True))

    def _sum_up(self, tokens: Tokens, spans: dict[int, tuple[int, int]]) -> tuple[list[Path], Column]:
        packets, seen = self.packets, self.seen
        self._lengths = np.minimum(packets.lengths, LONGEST_PATH)
        if not packets.count:
            return [], np.zeros(0, np.int64)
        answered = answered_of(packets)
        signature = _signatures(packets, tokens, self._lengths)
        meant = asked_pairs(packets)
        if meant.any():
            signature = np.where(meant, _mix(signature, meant), signature)
        captures = sorted(spans)[:MOST_WATCHED]
        kinds, self._kind_of = _classified(packets, signature, [spans[capture] for capture in captures], answered)
        _, self._signature_of_kind = np.unique(kinds[:, layout.K_SIGNATURE], return_inverse=True)
        # Echoes first, however rare: it is they whose loss rules judge.
        echoes = packet_type_of(seen.what[packets.rows[packets.begins[kinds[:, layout.K_FIRST]]]]) < len(ECHOES)
        order = np.lexsort(
            (kinds[:, layout.K_SITUATION], kinds[:, layout.K_SIGNATURE], -kinds[:, layout.K_COUNT], ~echoes)
        )
        self.beyond = int(kinds[order[MOST_PATHS:], layout.K_COUNT].sum())
        order = order[:MOST_PATHS]
        numbers = np.full(len(kinds), -1, np.int64)
        numbers[order] = np.arange(len(order))
        sums, path_of = _summed_up(packets, self._kind_of, numbers, len(order))
        signatures = self._signature_of_kind[order].tolist()
        firsts = kinds[order, layout.K_FIRST]
        types = packet_type_of(seen.what[packets.rows[packets.begins[firsts]]]).tolist()
        every = zip(kinds[order].tolist(), sums, signatures, types, self._steps_of(firsts), strict=True)
        paths = []
        for (_, situation, packet, count), summed, number, packet_type, steps in every:
            watching = situation >> layout.SITUATION_BITS
            path = Path(
                packet=PACKETS[packet_type],
                signature=number,
                steps=steps,
                count=count,
                first=summed[layout.P_EARLIEST],
                last=summed[layout.P_LATEST],
                repeated=bool(situation & layout.REPEATED),
                rewritten=bool(situation & layout.REWRITTEN),
                shortest=summed[layout.P_SHORTEST],
                longest=summed[layout.P_LONGEST],
                watching=frozenset(capture for bit, capture in enumerate(captures) if watching >> bit & 1),
                answered=bool(situation & layout.ANSWERED),
                meant=self.pairs[int(meant[packet])] if meant[packet] else None,
                measure=partial(self._latencies, packet),
                pick=partial(self._samples, summed[layout.P_SAMPLES + 1 :][: summed[layout.P_SAMPLES]]),
            )
            paths.append(path)
        return paths, path_of

    def _latencies(self, packet: int) -> tuple[Latency, ...]:
        """From step to step, over all packets with the signature of this one."""
        time, rows = self.seen.time, self.packets.rows
        alike = self._by_signature.members(int(self._signature_of_kind[self._kind_of[packet]]))
        begins = self.packets.begins[alike]
        latencies = []
        for n in range(1, int(self._lengths[packet])):
            took = np.abs(time[rows[begins + n]] - time[rows[begins + n - 1]])
            median, p99 = np.percentile(took, (50, 99))
            latencies.append(Latency(int(median), int(p99), int(took.max())))
        return tuple(latencies)

    @cached_property
    def _by_signature(self) -> Classes:
        """The packets by their signature."""
        return Classes(self._signature_of_kind[self._kind_of])

    def _samples(self, packets: list[int]) -> list[PathSample]:
        return [self.sample(packet) for packet in packets]

    def around(self, paths: list[int], first: int, last: int) -> tuple[int | None, int | None]:
        """When the latest packet of some paths before ``first`` was seen, and the earliest after ``last``."""
        packets = np.flatnonzero(np.isin(self.path_of, paths))
        times = self.seen.time[self.packets.rows[self.packets.begins[packets]]]
        before, after = times[times < first], times[times > last]
        return (int(before.max()) if len(before) else None), (int(after.min()) if len(after) else None)

    def in_order(self) -> Column:
        """The packets whose path is known, in the order in which they were seen first."""
        order = self.seen.time[self.packets.rows[self.packets.begins]].argsort(kind="stable")
        return order[self.path_of[order] >= 0]

    def sample(self, packet: int) -> PathSample:
        """One packet by its number."""
        begin, count = int(self.packets.begins[packet]), int(self._lengths[packet])
        rows = self.packets.rows[begin : begin + count]
        frames = tuple(int(frame) >> 32 & 0xFFFFFFFF for frame in self.seen.frame[rows])
        length = length_of(int(self.seen.what[rows[0]]))
        return PathSample(frames, tuple(self.seen.time[rows].tolist()), length)


def _classified(
    packets: Packets, signature: Column, spans: list[tuple[int, int]], answered: Mask
) -> tuple[Column, Rows]:
    """The kinds of packets, as rows of ``summing_layout``, and the kind of each packet; ``spans`` are of captures."""
    count = packets.count
    kinds, kind_of = np.empty(layout.KIND_FIELDS * count, np.int64), np.empty(count, np.int32)
    found = summing.classify(
        packets.rows.data,
        packets.begins.data,
        packets.seen.time.data,
        signature.data,
        np.array(spans, np.int64).ravel().data,
        packets.repeated.view(np.uint8).data,
        packets.rewritten.view(np.uint8).data,
        answered.view(np.uint8).data,
        np.zeros(slots_for(count), np.int32).data,
        kinds.data,
        kind_of.data,
    )
    return kinds.reshape(-1, layout.KIND_FIELDS)[:found], kind_of


def _summed_up(packets: Packets, kind_of: Rows, numbers: Column, count: int) -> tuple[list[list[int]], Column]:
    """What the packets of each path come to, and the path of each packet; ``numbers`` are the paths of kinds."""
    sums, path_of = np.zeros(layout.PATH_FIELDS * count, np.int64), np.empty(packets.count, np.int64)
    seen = packets.seen
    summing.sum_up(
        packets.rows.data,
        packets.begins.data,
        seen.time.data,
        seen.what.data,
        kind_of.data,
        numbers.data,
        sums.data,
        path_of.data,
    )
    return sums.reshape(-1, layout.PATH_FIELDS).tolist(), path_of


def _signatures(packets: Packets, tokens: Tokens, lengths: Column) -> Column:
    """A hash per packet of its type, address pair and steps."""
    signatures = np.empty(packets.count, np.int64)
    # The addresses behind a translation belong to the path as well.
    whole = bool(packets.rewritten.any())
    rows, begins, what = packets.rows.data, packets.begins.data, packets.seen.what.data
    gathering.sign(rows, begins, lengths.data, what, tokens.of.data, tokens.ranks.data, whole, signatures.data)
    return signatures


def _mix(left: Column, right: Column) -> Column:
    mixed = (left ^ right) * MULTIPLY
    return np.asarray(mixed ^ (mixed >> 29))
