"""Join sightings: the same packet at several capture points becomes one packet, its sightings in the order of its way.

Sightings are columns (NumPy arrays): there may be millions. What says that two are one packet: the key, and the digest
of the payload as far as both sightings hold it. The same key again later, or again at the same capture point, is
another packet: a retransmission, an identifier used anew, a sequence number that wrapped around.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pcapcheck.brief import Brief
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import PACKETS
from pcapcheck.decode.frame_layout import (
    ABSENT,
    SIGHTING_FIELDS,
    V_DIGEST,
    V_ECHO,
    V_FRAME,
    V_KEY,
    V_LOOSE,
    V_TIME,
    V_WHAT,
)
from pcapcheck.decode.sightings import Sightings
from pcapcheck.paths import gathering
from pcapcheck.paths.gathering_layout import SAME_PACKET

Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T", int, Column)

# Chains of packets that are looked up together, a power of two: enough that most hold one packet of the last second.
CHAINS = 1 << 18
# Bits for times within a packet's sightings in the numbers that are sorted by: 4.3 seconds.
SPAN_BITS = 32
LARGEST_SPAN = (1 << SPAN_BITS) - 1
# Times further than 73 years from 1970 are taken for these, so that differences fit into 64 bits.
LATEST = 1 << 61
PART = 1 << 14
# What a text without TTLs has for one, and how soon a node sends on what it took (nanoseconds).
ABSENT_TTL = 0
AT_ONCE = 10_000_000
# An odd multiplier (Knuth's) as a signed number.
MULTIPLY = np.int64(0x9E3779B97F4A7C15 - (1 << 64))


@dataclass(repr=False)
class Seen(Brief):
    """Sightings of all captures, column by column. Times in nanoseconds, by the clock of each capture.

    ``frame`` is number << 32 | spot, a spot being a frame group of one capture; ``what`` is V_WHAT of
    ``decode.frame_layout``, with numbers of address pairs that hold for all captures. ``identity`` and ``loose`` serve
    to join, ``echo`` to tell whether a request was answered.
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


# What V_WHAT of ``decode.frame_layout`` holds: of one sighting or of a column of them.


def ttl_of(what: T) -> T:
    return what & 0xFF


def packet_type_of(what: T) -> T:
    return what >> 8 & 0xF


def encap_of(what: T) -> T:
    return what >> 12 & 0xF


def length_of(what: T) -> T:
    return what >> 16 & 0xFFFF


def pair_of(what: T) -> T:
    return what >> 32 & 0x3FFF


def outer_of(what: T) -> T:
    return what >> 46


@dataclass
class Numbering:
    """What the numbers in columns stand for: frame groups by (capture, group), address pairs.

    ``lost`` sightings are of none of them: too many MACs or address pairs to tell apart, or no time.
    """

    spots: list[tuple[int, int]]
    pairs: list[tuple[int, int]]
    lost: int = 0


def columns_of(sightings: Sightings, groups: dict[int, int], known: set[tuple[int, int]]) -> tuple[Seen, Numbering]:
    """The columns of all captures; ``groups`` tells how many frame groups each has, ``known`` those that count.

    Empties ``sightings``, capture by capture, so that they are not held twice.
    """
    numbering = Numbering([], [(0, 0)])
    pair_numbers: dict[tuple[int, int], int] = {(0, 0): 0}
    count = sightings.count
    seen = Seen(np.empty(count, np.int16), *(np.empty(count, np.int64) for _ in range(6)))
    digest = np.empty(count, np.int64)
    end = 0
    for capture in sorted(sightings.by_capture):
        base = len(numbering.spots)
        numbering.spots += [(capture, group) for group in range(groups[capture])]
        counts = np.array([(capture, group) in known for group in range(groups[capture])])
        pairs = np.zeros(1 << 14, np.int64)
        for number, pair in enumerate(sightings.address_pairs[capture][1:], 1):
            # Beyond what fits into their bits address pairs are nobody's, as they are in one capture.
            fits = pair in pair_numbers or len(pair_numbers) < 1 << 14
            pairs[number] = pair_numbers.setdefault(pair, len(pair_numbers)) if fits else 0
        table = np.frombuffer(sightings.by_capture.pop(capture), np.int64).reshape(-1, SIGHTING_FIELDS)
        # In parts that a processor's cache holds, since each is gone through column by column.
        for start in range(0, len(table), PART):
            end = _fill(seen, digest, end, table[start : start + PART], capture, base, counts, pairs)
        del table
    numbering.pairs, numbering.lost = list(pair_numbers), count - end
    if end < count:
        seen = Seen(*(getattr(seen, column.name)[:end] for column in fields(Seen)))
    seen.identity = _identities(seen.identity, digest[:end])
    if not (digest[:end] == ABSENT).any():
        # The payload of a request is that of its reply.
        seen.echo ^= digest[:end] * MULTIPLY
    return seen, numbering


