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

MOST_SIGHTINGS = 1 << 21
LAST_SAMPLE = (1 << 20) - 1


@dataclass
class Sightings:
    """What every capture saw. ``sample`` are the bits that no kept packet has in its loose key; ``dropped``
    sightings found no room even so.

    ``by_capture`` holds rows of SIGHTING_FIELDS numbers one after the other (see ``decode.frame_layout``), an array per
    batch: they are taken apart and freed one by one. ``address_pairs`` are the pairs that they name by number.
    """

    most: int = MOST_SIGHTINGS
    sample: int = 0
    dropped: int = 0
    count: int = 0
    by_capture: dict[int, list[array[int]]] = field(default_factory=dict)
    address_pairs: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def share(self) -> int:
        """One packet in this many is followed."""
        return self.sample + 1

    def add(self, capture: int, batch: FrameBatch) -> None:
        """Take the sightings of a batch."""
        batches = self.by_capture.setdefault(capture, [])
        if self.sample >= LAST_SAMPLE and self.count >= self.most:
            # Packets that are all alike: leaving some out leaves none or all.
            self.dropped += batch.sighting_count
            return
        batches.append(batch.sightings[: batch.sighting_count * SIGHTING_FIELDS])
        self.count += batch.sighting_count
        while self.count > self.most and self.sample < LAST_SAMPLE:
            self._thin_out()

    def leave_out(self, capture: int, is_kept: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]]) -> None:
        """Keep those sightings of a capture of which it is said, row by row."""
        # Only here and where packets are joined, so that a verdict on one capture need not load it.
        import numpy as np

        batches = self.by_capture[capture]
        for number, rows in enumerate(batches):
            table = np.frombuffer(rows, np.int64).reshape(-1, SIGHTING_FIELDS)
            kept = array("q", table[is_kept(table)].tobytes())
            self.count -= (len(rows) - len(kept)) // SIGHTING_FIELDS
            batches[number] = kept

    def forget(self, capture: int) -> None:
        """Keep none of a capture's sightings."""
        self.count -= sum(map(len, self.by_capture.pop(capture, []))) // SIGHTING_FIELDS

    def _thin_out(self) -> None:
        """Keep half of the packets."""
        self.sample = self.sample * 2 + 1
        for capture in self.by_capture:
            self.leave_out(capture, lambda table: table[:, V_LOOSE] & self.sample == 0)
