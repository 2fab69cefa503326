"""Packet classes: packets sorted by a number that those of one class have in common."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from pcapcheck.paths import gathering
from pcapcheck.paths.sighting_columns import Column


class Classes:
    """Packets sorted by a number: ``of`` is each packet's class, ``counts`` the size of each class."""

    def __init__(self, signature: Column) -> None:
        self.of, _ = compact(signature)
        self.counts = np.bincount(self.of)

    @cached_property
    def _sorted(self) -> Column:
        """The packets of one class after those of another."""
        # NumPy sorts 16-bit numbers by counting.
        few = len(self.counts) < 1 << 16
        return np.argsort(self.of.astype(np.uint16) if few else self.of, kind="stable")

    @cached_property
    def _ends(self) -> Column:
        """Where the packets of each class end, after where those of the first begin."""
        return np.append(0, np.cumsum(self.counts))

    @property
    def examples(self) -> Column:
        """A packet of each class."""
        examples: Column = self._sorted[self._ends[:-1]]
        return examples

    def members(self, kind: int) -> Column:
        """The packets of one class, in their order."""
        return self._sorted[self._ends[kind] : self._ends[kind + 1]]


def compact(values: Column) -> tuple[Column, Column]:
    """The values as numbers from 0 in their order, and what each number stands for. Fast if few values differ."""
    numbers, different = np.empty(len(values), np.int64), np.empty(len(values), np.int64)
    slots = np.zeros(slots_for(len(values)), np.int32)
    count = gathering.number(np.ascontiguousarray(values).data, slots.data, different.data, numbers.data)
    order = np.argsort(different[:count])
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    return rank[numbers], different[:count][order]


def slots_for(count: int) -> int:
    """How many slots a hash table of ``count`` values has: a power of two."""
    return 2 << count.bit_length()
