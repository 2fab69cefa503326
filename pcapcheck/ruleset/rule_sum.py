"""The rows of one rule summed up: counts, reasons, samples and the values that bounds are about."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, field

from pcapcheck.ruleset.acceptance import AcceptanceTally
from pcapcheck.ruleset.aggregate import Spread
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.ruleset.row_evidence import FailingRow
from pcapcheck.ruleset.rule import Rule


class RuleSum(Struct):
    """The rows of one rule summed up; the sums of several links are added."""

    checked: int = 0
    failed: int = 0
    unknown: int = 0
    # Rows that are selected, whether they hold or not, and rows that may be.
    selected: int = 0
    perhaps: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    failing: list[FailingRow] = field(default_factory=list)
    # A spread per bound on a column: the values of rows that are selected, and of rows that may be.
    sure: list[Spread] = field(default_factory=list)
    open: list[Spread] = field(default_factory=list)
    # Per bound, the rows that break it most, by rank.
    extremes: list[list[tuple[int, Evidence]]] = field(default_factory=list)
    # The failed rows that are accepted, samples of them, and a tally per acceptance.
    accepted: int = 0
    excused: list[FailingRow] = field(default_factory=list)
    tallies: list[AcceptanceTally] = field(default_factory=list)

    @classmethod
    def of(cls, rule: Rule) -> RuleSum:
        """The sum before any row."""
        columns = [bound for bound in rule.bounds if bound.column]
        return cls(
            sure=[Spread() for _ in columns],
            open=[Spread() for _ in columns],
            extremes=[[] for _ in columns],
            tallies=[AcceptanceTally() for _ in rule.acceptances],
        )

    def add(self, other: RuleSum) -> None:
        """Add the sum of another link."""
        self.checked += other.checked
        self.failed += other.failed
        self.unknown += other.unknown
        self.selected += other.selected
        self.perhaps += other.perhaps
        self.reasons.update(other.reasons)
        self.failing += other.failing
        for mine, theirs in zip([*self.sure, *self.open], [*other.sure, *other.open], strict=True):
            mine.merge(theirs)
        for held, more in zip(self.extremes, other.extremes, strict=True):
            held += more
        self.accepted += other.accepted
        self.excused += other.excused
        for tally, their in zip(self.tallies, other.tallies, strict=True):
            tally.add(their)
