"""Links seen twice: where two capture points show one link, one sighting of each packet is enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from pcapcheck.links.capture_points import PointKey
from pcapcheck.paths import gathering
from pcapcheck.paths.correlation import Packets, is_fresh
from pcapcheck.paths.gathering_layout import TOKEN_SPOT
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.packet_classes import slots_for
from pcapcheck.paths.path import PathStep, Spot, same_link
from pcapcheck.paths.sighting_columns import Column, Mask, Rows
from pcapcheck.paths.spots import Spots

# One link may be recorded more than twice (the pod's end, the cali's end, -i any).
ROUNDS = 4


class Tokens(Struct, frozen=True):
    """What each step of the packets is apart from addresses, as a number; of ``count``, in the order of ``ranks``.

    ``spots`` are the numbers of their spots.
    """

    of: Rows
    count: int
    ranks: Column
    spots: Column

    @classmethod
    def of_steps(cls, packets: Packets) -> Tokens:
        seen, rows = packets.seen, packets.rows
        tokens, different = np.empty(len(rows), np.int32), np.empty(len(rows), np.int64)
        slots = np.zeros(slots_for(len(rows)), np.int32)
        count = gathering.tokens_of(rows.data, seen.frame.data, seen.what.data, slots.data, different.data, tokens.data)
        ranks = np.empty(count, np.int64)
        ranks[np.argsort(different[:count])] = np.arange(count)
        return cls(tokens, count, ranks, different[:count] >> TOKEN_SPOT)

    def hops(self, packets: Packets) -> tuple[Column, Column]:
        """The different pairs of consecutive steps, in one number each, and the place of the first step of one."""
        slots = np.zeros(slots_for(len(self.of)), np.int32)
        different, places = np.empty(len(self.of), np.int64), np.empty(len(self.of), np.int64)
        count = gathering.hops_of(
            packets.begins.data, self.of.data, self.count, slots.data, different.data, places.data
        )
        return different[:count], places[:count]


def drop_seen_twice(
    packets: Packets, spots: Spots, step_of: Callable[[int], PathStep], hosts: Hosts
) -> tuple[Packets, Tokens]:
    """Keep one sighting of each packet on a link seen twice; the node's own view is preferred."""
    tokens = Tokens.of_steps(packets)
    for _ in range(ROUNDS):
        kinds, places = tokens.hops(packets)
        # 0: a hop, 1: drop the later, 2: drop the earlier, 3: drop the later where the packet was seen further on.
        verdicts = np.zeros(len(kinds), np.int8)
        pods = [_pods_at(spots[spot]) for spot in tokens.spots.tolist()]
        for number, (kind, place) in enumerate(zip(kinds.tolist(), places.tolist(), strict=True)):
            here, there = pods[kind // tokens.count], pods[kind % tokens.count]
            if here and there and here.isdisjoint(there):
                # From one pod's link to another's, as nearly all between the pods of a node.
                continue
            step, other = step_of(int(packets.rows[place])), step_of(int(packets.rows[place + 1]))
            if same_link(step, other):
                verdicts[number] = 2 if _detail_of(step) < _detail_of(other) else 1
                if _ends_of_a_wire(step, other) and hosts.same(_key(step), _key(other)) is False:
                    # Only the other node's NIC shows that a packet came to it.
                    verdicts[number] = 3
        if not verdicts.any():
            break
        dropped = _dropped(packets, tokens, kinds, verdicts)
        if not dropped.any():
            break
        packets = packets.without(dropped)
        tokens = Tokens.of_steps(packets)
    return packets, tokens


def _dropped(packets: Packets, tokens: Tokens, kinds: Column, verdicts: npt.NDArray[np.int8]) -> Mask:
    """Which sightings to drop by the verdicts on pairs of consecutive steps."""
    fresh = is_fresh(packets.packet)
    together = np.flatnonzero(~fresh[1:])
    kind = tokens.of[together].astype(np.int64) * tokens.count + tokens.of[together + 1]
    order = np.argsort(kinds)
    verdict = verdicts[order][np.searchsorted(kinds[order], kind)]
    dropped = np.zeros(len(packets.rows), np.bool_)
    dropped[together[verdict == 1] + 1] = True
    later = together[verdict == 3] + 1
    dropped[later[np.append(~fresh[1:], False)[later]]] = True
    earlier = together[verdict == 2]
    # Never both of a pair: the later one stays if it was not dropped because of another.
    dropped[earlier[~dropped[earlier + 1]]] = True
    return dropped


def _pods_at(spot: Spot) -> frozenset[int]:
    """The MACs of the pods on a link; nothing elsewhere."""
    return spot.point.pod_macs if spot.point.kind == "pod-link" else frozenset()


def _detail_of(step: PathStep) -> tuple[bool, bool]:
    """How much a sighting of a link shows, to compare it with another: the destination MAC, and the node's own view."""
    return step.spot.group.dst is not None, step.spot.point.end != "pod"


def _ends_of_a_wire(step: PathStep, other: PathStep) -> bool:
    """Whether both are NICs, or not known to be anything else, neither of them a copy of another recording."""
    points = step.spot.point, other.spot.point
    return all(point.kind in ("host-nic", "unknown") and point.judged for point in points)


def _key(step: PathStep) -> PointKey:
    return step.spot.point.key
