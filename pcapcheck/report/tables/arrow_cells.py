"""Cells in the memory format of Apache Arrow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from pcapcheck.columns import BOOL, DURATION, NUMBER, TIME, Type
from pcapcheck.report.tables.cells import Cells, Coded, Numbers

TYPES = {NUMBER: pa.int64(), TIME: pa.timestamp("ns", "UTC"), DURATION: pa.duration("ns"), BOOL: pa.bool_()}


def arrow_cells(cells: Cells, type_: Type | None) -> Any:
    """The cells of a column of this type; without one, text."""
    return _text(cells) if isinstance(cells, Coded) else _numbers(cells, TYPES[type_ or NUMBER])


def arrow_texts(parts: Iterable[Coded[Any]]) -> Any:
    """The cells of a column of text, of one chunk after the other."""
    return pa.chunked_array([_text(part) for part in parts], pa.large_string())


def _text(cells: Coded[Any]) -> Any:
    return pa.array(cells.values, pa.large_string()).take(pa.array(cells.codes))


def _numbers(cells: Numbers, type_: pa.DataType) -> Any:
    values = cells.values.astype(np.bool_) if pa.types.is_boolean(type_) else cells.values
    return pa.array(values, mask=None if cells.present is None else ~cells.present).cast(type_)
