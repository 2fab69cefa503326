"""What a fleet came to: counts by verdict, rule and place, and the worst observations, in bounded memory."""

from __future__ import annotations

from collections import Counter
from heapq import heappush, heappushpop

from msgspec import Struct, field

from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_rows import ERROR, JudgedRows, ObservationRow
from pcapcheck.fleet.place import place_of
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS
from pcapcheck.values import clean

# Observations that are kept to be listed.
MOST_KEPT = 5000
# The worst first.
VERDICTS = (FAIL, ERROR, NOT_CHECKED, PASS)


class Entry(Struct, frozen=True):
    """An observation to be listed, with the rules that failed; ``rank`` sorts the worst first."""

    rank: tuple[int, int, int, int, str]
    name: str
    place: str
    row: ObservationRow
    failed: tuple[str, ...]

    @property
    def headline(self) -> str:
        """Its headline; one that says why it could not be judged without the name, which stands before it."""
        return self.row.headline.removeprefix(f"{self.name}: ")

    def __lt__(self, other: Entry) -> bool:
        """The heap has the best on top: it is the one to leave out."""
        return self.rank > other.rank


class RuleTally(Struct):
    """In how many observations a rule came to what."""

    severity: str
    statuses: Counter[str] = field(default_factory=Counter)


class PlaceTally(Struct):
    """How many observations of a place came to what, and how many echoes were lost of how many."""

    verdicts: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    lost: int = 0
    p99: float | None = None


class Overview(Struct):
    """Sums over the observations that were added. ``judged`` of them were judged by this run."""

    judged: int = 0
    unchanged: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    warned: int = 0
    rules: dict[str, RuleTally] = field(default_factory=dict)
    places: dict[str, PlaceTally] = field(default_factory=dict)
    kept: list[Entry] = field(default_factory=list)

    def add(self, observation: FleetObservation, rows: JudgedRows, judged: bool) -> None:
        """Count an observation."""
        row = rows.observation
        self.judged += judged
        self.unchanged += not judged
        self.verdicts[row.verdict] += 1
        self.warned += row.verdict == PASS and row.warnings > 0
        for finding in rows.findings:
            self.rules.setdefault(finding.rule, RuleTally(finding.severity)).statuses[finding.status] += 1
        place = place_of(observation.name, dict(observation.columns), row.hosts)
        self._place(place, row)
        failed = tuple(
            finding.rule for finding in rows.findings if finding.status == FAIL and finding.severity != "info"
        )
        name = clean(observation.name)
        rank = (VERDICTS.index(row.verdict), -row.rules_failed, -row.warnings, -row.unanswered, name)
        entry = Entry(rank, name, place, row, failed)
        if len(self.kept) < MOST_KEPT:
            heappush(self.kept, entry)
        else:
            heappushpop(self.kept, entry)

    def _place(self, place: str, row: ObservationRow) -> None:
        tally = self.places.setdefault(place, PlaceTally())
        tally.verdicts[row.verdict] += 1
        tally.settled += row.echo_settled
        tally.lost += row.echo_lost
        if row.rtt_p99 is not None:
            tally.p99 = max(tally.p99 or 0, row.rtt_p99)

    @property
    def count(self) -> int:
        return self.verdicts.total()

    @property
    def verdict(self) -> str:
        """``error`` if something could not be judged, else fail if something failed, else pass; or not-checked."""
        for verdict in (ERROR, FAIL, PASS):
            if self.verdicts[verdict]:
                return verdict
        return NOT_CHECKED

    @property
    def exit_code(self) -> int:
        """2 if an observation could not be judged or none was checked, 1 if one failed, else 0."""
        return {ERROR: 2, NOT_CHECKED: 2, FAIL: 1, PASS: 0}[self.verdict]

    @property
    def worst(self) -> list[Entry]:
        """The observations that are kept, the worst first."""
        return sorted(self.kept, key=lambda entry: entry.rank)

    def failed_rules(self) -> list[tuple[str, RuleTally]]:
        """The rules that failed somewhere, errors and those that failed most often first."""
        failed = ((rule, tally) for rule, tally in self.rules.items() if tally.statuses[FAIL])
        return sorted(failed, key=lambda one: (one[1].severity != "error", -one[1].statuses[FAIL], one[0]))

    def worst_places(self) -> list[tuple[str, PlaceTally]]:
        """The places, those with the largest share of failures first."""

        def order(one: tuple[str, PlaceTally]) -> tuple[float, float, str]:
            verdicts = one[1].verdicts
            bad = verdicts[FAIL] + verdicts[ERROR]
            lost = one[1].lost / one[1].settled if one[1].settled else 0.0
            return -bad / verdicts.total(), -lost, one[0]

        return sorted(self.places.items(), key=order)
