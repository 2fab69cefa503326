"""Cells: finished exchanges of one capture, counted by pair, by size and by moment, in bounded memory."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from pcapcheck.exchanges import spreading
from pcapcheck.exchanges import spreading_layout as layout
from pcapcheck.hash_table import enough_slots
from pcapcheck.reserved import GrowingRows

# The fields of a cell.
Row = tuple[int, ...]

FIRST_CELLS = 1 << 10
# 128 bytes each: all pairs of 200 pods.
MOST_CELLS = 1 << 17
# 72 bytes each: the moments of a long capture of many pods. A moment is 134 ms at first. If there are too many, moments
# become four times as long.
FIRST_MOMENTS = 1 << 10
MOST_MOMENTS = 1 << 17
FIRST_SHIFT = 27
LONGER = 2
LONGEST_SHIFT = 60


class Cells:
    """The cells of one capture. Feed it rows as ``pairing`` writes them out (``pairing_layout``)."""

    def __init__(self) -> None:
        self._held = GrowingRows(layout.CELL_FIELDS, FIRST_CELLS, MOST_CELLS)
        self._slots = array("q")
        self._moments = array("q", bytes(8 * layout.MOMENT_FIELDS * FIRST_MOMENTS))
        # The latest moment of each stream, for as many frame groups as there are.
        self._latest = array("i", [-1]) * layout.STREAMS
        self._homes = array("q", bytes(8 * layout.AHEAD))
        self._state = array("q", bytes(8 * layout.P_STATE))
        self._state[layout.P_SHIFT] = FIRST_SHIFT
        self._add_cells()

    @property
    def left_out(self) -> int:
        """Exchanges of pairs that found no room."""
        return self._state[layout.P_LEFT_OUT]

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another pair or size."""
        return self._held.is_final and self._state[layout.P_CELLS] + 2 > self._held.places

    @property
    def moment_shift(self) -> int:
        """A moment is 2 to the power of this, in nanoseconds."""
        return self._state[layout.P_SHIFT]

    def take(self, rows: array[int], count: int) -> None:
        """Count finished exchanges."""
        self._state[layout.P_ROW] = 0
        cells_final = moments_final = False
        while True:
            spreading.spread(
                rows,
                count,
                self._held.rows,
                self._slots,
                cells_final,
                self._moments,
                self._latest,
                moments_final,
                self._homes,
                self._state,
            )
            status = self._state[layout.P_STATUS]
            if status == layout.ALL_TAKEN:
                return
            if status == layout.GROUPS_FULL:
                self._latest += array("i", [-1]) * len(self._latest)
            elif status == layout.CELLS_FULL:
                cells_final = not self._add_cells()
            else:
                moments_final = not self._make_room_for_moments()

    @property
    def rows(self) -> tuple[array[int], int]:
        """The cells, with the fields of ``spreading_layout``, and how many they are."""
        return self._held.rows, self._state[layout.P_CELLS]

    @property
    def groups(self) -> int:
        """More than the number of each frame group that has a cell or moment."""
        return self._state[layout.P_GROUPS]

    def close(self) -> None:
        """Release unused room, now that all exchanges are counted."""
        self._state[layout.P_GROUPS] = len(self._latest) // layout.STREAMS
        self._held.cut(self._state[layout.P_CELLS])
        del self._moments[self._state[layout.P_MOMENTS] * layout.MOMENT_FIELDS :]
        self._slots = array("q")
        del self._latest[:]

    def table(self) -> Iterator[Row]:
        """The cells of pairs and sizes, a row each, with the fields of ``spreading_layout``."""
        held = memoryview(self._held.rows)[: self._state[layout.P_CELLS] * layout.CELL_FIELDS]
        return struct.iter_unpack(f"={layout.CELL_FIELDS}q", held)

    @property
    def moments(self) -> tuple[array[int], int]:
        """The moments, with the first MOMENT_FIELDS of ``spreading_layout``, and how many rows they are.

        What was counted in one moment may stand in several rows.
        """
        return self._moments, self._state[layout.P_MOMENTS]

    def _add_cells(self) -> bool:
        if self._held.is_final:
            return False
        self._held.enlarge()
        slots = enough_slots(self._slots, self._held.places, MOST_CELLS)
        if slots is not self._slots:
            self._slots = slots
            spreading.enter_cells(self._held.rows, self._slots, self._state[layout.P_CELLS])
        return True

    def _make_room_for_moments(self) -> bool:
        """Add moments, or else make them longer."""
        places = len(self._moments) // layout.MOMENT_FIELDS
        if places < MOST_MOMENTS:
            self._moments.frombytes(bytes(8 * len(self._moments)))
            return True
        while self._state[layout.P_SHIFT] < LONGEST_SHIFT:
            spreading.lengthen_moments(self._moments, self._latest, LONGER, self._state)
            if self._state[layout.P_MOMENTS] < MOST_MOMENTS * 3 // 4:
                return True
        return False
