"""Tables of exchanges and frames as DataFrames, made by reading the captures again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from pcapcheck.columns import BOOL, COLUMNS, DURATION, NUMBER, TIME, Column
from pcapcheck.flows.read import read_capture
from pcapcheck.ruleset.evaluate import early_value
from pcapcheck.ruleset.result import Result
from pcapcheck.values import Value, clean, format_time


def table(result: Result, name: str) -> pd.DataFrame:
    """One table over all captures. Column ``capture`` names the file; addresses and MACs are text.

    Times are UTC timestamps, durations Timedelta, absent values NA.
    """
    columns = COLUMNS[name]
    cells: dict[str, list[Any]] = {"capture": [], **{column: [] for column in columns}}
    for capture in result.captures:

        def take(which: str, rows: Iterable[Any], _weight: int, number: int = capture.number) -> None:
            if which != name:
                return
            for row in rows:
                cells["capture"].append(clean(str(result.captures[number].path)))
                for column in columns.values():
                    cells[column.name].append(_cell(column, _value(result, number, row, column)))

        read_capture(capture.number, capture.path, result.reading, take, frozenset({name}))
    return pd.DataFrame({column: _series(columns.get(column), values) for column, values in cells.items()})


def to_seconds(frame: pd.DataFrame) -> pd.DataFrame:
    """Durations as seconds and times as RFC 3339 text, for formats that know neither."""
    plain = frame.copy()
    for name in plain.columns:
        if pd.api.types.is_timedelta64_dtype(plain[name]):
            plain[name] = plain[name].dt.total_seconds()
        elif isinstance(plain[name].dtype, pd.DatetimeTZDtype):
            plain[name] = [None if pd.isna(one) else format_time(one.value) for one in plain[name]]
    return plain


def _value(result: Result, capture: int, row: Any, column: Column) -> Value | None:
    if column.late:
        return result.facts.value(column.attribute, capture, row.group, column.table, row.outcome)
    return early_value(row, column)


def _cell(column: Column, value: Value | None) -> Any:
    if value is None or column.type in (NUMBER, TIME, DURATION, BOOL):
        return value
    return column.show(value)


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
