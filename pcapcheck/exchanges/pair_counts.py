"""Pair counts: how often two hosts asked and answered each other in one capture, exactly, from its cells.

``exchange_bins`` keeps samples of who asked whom, ``cells`` counts every exchange of a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from operator import itemgetter

from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.loss_cells import Cells, Row
from pcapcheck.exchanges.paired_kinds import NUMBERS
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.values import address_of, halves_of

SRC = spreading_layout.C_SRC_HIGH, spreading_layout.C_SRC_LOW
DST = spreading_layout.C_DST_HIGH, spreading_layout.C_DST_LOW
_source = itemgetter(*SRC)
_pair = itemgetter(spreading_layout.C_KIND, spreading_layout.C_GROUP, *SRC, *DST)

# By who asked whom: how many exchanges were answered, and how many got no answer.
PairOutcomes = dict[tuple[int, int], tuple[int, int]]


class PairCounts:
    """The counts of one capture; each of its tables is built at the first request."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def silent(self, table: str, group: int, row: QuestionRow) -> int:
        """How many exchanges like ``row``, of frame group ``group``, got no answer; 0 if they are not counted."""
        port = row.dst_port if isinstance(row, PortRow) else None
        found = self._silent.get((NUMBERS[table], group, *halves_of(row.src), *halves_of(row.dst)), {})
        return sum(found.values()) if port is None else found.get(port, 0)

    def heard(self, asker: int) -> bool:
        """Whether any question of an address was answered."""
        return halves_of(asker) in self._heard

    def asked(self, table: str) -> Iterator[tuple[int, int, int]]:
        """Frame groups with who asked whom in them, each once for every port."""
        for cell in self._pairs():
            if cell[spreading_layout.C_KIND] == NUMBERS[table]:
                _, group, src_high, src_low, dst_high, dst_low = _pair(cell)
                yield group, address_of(src_high, src_low), address_of(dst_high, dst_low)

    def outcomes(self) -> dict[int, PairOutcomes]:
        """By frame group: how many exchanges of who asked whom were answered, and how many got no answer."""
        counted: dict[int, PairOutcomes] = {}
        for cell in self._pairs():
            _, group, src_high, src_low, dst_high, dst_low = _pair(cell)
            pair = address_of(src_high, src_low), address_of(dst_high, dst_low)
            known = counted.setdefault(group, {})
            answered, silent = known.get(pair, (0, 0))
            known[pair] = answered + cell[spreading_layout.C_REPLIED], silent + cell[spreading_layout.C_SILENT]
        return counted

    def _pairs(self) -> Iterator[Row]:
        return (cell for cell in self._cells.table() if cell[spreading_layout.C_RESPECT] == spreading_layout.PAIR)

    @cached_property
    def _heard(self) -> set[tuple[int, int]]:
        return {_source(cell) for cell in self._pairs() if cell[spreading_layout.C_REPLIED]}

    @cached_property
    def _silent(self) -> dict[tuple[int, ...], dict[int, int]]:
        """Unanswered exchanges by table, frame group and pair, then by port."""
        counted: dict[tuple[int, ...], dict[int, int]] = {}
        for cell in self._pairs():
            if silent := cell[spreading_layout.C_SILENT]:
                ports = counted.setdefault(_pair(cell), {})
                ports[cell[spreading_layout.C_PORT]] = ports.get(cell[spreading_layout.C_PORT], 0) + silent
        return counted
