"""Sums over exchanges: how much was asked and answered, and how long it took."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from pcapcheck.flows.arp import Resolution
from pcapcheck.flows.echo import Echo

# Percentiles come from buckets that grow by 1 %, so they are at most 1 % off; minimum and maximum are exact.
_GROWTH = math.log(1.01)


@dataclass
class Durations:
    """A distribution of durations (nanoseconds) in bounded memory."""

    count: int = 0
    least: int | None = None
    most: int | None = None
    _buckets: Counter[int] = field(default_factory=Counter)

    def add(self, value: int | None) -> None:
        if value is None:
            return
        self.count += 1
        self.least = value if self.least is None else min(self.least, value)
        self.most = value if self.most is None else max(self.most, value)
        self._buckets[int(math.log(value) / _GROWTH) if value > 0 else -1] += 1

    def merge(self, other: Durations) -> None:
        if other.least is None or other.most is None:
            return
        self.count += other.count
        self.least = other.least if self.least is None else min(self.least, other.least)
        self.most = other.most if self.most is None else max(self.most, other.most)
        self._buckets.update(other._buckets)

    def quantile(self, share: float) -> int | None:
        if self.least is None or self.most is None:
            return None
        rank = max(1, math.ceil(share * self.count))
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 0:
                middle = 0 if bucket < 0 else math.exp((bucket + 0.5) * _GROWTH)
                return min(max(round(middle), self.least), self.most)
        return self.most


@dataclass
class Tally:
    """Exchanges of one table that one asker began."""

    outcomes: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    duplicates: int = 0
    durations: Durations = field(default_factory=Durations)

    def add_resolution(self, resolution: Resolution) -> None:
        self.outcomes[resolution.outcome] += 1
        self.attempts += resolution.attempts
        self.durations.add(resolution.latency_first)

    def add_echo(self, echo: Echo) -> None:
        self.outcomes[echo.outcome] += 1
        self.attempts += 1
        self.duplicates += max(0, echo.replies - 1)
        self.durations.add(echo.rtt)

    def merge(self, other: Tally) -> None:
        self.outcomes.update(other.outcomes)
        self.attempts += other.attempts
        self.duplicates += other.duplicates
        self.durations.merge(other.durations)

    def doubt_silence(self) -> None:
        """Count what got no answer as unknown: this recording could not have held one."""
        self.outcomes["unknown"] += self.outcomes.pop("unanswered", 0)

    @property
    def total(self) -> int:
        return self.outcomes.total()

    @property
    def settled(self) -> int:
        """Exchanges whose end is known."""
        return self.total - sum(self.outcomes[one] for one in ("in-flight", "evicted", "unknown"))

    @property
    def loss(self) -> float | None:
        """Share of the settled echoes that got no reply."""
        return None if not self.settled else 1 - self.outcomes["replied"] / self.settled
