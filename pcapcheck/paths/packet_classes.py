"""Packet classes: packets sorted by a number that those of one class have in common."""

from __future__ import annotations

import numpy as np

from pcapcheck.paths.sighting_columns import Column


class Classes:
    """Packets sorted by class: ``of`` is the class of each, a number from 0."""

    def __init__(self, of: Column) -> None:
        counts = np.bincount(of)
        # NumPy sorts 16-bit numbers by counting.
        self._sorted = np.argsort(of.astype(np.uint16) if len(counts) < 1 << 16 else of, kind="stable")
        self._ends = np.append(0, np.cumsum(counts))

    def members(self, kind: int) -> Column:
        """The packets of one class, in their order."""
        members: Column = self._sorted[self._ends[kind] : self._ends[kind + 1]]
        return members


def slots_for(count: int) -> int:
    """How many slots a hash table of ``count`` values has: a power of two."""
    return 2 << count.bit_length()
