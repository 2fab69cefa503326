"""The sightings of an observation: what is kept of each packet so that it can be followed from link to link.

The number kept is bounded. Beyond it packets are left out, the same packets at every capture point: those whose loose
key has a certain bit. So what is kept stays whole, from the first link to the last.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from pcapcheck.decode.decoder import FrameBatch
from pcapcheck.decode.frame_layout import SIGHTING_FIELDS, V_LOOSE

MOST_SIGHTINGS = 1 << 21
LAST_SAMPLE = (1 << 20) - 1


@dataclass
class Sightings:
    """What every capture saw. ``sample`` are the bits that no kept packet has in its loose key; ``dropped``
    sightings found no room even so.

    ``by_capture`` holds rows of SIGHTING_FIELDS numbers one after the other (see ``decode.frame_layout``),
    ``address_pairs`` the pairs that they name by number.
    """

    most: int = MOST_SIGHTINGS
    sample: int = 0
    dropped: int = 0
    by_capture: dict[int, array[int]] = field(default_factory=dict)
    address_pairs: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(rows) for rows in self.by_capture.values()) // SIGHTING_FIELDS

    @property
    def share(self) -> int:
        """One packet in this many is followed."""
        return self.sample + 1

    def add(self, capture: int, batch: FrameBatch) -> None:
        """Take the sightings of a batch."""
        rows = self.by_capture.setdefault(capture, array("q"))
        if self.sample >= LAST_SAMPLE and self.count >= self.most:
            # Packets that are all alike: leaving some out leaves none or all.
            self.dropped += batch.sighting_count
            return
        rows.frombytes(memoryview(batch.sightings)[: batch.sighting_count * SIGHTING_FIELDS].cast("B"))
        while self.count > self.most and self.sample < LAST_SAMPLE:
            self._thin_out()

    def _thin_out(self) -> None:
        """Keep half of the packets."""
        # Only here and where packets are joined, so that a verdict on one capture need not load it.
        import numpy as np

        self.sample = self.sample * 2 + 1
        for capture, rows in self.by_capture.items():
            table = np.frombuffer(rows, np.int64).reshape(-1, SIGHTING_FIELDS)
            kept = array("q")
            kept.frombytes(table[table[:, V_LOOSE] & self.sample == 0].tobytes())
            self.by_capture[capture] = kept
