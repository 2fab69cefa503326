"""Tables as files: CSV, JSON lines, Parquet."""

from __future__ import annotations

from typing import IO

import pandas as pd

from pcapcheck.analysis import Analysis
from pcapcheck.errors import CaptureError
from pcapcheck.report.tables import for_each_chunk, table, to_seconds


def write_text_table(analysis: Analysis, name: str, form: str, stream: IO[str]) -> None:
    """CSV or JSON lines, with durations in seconds and times as RFC 3339; written in chunks.

    In CSV, booleans are 1 and 0.
    """
    header = True

    def write(chunk: pd.DataFrame) -> None:
        nonlocal header
        if form == "csv":
            _as_numbers(to_seconds(chunk)).to_csv(stream, index=False, header=header)
        elif len(chunk):
            # As objects: pandas 2 writes integers as floats if any of them is absent.
            to_seconds(chunk).astype(object).to_json(stream, orient="records", lines=True)
        header = False

    for_each_chunk(analysis, name, write)


def _as_numbers(chunk: pd.DataFrame) -> pd.DataFrame:
    """Booleans as 1 and 0: pandas reads a column of True, False and nothing as objects, with a warning."""
    return chunk.astype({name: "Int64" for name in chunk.columns if chunk[name].dtype == "boolean"})


def write_parquet(analysis: Analysis, name: str, path: str) -> None:
    """Parquet, which keeps the types.

    Raises CaptureError if its library is missing or the file cannot be written.
    """
    try:
        table(analysis, name).to_parquet(path, index=False)
    except ImportError:
        raise CaptureError("Parquet needs pyarrow; install it with: pip install 'pcapcheck[parquet]'") from None
    except OSError as error:
        raise CaptureError(f"--output {path}: {error.strerror or error}; name a file that can be written") from None
