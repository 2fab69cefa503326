"""One partition of a table as Parquet, by pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pcapcheck.fleet.fleet_rows import (
    NUMBER,
    NUMBERS,
    SECONDS,
    SHARE,
    TEXT,
    TEXTS,
    TIME,
    FleetResult,
    columns_of,
    rows_in,
)

_TYPES = {
    TEXT: pa.string(),
    NUMBER: pa.int64(),
    SHARE: pa.float64(),
    SECONDS: pa.float64(),
    TIME: pa.timestamp("ns", tz="UTC"),
    NUMBERS: pa.list_(pa.int64()),
    TEXTS: pa.list_(pa.string()),
}


def write_partition(table: str, results: Iterable[FleetResult], path: Path, group: int) -> None:
    """Write the rows of these results, ``group`` of them at a time. The names of the pattern are in the path.

    Raises OSError if that fails.
    """
    schema = pa.schema([pa.field(name, _TYPES[type_]) for name, type_ in columns_of(table, ()).items()])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        rows: list[list[Any]] = []
        for result in results:
            rows += rows_in(table, result, ())
            if len(rows) >= group:
                writer.write_table(_table(rows, schema))
                rows = []
        # A partition without rows is a file all the same: its columns are known.
        writer.write_table(_table(rows, schema))


def _table(rows: list[list[Any]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
