"""Clocks: by how much the clocks of the captures differ, from packets that both saw.

A packet from A to B is seen later at B by its delay plus the lead of B's clock, a packet from B to A by its delay minus
that lead. Half the difference of the shortest of both is the offset, as in NTP (RFC 5905, section 8), if the delays of
both directions are alike.
"""

from __future__ import annotations

import numpy as np

from pcapcheck.decode.frame_layout import ABSENT
from pcapcheck.links.clock import Clock
from pcapcheck.paths.gathering_layout import SAME_PACKET
from pcapcheck.paths.sighting_columns import Column, Mask, Seen, ttl_of

# Two files of one kernel differ by no more than this; a smaller offset counts as none.
LEAST_OFFSET = 1_000_000
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
    captures = np.unique(seen.capture).tolist()
    if len(captures) < 2:
        return {capture: Clock(capture, capture, 0, 0, True) for capture in captures}
    rows = _rows_of(seen, captures)
    sharing = _sharing(seen)
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
            clock = _compare(seen, macs, rows[found.capture], rows[capture], found, capture)
            if clock and (capture not in best or clock.packets > best[capture].packets):
                best[capture] = clock
    return clocks


def by_one_clock(seen: Seen, clocks: dict[int, Clock]) -> Column:
    """The times of all sightings by the reference's clock."""
    offsets = np.zeros(max(clocks, default=0) + 1, np.int64)
    for capture, clock in clocks.items():
        offsets[capture] = clock.offset
    return seen.time - offsets[seen.capture] if offsets.any() else seen.time


def _rows_of(seen: Seen, captures: list[int]) -> dict[int, Column]:
    """The rows of each capture, in their order."""
    order = np.argsort(seen.capture, kind="stable")
    starts = np.searchsorted(seen.capture[order], captures)
    return dict(zip(captures, np.split(order, starts[1:]), strict=True))


def _sharing(seen: Seen) -> dict[int, set[int]]:
    """For each capture the captures that hold an identity of it: of thousands, each shares packets with a few."""
    pairs = np.unique(np.stack((seen.identity, seen.capture.astype(np.int64)), axis=1), axis=0)
    identity, capture = pairs[:, 0], pairs[:, 1]
    sharing: dict[int, set[int]] = {}
    # Sorted by identity: captures that hold the same one stand next to each other.
    for distance in range(1, MOST_POINTS):
        same = identity[distance:] == identity[:-distance]
        if not same.any():
            break
        found = np.unique(np.stack((capture[:-distance][same], capture[distance:][same]), axis=1), axis=0)
        for here, there in found.tolist():
            sharing.setdefault(here, set()).add(there)
            sharing.setdefault(there, set()).add(here)
    return sharing


def _first_sightings(seen: Seen, rows: Column) -> tuple[Column, Column]:
    """Identities that these rows hold at one time only, and the rows of their first sightings."""
    identity = seen.identity
    known, first, counts = np.unique(identity[rows], return_index=True, return_counts=True)
    rows_first = rows[first]
    if (counts > 1).any():
        last = len(rows) - 1 - np.unique(identity[rows][::-1], return_index=True)[1]
        once = seen.time[rows[last]] - seen.time[rows_first] <= SAME_PACKET
        known, rows_first = known[once], rows_first[once]
    return known, rows_first


def _common_packets(seen: Seen, rows_here: Column, rows_there: Column, share: int) -> tuple[Column, Column]:
    """The rows of packets that both saw, looking at one packet in ``share``."""
    here, there = (
        _first_sightings(seen, rows[seen.identity[rows] & (share - 1) == 0] if share > 1 else rows)
        for rows in (rows_here, rows_there)
    )
    _, left, right = np.intersect1d(here[0], there[0], assume_unique=True, return_indices=True)
    return here[1][left], there[1][right]


def _plausible(seen: Seen, macs: Column, left: Column, right: Column) -> Mask:
    """Which pairs of sightings may be of one packet, whatever the clocks say.

    Between two links the TTL falls; on one link that was seen twice the MACs are the same. Neither holds if a recreated
    pod has the address, and the same numbers, of the pod before it.
    """
    ttl, other_ttl = ttl_of(seen.what[left]), ttl_of(seen.what[right])
    here, there = macs[:, seen.spot[left]], macs[:, seen.spot[right]]
    same_macs = ((here == there) | (here == ABSENT) | (there == ABSENT)).all(axis=0)
    near = np.abs(seen.time[right] - seen.time[left]) <= SAME_PACKET
    return np.asarray(near | (ttl != other_ttl) | same_macs)


def _compare(
    seen: Seen, macs: Column, rows_here: Column, rows_there: Column, reference: Clock, capture: int
) -> Clock | None:
    """The clock of the capture ``there``, by packets that both saw; None if there are none.

    Of large captures a share is looked at: the same packets in both, since their identities are the same. If that
    leaves too few, all are.
    """
    smaller = min(len(rows_here), len(rows_there))
    share = 1
    while smaller // share > MOST_COMPARED:
        share *= 2
    left, right = _common_packets(seen, rows_here, rows_there, share)
    if share > 1 and len(left) < LEAST_COMPARED:
        left, right = _common_packets(seen, rows_here, rows_there, 1)
    plausible = _plausible(seen, macs, left, right)
    left, right = left[plausible], right[plausible]
    if not len(left):
        return None
    later = seen.time[right] - seen.time[left]
    ttl, other_ttl = ttl_of(seen.what[left]), ttl_of(seen.what[right])
    went_there = later[ttl > other_ttl]
    came_back = later[ttl < other_ttl]
    if len(went_there) and len(came_back):
        offset = (_percentile(went_there, SHARE) + _percentile(came_back, 100 - SHARE)) // 2
    elif len(went_there) or len(came_back):
        # One direction only: delay and offset are not distinguishable, but the delay is neither negative nor a second.
        nearest = _percentile(went_there, SHARE) if len(went_there) else _percentile(came_back, 100 - SHARE)
        delay = nearest if len(went_there) else -nearest
        offset = 0 if 0 <= delay < SAME_PACKET else nearest
    else:
        offset = int(np.median(later))
    if abs(offset) < LEAST_OFFSET:
        offset = 0
    both = bool(len(went_there) and len(came_back)) or not (len(went_there) or len(came_back))
    return Clock(capture, reference.reference, reference.offset + offset, len(left), both)


def _percentile(values: Column, percent: int) -> int:
    return int(np.percentile(values, percent))
