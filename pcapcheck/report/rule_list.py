"""The rules there are, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO

from pcapcheck.ruleset.rule import Rule

HEADINGS = ("ID", "SEVERITY", "TABLE", "WHAT MUST HOLD")


def write_text(rules: Iterable[Rule], stream: IO[str]) -> None:
    """A line per rule below a line of headings."""
    rows = [HEADINGS, *((one.id, one.severity, one.table, one.title) for one in rules)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        stream.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def write_json(rules: Iterable[Rule], stream: IO[str]) -> None:
    """A list of objects with what a rule says of itself; ``file`` and ``line`` are where it stands."""
    listed = [
        {
            "id": one.id,
            "severity": one.severity,
            "table": one.table,
            "title": one.title,
            "why": one.why,
            "limits": one.limits or None,
            "file": str(one.file),
            "line": one.line,
        }
        for one in rules
    ]
    stream.write(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")
