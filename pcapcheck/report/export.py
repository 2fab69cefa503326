"""Tables for other programs: CSV, JSON lines, Parquet, Apache Arrow."""

from __future__ import annotations

from collections.abc import Callable
from io import TextIOWrapper
from types import ModuleType
from typing import IO, TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.columns import COLUMNS
from pcapcheck.errors import CaptureError, UsageError
from pcapcheck.report.tables.read_chunks import TABLES, read_chunks
from pcapcheck.report.tables.text_rows import FORMS, text_rows

if TYPE_CHECKING:
    import pyarrow


def write_text_table(analysis: Analysis, name: str, form: str, stream: IO[str]) -> None:
    """CSV or JSON lines, with durations in seconds and times as RFC 3339; written in chunks.

    In CSV, booleans are 1 and 0.
    """
    columns, written = COLUMNS[name], FORMS[form]
    stream.write(written.header(["capture", *columns]))
    write = _writing_blocks(stream)
    for chunk in read_chunks(analysis, name):
        for block in text_rows(chunk, columns, written):
            write(block)


def _writing_blocks(stream: IO[str]) -> Callable[[memoryview], object]:
    """What writes text in UTF-8 to a stream: as it is, if the stream ends in a file of that encoding."""
    if isinstance(stream, TextIOWrapper) and stream.encoding.lower() == "utf-8":
        stream.flush()
        write: Callable[[memoryview], object] = stream.buffer.write
        return write
    return lambda block: stream.write(str(block, "utf-8"))


def write_parquet(analysis: Analysis, name: str, path: str) -> None:
    """Parquet, which keeps the types; written in chunks.

    Raises CaptureError if its library is missing or the file cannot be written.
    """
    tables = _arrow_tables("Parquet needs")
    try:
        tables.write_parquet(analysis, name, path)
    except OSError as error:
        raise CaptureError(f"--output {path}: {error.strerror or error}; name a file that can be written") from None


def arrow_table(analysis: Analysis, name: str) -> pyarrow.Table:
    """One table over all captures, as an Arrow table.

    Raises UsageError if there is no such table, CaptureError if Arrow's library is missing.
    """
    if name not in TABLES:
        raise UsageError(f"no table is called {name!r}; there are: {', '.join(TABLES)}")
    return _arrow_tables("Arrow tables need").arrow_table(analysis, name)


def _arrow_tables(needing: str) -> ModuleType:
    try:
        from pcapcheck.report.tables import arrow_tables
    except ImportError:
        raise CaptureError(f"{needing} pyarrow; install it with: pip install 'pcapcheck[parquet]'") from None
    return arrow_tables
