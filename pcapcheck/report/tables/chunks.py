"""Chunks of a table: some rows, with a cell for each of its columns."""

from __future__ import annotations

from collections.abc import Hashable
from operator import itemgetter
from typing import Any, Protocol

from pcapcheck.analysis import Analysis
from pcapcheck.column import BOOL, DURATION, NUMBER, TIME, Column
from pcapcheck.columns import COLUMNS
from pcapcheck.raw_rows import RawRows
from pcapcheck.report.tables.cells import AnyCells, Coded, NumberedTexts, Numbers, alike
from pcapcheck.report.tables.field_cells import FieldCells
from pcapcheck.report.tables.followed_cells import FollowedCells
from pcapcheck.report.tables.row_pods import ENDS, POD_COLUMNS, RowPods, columns_of_ends
from pcapcheck.values import clean

# Texts that are kept, since the same few addresses, MACs and late values keep recurring.
MOST_SHOWN = 1 << 15
NUMERIC = (NUMBER, TIME, DURATION, BOOL)
# The cells of all columns, the path of the capture first. Addresses and MACs are text.
Chunk = dict[str, AnyCells]


class EarlyCells(Protocol):
    """What a chunk is made of: the early columns of some rows of one table."""

    def column(self, name: str) -> AnyCells: ...
    @property
    def groups(self) -> Coded[Any]: ...
    @property
    def outcomes(self) -> Coded[Any]: ...


class Chunks:
    """Makes the chunks of one table."""

    def __init__(self, analysis: Analysis, table: str) -> None:
        self.table = table
        self.columns = COLUMNS[table]
        self._facts = analysis.facts
        self._paths = [clean(str(capture.path)) for capture in analysis.captures]
        self._shown: dict[tuple[str, Hashable], str] = {}
        self._late: dict[tuple[str, int, int, str], Any] = {}
        self._pods = RowPods(analysis.facts)

    @staticmethod
    def empty(table: str) -> Chunk:
        """A chunk without rows."""
        columns = COLUMNS[table].items()
        cells = {name: Numbers.of([]) if column.type in NUMERIC else Coded.of([]) for name, column in columns}
        return {"capture": Coded.of([]), **cells}

    def of_raw(self, capture: int, rows: RawRows) -> Chunk:
        """Raw rows of one capture."""
        return self._chunk(FieldCells(rows), Coded.constant(capture, rows.count))

    def of_followed(self, cells: FollowedCells) -> Chunk:
        """Packets of paths or hops, which know their capture."""
        return self._chunk(cells, cells.captures)

    def _chunk(self, early: EarlyCells, captures: Coded[int]) -> Chunk:
        cells = {name: early.column(name) for name, column in self.columns.items() if not column.late}
        late = [name for name, column in self.columns.items() if column.late]
        if late:
            places = [captures, early.groups, early.outcomes]
            cells |= self._late_cells([name for name in late if name not in POD_COLUMNS], places)
        if late and self.table in ENDS:
            ends = [cells[name].coded() for name in columns_of_ends(self.columns)]
            pods = self._pods.of(self.table, captures, early.groups, ends)
            cells |= {name: pods.map(itemgetter(number)) for number, name in enumerate(POD_COLUMNS)}
        shown = {name: self._shown_cells(column, cells[name]) for name, column in self.columns.items()}
        return {"capture": captures.map(self._paths.__getitem__), **shown}

    def _late_cells(self, names: list[str], places: list[Coded[Any]]) -> Chunk:
        """Columns that depend only on capture, frame group and outcome."""
        first, kinds = alike(places)
        found = [tuple(place.values[place.codes[row]] for place in places) for row in first.tolist()]
        return {name: Coded(kinds, [self._late_value(name, *place) for place in found]) for name in names}

    def _late_value(self, name: str, capture: int, group: int, outcome: str) -> Any:
        key = (name, capture, group, outcome)
        if key not in self._late:
            attribute = self.columns[name].attribute
            self._late[key] = self._facts.value(attribute, capture, group, self.table, outcome)
        return self._late[key]

    def _shown_cells(self, column: Column, cells: AnyCells) -> AnyCells:
        """Cells as they are shown: numbers, times and durations as they are, anything else as text."""
        if isinstance(cells, NumberedTexts):
            words = cells.words.map(lambda words: tuple(self._show(column, word) for word in words))
            return NumberedTexts(words, cells.numbers)
        if column.type in NUMERIC:
            return cells.numbers()
        return cells.coded().map(lambda value: self._show(column, value))

    def _show(self, column: Column, value: Any) -> str | None:
        if value is None:
            return None
        key = (column.type.name, value)
        if key not in self._shown:
            if len(self._shown) > MOST_SHOWN:
                self._shown.clear()
            self._shown[key] = column.show(value)
        return self._shown[key]
