"""JSON lines: the parts of the JSON document one by one, each with its ``type``, the verdict last.

Types: ``capture``, ``skipped`` (what could not be used), ``rule``, ``diagnosis`` (with its causes), ``unanswered``,
``remark``, ``verdict``. Keys are those of the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from pcapcheck.analysis import Analysis
from pcapcheck.report.document import document


def write_jsonl(analysis: Analysis, stream: IO[str]) -> None:
    """An object a line."""
    for part in _parts(document(analysis)):
        json.dump(part, stream, ensure_ascii=True)
        stream.write("\n")


def _parts(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for capture in values.pop("captures"):
        yield {"type": "capture", **capture}
    for skipped in values.pop("skipped"):
        yield {"type": "skipped", **skipped}
    for rule in values.pop("rules"):
        yield {"type": "rule", **rule}
    causes = values.pop("causes")
    for number, diagnosis in enumerate(values.pop("diagnoses")):
        yield {"type": "diagnosis", **diagnosis, "causes": [cause for cause in causes if cause["diagnosis"] == number]}
    for question in values.pop("unanswered"):
        yield {"type": "unanswered", **question}
    for trace in values.pop("traces"):
        yield {"type": "trace", **trace}
    for remark in values.pop("remarks"):
        yield {"type": "remark", **remark}
    yield {"type": "verdict", **values}
