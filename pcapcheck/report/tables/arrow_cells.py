"""Cells in the memory format of Apache Arrow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from pcapcheck.report.tables.cells import Cells, Coded, Numbers

TEXT = pa.large_string()


def arrow_cells(cells: Cells, type_: pa.DataType) -> Any:
    """The cells of a column as an array of one of these types, of text, or of text from a dictionary."""
    if isinstance(cells, Numbers):
        return _numbers(cells, type_)
    return _coded_text(cells) if pa.types.is_dictionary(type_) else _text(cells)


def arrow_texts(parts: Iterable[Coded[Any]]) -> Any:
    """The cells of a column of text, of one chunk after the other."""
    return pa.chunked_array([_text(part) for part in parts], TEXT)


def _text(cells: Coded[Any]) -> Any:
    if len(cells.values) == 1:
        value, count = cells.values[0], len(cells.codes)
        return pa.nulls(count, TEXT) if value is None else pa.repeat(pa.scalar(value, TEXT), count)
    return pa.array(cells.values, TEXT).take(pa.array(cells.codes))


def _coded_text(cells: Coded[Any]) -> Any:
    """The same with each text once; absent cells have no code, as readers expect it."""
    absent = np.array([value is None for value in cells.values], np.bool_)[cells.codes]
    codes = pa.array(cells.codes.astype(np.int32), mask=absent)
    return pa.DictionaryArray.from_arrays(
        codes, pa.array(["" if value is None else value for value in cells.values], TEXT)
    )


def _numbers(cells: Numbers, type_: pa.DataType) -> Any:
    values = cells.values.astype(np.bool_) if pa.types.is_boolean(type_) else cells.values
    return pa.array(values, mask=None if cells.present is None else ~cells.present).cast(type_)
