"""The JSON document as text."""

from __future__ import annotations

import json
from typing import IO

from pcapcheck.report.document import document
from pcapcheck.triage.outcome import Outcome


def write_json(result: Outcome, stream: IO[str]) -> None:
    """The document of schema ``pcapcheck/2``, indented, with a newline at its end."""
    json.dump(document(result), stream, indent=2, ensure_ascii=True)
    stream.write("\n")
