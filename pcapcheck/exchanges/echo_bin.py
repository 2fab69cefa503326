"""Echoes that are counted, not kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pcapcheck.brief import Brief
from pcapcheck.exchanges.echo_row import EchoRow


@dataclass(frozen=True, repr=False)
class EchoBin(Brief):
    """Echoes alike in the request's frame group, outcome, error and whether one host was asked; some samples."""

    group: int
    outcome: str
    error: str | None
    count: int
    requests: int
    duplicates: int
    least: int | None
    most: int | None
    buckets: Counter[int]
    samples: list[EchoRow]
