"""Tables in the memory format of Apache Arrow, which polars and DuckDB read as well."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from pcapcheck.report.tables.arrow_cells import TEXT, arrow_cells
from pcapcheck.report.tables.arrow_schemas import schema_of
from pcapcheck.report.tables.cells import Coded
from pcapcheck.report.tables.chunks import Chunk, Chunks
from pcapcheck.report.tables.read_chunks import read_chunks

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# Rows per group of a Parquet file: some 12 MB in memory.
ROW_GROUP = 1 << 15
CODED = pa.dictionary(pa.int32(), TEXT)


def arrow_table(analysis: Analysis, name: str) -> pa.Table:
    """One table over all captures: whole numbers, UTC timestamps, durations, booleans, text."""
    schema = schema_of(name)
    return pa.Table.from_batches(map(partial(_batch, schema), read_chunks(analysis, name)), schema)


def _batch(schema: pa.Schema, chunk: Chunk) -> pa.RecordBatch:
    arrays = [arrow_cells(cells, type_) for cells, type_ in zip(chunk.values(), schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def write_parquet(analysis: Analysis, name: str, path: str) -> None:
    """A table as a Parquet file, written group of rows by group of rows."""
    schema = schema_of(name)
    chunks = read_chunks(analysis, name)
    first = next(chunks, None)
    coded = _coded(schema, Chunks.empty(name) if first is None else first)
    batches = map(partial(_batch, coded), chain(() if first is None else (first,), chunks))
    del first
    with _writer(path, coded) as writer:
        for group in _row_groups(batches, coded):
            writer.write_table(group, len(group))
            del group
            # Arrow keeps what is free for later, some 40 MB.
            pa.default_memory_pool().release_unused()
        writer.add_key_value_metadata({**schema.metadata, "ARROW:schema": b64encode(schema.serialize())})


def _coded(schema: pa.Schema, chunk: Chunk) -> pa.Schema:
    """Text that recurs goes into the file from dictionaries, as it is; who reads the file gets plain text."""
    types = [
        CODED if isinstance(cells, Coded) else type_ for type_, cells in zip(schema.types, chunk.values(), strict=True)
    ]
    return pa.schema(list(zip(schema.names, types, strict=True)))


def _writer(path: str, schema: pa.Schema) -> ParquetWriter:
    """Texts that recur have dictionaries, numbers are kept as differences, which are mostly small or alike."""
    coded = [field.name for field in schema if field.type == CODED]
    plain = [field.name for field in schema if field.type not in (CODED, TEXT)]
    differing = {
        field.name: "DELTA_BINARY_PACKED"
        for field in schema
        if field.name in plain and not pa.types.is_boolean(field.type)
    }
    return ParquetWriter(
        path,
        schema,
        store_schema=False,
        use_dictionary=coded,
        column_encoding=differing,
        write_statistics=plain,
        write_batch_size=ROW_GROUP,
    )


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Small batches put together, since files are read faster in large groups of rows."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= ROW_GROUP:
            group, held = pa.Table.from_batches(held, schema).unify_dictionaries(), []
            yield group
            del group
    if held:
        yield pa.Table.from_batches(held, schema).unify_dictionaries()
