"""Join sightings: the same packet at several capture points becomes one packet, its sightings in the order of its path.

Two sightings are of one packet if they have the same key, and the same digest of the payload if both hold it. The same
key again later, or again at the same capture point, is another packet: a retransmission, an identifier that is used
again, a sequence number that wrapped around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pcapcheck.brief import Brief
from pcapcheck.columns import PACKETS
from pcapcheck.paths import gathering
from pcapcheck.paths.gathering_layout import SAME_PACKET
from pcapcheck.paths.sighting_columns import Column, Mask, Rows, Seen, packet_type_of, pair_of, ttl_of

# Chains of packets that are looked up together, a power of two: enough that most hold one packet of the last second.
CHAINS = 1 << 18
# The TTL in a text that shows none, and how soon a node forwards a packet (nanoseconds).
ABSENT_TTL = 0
AT_ONCE = 10_000_000


@dataclass(repr=False)
class Packets(Brief):
    """Sightings sorted so that those of one packet stand together, in the order of its path.

    ``rows`` are their rows in ``seen``; ``packet`` numbers the packets from 0; ``begins`` says where the sightings of
    each begin. ``repeated`` marks packets that were seen at the same capture point within a second before;
    ``rewritten`` those whose addresses changed on their path.
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
    return np.flatnonzero(is_fresh(packet))


def is_fresh(values: Column) -> Mask:
    """Which values differ from the one before."""
    fresh = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=fresh[1:])
    return fresh


def join(seen: Seen, points: Column, links: Column, pairs: list[tuple[int, int]]) -> Packets:
    """Find out which sightings are of one packet. ``seen.time`` must be by one clock.

    ``points`` are the capture points of spots, ``links`` 1 for spots on a pod's link as its node sees it, ``pairs`` the
    address pairs by number.
    """
    last_row, row_before, repeated = _gather(seen, points)
    rows, begins = _arrange(seen, last_row, row_before)
    rewritten = np.zeros(len(repeated), np.bool_)
    target = _merge_rewritten(seen, rows, begins, points, links, pairs)
    if target is not None:
        rewritten[target[target != np.arange(len(target))]] = True
        kept = np.unique(target)
        rewritten, repeated = rewritten[kept], repeated[kept]
        gathering.merge(target.data, last_row.data, row_before.data)
        rows, begins = _arrange(seen, last_row, row_before)
    packet = np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(rows))))
    return Packets(seen, rows, packet, begins, repeated, rewritten)


def _gather(seen: Seen, points: Column) -> tuple[Rows, Rows, Mask]:
    """The last row of each packet, the row before each row of a packet (-1: none), and which packets are repeated."""
    count = len(seen.time)
    older, first, last_row, row_before = (np.empty(count, np.int32) for _ in range(4))
    repeated = np.empty(count, np.uint8)
    packets = gathering.gather(
        np.argsort(seen.time, kind="stable").data,
        seen.time.data,
        seen.identity.data,
        points.astype(np.int32)[seen.spot].data,
        np.full(CHAINS, -1, np.int32).data,
        older.data,
        np.empty(count, np.int64).data,
        first.data,
        last_row.data,
        row_before.data,
        repeated.data,
    )
    return last_row[:packets], row_before, repeated[:packets].astype(np.bool_)


def _arrange(seen: Seen, last_row: Rows, row_before: Rows) -> tuple[Column, Column]:
    """The rows of packets one after the other, each in the order of its path, and where each packet begins."""
    rows, begins = np.empty(len(row_before), np.int64), np.empty(len(last_row), np.int64)
    packets = gathering.arrange(seen.time.data, seen.what.data, last_row.data, row_before.data, rows.data, begins.data)
    return rows, begins[:packets]


def _share_an_address(left: Column, right: Column, pairs: list[tuple[int, int]]) -> Mask:
    """Which address pairs have an address in common, as pairs have that one node translates into each other."""
    numbers: dict[int, int] = {}
    ends = np.array([[numbers.setdefault(ip, len(numbers)) for ip in pair] for pair in pairs])
    src, dst, other_src, other_dst = ends[left, 0], ends[left, 1], ends[right, 0], ends[right, 1]
    return np.asarray((src == other_src) | (src == other_dst) | (dst == other_src) | (dst == other_dst))


def _merge_rewritten(
    seen: Seen, rows: Column, begins: Column, points: Column, links: Column, pairs: list[tuple[int, int]]
) -> Column | None:
    """For each packet the packet that it is before address translation; None if there is no translated packet.

    Such a pair is seen on different points, with different TTLs, and has an address in common; a text without TTLs
    shows it by its times alone. Of TCP it may have no address in common, and a NIC may show both.
    If more than two fit, nothing is guessed. What went from pod link to pod link is whole as it is.
    """
    if not len(begins):
        return None
    partial = np.flatnonzero(np.add.reduceat(links[seen.spot_of(rows)], begins) < 2)
    lowest = np.minimum.reduceat(rows, begins)
    first = lowest[partial]
    loose = seen.loose[first]
    ordered = np.sort(loose)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return None
    several = np.flatnonzero(np.isin(loose, twice))
    time, pair, ttl = seen.time[first], pair_of(seen.what[first]), ttl_of(seen.what[first])
    several = several[np.lexsort((time[several], loose[several]))]
    bare = ttl[several] == ABSENT_TTL
    # If only numbers distinguish packets, a packet that is sent again is not the same.
    at_once = bare[1:] & bare[:-1]
    within = np.where(at_once, AT_ONCE, SAME_PACKET)
    same = (loose[several][1:] == loose[several][:-1]) & (np.diff(time[several]) <= within)
    alone_before = np.append(True, ~same[:-1])
    alone_after = np.append(~same[1:], True)
    left, right = several[:-1], several[1:]
    apart_by_ttl = (ttl[left] != ttl[right]) | at_once
    matches = same & alone_before & alone_after & (pair[left] != pair[right]) & apart_by_ttl
    # A SYN's sequence number is its own (RFC 6528), so both of its addresses may have changed, as a NodePort's do.
    tcp = packet_type_of(seen.what[first])[left] == PACKETS.index("tcp")
    matches &= (tcp & ~at_once) | _share_an_address(pair[left], pair[right], pairs)
    left, right = partial[left], partial[right]
    if not matches.any():
        return None
    left, right = left[matches], right[matches]
    ends = np.append(begins[1:], len(rows))
    target = np.arange(len(begins))
    spot = seen.spot_of(rows)
    point = points[spot]
    # Most of both were seen once.
    apart = points[seen.spot_of(lowest[left])] != points[seen.spot_of(lowest[right])]
    # A NIC shows what comes in for a NodePort and goes out to another node's pod.
    by_nic = (packet_type_of(seen.what[rows]) == PACKETS.index("tcp")) & (links[spot] == 0)
    tcp = packet_type_of(seen.what[lowest[left]]) == PACKETS.index("tcp")
    apart |= tcp & (links[seen.spot_of(lowest[left])] == 0)
    for place in np.flatnonzero((ends[left] - begins[left] > 1) | (ends[right] - begins[right] > 1)).tolist():
        here, there = slice(begins[left[place]], ends[left[place]]), slice(begins[right[place]], ends[right[place]])
        apart[place] = not (np.isin(point[here], point[there]) & ~by_nic[here]).any()
    left, right = left[apart], right[apart]
    target[np.maximum(left, right)] = np.minimum(left, right)
    return target if (target != np.arange(len(target))).any() else None