def _fill(
    seen: Seen, digest: Column, end: int, table: Column, capture: int, base: int, counts: Mask, pairs: Column
) -> int:
    """Write rows of sightings into the columns from ``end`` on, but those that nobody can be told of; the new end.

    ``base`` is the number of the capture's first spot, ``counts`` tells which of its groups count, ``pairs`` what its
    address pairs are called.
    """
    # Of pair 0 nobody knows whose addresses they were.
    known = pairs[pair_of(table[:, V_WHAT])] > 0
    rows = (table[:, V_TIME] != ABSENT_TIME) & counts[table[:, V_FRAME] & 0xFFFF] & known
    if not rows.all():
        table = table[rows]
    here = slice(end, end + len(table))
    frame, what = table[:, V_FRAME], table[:, V_WHAT]
    seen.capture[here] = capture
    seen.frame[here] = (frame >> 16 << 32) + (frame & 0xFFFF) + base
    seen.time[here] = np.clip(table[:, V_TIME], -LATEST, LATEST)
    both_pairs = (pairs[outer_of(what)] << 46) | (pairs[pair_of(what)] << 32)
    seen.what[here] = both_pairs | (what & 0xFFFFFFFF)
    seen.identity[here] = table[:, V_KEY]
    seen.loose[here] = table[:, V_LOOSE] ^ (table[:, V_DIGEST] * MULTIPLY)
    seen.echo[here] = table[:, V_ECHO]
    digest[here] = table[:, V_DIGEST]
    return end + len(table)


def _identities(key: Column, digest: Column) -> Column:
    """A number per sighting that is the same for sightings of the same packet, and for its later likes.

    The digest counts unless some sighting with the same key lacks it, its payload having been cut off.
    """
    whole: Column = key ^ (digest * MULTIPLY)
    lacking = digest == ABSENT
    if lacking.any():
        whole = np.where(np.isin(key, np.unique(key[lacking])), key, whole)
    return whole


