"""Join sightings: the same packet at several capture points becomes one packet, its sightings in the order of its path.

Two sightings are of one packet if they have the same key, and the same digest of the payload if both hold it. The same
key again later, or again at the same capture point, is another packet: a retransmission, an identifier that is used
again, a sequence number that wrapped around.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.paths import gathering, translating
from pcapcheck.paths.sighting_columns import Column, Mask, Rows, Seen

# Chains of packets that are looked up together, a power of two: enough that most hold one packet of the last second.
CHAINS = 1 << 18


class Packets(Brief, Struct):
    """Sightings sorted so that those of one packet stand together, in the order of its path.

    ``rows`` are their rows in ``seen``; ``begins`` says where the sightings of each packet begin. ``repeated`` marks
    packets that were seen at the same capture point within a second before; ``rewritten`` those whose addresses changed
    on their path.
    """

    seen: Seen
    rows: Column
    begins: Column
    repeated: Mask
    rewritten: Mask

    @property
    def count(self) -> int:
        return len(self.begins)

    @property
    def lengths(self) -> Column:
        """How many sightings each packet has."""
        return np.diff(self.begins, append=len(self.rows))

    @property
    def packet(self) -> Column:
        """The packet of each sighting."""
        return np.repeat(np.arange(self.count), self.lengths)

    def without(self, dropped: Mask) -> Packets:
        """The same packets without some of their sightings; each keeps one at least."""
        packet = self.packet[~dropped]
        return Packets(self.seen, self.rows[~dropped], begins_of(packet), self.repeated, self.rewritten)


def begins_of(packet: Column) -> Column:
    """Where the sightings of each packet begin."""
    return np.flatnonzero(is_fresh(packet))


def is_fresh(values: npt.NDArray[np.signedinteger]) -> Mask:
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
        kept = target == np.arange(len(target))
        rewritten[target[~kept]] = True
        rewritten, repeated = rewritten[kept], repeated[kept]
        gathering.merge(target.data, last_row.data, row_before.data)
        rows, begins = _arrange(seen, last_row, row_before)
    return Packets(seen, rows, begins, repeated, rewritten)


def _gather(seen: Seen, points: Column) -> tuple[Rows, Rows, Mask]:
    """The last row of each packet, the row before each row of a packet (-1: none), and which packets are repeated."""
    count = len(seen.time)
    older, first, last_row, row_before = (np.empty(count, np.int32) for _ in range(4))
    repeated = np.empty(count, np.uint8)
    packets = gathering.gather(
        (np.zeros(0, np.int64) if is_rising(seen.time) else np.argsort(seen.time, kind="stable")).data,
        seen.time.data,
        seen.identity.data,
        seen.frame.data,
        points.data,
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


def _merge_rewritten(
    seen: Seen, rows: Column, begins: Column, points: Column, links: Column, pairs: list[tuple[int, int]]
) -> Column | None:
    """For each packet the packet that it is before address translation; None if there is no translated packet.

    Such a pair is seen on different points, with different TTLs, and has an address in common; a text without TTLs
    shows it by its times alone. Of TCP it may have no address in common, and a NIC may show both.
    If more than two fit, nothing is guessed. What went from pod link to pod link is whole as it is.
    """
    count = len(begins)
    lowest, partial = np.empty(count, np.int64), np.empty(count, np.int64)
    found = translating.pick_partial(rows.data, begins.data, seen.frame.data, links.data, lowest.data, partial.data)
    ordered = partial[:found]
    if not is_rising(seen.time[lowest[ordered]]):
        ordered = ordered[np.argsort(seen.time[lowest[ordered]], kind="stable")]
    heads, older, before = np.full(CHAINS, -1, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    followed = np.empty(count, np.uint8)
    if not translating.find_alike(
        ordered.data,
        lowest.data,
        seen.time.data,
        seen.what.data,
        seen.loose.data,
        heads.data,
        older.data,
        before.data,
        followed.data,
    ):
        return None
    target = np.empty(count, np.int64)
    translated = translating.match(
        ordered.data,
        lowest.data,
        before.data,
        followed.data,
        rows.data,
        begins.data,
        seen.frame.data,
        seen.what.data,
        points.data,
        links.data,
        _ends_of(pairs).data,
        target.data,
    )
    return target if translated else None


def _ends_of(pairs: list[tuple[int, int]]) -> Column:
    """Two numbers per address pair, one for each of its addresses: the same ones for the same address."""
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(ip, len(numbers)) for pair in pairs for ip in pair])


def is_rising(times: Column) -> bool:
    """Whether no value is less than the one before."""
    return bool((times[1:] >= times[:-1]).all())
