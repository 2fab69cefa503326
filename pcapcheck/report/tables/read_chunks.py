"""Reads the captures again and hands over one of their tables, chunk by chunk."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pcapcheck.errors import CaptureError
from pcapcheck.links.read_rows import read_rows
from pcapcheck.raw_rows import RawRows
from pcapcheck.report.tables.chunks import Chunk, Chunks
from pcapcheck.report.tables.followed_cells import followed_cells
from pcapcheck.table_names import ANSWERS, ARP, CONNECTIONS, DNS, ECHO, FRAMES, HOPS, PATHS, TRANSFERS

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# The tables that are read.
TABLES = (FRAMES, ARP, ANSWERS, ECHO, CONNECTIONS, TRANSFERS, DNS, PATHS, HOPS)
# Rows per chunk, if they come in small batches.
CHUNK = 1 << 15


def read_chunks(analysis: Analysis, table: str) -> Iterator[Chunk]:
    """A table in chunks, in order, so that it need not fit into memory."""
    chunks = Chunks(analysis, table)
    if table in (PATHS, HOPS):
        for cells in followed_cells(analysis.followed, table, CHUNK):
            yield chunks.of_followed(cells)
        return
    for capture in analysis.captures:
        if not capture.source.complete:
            raise CaptureError(f"{capture.source.name}: too long to be kept for a table; save it to a file first")
        for rows in _gathered(read_rows(capture.source, analysis.reading, table)):
            yield chunks.of_raw(capture.number, rows)


def _gathered(batches: Iterable[RawRows]) -> Iterator[RawRows]:
    """The same rows in larger batches, where a row's numbers stand together."""
    data = array("q")
    for rows in batches:
        if rows.field_step != 1:
            yield rows
            continue
        data += rows.data[: rows.count * rows.row_step]
        latest = rows
        if len(data) >= CHUNK * rows.row_step:
            yield _with(latest, data)
            data = array("q")
    if data:
        yield _with(latest, data)


def _with(rows: RawRows, data: array[int]) -> RawRows:
    return replace(rows, data=data, count=len(data) // rows.row_step)
