"""Rows of a rule's table counted together, with a few of them kept to show."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, field

from pcapcheck.ruleset.aggregate import Spread
from pcapcheck.values import Value

SAMPLES_PER_BIN = 5
# Rows kept of each pair that has none among those, so that the first target does not hide a second.
SAMPLES_PER_PAIR, MOST_SAMPLES = 2, 20

# (capture, frame group, outcome, what each early condition said)
BinKey = tuple[int, int, str, tuple[int, ...]]
# (who asked or sent, whom, which port): columns of the row
Pair = tuple[Value | None, ...]
PAIR = ("src", "dst", "dst_port")


class BinSample(Struct):
    """A row kept to show, with the early columns that the rule names; ``source_lines`` quotes what a column rests on.

    ``elsewhere`` are frames of other capture points that show it too: capture and frame. ``lacking`` says what
    it takes to know a column of this very row, if the column's own advice is less precise.
    """

    frames: tuple[int, ...]
    time: int | None
    values: dict[str, Value | None]
    source_lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[tuple[int, int], ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)

    def look(self) -> BinSample:
        """The sample itself."""
        return self


class KeptRow(Protocol):
    """A row kept to show: a sample, or what makes it when it is looked at."""

    def look(self) -> BinSample: ...


class Extremes(Struct):
    """The few rows of the highest rank; of equal rows, the earliest."""

    held: list[tuple[int, int, KeptRow]] = field(default_factory=list)
    order: int = 0

    def wants(self, rank: int) -> bool:
        """Whether a later row of this rank would be kept."""
        return len(self.held) < SAMPLES_PER_BIN or rank > self.held[0][0]

    def add(self, rank: int, sample: KeptRow) -> None:
        """Keep a row that is wanted."""
        # Counting down gives rows of equal rank an order, so that samples are never compared.
        self.order -= 1
        heapq.heappush(self.held, (rank, self.order, sample))
        if len(self.held) > SAMPLES_PER_BIN:
            heapq.heappop(self.held)

    @property
    def ranked(self) -> list[tuple[int, KeptRow]]:
        """The rows with their ranks, the highest first; of equal rows, the earliest first."""
        ordered = sorted(self.held, key=lambda held: held[:2], reverse=True)
        return [(rank, row) for rank, _, row in ordered]


class Bin(Struct):
    """Rows alike in all that matters to the rule; ``spreads`` and ``extremes`` correspond to the rule's bounds.

    ``pairs`` counts the rows that are ``kept`` by who asked whom.
    """

    count: int = 0
    kept: list[KeptRow] = field(default_factory=list)
    pairs: Counter[Pair] = field(default_factory=Counter)
    spreads: list[Spread] = field(default_factory=list)
    extremes: list[Extremes] = field(default_factory=list)

    def wants(self, pair: Pair) -> bool:
        """Whether a row would be kept: as one of the first, or of the first of its pair."""
        if len(self.kept) < SAMPLES_PER_BIN:
            return True
        return len(self.kept) < MOST_SAMPLES and self.pairs[pair] < SAMPLES_PER_PAIR

    def keep(self, pair: Pair, sample: KeptRow) -> None:
        """Add a row that is wanted."""
        self.kept.append(sample)
        self.pairs[pair] += 1

    @property
    def first(self) -> BinSample:
        """The first row."""
        return self.kept[0].look()

    @property
    def samples(self) -> list[BinSample]:
        """All rows that are kept."""
        return [sample.look() for sample in self.kept]


def pair_of(row: object) -> Pair:
    """Who asked whom, if the row has such columns; rows without them all belong to one pair."""
    return tuple(getattr(row, name, None) for name in PAIR)
