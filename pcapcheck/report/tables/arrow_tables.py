"""Tables in the memory format of Apache Arrow, which polars and DuckDB read as well."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from pcapcheck.report.tables.arrow_cells import TEXT, arrow_cells
from pcapcheck.report.tables.chunks import Chunk
from pcapcheck.report.tables.data_frames import data_frame
from pcapcheck.report.tables.read_chunks import read_chunks

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# Rows per group of a Parquet file: some 12 MB in memory.
ROW_GROUP = 1 << 15
CODED = pa.dictionary(pa.int32(), TEXT)


def schema_of(name: str) -> pa.Schema:
    """The columns of a table; it says too what pandas makes of them: the table's DataFrame."""
    return pa.Schema.from_pandas(data_frame(name, []), preserve_index=False)


def arrow_table(analysis: Analysis, name: str) -> pa.Table:
    """One table over all captures: whole numbers, UTC timestamps, durations, booleans, text."""
    schema = schema_of(name)
    return pa.Table.from_batches(arrow_batches(analysis, name, schema), schema)


def arrow_batches(analysis: Analysis, name: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The same in batches, so that it need not fit into memory."""
    return map(partial(_batch, schema), read_chunks(analysis, name))


def _batch(schema: pa.Schema, chunk: Chunk) -> pa.RecordBatch:
    arrays = [arrow_cells(cells, type_) for cells, type_ in zip(chunk.values(), schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def write_parquet(analysis: Analysis, name: str, path: str) -> None:
    """A table as a Parquet file."""
    schema = schema_of(name)
    # Text goes into the file from dictionaries, as it is; who reads the file gets plain text all the same.
    coded = pa.schema([(field.name, CODED if field.type == TEXT else field.type) for field in schema])
    with ParquetWriter(path, coded, store_schema=False) as writer:
        for group in _row_groups(arrow_batches(analysis, name, coded), coded):
            writer.write_table(group, len(group))
            del group
            # Arrow keeps what is free for later, some 40 MB.
            pa.default_memory_pool().release_unused()
        writer.add_key_value_metadata({**schema.metadata, "ARROW:schema": b64encode(schema.serialize())})


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Batches put together, since files are read faster in large groups of rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= ROW_GROUP:
            group, held = pa.Table.from_batches(held, schema).unify_dictionaries(), []
            yield group
            del group
    if held:
        yield pa.Table.from_batches(held, schema).unify_dictionaries()
