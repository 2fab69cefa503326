"""Rows of a rule's table counted together, with a few of them kept to show."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from operator import itemgetter
from typing import Protocol

from msgspec import Struct, field

from pcapcheck.ruleset.aggregate import Spread
from pcapcheck.ruleset.counting_layout import TURN_SHIFT
from pcapcheck.values import Value

SAMPLES_PER_BIN = 5
# Rows kept of each pair that has none among those, so that the first target does not hide a second.
SAMPLES_PER_PAIR, MOST_SAMPLES = 2, 20
# Rows kept besides for when they were met, so that the first minute does not hide a later one.
SAMPLES_OVER_TIME = 8

# (capture, frame group, outcome, what each early condition said)
BinKey = tuple[int, int, str, tuple[int, ...]]
# (who asked or sent, whom, which port): columns of the row
Pair = tuple[Value | None, ...]
PAIR = ("src", "dst", "dst_port", "asker_ip", "target")


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

    ``kept`` are some rows with their numbers; ``pairs`` counts them by who asked whom. ``over_time`` are others, spread
    over the time in which the rows were met.
    """

    count: int = 0
    kept: list[tuple[int, KeptRow]] = field(default_factory=list)
    over_time: list[tuple[int, KeptRow]] = field(default_factory=list)
    turn: int = 0
    pairs: Counter[Pair] = field(default_factory=Counter)
    spreads: list[Spread] = field(default_factory=list)
    extremes: list[Extremes] = field(default_factory=list)

    @property
    def has_few(self) -> bool:
        """Whether any row is kept, whoever asked whom."""
        return len(self.kept) < SAMPLES_PER_BIN

    def wants(self, pair: Pair) -> bool:
        """Whether a row would be kept: as one of the first, or of the first of its pair."""
        if self.has_few:
            return True
        return len(self.kept) < MOST_SAMPLES and self.pairs[pair] < SAMPLES_PER_PAIR

    def takes_turn(self, number: int) -> bool:
        """Whether a row is kept over time; the next turn comes after a quarter of the rows met since the first."""
        if number < self.turn:
            return False
        self.turn = number + 1 + ((number - (self.kept[0][0] if self.kept else number)) >> TURN_SHIFT)
        return True

    def keep(self, pair: Pair, number: int, sample: KeptRow) -> None:
        """Add a row that is wanted; ``number`` is how many rows were met before it."""
        self.kept.append((number, sample))
        self.pairs[pair] += 1

    def keep_over_time(self, number: int, sample: KeptRow) -> None:
        """Add a row whose turn has come, and drop the one that the others make up for best."""
        rows = self.over_time
        rows.append((number, sample))
        if len(rows) > SAMPLES_OVER_TIME:
            del rows[min(range(1, len(rows) - 1), key=lambda at: rows[at + 1][0] - rows[at - 1][0])]

    @property
    def first(self) -> BinSample:
        """The first row."""
        return self.kept[0][1].look()

    @property
    def samples(self) -> list[BinSample]:
        """All rows that are kept, in order."""
        return [sample.look() for _, sample in sorted([*self.kept, *self.over_time], key=itemgetter(0))]


def pair_of(row: object) -> Pair:
    """Who asked whom, if the row has such columns; rows without them all belong to one pair."""
    return tuple([getattr(row, name, None) for name in PAIR])
