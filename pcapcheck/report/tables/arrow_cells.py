"""Cells in the memory format of Apache Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pcapcheck.report.tables.cells import AnyCells, Coded, Flags, NumberedTexts, Numbers

TEXT = pa.large_string()


def arrow_cells(cells: AnyCells, type_: pa.DataType) -> Any:
    """The cells of a column as an array of one of these types, of text, or of text from a dictionary."""
    if isinstance(cells, Numbers):
        return _numbers(cells, type_)
    if isinstance(cells, NumberedTexts):
        return _numbered(cells)
    return _coded_text(cells) if pa.types.is_dictionary(type_) else _text(cells)


def arrow_texts(parts: Iterable[Coded[Any] | NumberedTexts]) -> Any:
    """The cells of a column of text, of one chunk after the other."""
    return pa.chunked_array([arrow_cells(part, TEXT) for part in parts], TEXT)


def _text(cells: Coded[Any]) -> Any:
    return _array_of(cells.values).take(_array(pa.int64(), cells.codes))


def _numbered(cells: NumberedTexts) -> Any:
    """Texts put together of what stands before the number, the number, and what stands behind it."""
    begins, ends = (_text(cells.words.map(itemgetter(part))) for part in (0, 1))
    numbered = np.array([behind is not None for _, behind in cells.words.values], np.bool_)[cells.words.codes]
    parts = (begins, _array(pa.int64(), cells.numbers, numbered).cast(TEXT), ends, _array_of([""])[0])
    return pc.binary_join_element_wise(*parts, null_handling="replace", null_replacement="")


def _coded_text(cells: Coded[Any]) -> Any:
    """The same with each text once, without which no file keeps the codes; absent cells have no code."""
    texts = list(dict.fromkeys(value for value in cells.values if value is not None))
    places = dict(zip([*texts, None], range(len(texts) + 1), strict=True))
    codes = np.array([places[value] for value in cells.values], np.int32)[cells.codes]
    present = codes < len(texts) if None in cells.values else None
    return pa.DictionaryArray.from_arrays(_array(pa.int32(), codes, present), _array_of(texts))


def _numbers(cells: Numbers, type_: pa.DataType) -> Any:
    values = _bits(cells.values.astype(np.bool_)) if pa.types.is_boolean(type_) else cells.values
    return _array(type_, values, cells.present, len(cells.values))


# Arrays are made of buffers, since ``pa.array`` loads pandas, which takes longer than most tables.


def _array(type_: pa.DataType, values: npt.NDArray[Any], present: Flags | None = None, count: int | None = None) -> Any:
    """An array in the memory of ``values``."""
    validity = None if present is None else pa.py_buffer(_bits(present))
    buffers = [validity, pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(type_, len(values) if count is None else count, buffers)


def _array_of(texts: Sequence[str | None]) -> Any:
    """An array of these texts."""
    encoded = [b"" if text is None else text.encode() for text in texts]
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], dtype=np.int64, out=bounds[1:])
    present = _bits(np.array([text is not None for text in texts], np.bool_))
    buffers = [pa.py_buffer(present), pa.py_buffer(bounds), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(TEXT, len(texts), buffers)


def _bits(flags: Flags) -> npt.NDArray[np.uint8]:
    return np.packbits(flags, bitorder="little")
