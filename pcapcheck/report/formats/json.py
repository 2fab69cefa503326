"""The JSON document as text."""

from __future__ import annotations

import json
from typing import IO

from pcapcheck.analysis import Analysis
from pcapcheck.report.document import document


def write_json(analysis: Analysis, stream: IO[str]) -> None:
    """The document of schema ``pcapcheck/2``, indented, with a newline at its end."""
    json.dump(document(analysis), stream, indent=2, ensure_ascii=True)
    stream.write("\n")
