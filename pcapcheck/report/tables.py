"""Tables of exchanges and frames as DataFrames, made by reading the captures again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import pandas as pd

from pcapcheck.analysis import Analysis
from pcapcheck.columns import BOOL, COLUMNS, DURATION, NUMBER, TIME, Column
from pcapcheck.decode.frame_row import FrameRow, values_of
from pcapcheck.errors import CaptureError
from pcapcheck.links.read_capture import read_capture
from pcapcheck.paths.path_tables import PathTables
from pcapcheck.report.row_pods import RowPods
from pcapcheck.table_names import HOPS, PATHS
from pcapcheck.values import clean, format_time

# Rows per DataFrame.
CHUNK = 1 << 15
# The columns that identify a row's pod: MAC and addresses.
POD_COLUMNS = ("pod_mac", "pod_ip")
Sink = Callable[[pd.DataFrame], None]


def table(analysis: Analysis, name: str) -> pd.DataFrame:
    """One table over all captures. Column ``capture`` names the file; addresses and MACs are text.

    Times are UTC timestamps, durations Timedelta, absent values NA.
    """
    chunks: list[pd.DataFrame] = []
    for_each_chunk(analysis, name, chunks.append)
    return pd.concat(chunks, ignore_index=True)


def for_each_chunk(analysis: Analysis, name: str, sink: Sink) -> None:
    """Hand a table over in chunks, in order, so that it need not fit into memory; at least one chunk, perhaps empty."""
    filling = Filling(analysis, name, sink)
    if name in (PATHS, HOPS):
        tables = PathTables(analysis.followed)
        rows: Iterator[Any] = tables.every_path() if name == PATHS else tables.every_hop()
        while some := list(islice(rows, CHUNK)):
            filling.add(None, some)
        filling.flush(last=True)
        return
    for capture in analysis.captures:

        def take(which: str, rows: Iterable[Any], _weight: int, number: int = capture.number) -> None:
            if which == name:
                filling.add(number, list(rows))

        if not capture.source.complete:
            raise CaptureError(f"{capture.source.name}: too long to be kept for a table; save it to a file first")
        read_capture(capture.number, capture.source, analysis.reading, take, frozenset({name}))
    filling.flush(last=True)


def to_seconds(frame: pd.DataFrame) -> pd.DataFrame:
    """Durations as seconds and times as RFC 3339 text, for formats that know neither."""
    plain = frame.copy()
    for name in plain.columns:
        if pd.api.types.is_timedelta64_dtype(plain[name]):
            plain[name] = plain[name].dt.total_seconds()
        elif isinstance(plain[name].dtype, pd.DatetimeTZDtype):
            plain[name] = [None if pd.isna(time) else format_time(time.value) for time in plain[name]]
    return plain


class Filling:
    """Cells gathered column by column until a chunk is full."""

    def __init__(self, analysis: Analysis, name: str, sink: Sink) -> None:
        self.analysis = analysis
        self.paths = [clean(str(capture.path)) for capture in analysis.captures]
        self.columns = COLUMNS[name]
        self.sink = sink
        self.handed_on = 0
        self.count = 0
        self.cells: dict[str, list[Any]] = {}
        # The same few addresses, MACs and late values keep recurring.
        self._shown: dict[tuple[str, Any], Any] = {}
        self._late: dict[tuple[str, int, int, str], Any] = {}
        self._pods = RowPods(analysis.facts)
        self._begin()

    def add(self, capture: int | None, rows: list[Any]) -> None:
        """Take rows of one capture, or rows that know their capture.

        Frame rows are read immediately, since they are valid only now.
        """
        if capture is None:
            self.cells["capture"] += [self.paths[row.capture] for row in rows]
        else:
            self.cells["capture"] += [self.paths[capture]] * len(rows)
        for column in self.columns.values():
            if column.attribute not in POD_COLUMNS or not column.late:
                self.cells[column.name] += self._cells(column, capture, rows)
        if "pod.mac" in self.columns and rows and self.columns["pod.mac"].late:
            self._add_pods(capture, rows)
        self.count += len(rows)
        if self.count >= CHUNK:
            self.flush()

    def flush(self, last: bool = False) -> None:
        """Hand on what was gathered."""
        if self.count or (last and not self.handed_on):
            series = {name: _series(self.columns.get(name), values) for name, values in self.cells.items()}
            self.sink(pd.DataFrame(series))
            self.handed_on += 1
            self._pods.forget()
            self._begin()

    def _begin(self) -> None:
        self.count = 0
        self.cells = {"capture": [], **{name: [] for name in self.columns}}

    def _add_pods(self, capture: int | None, rows: list[Any]) -> None:
        """The columns about pods: only the pod of each row, though a link may have hundreds."""
        table = self.columns["pod.mac"].table
        numbers = [row.capture for row in rows] if capture is None else [capture] * len(rows)
        pods = self._pods.of(table, numbers, rows, lambda name: _column(rows, name))
        for place, attribute in enumerate(POD_COLUMNS):
            column = self.columns[attribute.replace("_", ".")]
            self.cells[column.name] += [None if pod[place] is None else self._show(column, pod[place]) for pod in pods]

    def _cells(self, column: Column, capture: int | None, rows: list[Any]) -> list[Any]:
        if column.late:
            return [self._late_cell(column, row.capture if capture is None else capture, row) for row in rows]
        values = _column(rows, column.attribute)
        if column.type in (NUMBER, TIME, DURATION, BOOL):
            return values
        return [None if value is None else self._show(column, value) for value in values]

    def _late_cell(self, column: Column, capture: int, row: Any) -> Any:
        key = (column.attribute, capture, row.group, row.outcome)
        if key not in self._late:
            value = self.analysis.facts.value(column.attribute, capture, row.group, column.table, row.outcome)
            plain = value is None or column.type in (NUMBER, TIME, DURATION, BOOL)
            self._late[key] = value if plain else column.show(value)
        return self._late[key]

    def _show(self, column: Column, value: Any) -> Any:
        key = (column.type.name, value)
        if key not in self._shown:
            if len(self._shown) > CHUNK:
                self._shown.clear()
            self._shown[key] = column.show(value)
        return self._shown[key]


def _column(rows: list[Any], attribute: str) -> list[Any]:
    if rows and isinstance(rows[0], FrameRow):
        return values_of(rows, attribute)
    return [getattr(row, attribute) for row in rows]


def _series(column: Column | None, values: list[Any]) -> Any:
    if column is None:
        return pd.Series(values, dtype="string")
    if column.type is TIME:
        return pd.to_datetime(pd.Series(values, dtype="Int64"), unit="ns", utc=True)
    if column.type is DURATION:
        return pd.to_timedelta(pd.Series(values, dtype="Int64"), unit="ns")
    if column.type is NUMBER:
        return pd.Series(values, dtype="Int64")
    if column.type is BOOL:
        return pd.Series(values, dtype="boolean")
    return pd.Series(values, dtype="string")
