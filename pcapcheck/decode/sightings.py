"""The sightings of an observation: what is kept of each packet so that it can be followed from link to link.

The number kept is bounded. Beyond it packets are left out, the same packets at every capture point: those whose loose
key has a certain bit. So what is kept stays whole, from the first link to the last.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_layout import SIGHTING_FIELDS, V_LOOSE, V_TIME

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pcapcheck.decode.long_column import LongColumn

    # Asked with the number of a capture and the fields of some of its sightings: which of them to keep.
    IsKept = Callable[[int, list[npt.NDArray[np.int64]]], npt.NDArray[np.bool_]]

# What follows from each takes some 120 bytes in all.
MOST_SIGHTINGS = 1 << 20
LAST_SAMPLE = (1 << 20) - 1
# Sightings that are looked at together, and room for those of a batch.
PART = 1 << 14
ROOM = 1 << 14


class Sightings(Struct):
    """What every capture saw. ``sample`` are the bits that no kept packet has in its loose key; ``dropped``
    sightings found no room even so.

    ``columns`` holds a column per field (see ``decode.frame_layout``), none while there is no sighting; ``counts`` says
    how many are of each capture. Captures that are read side by side take turns: ``put_in_order`` has those of each
    stand together. ``address_pairs`` are the pairs that they name by number.
    """

    most: int = MOST_SIGHTINGS
    sample: int = 0
    dropped: int = 0
    columns: list[LongColumn] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    address_pairs: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    # Sightings in a row of one capture: which, and how many.
    _captures: array[int] = field(default_factory=lambda: array("q"))
    _lengths: array[int] = field(default_factory=lambda: array("q"))

    @property
    def count(self) -> int:
        return self.columns[V_TIME].count if self.columns else 0

    @property
    def share(self) -> int:
        """One packet in this many is followed."""
        return self.sample + 1

    def add(self, capture: int, batch: FrameBatch) -> None:
        """Take the sightings of a batch."""
        if self.sample >= LAST_SAMPLE and self.count >= self.most:
            # Packets that are all alike: leaving some out leaves none or all.
            self.dropped += batch.sighting_count
            return
        if not self.columns:
            # A verdict on one link needs none of it.
            from pcapcheck.decode.long_column import LongColumn

            self.columns = [LongColumn(self.most + ROOM) for _ in range(SIGHTING_FIELDS)]
        for number, column in enumerate(self.columns):
            column.append(batch.sighting_field(number))
        self.counts[capture] = self.counts.get(capture, 0) + batch.sighting_count
        self._extend(capture, batch.sighting_count)
        while self.count > self.most and self.sample < LAST_SAMPLE:
            self._thin_out()

    def _extend(self, capture: int, count: int) -> None:
        if self._captures and self._captures[-1] == capture:
            self._lengths[-1] += count
        elif count:
            self._captures.append(capture)
            self._lengths.append(count)

    def put_in_order(self) -> None:
        """Have the sightings of each capture stand together, the captures by their numbers; nothing may be added then.

        Where captures were read one after another they do.
        """
        self.counts = dict(sorted(self.counts.items()))
        if list(self._captures) == [capture for capture, count in self.counts.items() if count]:
            return
        import numpy as np

        of = np.repeat(np.array(self._captures, np.int64), np.array(self._lengths, np.int64))
        order = np.argsort(of, kind="stable")
        for column in self.columns:
            held = np.frombuffer(column.held, np.int64)
            held[:] = held[order]
        self._captures, self._lengths = array("q"), array("q")
        for capture, count in self.counts.items():
            self._extend(capture, count)

    def hand_over(self) -> list[memoryview]:
        """The columns, which are then gone from here."""
        columns, self.columns = self.columns, []
        return [column.held for column in columns]

    def of(self, capture: int, number: int) -> memoryview:
        """A field of the sightings of a capture, once they are in order."""
        begin = 0
        for each, count in self.counts.items():
            if each == capture:
                return self.columns[number].held[begin : begin + count]
            begin += count
        return memoryview(b"").cast("q")

    def keep(self, is_kept: IsKept) -> None:
        """Keep some sightings."""
        self.counts = self._move_up(is_kept)
        for column in self.columns:
            column.cut(sum(self.counts.values()))

    def _move_up(self, is_kept: IsKept) -> dict[int, int]:
        """Move those to keep together, part by part so that little is held twice; how many are of each capture."""
        # Only here and where packets are joined, so that a verdict on one capture need not load it.
        import numpy as np

        columns = [np.frombuffer(column.held, np.int64) for column in self.columns]
        counts = dict.fromkeys(self.counts, 0)
        start = end = 0
        runs = list(zip(self._captures, self._lengths, strict=True))
        self._captures, self._lengths = array("q"), array("q")
        for capture, count in runs:
            for first in range(start, start + count, PART):
                part = [column[first : min(first + PART, start + count)] for column in columns]
                kept = is_kept(capture, part)
                more = int(np.count_nonzero(kept))
                for column, some in zip(columns, part, strict=True):
                    column[end : end + more] = some[kept]
                end += more
                counts[capture] += more
                self._extend(capture, more)
            start += count
        return counts

    def _thin_out(self) -> None:
        """Keep half of the packets."""
        self.sample = self.sample * 2 + 1
        self.keep(lambda _, fields: fields[V_LOOSE] & self.sample == 0)
