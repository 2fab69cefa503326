"""Join sightings: the same packet at several capture points becomes one packet, its sightings in the order of its way.

Sightings are columns (NumPy arrays): there may be millions. What says that two are one packet: the key, and the digest
of the payload as far as both sightings hold it. The same key again later, or again at the same capture point, is
another packet: a retransmission, an identifier used anew, a sequence number that wrapped around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pcapcheck.capture.layout import ABSENT_TIME
from pcapcheck.decode.layout import ABSENT, SIGHTING_FIELDS, V_DIGEST, V_ECHO, V_FRAME, V_KEY, V_LOOSE, V_TIME, V_WHAT
from pcapcheck.flows.sightings import Sightings

Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Sightings of one packet follow each other within this time; a later one with the same key is another packet.
SAME_PACKET = 1_000_000_000
# Bits for times within a packet's sightings in the numbers that are sorted by: 8.6 seconds.
SPAN_BITS = 33
LARGEST_SPAN = (1 << SPAN_BITS) - 1
# An odd multiplier (Knuth's) as a signed number.
MULTIPLY = np.int64(0x9E3779B97F4A7C15 - (1 << 64))


@dataclass
class Seen:
    """Sightings of all captures, column by column. Times in nanoseconds, by the clock of each capture.

    ``frame`` is number << 32 | spot, a spot being a frame group of one capture; ``what`` as V_WHAT in ``decode.layout``,
    with numbers of address pairs that hold for all captures. ``identity`` and ``loose`` are of use only for joining, ``echo``
    only for telling whether a request was answered.
    """

    capture: npt.NDArray[np.int16]
    frame: Column
    time: Column
    what: Column
    identity: Column
    loose: Column
    echo: Column

    @property
    def spot(self) -> Column:
        return self.frame & 0xFFFFFFFF

    @property
    def number(self) -> Column:
        return self.frame >> 32

    @property
    def ttl(self) -> Column:
        return self.what & 0xFF

    @property
    def kind(self) -> Column:
        return self.what >> 8 & 0xF

    @property
    def encap(self) -> Column:
        return self.what >> 12 & 0xF

    @property
    def length(self) -> Column:
        return self.what >> 16 & 0xFFFF

    @property
    def flow(self) -> Column:
        return self.what >> 32 & 0x3FFF

    @property
    def outer(self) -> Column:
        return self.what >> 46


@dataclass
class Numbering:
    """What the numbers in columns stand for: frame groups by (capture, group), address pairs."""

    spots: list[tuple[int, int]]
    flows: list[tuple[int, int]]


def columns_of(sightings: Sightings, groups: dict[int, int], known: set[tuple[int, int]]) -> tuple[Seen, Numbering]:
    """The columns of all captures; ``groups`` tells how many frame groups each has, ``known`` those that count.

    Empties ``sightings``, capture by capture, so that they are not held twice.
    """
    numbering = Numbering([], [(0, 0)])
    flow_numbers: dict[tuple[int, int], int] = {(0, 0): 0}
    parts: list[tuple[npt.NDArray[np.generic], ...]] = []
    digests = []
    for capture in sorted(sightings.by_capture):
        base = len(numbering.spots)
        numbering.spots += [(capture, group) for group in range(groups[capture])]
        counts = np.array([(capture, group) in known for group in range(groups[capture])])
        flows = np.zeros(max(1, len(sightings.flows[capture])), np.int64)
        for number, pair in enumerate(sightings.flows[capture][1:], 1):
            # Beyond what fits into their bits address pairs are nobody's, as they are in one capture.
            fits = pair in flow_numbers or len(flow_numbers) < 1 << 14
            flows[number] = flow_numbers.setdefault(pair, len(flow_numbers)) if fits else 0
        table = np.frombuffer(sightings.by_capture.pop(capture), np.int64).reshape(-1, SIGHTING_FIELDS)
        frame = table[:, V_FRAME]
        rows = (table[:, V_TIME] != ABSENT_TIME) & counts[frame & 0xFFFF]
        if not rows.all():
            table = table[rows]
            frame = table[:, V_FRAME]
        what = table[:, V_WHAT]
        pairs = (flows[what >> 46] << 46) | (flows[what >> 32 & 0x3FFF] << 32)
        parts.append(
            (
                np.full(len(table), capture, np.int16),
                (frame >> 16 << 32) | (base + (frame & 0xFFFF)),
                table[:, V_TIME].copy(),
                pairs | (what & 0xFFFFFFFF),
                table[:, V_KEY].copy(),
                table[:, V_LOOSE].copy(),
                table[:, V_ECHO].copy(),
            )
        )
        digests.append(table[:, V_DIGEST].copy())
        del table, frame, what, rows
    numbering.flows = list(flow_numbers)
    seen = Seen(*(np.concatenate(column) for column in zip(*parts, strict=True)))  # type: ignore[arg-type]
    seen.identity = _identities(seen.identity, np.concatenate(digests))
    return seen, numbering


def _identities(key: Column, digest: Column) -> Column:
    """A number per sighting that is the same for sightings of the same packet, and for its later likes.

    The digest counts unless some sighting with the same key lacks it, its payload having been cut off.
    """
    whole: Column = key ^ (digest * MULTIPLY)
    lacking = digest == ABSENT
    if lacking.any():
        whole = np.where(np.isin(key, np.unique(key[lacking])), key, whole)
    return whole


@dataclass
class Packets:
    """Sightings sorted so that those of one packet stand together, in the order of its way.

    ``rows`` are their rows in ``seen``; ``packet`` numbers the packets from 0; ``begins`` says where each one's sightings
    begin. ``repeated`` marks packets whose like was seen at the same capture point within a second; ``rewritten`` those
    whose addresses changed on the way.
    """

    seen: Seen
    rows: Column
    packet: Column
    begins: Column
    repeated: Mask
    rewritten: Mask

    @property
    def count(self) -> int:
        return len(self.begins)

    @property
    def lengths(self) -> Column:
        """How many sightings each packet has."""
        return np.diff(np.append(self.begins, len(self.packet)))

    def without(self, dropped: Mask) -> Packets:
        """The same packets without some of their sightings; each keeps one at least."""
        packet = self.packet[~dropped]
        return Packets(self.seen, self.rows[~dropped], packet, begins_of(packet), self.repeated, self.rewritten)


def begins_of(packet: Column) -> Column:
    """Where the sightings of each packet begin."""
    return np.flatnonzero(np.diff(packet, prepend=-1))


def join(seen: Seen, points: Column) -> Packets:
    """Find out which sightings are of one packet. ``seen.time`` must be by one clock; ``points`` are those of spots."""
    rows, packet = _group(seen.identity, seen.time)
    point = points[seen.spot[rows]]
    repeated = np.zeros(len(rows), np.bool_)
    both = packet * np.int64(len(points)) + point
    if _holds_twice(both):
        rank = _occurrences(both)
        packet = packet * np.int64(int(rank.max()) + 1) + rank
        resort = np.argsort(packet, kind="stable")
        rows, repeated = rows[resort], rank[resort] > 0
        packet = np.cumsum(np.diff(packet[resort], prepend=-1) != 0) - 1
    rewritten = np.zeros(int(packet[-1]) + 1 if len(packet) else 0, np.bool_)
    merged = _merge_rewritten(seen, rows, packet, points)
    if merged is not None:
        resort = np.argsort(merged, kind="stable")
        rows, repeated = rows[resort], repeated[resort]
        sizes = np.bincount(packet)
        whole = np.bincount(merged, minlength=len(sizes))
        rewritten = (whole > sizes)[whole > 0]
        packet = np.cumsum(np.diff(merged[resort], prepend=-1) != 0) - 1
    final = _by_way(packet, seen.ttl[rows], seen.time[rows])
    rows, repeated = rows[final], repeated[final]
    begins = begins_of(packet)
    return Packets(seen, rows, packet, begins, repeated[begins], rewritten)


def _holds_twice(values: Column) -> bool:
    ordered = np.sort(values)
    return bool((ordered[1:] == ordered[:-1]).any())


def _group(identity: Column, time: Column) -> tuple[Column, Column]:
    """Sightings sorted by identity and time, and the packet that each belongs to: no gap is over SAME_PACKET."""
    rows = _sorted_rows(identity)
    ordered = identity[rows]
    fresh = np.ones(len(rows), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    times = time[rows]
    if (fresh[1:] | (times[1:] >= times[:-1])).all():
        fresh[1:] |= np.diff(times) > SAME_PACKET
        return rows, np.cumsum(fresh) - 1
    run = np.cumsum(fresh) - 1
    rows = rows[np.lexsort((times, run))]
    fresh[1:] |= np.diff(time[rows]) > SAME_PACKET
    return rows, np.cumsum(fresh) - 1


def _sorted_rows(values: Column) -> Column:
    """Rows in the order of their values; those of one value in their own order.

    Numbers alone are sorted many times faster than rows by numbers, so the row is made part of the number. The part of
    the value that fits beside it is enough unless two values share it.
    """
    bits = max(1, len(values).bit_length())
    packed = np.sort((values >> (bits - 1) << bits) | np.arange(len(values)))
    rows: Column = packed & ((1 << bits) - 1)
    ordered = values[rows]
    part = packed >> bits
    if ((part[1:] == part[:-1]) & (ordered[1:] != ordered[:-1])).any():
        return np.argsort(values, kind="stable")
    return rows


def _occurrences(both: Column) -> Column:
    """For the n-th sighting of one packet at one capture point: n, from 0."""
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    fresh = np.diff(ordered, prepend=-1) != 0
    places = np.arange(len(ordered))
    counted = places - np.maximum.accumulate(np.where(fresh, places, 0))
    rank = np.empty_like(counted)
    rank[order] = counted
    return rank


def _by_way(packet: Column, ttl: Column, time: Column) -> Column:
    """Sort by packet, then by falling TTL, which no router raises, then by time."""
    if not len(packet):
        return np.zeros(0, np.int64)
    least = np.minimum.reduceat(time, begins_of(packet))
    since = np.minimum(time - least[packet], LARGEST_SPAN)
    # A packet number, 8 bits of TTL and the time make 63 bits as long as there are at most 2^22 packets. Stable, since
    # a frame keeps its time from the NIC to the tunnel device: then the order in the capture tells.
    return np.argsort((packet << (8 + SPAN_BITS)) | ((255 - ttl) << SPAN_BITS) | since, kind="stable")


def _merge_rewritten(seen: Seen, rows: Column, packet: Column, points: Column) -> Column | None:
    """Give packets that are one but for what address translation changes one number; None where there are none.

    Where more than two fit, nothing is guessed.
    """
    begins = begins_of(packet)
    first = rows[begins]
    loose = seen.loose[first]
    ordered = np.sort(loose)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return None
    several = np.flatnonzero(np.isin(loose, twice))
    time, flow = seen.time[first], seen.flow[first]
    several = several[np.lexsort((time[several], loose[several]))]
    same = (loose[several][1:] == loose[several][:-1]) & (np.diff(time[several]) <= SAME_PACKET)
    alone_before = np.append(True, ~same[:-1])
    alone_after = np.append(~same[1:], True)
    left, right = several[:-1], several[1:]
    pairs = same & alone_before & alone_after & (flow[left] != flow[right])
    if not pairs.any():
        return None
    ends = np.append(begins[1:], len(rows))
    target = np.arange(len(begins))
    spots = seen.spot
    for one, other in zip(left[pairs].tolist(), right[pairs].tolist(), strict=True):
        here = points[spots[rows[begins[one] : ends[one]]]]
        there = points[spots[rows[begins[other] : ends[other]]]]
        if not np.isin(here, there).any():
            target[max(one, other)] = min(one, other)
    merged: Column = target[packet]
    return merged
