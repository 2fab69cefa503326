"""The JSON document as text."""

from __future__ import annotations

from typing import IO

from pcapcheck.analysis import Analysis
from pcapcheck.report.document import document
from pcapcheck.report.json_text import indented


def write_json(analysis: Analysis, stream: IO[str]) -> None:
    """The document of schema ``pcapcheck/2``, indented, with a newline at its end."""
    stream.write(indented(document(analysis)))
