"""Tables as DataFrames of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pcapcheck.column import BOOL, DURATION, NUMBER, TIME, Type
from pcapcheck.columns import COLUMNS
from pcapcheck.report.tables.cells import AnyCells, Flags, Integers, Numbers
from pcapcheck.report.tables.chunks import Chunk, Chunks
from pcapcheck.report.tables.read_chunks import read_chunks

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# How NumPy and pandas write an absent time or duration.
NOT_A_TIME = np.iinfo(np.int64).min


def table(analysis: Analysis, name: str) -> pd.DataFrame:
    """One table over all captures. Column ``capture`` names the file; addresses and MACs are text.

    Times are UTC timestamps, durations Timedelta, absent values NA.
    """
    return data_frame(name, list(read_chunks(analysis, name)))


def data_frame(name: str, chunks: list[Chunk]) -> pd.DataFrame:
    """The chunks of a table as one DataFrame; they are emptied."""
    chunks = [Chunks.empty(name), *chunks]
    columns = {"capture": _texts([chunk["capture"] for chunk in chunks])}
    for column in COLUMNS[name].values():
        columns[column.name] = _series(column.type, [chunk.pop(column.name) for chunk in chunks])
    return pd.DataFrame(columns, copy=False)


def _series(type_: Type, parts: list[AnyCells]) -> Any:
    """The cells of a column of this type, of one chunk after the other."""
    if type_ not in (NUMBER, TIME, DURATION, BOOL):
        return _texts(parts)
    numbers = [part for part in parts if isinstance(part, Numbers)]
    if type_ in (TIME, DURATION):
        values = np.concatenate([part.where_absent(NOT_A_TIME) for part in numbers])
        moments = values.view("M8[ns]" if type_ is TIME else "m8[ns]")
        return pd.DatetimeIndex(moments).tz_localize("UTC") if type_ is TIME else pd.TimedeltaIndex(moments)
    values = np.concatenate([part.values for part in numbers])
    absent = np.concatenate([part.absent for part in numbers])
    return _masked(values, absent, type_)


def _masked(values: Integers, absent: Flags, type_: Type) -> Any:
    if type_ is BOOL:
        return pd.arrays.BooleanArray(values.astype(np.bool_), absent)
    return pd.arrays.IntegerArray(values, absent)


def _texts(parts: list[AnyCells]) -> Any:
    texts = [part for part in parts if not isinstance(part, Numbers)]
    type_ = pd.StringDtype()
    if type_.storage == "pyarrow":
        from pcapcheck.report.tables.arrow_cells import arrow_texts

        return type_.__from_arrow__(arrow_texts(texts))  # type: ignore[attr-defined]
    coded = [part.coded() for part in texts]
    return pd.array(np.concatenate([np.array(part.values, object)[part.codes] for part in coded]), dtype=type_)
