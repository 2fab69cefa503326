"""Join sightings: the same packet at several capture points becomes one packet, its sightings in the order of its way.

Sightings are columns (NumPy arrays): there may be millions. What says that two are one packet: the key, and the digest
of the payload as far as both sightings hold it. The same key again later, or again at the same capture point, is
another packet: a retransmission, an identifier used anew, a sequence number that wrapped around.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from pcapcheck.capture.layout import ABSENT_TIME
from pcapcheck.decode import layout
from pcapcheck.decode.layout import SIGHTING_FIELDS
from pcapcheck.flows.sightings import Sightings

Column = npt.NDArray[np.int64]

# Sightings of one packet follow each other within this time; a later one with the same key is another packet.
SAME_PACKET = 1_000_000_000
# Bits for times within a packet's sightings in the numbers that are sorted by: 8.6 seconds.
SPAN_BITS = 33
LARGEST_SPAN = (1 << SPAN_BITS) - 1


@dataclass
class Seen:
    """Sightings of all captures, column by column. Times in nanoseconds, by the clock of each capture.

    ``spot`` numbers the frame groups of all captures, ``flow`` and ``outer`` the address pairs of all captures.
    """

    capture: Column
    spot: Column
    number: Column
    time: Column
    key: Column
    loose: Column
    digest: Column
    echo: Column
    ttl: Column
    kind: Column
    encap: Column
    length: Column
    flow: Column
    outer: Column

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Seen:
        return Seen(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass
class Numbering:
    """What the numbers in columns stand for: frame groups by (capture, group), address pairs."""

    spots: list[tuple[int, int]]
    flows: list[tuple[int, int]]


def columns_of(sightings: Sightings, groups: dict[int, int]) -> tuple[Seen, Numbering]:
    """The columns of all captures; ``groups`` tells how many frame groups each has. Empties ``sightings``."""
    numbering = Numbering([], [(0, 0)])
    flow_numbers: dict[tuple[int, int], int] = {(0, 0): 0}
    parts: list[Seen] = []
    for capture in sorted(sightings.by_capture):
        base = len(numbering.spots)
        numbering.spots += [(capture, group) for group in range(groups[capture])]
        flows = np.zeros(max(1, len(sightings.flows[capture])), np.int64)
        for number, pair in enumerate(sightings.flows[capture]):
            if number:
                flows[number] = flow_numbers.setdefault(pair, len(flow_numbers))
        table = np.frombuffer(sightings.by_capture.pop(capture), np.int64).reshape(-1, SIGHTING_FIELDS)
        table = table[table[:, layout.V_TIME] != ABSENT_TIME]
        info, frame, pairs = table[:, layout.V_INFO], table[:, layout.V_FRAME], table[:, layout.V_FLOWS]
        parts.append(
            Seen(
                capture=np.full(len(table), capture, np.int16),
                spot=_narrow(base + (frame & 0xFFFF)),
                number=frame >> 16,
                time=table[:, layout.V_TIME].copy(),
                key=table[:, layout.V_KEY].copy(),
                loose=table[:, layout.V_LOOSE].copy(),
                digest=table[:, layout.V_DIGEST].copy(),
                echo=table[:, layout.V_ECHO].copy(),
                ttl=(info & 0xFF).astype(np.int16),
                kind=((info >> 8) & 0xFF).astype(np.int8),
                encap=((info >> 16) & 0xFF).astype(np.int8),
                length=_narrow(info >> 24),
                flow=_narrow(flows[pairs & 0xFFFFFFFF]),
                outer=_narrow(flows[pairs >> 32]),
            )
        )
    numbering.flows = list(flow_numbers)
    joined = Seen(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Seen)))
    return joined, numbering


def _narrow(column: Column) -> Column:
    """The same numbers in half the room."""
    return column.astype(np.int32)


def identities(seen: Seen) -> Column:
    """A number per sighting that is the same for sightings of the same packet, and for its later likes.

    The digest counts unless some sighting with the same key lacks it, its payload having been cut off.
    """
    with np.errstate(over="ignore"):
        whole = seen.key ^ (seen.digest * np.int64(0x9E3779B97F4A7C15 - (1 << 64)))
    lacking = seen.digest == layout.ABSENT
    if lacking.any():
        cut = np.isin(seen.key, np.unique(seen.key[lacking]))
        whole = np.where(cut, seen.key, whole)
    return whole


@dataclass
class Packets:
    """Sightings sorted so that those of one packet stand together, in the order of its way.

    ``packet`` numbers the packets from 0; ``begins`` says where each one's sightings begin. ``repeated`` marks packets
    whose like was seen at the same capture point within a second; ``rewritten`` those whose addresses changed.
    """

    seen: Seen
    packet: Column
    begins: Column
    repeated: npt.NDArray[np.bool_]
    rewritten: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        return len(self.begins)

    @property
    def lengths(self) -> Column:
        """How many sightings each packet has."""
        return np.diff(np.append(self.begins, len(self.packet)))


def join(seen: Seen, points: Column) -> Packets:
    """Find out which sightings are of one packet. ``seen.time`` must be by one clock; ``points`` are capture points."""
    order, packet = _group(identities(seen), seen.time)
    point = points[order]
    rank = _occurrences(packet, point)
    repeated = rank > 0
    if repeated.any():
        packet = _renumber(packet * np.int64(int(rank.max()) + 1) + rank)
        resort = np.argsort(packet, kind="stable")
        order, packet, repeated = order[resort], packet[resort], repeated[resort]
    merged = _merge_rewritten(seen, order, packet, points)
    rewritten = np.zeros(int(packet[-1]) + 1 if len(packet) else 0, np.bool_)
    if merged is not None:
        packet, rewritten = merged
    final = _by_way(packet, seen.ttl[order], seen.time[order])
    order, packet, repeated = order[final], packet[final], repeated[final]
    begins = np.flatnonzero(np.diff(packet, prepend=-1))
    return Packets(seen.take(order), packet, begins, repeated[begins], rewritten)


def _group(identity: Column, time: Column) -> tuple[Column, Column]:
    """Sightings sorted by identity and time, and the packet that each belongs to: no gap is over SAME_PACKET."""
    order = np.argsort(identity)
    sorted_identity = identity[order]
    fresh = np.empty(len(order), np.bool_)
    fresh[:1] = True
    np.not_equal(sorted_identity[1:], sorted_identity[:-1], out=fresh[1:])
    run = np.cumsum(fresh) - 1
    begins = np.flatnonzero(fresh)
    if len(order):
        times = time[order]
        least = np.minimum.reduceat(times, begins)
        since = times - least[run]
        if int(since.max()) < 1 << 40:  # noqa: SIM108
            # One sort of one column is many times faster than one of two.
            order = order[np.argsort((run << 40) | since)]
        else:
            order = order[np.lexsort((times, run))]
    times = time[order]
    fresh[1:] |= np.diff(times) > SAME_PACKET
    return order, np.cumsum(fresh) - 1


def _occurrences(packet: Column, point: Column) -> Column:
    """For the n-th sighting of one packet at one capture point: n, from 0."""
    both = packet * np.int64(int(point.max()) + 1 if len(point) else 1) + point
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    fresh = np.diff(ordered, prepend=-1) != 0
    places = np.arange(len(ordered))
    counted = places - np.maximum.accumulate(np.where(fresh, places, 0))
    rank = np.empty_like(counted)
    rank[order] = counted
    return rank


def _renumber(values: Column) -> Column:
    """The same order in numbers from 0 without gaps."""
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def _by_way(packet: Column, ttl: Column, time: Column) -> Column:
    """Sort by packet, then by falling TTL, which no router raises, then by time."""
    begins = np.flatnonzero(np.diff(packet, prepend=-1))
    least = np.minimum.reduceat(time, begins) if len(begins) else time
    since = np.minimum(time - least[packet], LARGEST_SPAN)
    # A packet number, 8 bits of TTL and the time make 63 bits as long as there are at most 2^22 packets.
    return np.argsort((packet << (8 + SPAN_BITS)) | ((255 - ttl.astype(np.int64)) << SPAN_BITS) | since)


def _merge_rewritten(
    seen: Seen, order: Column, packet: Column, points: Column
) -> tuple[Column, npt.NDArray[np.bool_]] | None:
    """Packets that are one but for what address translation changes. Where more than two fit, nothing is guessed."""
    begins = np.flatnonzero(np.diff(packet, prepend=-1))
    first = order[begins]
    loose, time, flow = seen.loose[first], seen.time[first], seen.flow[first]
    usable = seen.digest[first] != layout.ABSENT
    by_loose = np.lexsort((time, loose))
    by_loose = by_loose[usable[by_loose]]
    same = (loose[by_loose][1:] == loose[by_loose][:-1]) & (np.diff(time[by_loose]) <= SAME_PACKET)
    if not same.any():
        return None
    alone_before = np.append(True, ~same[:-1])
    alone_after = np.append(~same[1:], True)
    left, right = by_loose[:-1], by_loose[1:]
    pairs = same & alone_before & alone_after & (flow[left] != flow[right])
    ends = np.append(begins[1:], len(order))
    target = np.arange(len(begins))
    for one, other in zip(left[pairs].tolist(), right[pairs].tolist(), strict=True):
        here = points[order[begins[one] : ends[one]]]
        there = points[order[begins[other] : ends[other]]]
        if not np.isin(here, there).any():
            target[max(one, other)] = target[min(one, other)]
    merged = target[packet]
    numbers = np.unique(merged)
    rewritten = np.isin(numbers, target[target != np.arange(len(target))])
    return _renumber(merged), rewritten
