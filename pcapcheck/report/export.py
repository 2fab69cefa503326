"""Tables as files: CSV, JSON lines, Parquet."""

from __future__ import annotations

from typing import IO

import pandas as pd

from pcapcheck.errors import CaptureError
from pcapcheck.report.tables import to_seconds


def write_text_table(frame: pd.DataFrame, form: str, stream: IO[str]) -> None:
    """CSV or JSON lines, with durations in seconds and times as RFC 3339."""
    if form == "csv":
        to_seconds(frame).to_csv(stream, index=False)
    else:
        to_seconds(frame).to_json(stream, orient="records", lines=True)


def write_parquet(frame: pd.DataFrame, path: str) -> None:
    """Parquet, which keeps the types.

    Raises CaptureError where its library is missing or the file cannot be written.
    """
    try:
        frame.to_parquet(path, index=False)
    except ImportError:
        raise CaptureError("Parquet needs pyarrow; install it with: pip install 'pcapcheck[parquet]'") from None
    except OSError as error:
        raise CaptureError(f"--output {path}: {error.strerror or error}; name a file that can be written") from None
