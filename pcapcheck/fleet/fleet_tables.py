"""Write both tables of a ledger: Parquet by hive partitions, or one file of JSON lines or CSV each.

The order is that of columns, name and run, so the bytes do not depend on who judged what when.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from pcapcheck.errors import UsageError
from pcapcheck.fleet.fleet_rows import (
    NUMBERS,
    OBSERVATIONS,
    ROWS,
    TEXTS,
    TIME,
    columns_of,
    rows_in,
)
from pcapcheck.fleet.ledger import Ledger, read_columns
from pcapcheck.fleet.whole_files import written_whole
from pcapcheck.values import format_time

PARQUET, JSONL, CSV = "parquet", "jsonl", "csv"
FORMATS = (PARQUET, JSONL, CSV)
PART_FILE = "part-0.parquet"
# Rows that are in memory at once, and in one row group.
GROUP = 50_000
# Bytes of a name of a folder; the longest that file systems take is 255.
LONGEST = 200
# How hive writes that there is no value.
NULL = "__HIVE_DEFAULT_PARTITION__"
Cells = list[Any]


def check_format(form: str) -> None:
    """Raise UsageError if a format needs what is not installed."""
    if form == PARQUET:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise UsageError(
                "Parquet needs pyarrow; install it with: pip install 'pcapcheck[parquet]', or use --format jsonl or csv"
            ) from None


def write_tables(ledger: Ledger, folder: Path, form: str) -> None:
    """Write the tables; of Parquet only the partitions that have changed. Raises CaptureError if that fails."""
    _remove_others(folder, form)
    if form == PARQUET:
        from pcapcheck.fleet.parquet_partitions import write_partition

        changed = ledger.unwritten()
        present = {columns for columns in ledger.every_columns() if _partition(folder, columns).exists()}
        for columns in ledger.every_columns():
            if columns in changed or columns not in present:
                for table in ROWS:
                    with written_whole(_partition(folder, columns, table)) as part:
                        write_partition(table, ledger.results(columns), part, GROUP)
                ledger.written(columns)
        return
    names = tuple(dict.fromkeys(name for text in ledger.every_columns() for name, _ in read_columns(text)))
    with ExitStack() as stack:
        writers: dict[str, Callable[[Cells], None]] = {}
        for table in ROWS:
            part = stack.enter_context(written_whole(folder / f"{table}.{form}"))
            # The stream is closed before the file takes its place.
            stream = stack.enter_context(part.open("w", encoding="utf-8", newline=""))
            writers[table] = _writer(stream, form, columns_of(table, names))
        for result in ledger.results():
            for table, write in writers.items():
                for row in rows_in(table, result, names):
                    write(row)


def _partition(folder: Path, columns: str, table: str = OBSERVATIONS) -> Path:
    """Where a table's rows of these columns are: ``findings/node=node-1/part-0.parquet``."""
    parts = [f"{name}={_quoted(value)}" for name, value in read_columns(columns)]
    return folder.joinpath(table, *parts, PART_FILE)


def _quoted(value: str) -> str:
    """A value as hive has it in the name of a folder; one that is too long is cut, and a digest tells it apart."""
    quoted = quote(value, safe=" ") if value else NULL
    if value == NULL:
        # What is called so is not nothing.
        quoted = f"%5F{NULL[1:]}"
    if len(quoted) <= LONGEST:
        return quoted
    digest = hashlib.sha256(value.encode()).hexdigest()[:12]
    return f"{re.sub('%.?$', '', quoted[:LONGEST])}-{digest}"


def table_names() -> list[str]:
    """What tables are called below the output folder, in any format."""
    return [table if form == PARQUET else f"{table}.{form}" for table in ROWS for form in FORMATS]


def _remove_others(folder: Path, form: str) -> None:
    """Remove the tables of an earlier run in another format: they would be taken for today's."""
    for table in ROWS:
        for other in FORMATS:
            if other == form:
                continue
            if other == PARQUET:
                shutil.rmtree(folder / table, ignore_errors=True)
            else:
                (folder / f"{table}.{other}").unlink(missing_ok=True)


def _writer(stream: IO[str], form: str, columns: dict[str, str]) -> Callable[[Cells], None]:
    show = [_SHOWN.get(type_) for type_ in columns.values()]
    if form == CSV:
        write = csv.writer(stream, lineterminator="\n").writerow
        write(columns)
        lists = [type_ in (TEXTS, NUMBERS) for type_ in columns.values()]

        def write_csv(row: Cells) -> None:
            cells = _shown(row, show)
            write([" ".join(map(str, cell)) if many else cell for cell, many in zip(cells, lists, strict=True)])

        return write_csv
    names = list(columns)

    def write_line(row: Cells) -> None:
        # Not dump, which is no compiled loop.
        stream.write(f"{json.dumps(dict(zip(names, _shown(row, show), strict=True)))}\n")

    return write_line


_SHOWN: dict[str, Callable[[Any], Any]] = {TIME: format_time}


def _shown(row: Cells, show: Iterable[Callable[[Any], Any] | None]) -> Cells:
    return [cell if shown is None or cell is None else shown(cell) for cell, shown in zip(row, show, strict=True)]
