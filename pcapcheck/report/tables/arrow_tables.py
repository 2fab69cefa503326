"""Tables in the memory format of Apache Arrow, which polars and DuckDB read as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from pcapcheck.columns import COLUMNS
from pcapcheck.report.tables.arrow_cells import arrow_cells
from pcapcheck.report.tables.data_frames import data_frame
from pcapcheck.report.tables.read_chunks import read_chunks

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# Rows per group of a Parquet file: some 50 MB in memory.
ROW_GROUP = 1 << 17


def schema_of(name: str) -> pa.Schema:
    """The columns of a table; it says too what pandas makes of them: the table's DataFrame."""
    return pa.Schema.from_pandas(data_frame(name, []), preserve_index=False)


def arrow_table(analysis: Analysis, name: str) -> pa.Table:
    """One table over all captures: whole numbers, UTC timestamps, durations, booleans, text."""
    schema = schema_of(name)
    return pa.Table.from_batches(arrow_batches(analysis, name, schema), schema)


def arrow_batches(analysis: Analysis, name: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The same in batches, so that it need not fit into memory."""
    types = {column.name: column.type for column in COLUMNS[name].values()}
    for chunk in read_chunks(analysis, name):
        arrays = [arrow_cells(cells, types.get(column)) for column, cells in chunk.items()]
        yield pa.RecordBatch.from_arrays(
            [array.cast(type_) for array, type_ in zip(arrays, schema.types, strict=True)], schema=schema
        )


def write_parquet(analysis: Analysis, name: str, path: str) -> None:
    """A table as a Parquet file."""
    schema = schema_of(name)
    with ParquetWriter(path, schema) as writer:
        for group in _row_groups(arrow_batches(analysis, name, schema), schema):
            writer.write_table(group, len(group))


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Batches put together, since files are read faster in large groups of rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= ROW_GROUP:
            yield pa.Table.from_batches(held, schema)
            held = []
    if held:
        yield pa.Table.from_batches(held, schema)
