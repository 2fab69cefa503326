"""Sightings of all captures as columns (NumPy arrays): there may be millions."""

from __future__ import annotations

from array import array
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.decode.frame_layout import (
    ABSENT,
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

Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int32]
T = TypeVar("T", int, Column)
# An odd multiplier (Knuth's) as a signed number.
MULTIPLY = np.int64(0x9E3779B97F4A7C15 - (1 << 64))


class Seen(Brief, Struct):
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


class Numbering(Struct):
    """What the numbers in columns stand for: frame groups by (capture, group), address pairs.

    ``lost`` sightings are of none of them: too many MACs or address pairs to distinguish, or no time.
    """

    spots: list[tuple[int, int]]
    pairs: list[tuple[int, int]]
    lost: int = 0


def columns_of(sightings: Sightings, groups: dict[int, int], known: set[tuple[int, int]]) -> tuple[Seen, Numbering]:
    """The columns of all captures; ``groups`` is the number of frame groups of each, ``known`` are those that count.

    Takes the columns of ``sightings``, so that they are not held twice.
    """
    numbering = Numbering([], [(0, 0)])
    pair_numbers: dict[tuple[int, int], int] = {(0, 0): 0}
    columns = [np.frombuffer(column, np.int64) for column in sightings.hand_over()]
    of_capture = []
    begin = end = 0
    for capture, count in sightings.counts.items():
        base = len(numbering.spots)
        numbering.spots += [(capture, group) for group in range(groups[capture])]
        counts = bytes((capture, group) in known for group in range(groups[capture]))
        pairs = array("q", bytes(8 << 14))
        for number, pair in enumerate(sightings.address_pairs[capture][1:], 1):
            # Address pairs whose number does not fit into its bits are unknown, as in a single capture.
            fits = pair in pair_numbers or len(pair_numbers) < 1 << 14
            pairs[number] = pair_numbers.setdefault(pair, len(pair_numbers)) if fits else 0
        start = end
        end = gathering.prepare(
            begin, count, base, memoryview(counts), memoryview(pairs), start, *(column.data for column in columns)
        )
        of_capture.append(np.full(end - start, capture, np.int16))
        begin += count
    numbering.pairs, numbering.lost = list(pair_numbers), begin - end
    wanted = (V_FRAME, V_TIME, V_WHAT, V_KEY, V_LOOSE, V_ECHO)
    seen = Seen(np.concatenate(of_capture), *(columns[field][:end] for field in wanted))
    _leave_out_digests(seen, columns[V_DIGEST][:end])
    return seen, numbering


def _leave_out_digests(seen: Seen, digest: Column) -> None:
    """Take digests out of the numbers that packets are known again by, where a payload was cut off.

    The digest counts unless some sighting with the same key lacks it. The payload of a request is that of its reply, if
    none was cut off.
    """
    lacking = digest == ABSENT
    if lacking.any():
        mixed = digest * MULTIPLY
        seen.identity = _without_digest(seen.identity, mixed, lacking)
        seen.loose = _without_digest(seen.loose, mixed, lacking)
        seen.echo ^= mixed


def _without_digest(numbers: Column, mixed: Column, lacking: Mask) -> Column:
    """The numbers with digests mixed in; without them where a sighting of the same number lacks its digest."""
    bare = numbers ^ mixed
    return np.where(np.isin(bare, np.unique(bare[lacking])), bare, numbers)
