"""The list of rules, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import IO

from pcapcheck.ruleset.rule import Rule

HEADINGS = ("ID", "SEVERITY", "TABLE", "WHAT MUST HOLD")


def write_text(rules: Iterable[Rule], stream: IO[str]) -> None:
    """A line per rule below a line of headings."""
    write_table([HEADINGS, *((rule.id, rule.severity, rule.table, rule.title) for rule in rules)], stream)


def write_table(rows: Sequence[Sequence[str]], stream: IO[str]) -> None:
    """Rows in columns that are as wide as they need to be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        stream.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def write_json(rules: Iterable[Rule], stream: IO[str]) -> None:
    """A list of objects with the texts of each rule; ``file`` and ``line`` say where it is defined."""
    listed = [
        {
            "id": rule.id,
            "severity": rule.severity,
            "table": rule.table,
            "title": rule.title,
            "why": rule.why,
            "limits": rule.limits or None,
            "file": str(rule.file),
            "line": rule.line,
        }
        for rule in rules
    ]
    stream.write(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")
