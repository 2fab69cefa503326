"""Clocks: by how much the clocks of the captures differ, from packets that both saw.

A packet from A to B is seen later at B by its delay plus the lead of B's clock, a packet from B to A by its delay minus
that lead. Half the difference of the shortest of both is the offset, as in NTP (RFC 5905, section 8), if the delays of
both directions are alike.
"""

from __future__ import annotations

import numpy as np

from pcapcheck.decode.frame_layout import ABSENT
from pcapcheck.links.clock import Clock
from pcapcheck.paths.correlation import is_fresh
from pcapcheck.paths.gathering_layout import SAME_PACKET
from pcapcheck.paths.sighting_columns import Column, Mask, Seen, ttl_of

# Two files of one kernel differ by no more than this; a smaller offset counts as none.
LEAST_OFFSET = 1_000_000
# There and back, no way within a cluster takes longer. If the shortest of both do, and one clock for both captures
# explains them, they are taken to have one.
LONGEST_WAY = 100_000_000
# Percent of the delays, the shortest, that count, so that one odd packet does not decide.
SHARE = 5
# How many sightings are looked at, unless both captures then share fewer packets than the minimum.
MOST_COMPARED = 1 << 13
LEAST_COMPARED = 100
# A packet passes fewer points than this. What is the same in more captures, such as a ping repeated for each, joins
# each to this number of them at most.
MOST_POINTS = 16


def estimate_clocks(seen: Seen, macs: Column) -> dict[int, Clock]:
    """The clocks of all captures that share packets with one whose clock is known, the first being the reference.

    ``macs`` are the source and the destination MACs of spots, a row each, ABSENT where there are none.
    """
    captures = seen.capture[is_fresh(seen.capture)].tolist()
    if len(captures) < 2:
        return {capture: Clock(capture, capture, 0, 0, True) for capture in captures}
    comparison = Comparison(seen, macs, captures)
    sharing = comparison.sharing()
    clocks: dict[int, Clock] = {}
    best: dict[int, Clock] = {}
    waiting = list(captures)
    while waiting:
        # Nothing connects it with the captures before: it keeps its own time.
        alone = Clock(waiting[0], waiting[0], 0, 0, True)
        found = max(
            (best[capture] for capture in waiting if capture in best), key=lambda clock: clock.packets, default=alone
        )
        clocks[found.capture] = found
        waiting.remove(found.capture)
        for capture in sorted(sharing.get(found.capture, set()).difference(clocks)):
            clock = comparison.clock(found, capture)
            if clock and (capture not in best or clock.packets > best[capture].packets):
                best[capture] = clock
    return clocks


def by_one_clock(seen: Seen, clocks: dict[int, Clock]) -> Column:
    """The times of all sightings by the reference's clock."""
    offsets = np.zeros(max(clocks, default=0) + 1, np.int64)
    for capture, clock in clocks.items():
        offsets[capture] = clock.offset
    return seen.time - offsets[seen.capture] if offsets.any() else seen.time


class Comparison:
    """Compares the times of packets that two captures saw.

    Of large captures a share of the packets is looked at: the same ones in all, since their identities are the same.
    """

    def __init__(self, seen: Seen, macs: Column, captures: list[int]) -> None:
        self._seen, self._macs, self._captures = seen, macs, captures
        # Sightings stand capture by capture.
        bounds = np.searchsorted(seen.capture, [*captures, captures[-1] + 1]).tolist()
        self._bounds = {capture: (bounds[n], bounds[n + 1]) for n, capture in enumerate(captures)}
        self._known: dict[tuple[int, int], tuple[Column, Column]] = {}

    def sharing(self) -> dict[int, set[int]]:
        """For each capture the captures that hold an identity of it: of thousands, each shares packets with a few.

        A share of the packets is enough if it connects all captures.
        """
        share = self._share(max(end - begin for begin, end in self._bounds.values()))
        for looked_at in dict.fromkeys((share, 1)):
            rows = np.concatenate([self._rows(capture, looked_at) for capture in self._captures])
            sharing = _sharing(self._seen.identity[rows], self._seen.capture[rows])
            if _are_connected(self._captures, sharing):
                break
        return sharing

    def clock(self, reference: Clock, capture: int) -> Clock | None:
        """The clock of a capture, by packets that it and the ``reference`` saw; None if there are none."""
        seen = self._seen
        smaller = min(end - begin for begin, end in (self._bounds[reference.capture], self._bounds[capture]))
        share = self._share(smaller)
        left, right = self._common(reference.capture, capture, share)
        if share > 1 and len(left) < LEAST_COMPARED:
            left, right = self._common(reference.capture, capture, 1)
        plausible = _plausible(seen, self._macs, left, right)
        left, right = left[plausible], right[plausible]
        if not len(left):
            return None
        later = seen.time[right] - seen.time[left]
        ttl, other_ttl = ttl_of(seen.what[left]), ttl_of(seen.what[right])
        went_there = later[ttl > other_ttl]
        came_back = later[ttl < other_ttl]
        offset = _offset(later, went_there, came_back)
        both = bool(len(went_there) and len(came_back)) or not (len(went_there) or len(came_back))
        return Clock(capture, reference.reference, reference.offset + offset, len(left), both)

    def _share(self, count: int) -> int:
        """Of how many packets one is looked at; a power of two."""
        share = 1
        while count // share > MOST_COMPARED:
            share *= 2
        return share

    def _rows(self, capture: int, share: int) -> Column:
        begin, end = self._bounds[capture]
        rows: Column = begin + np.flatnonzero(self._seen.identity[begin:end] & (share - 1) == 0)
        return rows

    def _first_sightings(self, capture: int, share: int) -> tuple[Column, Column]:
        """Identities that a capture holds at one time only, and the rows of their first sightings."""
        if (capture, share) not in self._known:
            seen, rows = self._seen, self._rows(capture, share)
            identity = seen.identity[rows]
            known, first, counts = np.unique(identity, return_index=True, return_counts=True)
            rows_first = rows[first]
            if (counts > 1).any():
                last = len(rows) - 1 - np.unique(identity[::-1], return_index=True)[1]
                once = seen.time[rows[last]] - seen.time[rows_first] <= SAME_PACKET
                known, rows_first = known[once], rows_first[once]
            self._known[capture, share] = known, rows_first
        return self._known[capture, share]

    def _common(self, here: int, there: int, share: int) -> tuple[Column, Column]:
        """The rows of packets that both captures saw."""
        known, rows = self._first_sightings(here, share)
        other, other_rows = self._first_sightings(there, share)
        _, left, right = np.intersect1d(known, other, assume_unique=True, return_indices=True)
        return rows[left], other_rows[right]


