"""Sightings of all captures as columns (NumPy arrays): there may be millions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pcapcheck.brief import Brief
from pcapcheck.capture.scan_layout import ABSENT_TIME
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

Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T", int, Column)
# Times further than 73 years from 1970 are taken for these, so that differences fit into 64 bits.
LATEST = 1 << 61
PART = 1 << 14
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

    def spot_of(self, rows: Column) -> Column:
        """The spots of some rows."""
        return self.frame[rows] & 0xFFFFFFFF


# What V_WHAT of ``decode.frame_layout`` holds, of one sighting or of a column of them.


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

    ``lost`` sightings are of none of them: too many MACs or address pairs to distinguish, or no time.
    """

    spots: list[tuple[int, int]]
    pairs: list[tuple[int, int]]
    lost: int = 0


def columns_of(sightings: Sightings, groups: dict[int, int], known: set[tuple[int, int]]) -> tuple[Seen, Numbering]:
    """The columns of all captures; ``groups`` is the number of frame groups of each, ``known`` are those that count.

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
            # Address pairs whose number does not fit into its bits are unknown, as in a single capture.
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
    """Write rows of sightings of known senders into the columns from ``end`` on; returns the new end.

    ``base`` is the number of the capture's first spot, ``counts`` marks its groups that count, ``pairs`` holds
    the numbers of its address pairs.
    """
    # Pair 0 is unknown addresses.
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
