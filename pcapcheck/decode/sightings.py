"""The sightings of an observation: what is kept of each packet so that it can be followed from link to link.

The number kept is bounded. Beyond it packets are left out, the same packets at every capture point: those whose loose
key has a certain bit. So what is kept stays whole, from the first link to the last.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pcapcheck.decode.decoder import FrameBatch
from pcapcheck.decode.frame_layout import SIGHTING_FIELDS, V_LOOSE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# What follows from each takes some 120 bytes in all.
MOST_SIGHTINGS = 1 << 20
LAST_SAMPLE = (1 << 20) - 1
# Rows that are looked at together.
PART = 1 << 14


@dataclass
class Sightings:
    """What every capture saw. ``sample`` are the bits that no kept packet has in its loose key; ``dropped``
    sightings found no room even so.

    ``rows`` holds SIGHTING_FIELDS numbers for each, one after the other (see ``decode.frame_layout``), capture by
    capture; ``counts`` says how many are of each. ``address_pairs`` are the pairs that they name by number.
    """

    most: int = MOST_SIGHTINGS
    sample: int = 0
    dropped: int = 0
    rows: array[int] = field(default_factory=lambda: array("q"))
    counts: dict[int, int] = field(default_factory=dict)
    address_pairs: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.rows) // SIGHTING_FIELDS

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
        self.rows.frombytes(memoryview(batch.sightings)[: batch.sighting_count * SIGHTING_FIELDS].cast("B"))
        self.counts[capture] = self.counts.get(capture, 0) + batch.sighting_count
        while self.count > self.most and self.sample < LAST_SAMPLE:
            self._thin_out()

    def of(self, capture: int) -> memoryview:
        """The rows of a capture."""
        begin = 0
        for number, count in self.counts.items():
            if number == capture:
                return memoryview(self.rows)[begin * SIGHTING_FIELDS : (begin + count) * SIGHTING_FIELDS]
            begin += count
        return memoryview(self.rows)[:0]

    def keep(self, is_kept: Callable[[int, npt.NDArray[np.int64]], npt.NDArray[np.bool_]]) -> None:
        """Keep some sightings; ``is_kept`` is asked with the number of a capture and a table of some of its rows."""
        self.counts = self._move_up(is_kept)
        del self.rows[sum(self.counts.values()) * SIGHTING_FIELDS :]

    def _move_up(self, is_kept: Callable[[int, npt.NDArray[np.int64]], npt.NDArray[np.bool_]]) -> dict[int, int]:
        """Move the rows to keep together, part by part so that little is held twice; how many are of each capture."""
        # Only here and where packets are joined, so that a verdict on one capture need not load it.
        import numpy as np

        table = np.frombuffer(self.rows, np.int64).reshape(-1, SIGHTING_FIELDS)
        counts = dict.fromkeys(self.counts, 0)
        start = end = 0
        for capture, count in self.counts.items():
            for first in range(start, start + count, PART):
                part = table[first : min(first + PART, start + count)]
                kept = part[is_kept(capture, part)]
                table[end : end + len(kept)] = kept
                end += len(kept)
                counts[capture] += len(kept)
            start += count
        return counts

    def _thin_out(self) -> None:
        """Keep half of the packets."""
        self.sample = self.sample * 2 + 1
        self.keep(lambda _, table: table[:, V_LOOSE] & self.sample == 0)
