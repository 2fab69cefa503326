"""Pair counts: how often two hosts asked and answered each other in one capture, exactly, from its cells.

``exchange_bins`` keeps samples of who asked whom, ``cells`` counts every exchange of a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.loss_cells import Cells
from pcapcheck.exchanges.paired_kinds import NUMBERS
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.values import address_of, halves_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SRC = spreading_layout.C_SRC_HIGH, spreading_layout.C_SRC_LOW
DST = spreading_layout.C_DST_HIGH, spreading_layout.C_DST_LOW


class PairCounts:
    """The counts of one capture; its table is built at the first request."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    @cached_property
    def _pairs(self) -> npt.NDArray[np.int64]:
        table = self._cells.table()
        pairs: npt.NDArray[np.int64] = table[table[:, spreading_layout.C_RESPECT] == spreading_layout.PAIR]
        return pairs

    def silent(self, table: str, group: int, row: QuestionRow) -> int:
        """How many exchanges like ``row``, of frame group ``group``, got no answer; 0 if they are not counted."""
        port = row.dst_port if isinstance(row, PortRow) else None
        wanted = {spreading_layout.C_KIND: NUMBERS[table], spreading_layout.C_GROUP: group}
        wanted |= dict(zip(SRC + DST, (*halves_of(row.src), *halves_of(row.dst)), strict=True))
        if port is not None:
            wanted[spreading_layout.C_PORT] = port
        return int(self._like(wanted)[:, spreading_layout.C_SILENT].sum())

    def heard(self, asker: int) -> bool:
        """Whether any question of an address was answered."""
        wanted = dict(zip(SRC, halves_of(asker), strict=True))
        return bool(self._like(wanted)[:, spreading_layout.C_REPLIED].any())

    def asked(self, table: str) -> Iterator[tuple[int, int, int]]:
        """Frame groups with who asked whom in them, each once for every port."""
        found = self._like({spreading_layout.C_KIND: NUMBERS[table]})
        for group, src_high, src_low, dst_high, dst_low in found[:, [spreading_layout.C_GROUP, *SRC, *DST]].tolist():
            yield group, address_of(src_high, src_low), address_of(dst_high, dst_low)

    def _like(self, wanted: dict[int, int]) -> npt.NDArray[np.int64]:
        found = self._pairs
        for column, value in wanted.items():
            found = found[found[:, column] == value]
        return found
