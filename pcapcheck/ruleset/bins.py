"""Rows of a rule's table counted together, with a few of them kept to show."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from pcapcheck.ruleset.aggregate import Spread
from pcapcheck.values import Value

SAMPLES_PER_BIN = 5

# (capture, frame group, outcome, what each early condition said)
BinKey = tuple[int, int, str, tuple[int, ...]]


@dataclass
class Sample:
    """A row kept to show, with the early columns that the rule names; ``told`` quotes what a column rests on.

    ``elsewhere`` are frames of other capture points that show it too: capture and frame. ``lacking`` says what
    it takes to know a column of just this row, where that can be said better than of the column as such.
    """

    frames: tuple[int, ...]
    time: int | None
    values: dict[str, Value | None]
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[tuple[int, int], ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Extremes:
    """The few rows of the highest rank, of rows alike the earlier ones."""

    held: list[tuple[int, int, Sample]] = field(default_factory=list)
    order: int = 0

    def wants(self, rank: int) -> bool:
        """Whether a later row of this rank would be kept."""
        return len(self.held) < SAMPLES_PER_BIN or rank > self.held[0][0]

    def add(self, rank: int, sample: Sample) -> None:
        """Keep a row that is wanted."""
        # Counting down tells rows of one rank apart, so that samples are never compared.
        self.order -= 1
        heapq.heappush(self.held, (rank, self.order, sample))
        if len(self.held) > SAMPLES_PER_BIN:
            heapq.heappop(self.held)


@dataclass
class Bin:
    """Rows alike in all that matters to the rule; ``spreads`` and ``extremes`` stand beside the rule's bounds."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)
    spreads: list[Spread] = field(default_factory=list)
    extremes: list[Extremes] = field(default_factory=list)