def _sharing(identity: Column, capture: Column) -> dict[int, set[int]]:
    """For each capture those that hold an identity of it; rows stand capture by capture."""
    order = np.argsort(identity, kind="stable")
    identity, capture = identity[order], capture[order].astype(np.int64)
    once = np.append(True, (identity[1:] != identity[:-1]) | (capture[1:] != capture[:-1]))
    identity, capture = identity[once], capture[once]
    sharing: dict[int, set[int]] = {}
    # Captures that hold the same identity stand next to each other.
    for distance in range(1, MOST_POINTS):
        same = identity[distance:] == identity[:-distance]
        if not same.any():
            break
        found = np.unique((capture[:-distance][same] << 32) | capture[distance:][same])
        for here, there in zip((found >> 32).tolist(), (found & 0xFFFFFFFF).tolist(), strict=True):
            sharing.setdefault(here, set()).add(there)
            sharing.setdefault(there, set()).add(here)
    return sharing


def _are_connected(captures: list[int], sharing: dict[int, set[int]]) -> bool:
    """Whether each capture shares packets with each other one, if only by way of others."""
    reached, waiting = {captures[0]}, [captures[0]]
    while waiting:
        further = sharing.get(waiting.pop(), set()) - reached
        reached |= further
        waiting += further
    return len(reached) == len(captures)


def _plausible(seen: Seen, macs: Column, left: Column, right: Column) -> Mask:
    """Which pairs of sightings may be of one packet, whatever the clocks say.

    Between two links the TTL falls; on one link that was seen twice the MACs are the same. Neither holds if a recreated
    pod has the address, and the same numbers, of the pod before it.
    """
    ttl, other_ttl = ttl_of(seen.what[left]), ttl_of(seen.what[right])
    here, there = macs[:, seen.spot_of(left)], macs[:, seen.spot_of(right)]
    same_macs = ((here == there) | (here == ABSENT) | (there == ABSENT)).all(axis=0)
    near = np.abs(seen.time[right] - seen.time[left]) <= SAME_PACKET
    return np.asarray(near | (ttl != other_ttl) | same_macs)


def _offset(later: Column, went_there: Column, came_back: Column) -> int:
    """By how much a clock is ahead: ``later`` are times from one capture to the other, then by direction."""
    if len(went_there) and len(came_back):
        there, back = _percentile(went_there, SHARE), _percentile(came_back, 100 - SHARE)
        # Packets that waited, for the receiver's MAC say, make the delays of both directions unlike.
        waited = there - back > LONGEST_WAY and back <= 0 <= there
        offset = 0 if waited else (there + back) // 2
    elif len(went_there) or len(came_back):
        # One direction only: delay and offset are not distinguishable, but the delay is neither negative nor a second.
        nearest = _percentile(went_there, SHARE) if len(went_there) else _percentile(came_back, 100 - SHARE)
        delay = nearest if len(went_there) else -nearest
        offset = 0 if 0 <= delay < SAME_PACKET else nearest
    else:
        offset = int(np.median(later))
    return 0 if abs(offset) < LEAST_OFFSET else offset


def _percentile(values: Column, percent: int) -> int:
    return int(np.percentile(values, percent))
