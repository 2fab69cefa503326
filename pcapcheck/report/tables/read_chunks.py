"""Reads the captures again and hands over one of their tables, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pcapcheck.errors import CaptureError
from pcapcheck.links.read_rows import read_rows
from pcapcheck.report.tables.chunks import Chunk, Chunks
from pcapcheck.report.tables.followed_cells import followed_cells
from pcapcheck.report.tables.gathering_rows import gathered
from pcapcheck.table_names import ANSWERS, ARP, FRAMES, HOPS, PAIRED, PATHS, TRANSFERS

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# The tables that are read.
TABLES = (FRAMES, ARP, ANSWERS, *PAIRED, TRANSFERS, PATHS, HOPS)
# Rows per chunk.
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
        for rows in gathered(read_rows(capture.source, analysis.reading, table), CHUNK):
            yield chunks.of_raw(capture.number, rows)
