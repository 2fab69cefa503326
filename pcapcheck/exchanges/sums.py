"""Sums over exchanges: how many were asked and answered, and how long the answers took."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter

from msgspec import Struct, field

from pcapcheck.exchanges.binning import bucket_of
from pcapcheck.exchanges.exchange_bins import ExchangeBin


class Durations(Struct):
    """A distribution of durations (nanoseconds) in bounded memory.

    Percentiles come from buckets (``binning.bucket_of``) and are at most 1 % off; minimum and maximum are exact.
    """

    count: int = 0
    least: int | None = None
    most: int | None = None
    _buckets: Counter[int] = field(default_factory=Counter)

    def add(self, value: int | None) -> None:
        if value is None:
            return
        self.add_buckets(value, value, Counter({bucket_of(value): 1}))

    def add_buckets(self, least: int | None, most: int | None, buckets: Counter[int]) -> None:
        """Add durations that were already counted, with their minimum and maximum."""
        if least is None or most is None:
            return
        self.count += buckets.total()
        self.least = least if self.least is None else min(self.least, least)
        self.most = most if self.most is None else max(self.most, most)
        self._buckets.update(buckets)

    @property
    def buckets(self) -> Counter[int]:
        """How many are in each bucket of ``binning.bucket_of``."""
        return self._buckets

    def merge(self, other: Durations) -> None:
        self.add_buckets(other.least, other.most, other._buckets)

    def histogram(self, bars: int) -> list[tuple[int, int, int]]:
        """From, to (nanoseconds) and how many, in bars whose widths grow alike from the minimum to the maximum."""
        if self.least is None or self.most is None:
            return []
        low, high = max(1, self.least), max(2, self.most + 1)
        edges = [round(low * (high / low) ** (bar / bars)) for bar in range(bars + 1)]
        counts = [0] * bars
        for bucket, count in self._buckets.items():
            middle = min(max(middle_of(bucket), low), high - 1)
            counts[min(bars - 1, bisect_right(edges, middle) - 1)] += count
        return list(zip(edges, edges[1:], counts, strict=False))

    def quantile(self, share: float) -> int | None:
        if self.least is None or self.most is None:
            return None
        rank = max(1, math.ceil(share * self.count))
        if rank in (1, self.count):
            return self.least if rank == 1 else self.most
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 0:
                return min(max(middle_of(bucket), self.least), self.most)
        return self.most


def middle_of(bucket: int) -> int:
    """The middle of a bucket, in nanoseconds."""
    if bucket < 128:
        return bucket
    octave, step = divmod(bucket - 128, 64)
    width = 2 << octave
    return (64 + step) * width + width // 2


class AskerSums(Struct):
    """Exchanges of a table by the same asker; ``in_vain``: the attempts of those without an answer, if summed up."""

    outcomes: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    in_vain: int = 0
    duplicates: int = 0
    durations: Durations = field(default_factory=Durations)

    def add_echoes(self, bin_: ExchangeBin) -> None:
        # The requests of a traceroute are meant to expire: they are not lost.
        expired = bin_.error == "time-exceeded"
        self.outcomes["expired" if expired else bin_.outcome] += bin_.count
        self.attempts += bin_.requests
        self.in_vain += bin_.requests if bin_.outcome == "unanswered" else 0
        self.duplicates += bin_.duplicates
        self.durations.add_buckets(bin_.least, bin_.most, bin_.buckets)

    def merge(self, other: AskerSums) -> None:
        self.outcomes.update(other.outcomes)
        self.attempts += other.attempts
        self.in_vain += other.in_vain
        self.duplicates += other.duplicates
        self.durations.merge(other.durations)

    def doubt_silence(self) -> None:
        """Count unanswered exchanges as unknown: this recording could not have held an answer."""
        self.outcomes["unknown"] += self.outcomes.pop("unanswered", 0)

    @property
    def total(self) -> int:
        return self.outcomes.total()

    @property
    def settled(self) -> int:
        """Exchanges whose end is known, without those that were meant to expire."""
        return self.total - self.unknown - self.outcomes["in-flight"] - self.outcomes["expired"]

    @property
    def unknown(self) -> int:
        """Exchanges that may have been answered or not: whether an answer came to whoever asked is not known."""
        return sum(self.outcomes[outcome] for outcome in ("unknown", "evicted", "unclear"))

    @property
    def loss(self) -> float | None:
        """Share of the settled echoes that got no reply."""
        return None if not self.settled else 1 - self.outcomes["replied"] / self.settled
