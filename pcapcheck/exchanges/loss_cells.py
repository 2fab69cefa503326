"""Cells: finished exchanges of one capture, counted by pair, by size and by moment, in bounded memory."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pcapcheck.exchanges import spreading
from pcapcheck.exchanges import spreading_layout as layout

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FIRST_CELLS = 1 << 10
# 170 bytes each: all pairs of 200 pods, and the moments of a long capture.
MOST_CELLS = 1 << 17
# A moment is 134 ms at first. If there are too many, moments become four times as long.
FIRST_SHIFT = 27
LONGER = 2
LONGEST_SHIFT = 60


class Cells:
    """The cells of one capture. Feed it rows as ``pairing`` writes them out (``pairing_layout``)."""

    def __init__(self) -> None:
        self._cells = array("q")
        self._slots = array("i")
        self._state = array("q", bytes(8 * layout.P_STATE))
        self._state[layout.P_SHIFT] = FIRST_SHIFT
        self._enlarge(FIRST_CELLS)

    @property
    def left_out(self) -> int:
        """Exchanges of pairs that found no room."""
        return self._state[layout.P_LEFT_OUT]

    @property
    def moment(self) -> int:
        """The length of a moment, in nanoseconds."""
        return 1 << self._state[layout.P_SHIFT]

    def take(self, rows: array[int], count: int) -> None:
        """Count finished exchanges."""
        self._state[layout.P_ROW] = 0
        final = False
        while True:
            spreading.spread(rows, count, self._cells, self._slots, final, self._state)
            if self._state[layout.P_STATUS] == layout.ALL_TAKEN:
                return
            final = not self._make_room()

    def close(self) -> None:
        """Release unused room, now that all exchanges are counted."""
        # At least one: NumPy takes no empty buffer.
        del self._cells[max(1, self._state[layout.P_CELLS]) * layout.CELL_FIELDS :]
        del self._slots[:]

    def table(self) -> npt.NDArray[np.int64]:
        """All cells, a row each, with the fields of ``spreading_layout`` as columns."""
        import numpy as np

        count = self._state[layout.P_CELLS] * layout.CELL_FIELDS
        return np.frombuffer(self._cells, dtype=np.int64, count=count).reshape(-1, layout.CELL_FIELDS)

    def _make_room(self) -> bool:
        """Add cells, or else merge moments."""
        places = len(self._cells) // layout.CELL_FIELDS
        if places < MOST_CELLS:
            self._enlarge(2 * places)
            return True
        wanted = MOST_CELLS * 3 // 4
        while (longer := LONGEST_SHIFT - self._state[layout.P_SHIFT]) > 0:
            # If pairs and sizes alone are too many, no length of the moments is enough.
            longer = min(LONGER, longer) if self._lasting() < wanted else longer
            self._empty_slots()
            spreading.lengthen(self._cells, self._slots, longer, self._state)
            if self._state[layout.P_CELLS] < wanted:
                return True
        return False

    def _lasting(self) -> int:
        """How many cells are not of moments."""
        used = self._state[layout.P_CELLS]
        respects = self._cells[layout.C_RESPECT : used * layout.CELL_FIELDS : layout.CELL_FIELDS]
        return used - respects.count(layout.MOMENT)

    def _enlarge(self, places: int) -> None:
        self._cells.frombytes(bytes(8 * layout.CELL_FIELDS * places - 8 * len(self._cells)))
        self._empty_slots()
        spreading.enter_cells(self._cells, self._slots, self._state[layout.P_CELLS])

    def _empty_slots(self) -> None:
        # A power of two, like the number of places.
        self._slots = array("i", [-1]) * (2 * len(self._cells) // layout.CELL_FIELDS)
