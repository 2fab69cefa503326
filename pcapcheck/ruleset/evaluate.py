"""Evaluate a rule over a table that streams by.

Rows come while the capture is read; late columns are known only at its end. So rows are counted in *bins*: rows of one
bin share frame group, outcome and the results of the early conditions. At the end ``judge`` looks at each bin once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from operator import attrgetter

from msgspec import Struct

from pcapcheck.column import Column
from pcapcheck.columns import COLUMNS
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.links.facts import Facts
from pcapcheck.paths.path import PathSample
from pcapcheck.paths.path_tables import FollowedPackets
from pcapcheck.raw_rows import TableRow
from pcapcheck.ruleset.aggregate import Spread
from pcapcheck.ruleset.conditions import Judge, Leaf
from pcapcheck.ruleset.finding import Finding
from pcapcheck.ruleset.judge import judge_rule
from pcapcheck.ruleset.late_values import LateValues
from pcapcheck.ruleset.row_bins import Bin, BinKey, BinSample, Extremes, pair_of
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import FRAMES, TRANSFERS
from pcapcheck.values import Value

# Columns that say whether a question was answered.
ANSWERING = frozenset({"answered", "replied", "outcome", "latency", "latency_first", "rtt"})

# What is always reported of a row, whether the rule names it or not: the error that it failed by, and of a connection
# what the search for causes wants to know.
REPORTED = {
    table: frozenset({"refusal"} & columns.keys())
    | frozenset(
        ("sender", "sender_port", "receiver", "receiver_port", "attempts", "lasted", "size") * (table == TRANSFERS)
    )
    for table, columns in COLUMNS.items()
}

# Rows that differ in what a rule looks at, whose results are kept.
MOST_ALIKE = 1 << 12

# Of frames counted together, the first frame's attributes stand for all.
OF_THE_FIRST = ("ip_src", "ip_dst")


class Evaluation:
    """One rule under evaluation. Feed it rows of its table (raw rows by ``RowCounting``), then ``finish``."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        every = [*rule.leaves, *rule.accepting]
        self.early = [leaf for leaf in every if not any(column.deferred for column in leaf.columns())]
        self.selecting = frozenset(map(id, rule.select.leaves()))
        # Bounds on columns; a ratio comes from the counts.
        self.bounds = [(column, bound) for bound in rule.bounds if (column := bound.column) is not None]
        named = {column.name for leaf in every for column in leaf.columns()} | set(rule.reported)
        named |= {column.name for column, _ in self.bounds}
        named |= REPORTED[rule.table]
        self.shown = [COLUMNS[rule.table][name] for name in sorted(named)]
        self.bins: dict[BinKey, Bin] = {}
        self._early_columns = [*{column.name: column for leaf in self.early for column in leaf.columns()}.values()]
        # Their values of a row: thousands of paths are asked for them, for each rule.
        self.early_attributes = [column.attribute for column in self._early_columns]
        self._early_values = attrgetter("outcome", *self.early_attributes)
        # Whether rows counted together are alike in all that it looks at.
        self.shares_rows = not self.bounds and all(column.shared for column in self._early_columns)
        # By these columns, what the early conditions say of rows, and whether the rule holds.
        self._alike: dict[tuple[Value | None, ...] | str, tuple[tuple[int, ...], bool]] = {}
        # By what the early conditions say, whether the rule cannot be about such rows, and whether they may break it.
        self._left_out: dict[tuple[int, ...], bool] = {}
        self._breaking: dict[tuple[int, ...], bool] = {}

    @property
    def counted_by(self) -> set[str]:
        """The early columns that decide how a row is counted."""
        return {column.name for column in (*self._early_columns, *(column for column, _ in self.bounds))}

    @property
    def needs_rows(self) -> bool:
        """Whether the rows must be looked at one by one: a condition names more than rows counted together share.

        Of frames counted together only the addresses of the first are kept, so a text may not name more either.
        """
        if self.rule.off:
            return False
        named = [column for leaf in self.early for column in leaf.columns()] + [column for column, _ in self.bounds]
        if self.rule.table == FRAMES:
            named += [column for column in self.shown if column.attribute not in OF_THE_FIRST]
        return any(not (column.deferred or column.shared) for column in named)

    def feed(self, capture: int, rows: Iterable[TableRow], weight: int = 1) -> None:
        """Count rows of one capture; ``weight`` frames stand behind each row where the rows are frame groups.

        Some rows are kept, and looked at only at the end: they must stay what they are.
        """
        for row in () if self.rule.off else rows:
            number, (results, _) = self.seen, self.said_of(row)
            self.seen += weight
            held = self._bin(capture, row, results)
            if held is None:
                continue
            held.count += weight
            pair, turn = pair_of(row), held.takes_turn(number)
            # Rows that cannot break the rule are never shown: the first ones say why it may not be about them.
            if held.wants(pair) and (held.has_few or self._may_break(results)):
                held.keep(pair, number, SampledRow(self, row))
            elif turn and self._may_break(results):
                held.keep_over_time(number, SampledRow(self, row))
            for (column, bound), spread, extremes in zip(self.bounds, held.spreads, held.extremes, strict=True):
                value = early_value(row, column)
                if isinstance(value, int):
                    spread.count_in(value, weight)
                    rank = bound.against(value)
                    if extremes.wants(rank):
                        extremes.add(rank, SampledRow(self, row))

    def count_alike(self, packets: FollowedPackets, results: tuple[int, ...], holds: bool) -> None:
        """Count the packets of one path that the rule may be about; ``results`` and ``holds`` as of ``said_of``."""
        key = packets.capture, packets.group, packets.outcome, results
        held = self.bins.get(key) or self.bin_of(key)
        held.count += packets.count
        if not holds and held.wants(pair := pair_of(packets)):
            for packet in packets.kept:
                if held.wants(pair):
                    held.keep(pair, self.seen, FollowedSample(self, packets, packet))

    def said_of(self, row: TableRow) -> tuple[tuple[int, ...], bool]:
        """What each early condition says of a row, and whether the rule surely holds for it."""
        values = self._early_values(row)
        known = self._alike.get(values)
        if known is None:
            results = tuple(self._compare(leaf, row) for leaf in self.early)
            known = results, self._holds(results)
            if len(self._alike) < MOST_ALIKE:
                self._alike[values] = known
        return known

    def _bin(self, capture: int, row: TableRow, results: tuple[int, ...]) -> Bin | None:
        """The bin that a row belongs to; None if the rule cannot be about it."""
        key = (capture, row.group, row.outcome, results)
        return self.bin_of(key) if key in self.bins or not self.cannot_be_about(results) else None

    def _compare(self, leaf: Leaf, row: TableRow) -> int:
        return leaf.compare(partial(early_value, row))

    def bin_of(self, key: BinKey) -> Bin:
        """The bin with this key, made if it is new."""
        if key not in self.bins:
            self.bins[key] = Bin(spreads=[Spread() for _ in self.bounds], extremes=[Extremes() for _ in self.bounds])
        return self.bins[key]

    def sample(self, row: TableRow) -> BinSample:
        """A row to show, with the early columns that the rule names."""
        values = {column.name: early_value(row, column) for column in self.shown if not column.deferred}
        source_lines, elsewhere = getattr(row, "source_lines", {}), getattr(row, "elsewhere", ())
        return BinSample(tuple(row.frames), row.time, values, source_lines, elsewhere, getattr(row, "lacking", {}))

    def finish(self, facts: Facts) -> Finding:
        """The finding, with what is known now that the captures have been read."""
        if self.rule.off:
            return Finding(self.rule, reason=f"switched off: {self.rule.adjusted}")
        return judge_rule(self.rule, self.early, self.shown, self.bins, self.seen, facts)

    def decides(self, row: TableRow, capture: int, facts: Facts) -> bool:
        """Whether the rule, even if switched off, is about this row and whether it was answered."""
        answering: frozenset[str] = getattr(row, "answering", ANSWERING)
        if not answering & {column.name for leaf in self.rule.leaves for column in leaf.columns()}:
            return False
        point = facts.point(capture, row.group)
        if point is not None and not point.is_held_to(self.rule.networks):
            return False
        assumptions = (0, 1) if point is not None and facts.points[point.key].alternatives else (None,)
        return all(
            self._is_about(row, capture, facts if assumption is None else facts.assuming(assumption))
            for assumption in assumptions
        )

    def _is_about(self, row: TableRow, capture: int, facts: Facts) -> bool:
        late = LateValues(facts, capture, row.group, self.rule.table, row.outcome)

        def judge(leaf: Leaf) -> int:
            deferred = any(column.deferred for column in leaf.columns())
            return leaf.compare(late.get) if deferred else self._compare(leaf, row)

        return self.rule.select.evaluate(judge) == TRUE

    def cannot_be_about(self, results: tuple[int, ...]) -> bool:
        """Whether the rule is not about rows if the early conditions say this of them, whatever is known at the end."""
        if results not in self._left_out:
            self._left_out[results] = self.rule.select.evaluate(self._said(results)) == FALSE
        return self._left_out[results]

    def _holds(self, results: tuple[int, ...]) -> bool:
        """Whether the rule holds for such rows whatever their late columns say: nobody looks at them again."""
        said = self._said(results)
        return self.rule.select.evaluate(said) == TRUE and self.rule.expect.evaluate(said) == TRUE

    def _may_break(self, results: tuple[int, ...]) -> bool:
        """Whether such rows may break the rule, as far as their early columns say."""
        if results not in self._breaking:
            self._breaking[results] = self.rule.expect.evaluate(self._said(results)) != TRUE
        return self._breaking[results]

    def _said(self, results: tuple[int, ...]) -> Judge:
        verdicts = dict(zip(map(id, self.early), results, strict=True))
        return lambda leaf: verdicts.get(id(leaf), UNKNOWN)


class SampledRow(Struct):
    """A row kept to show; of thousands few are looked at."""

    evaluation: Evaluation
    row: TableRow
    made: BinSample | None = None

    def look(self) -> BinSample:
        """The row as a sample, made once."""
        if self.made is None:
            self.made = self.evaluation.sample(self.row)
        return self.made


class FollowedSample(Struct):
    """A packet that was followed, kept to show; of thousands of paths few are looked at."""

    evaluation: Evaluation
    packets: FollowedPackets
    packet: PathSample

    def look(self) -> BinSample:
        """The packet's row as a sample."""
        return self.evaluation.sample(self.packets.row(self.packet))


def early_value(row: object, column: Column) -> Value | None:
    value: Value | None = getattr(row, column.attribute)
    return value
