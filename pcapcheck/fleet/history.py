"""The history of a fleet: since when a rule fails where, what changed between two runs, losses and p99 by day.

All of it is read from the ledger, in memory that grows with places, rules and days, not with observations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field

from pcapcheck.errors import UsageError
from pcapcheck.fleet.fleet_rows import ERROR, FleetFinding, FleetResult
from pcapcheck.fleet.ledger import Ledger, Run, read_columns
from pcapcheck.fleet.place import check_by, place_of
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS

# Times outside of these are of a clock that was not set: the year 2000, and a day from now.
EARLIEST = 946_684_800 * 10**9
DAY = 86_400 * 10**9
# The worst that a rule came to in a run.
_WORSE = (NOT_CHECKED, PASS, FAIL)


class FailingSince(Struct, frozen=True):
    """A rule that failed at a place on the last day (UTC) on which it was checked there.

    ``since`` is its first failure (ns) after the last day without one, ``observations`` how many failed since, ``last``
    the latest of them; ``passed`` is when it passed last, on whatever day. ``gone`` of these observations are no longer
    where they came from: what they showed was so all the same.
    """

    place: str
    rule: str
    severity: str
    since: int
    last: int
    observations: int
    passed: int | None
    gone: int = 0

    @property
    def is_there(self) -> bool:
        """Whether one of the observations is still there."""
        return self.gone < self.observations


class Flip(Struct, frozen=True):
    """A rule that came to something else in a later run than in an earlier one. Absent: it was not judged there."""

    place: str
    rule: str
    before: str
    after: str
    run_before: int
    run_after: int


class TrendDay(Struct):
    """The echoes of a place on one day (UTC); ``p99`` is the highest of its observations, in seconds."""

    place: str
    day: str
    observations: int = 0
    failed: int = 0
    echo_settled: int = 0
    echo_lost: int = 0
    p99: float | None = None

    @property
    def loss(self) -> float | None:
        return self.echo_lost / self.echo_settled if self.echo_settled else None


class History(Struct, frozen=True):
    """What the ledger shows.

    ``failed_when_there`` are rules that would be ``failing``, but all the observations that show it are gone.
    ``compared`` are the runs that ``flips`` are between; ``undated`` observations count in no list about time.
    """

    runs: list[Run]
    failing: list[FailingSince]
    failed_when_there: list[FailingSince]
    compared: tuple[int, int] | None
    flips: list[Flip]
    trend: list[TrendDay]
    undated: int


class _RuleTimes(Struct):
    """When a rule passed and failed last; ``days`` on which it was checked, and whether it failed on them.

    ``clean_day`` is the last on which it passed everywhere, -1 if there is none.
    """

    severity: str
    passed: int | None = None
    failed: int | None = None
    days: dict[int, bool] = field(default_factory=dict)
    clean_day: int = -1
    since: int | None = None
    count: int = 0
    gone: int = 0


class _Pair(Struct):
    """The most recent run up to each of two, and the worst that it came to."""

    before: tuple[int, str] = (0, "")
    after: tuple[int, str] = (0, "")


class Gatherer(Struct):
    """Goes over the results twice: when a rule passed last is known only after the first time."""

    results: Callable[[], Iterator[FleetResult]]
    by: tuple[str, ...]
    compared: tuple[int, int] | None
    now: int
    times: dict[tuple[str, str], _RuleTimes] = field(default_factory=dict)
    pairs: dict[tuple[str, str], _Pair] = field(default_factory=dict)
    days: dict[tuple[str, str], TrendDay] = field(default_factory=dict)
    undated: int = 0

    def gather(self) -> None:
        for result in self.results():
            place = self._place(result)
            for finding in result.rows.findings:
                self._pair(place, finding, result.run)
            when = self._when(result)
            if when is not None:
                self._day(place, result, when)
                for finding in result.rows.findings:
                    self._latest(place, finding, when)
            elif result.latest and result.rows.observation.verdict != ERROR:
                self.undated += 1
        for times in self.times.values():
            times.clean_day = max((day for day, failed in times.days.items() if not failed), default=-1)
        for result in self.results():
            when, place = self._when(result), self._place(result)
            if when is not None:
                for finding in result.rows.findings:
                    self._since(place, finding, when, result.gone)

    def _place(self, result: FleetResult) -> str:
        return place_of(result.name, dict(result.columns), result.rows.observation.hosts, self.by)

    def _when(self, result: FleetResult) -> int | None:
        """When an observation was made, if that counts: it was not judged again since, and the clock was set."""
        first = result.rows.observation.first
        if not result.latest or first is None or not EARLIEST <= first <= self.now + DAY:
            return None
        return first

    def _latest(self, place: str, finding: FleetFinding, when: int) -> None:
        if finding.status == NOT_CHECKED:
            return
        known = self.times.setdefault((place, finding.rule), _RuleTimes(finding.severity))
        day = when // DAY
        known.days[day] = known.days.get(day, False) or finding.status == FAIL
        if finding.status == PASS:
            known.passed = when if known.passed is None else max(known.passed, when)
        else:
            known.failed = when if known.failed is None else max(known.failed, when)

    def _since(self, place: str, finding: FleetFinding, when: int, gone: bool) -> None:
        if finding.status != FAIL:
            return
        known = self.times[place, finding.rule]
        if when // DAY > known.clean_day:
            known.since = when if known.since is None else min(known.since, when)
            known.count += 1
            known.gone += gone

    def _pair(self, place: str, finding: FleetFinding, run: int) -> None:
        if self.compared is None or run > self.compared[1]:
            return
        pair = self.pairs.setdefault((place, finding.rule), _Pair())
        pair.after = _worse(pair.after, run, finding.status)
        if run <= self.compared[0]:
            pair.before = _worse(pair.before, run, finding.status)

    def _day(self, place: str, result: FleetResult, when: int) -> None:
        day = datetime.fromtimestamp(when // 10**9, UTC).strftime("%Y-%m-%d")
        row = result.rows.observation
        sums = self.days.setdefault((place, day), TrendDay(place, day))
        sums.observations += 1
        sums.failed += row.verdict == FAIL
        sums.echo_settled += row.echo_settled
        sums.echo_lost += row.echo_lost
        if row.rtt_p99 is not None:
            sums.p99 = max(sums.p99 or 0, row.rtt_p99)


def _worse(known: tuple[int, str], run: int, status: str) -> tuple[int, str]:
    """What a rule came to in its most recent run."""
    if run != known[0]:
        return max(known, (run, status), key=lambda one: one[0])
    return run, max(known[1], status, key=_WORSE.index)


def history(ledger: Ledger, by: Sequence[str] = (), runs: tuple[int, int] | None = None) -> History:
    """The history of a ledger: places are known by the names ``by``, and two ``runs`` compared (None: the last two).

    Raises UsageError if there is no such name or run.
    """
    every = ledger.runs()
    check_by(by, dict.fromkeys(name for text in ledger.every_columns() for name, _ in read_columns(text)))
    numbers = [run.number for run in every]
    if runs is not None and (not set(runs) <= set(numbers) or runs[0] >= runs[1]):
        have = f"1 to {max(numbers)}" if numbers else "none"
        raise UsageError(f"--runs {runs[0]} {runs[1]}: give an earlier and a later run; there are {have}")
    compared = runs or ((numbers[-2], numbers[-1]) if len(numbers) > 1 else None)
    gatherer = Gatherer(ledger.results, tuple(by), compared, time.time_ns())
    gatherer.gather()
    failing = sorted(_failing(gatherer), key=lambda one: (one.severity != "error", one.since, one.place, one.rule))
    return History(
        runs=every,
        failing=[one for one in failing if one.is_there],
        failed_when_there=[one for one in failing if not one.is_there],
        compared=compared,
        flips=sorted(_flips(gatherer), key=lambda one: (one.after != FAIL, one.place, one.rule)),
        trend=[gatherer.days[key] for key in sorted(gatherer.days)],
        undated=gatherer.undated,
    )


def _failing(gatherer: Gatherer) -> Iterator[FailingSince]:
    for (place, rule), times in gatherer.times.items():
        if times.since is not None and times.failed is not None:
            yield FailingSince(
                *(place, rule, times.severity, times.since, times.failed, times.count, times.passed, times.gone)
            )


def _flips(gatherer: Gatherer) -> Iterator[Flip]:
    for (place, rule), pair in gatherer.pairs.items():
        (run_before, before), (run_after, after) = pair.before, pair.after
        if before and run_after > run_before and before != after:
            yield Flip(place, rule, before, after, run_before, run_after)
