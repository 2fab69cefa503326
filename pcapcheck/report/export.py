"""Tables as files: CSV, JSON lines, Parquet."""

from __future__ import annotations

from typing import IO

import pandas as pd

from pcapcheck.errors import CaptureError
from pcapcheck.report.tables import to_seconds


def write_table(frame: pd.DataFrame, form: str, target: IO[str] | str) -> None:
    """Write a table. CSV and JSON lines hold durations in seconds and times as RFC 3339; Parquet keeps their types.

    Raises CaptureError where the library for Parquet is missing.
    """
    if form == "csv":
        to_seconds(frame).to_csv(target, index=False)
    elif form == "jsonl":
        to_seconds(frame).to_json(target, orient="records", lines=True)
    else:
        try:
            frame.to_parquet(target, index=False)
        except ImportError:
            raise CaptureError("Parquet needs pyarrow; install it with: pip install 'pcapcheck[parquet]'") from None
        except OSError as error:
            raise CaptureError(
                f"--output {target}: {error.strerror or error}; name a file that can be written"
            ) from None
