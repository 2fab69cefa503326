"""Links seen twice: where two capture points show one link, one sighting of each packet is enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pcapcheck.links.capture_points import PointKey
from pcapcheck.paths.correlation import Packets, is_fresh
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.packet_classes import compact
from pcapcheck.paths.path import PathStep, same_link
from pcapcheck.paths.sighting_columns import Column, encap_of, ttl_of

# One link may be recorded more than twice (the pod's end, the cali's end, -i any).
ROUNDS = 4


def drop_seen_twice(packets: Packets, step_of: Callable[[int], PathStep], hosts: Hosts) -> Packets:
    """Keep one sighting of each packet on a link seen twice; the node's own view is preferred."""
    for _ in range(ROUNDS):
        together = np.flatnonzero(packets.packet[1:] == packets.packet[:-1])
        if not len(together):
            break
        token, tokens = compact(tokens_of(packets))
        kind, _ = compact(token[together] * np.int64(len(tokens)) + token[together + 1])
        examples = np.zeros(int(kind.max()) + 1, np.int64)
        examples[kind] = together
        # 0: a hop, 1: drop the later, 2: drop the earlier, 3: drop the later where the packet was seen further on.
        verdicts = np.zeros(len(examples), np.int8)
        for number, place in enumerate(examples.tolist()):
            step, other = step_of(int(packets.rows[place])), step_of(int(packets.rows[place + 1]))
            if same_link(step, other):
                verdicts[number] = 2 if _detail_of(step) < _detail_of(other) else 1
                if _ends_of_a_wire(step, other) and hosts.same(_key(step), _key(other)) is False:
                    # Only the other node's NIC shows that a packet came to it.
                    verdicts[number] = 3
        if not verdicts.any():
            break
        verdict = verdicts[kind]
        dropped = np.zeros(len(packets.rows), np.bool_)
        dropped[together[verdict == 1] + 1] = True
        later = together[verdict == 3] + 1
        dropped[later[np.append(~is_fresh(packets.packet)[1:], False)[later]]] = True
        earlier = together[verdict == 2]
        # Never both of a pair: the later one stays if it was not dropped because of another.
        dropped[earlier[~dropped[earlier + 1]]] = True
        if not dropped.any():
            break
        packets = packets.without(dropped)
    return packets


def _detail_of(step: PathStep) -> tuple[bool, bool]:
    """How much a sighting of a link shows, to compare it with another: the destination MAC, and the node's own view."""
    return step.spot.group.dst is not None, step.spot.point.end != "pod"


def tokens_of(packets: Packets) -> Column:
    """A number per sighting that is the same where frame group, TTL and tunnel are."""
    frame, what = packets.seen.frame[packets.rows], packets.seen.what[packets.rows]
    return ((frame & 0xFFFFFFFF) << 10) | (ttl_of(what) << 2) | encap_of(what)


def _ends_of_a_wire(step: PathStep, other: PathStep) -> bool:
    """Whether both are NICs, or not known to be anything else, neither of them a copy of another recording."""
    points = step.spot.point, other.spot.point
    return all(point.kind in ("host-nic", "unknown") and point.judged for point in points)


def _key(step: PathStep) -> PointKey:
    return step.spot.point.key
