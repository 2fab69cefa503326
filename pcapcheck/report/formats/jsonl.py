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


def write_jsonl(outcome: Analysis, stream: IO[str]) -> None:
    """An object a line."""
    for one in _parts(document(outcome)):
        json.dump(one, stream, ensure_ascii=True)
        stream.write("\n")


def _parts(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for capture in told.pop("captures"):
        yield {"type": "capture", **capture}
    for skipped in told.pop("skipped"):
        yield {"type": "skipped", **skipped}
    for rule in told.pop("rules"):
        yield {"type": "rule", **rule}
    causes = told.pop("causes")
    for number, diagnosis in enumerate(told.pop("diagnoses")):
        yield {"type": "diagnosis", **diagnosis, "causes": [one for one in causes if one["diagnosis"] == number]}
    for question in told.pop("unanswered"):
        yield {"type": "unanswered", **question}
    for remark in told.pop("remarks"):
        yield {"type": "remark", **remark}
    yield {"type": "verdict", **told}