@dataclass(repr=False)
class Packets(Brief):
    """Sightings sorted so that those of one packet stand together, in the order of its way.

    ``rows`` are their rows in ``seen``; ``packet`` numbers the packets from 0; ``begins`` says where the sightings of
    each begin. ``repeated`` marks packets whose like was seen at the same capture point within a second;
    ``rewritten`` those whose addresses changed on the way.
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
    packet_of, repeated = _gather(seen, points)
    rewritten = np.zeros(len(repeated), np.bool_)
    rows, packet = _by_packet(packet_of)
    target = _merge_rewritten(seen, rows, packet, points, links, pairs)
    if target is not None:
        rewritten[target[target != np.arange(len(target))]] = True
        kept = np.unique(target)
        rewritten, repeated = rewritten[kept], repeated[kept]
        rows, packet = _by_packet(np.searchsorted(kept, target)[packet_of])
    rows = rows[_in_path_order(packet, ttl_of(seen.what[rows]), seen.time[rows], encap_of(seen.what[rows]) == 0)]
    return Packets(seen, rows, packet, begins_of(packet), repeated, rewritten)


def _gather(seen: Seen, points: Column) -> tuple[Column, Mask]:
    """The packet that each sighting is of, and which packets are repeated."""
    count = len(seen.time)
    order = np.argsort(seen.time, kind="stable")
    packet_of, older, first, last_row, row_before = (np.empty(count, np.int32) for _ in range(5))
    repeated = np.empty(count, np.uint8)
    packets = gathering.gather(
        order.data,
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
        packet_of.data,
    )
    return packet_of.astype(np.int64), repeated[:packets].astype(np.bool_)


def _by_packet(packet_of: Column) -> tuple[Column, Column]:
    """Rows sorted so that those of one packet stand together, and the packet of each."""
    rows = np.argsort(packet_of, kind="stable")
    return rows, packet_of[rows]


def _in_path_order(packet: Column, ttl: Column, time: Column, plain: Mask) -> Column:
    """Sort by packet, then by falling TTL, which no router raises, then by time.

    A frame keeps its time from the NIC to the tunnel device on which its content appears: of equal times what is inside
    a tunnel is the earlier.
    """
    if not len(packet):
        return np.zeros(0, np.int64)
    least = np.minimum.reduceat(time, begins_of(packet))
    since = np.minimum(time - least[packet], LARGEST_SPAN)
    # A packet number, 8 bits of TTL, the time and a bit make 63 bits as long as there are at most 2^22 packets.
    key = (packet << (9 + SPAN_BITS)) | ((255 - ttl) << (1 + SPAN_BITS)) | (since << 1) | plain
    return np.argsort(key, kind="stable")


def _share_an_address(left: Column, right: Column, pairs: list[tuple[int, int]]) -> Mask:
    """Which address pairs have an address in common, as those have that one node translates into each other."""
    numbers: dict[int, int] = {}
    ends = np.array([[numbers.setdefault(ip, len(numbers)) for ip in pair] for pair in pairs])
    src, dst, other_src, other_dst = ends[left, 0], ends[left, 1], ends[right, 0], ends[right, 1]
    return np.asarray((src == other_src) | (src == other_dst) | (dst == other_src) | (dst == other_dst))


def _merge_rewritten(
    seen: Seen, rows: Column, packet: Column, points: Column, links: Column, pairs: list[tuple[int, int]]
) -> Column | None:
    """For each packet the one that it is but for what address translation changes; None where there is no such pair.

    Such a pair is seen on different points, with different TTLs, and has an address in common; a text without TTLs
    shows it by its times alone. Of TCP it may have no address in common, and a NIC may show both.
    Where more than two fit, nothing is guessed. What went from pod link to pod link is whole as it is.
    """
    begins = begins_of(packet)
    if not len(begins):
        return None
    partial = np.flatnonzero(np.add.reduceat(links[seen.spot[rows]], begins) < 2)
    first = rows[begins[partial]]
    loose = seen.loose[first]
    ordered = np.sort(loose)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return None
    several = np.flatnonzero(np.isin(loose, twice))
    time, pair, ttl = seen.time[first], pair_of(seen.what[first]), ttl_of(seen.what[first])
    several = several[np.lexsort((time[several], loose[several]))]
    bare = ttl[several] == ABSENT_TTL
    # Where nothing but numbers tells packets apart, one that is sent again is not the same.
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
    point = points[seen.spot[rows]]
    # Most of both were seen once.
    apart = point[begins[left]] != point[begins[right]]
    # A NIC shows what comes in for a NodePort and goes out to another node's pod.
    by_nic = (packet_type_of(seen.what[rows]) == PACKETS.index("tcp")) & (links[seen.spot[rows]] == 0)
    apart |= by_nic[begins[left]]
    for place in np.flatnonzero((ends[left] - begins[left] > 1) | (ends[right] - begins[right] > 1)).tolist():
        here, there = slice(begins[left[place]], ends[left[place]]), slice(begins[right[place]], ends[right[place]])
        apart[place] = not (np.isin(point[here], point[there]) & ~by_nic[here]).any()
    left, right = left[apart], right[apart]
    target[np.maximum(left, right)] = np.minimum(left, right)
    return target if (target != np.arange(len(target))).any() else None
