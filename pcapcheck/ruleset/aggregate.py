"""Aggregates: what must hold for the selected rows together, such as loss and latency.

Percentiles come from logarithmic buckets (``exchanges.binning.bucket_of``) and are at most 1 % off; minimum, maximum,
mean and ratio are exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from msgspec import Struct

from pcapcheck.column import DURATION, NUMBER, Column, Columns
from pcapcheck.exchanges.binning import bucket_of
from pcapcheck.exchanges.sums import Durations
from pcapcheck.ruleset.conditions import OPERATORS, find_column, operand_of, value_of
from pcapcheck.ruleset.faults import each
from pcapcheck.ruleset.variables import Settings, suggest
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.values import parse_ratio

RATIO, COUNT = "ratio", "count"
# Bounds on the number of rows, in the words that rules use for them.
LIMITS = {"min": "ge", "max": "le"}
MOST_DIGITS = 12
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
AGGREGATES = {
    RATIO: "share of the selected rows for which 'expect' holds, as 0.99 or 99%; single rows may then fail",
    "min": "minimum of a column",
    "mean": "mean of a column",
    "p50": "median of a column",
    "p90": "90th percentile of a column",
    "p95": "95th percentile of a column",
    "p99": "99th percentile of a column",
    "max": "maximum of a column",
}
BOUNDS = ("lt", "le", "gt", "ge")
BOUNDS_SAID = {"lt": "less than", "le": "at most", "gt": "more than", "ge": "at least"}
SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}


class Bound(Struct, frozen=True):
    """An aggregate of a column (none for ``ratio`` and ``count``) held against a value: ``p99: {rtt: {lt: 5ms}}``."""

    aggregate: str
    column: Column | None
    operator: str
    operand: Fraction

    def holds(self, value: Fraction) -> bool:
        match self.operator:
            case "lt":
                return value < self.operand
            case "le":
                return value <= self.operand
            case "gt":
                return value > self.operand
            case _:
                return value >= self.operand

    def against(self, value: int) -> int:
        """How much a row of this value speaks against the bound: more is worse."""
        return value if self._is_upper else -value

    def allows(self, rank: int) -> bool:
        """Whether a row of this rank keeps within the bound itself."""
        return self.holds(Fraction(rank if self._is_upper else -rank))

    @property
    def _is_upper(self) -> bool:
        return self.operator in ("lt", "le")

    @property
    def name(self) -> str:
        """As in ``p99 of rtt``."""
        return self.aggregate if self.column is None else f"{self.aggregate} of {self.column.name}"

    @property
    def limit(self) -> str:
        """As in ``< 5 ms``."""
        return f"{SIGNS[self.operator]} {self.show(self.operand)}"

    @property
    def wanted(self) -> str:
        """As in ``less than 5 ms``."""
        return f"{BOUNDS_SAID[self.operator]} {self.show(self.operand)}"

    @property
    def words(self) -> str:
        """As in ``p99 of rtt < 5 ms``."""
        return f"{self.name} {self.limit}"

    def show(self, value: Fraction) -> str:
        if self.aggregate == COUNT:
            return str(value)
        if self.column is None:
            return f"{float(100 * value):.4g} %"
        if self.column.type is DURATION:
            return self.column.show(round(value))
        return f"{float(value):.6g}"

    def plain(self, value: Fraction) -> float:
        """The value; a duration in seconds."""
        return float(value / 10**9 if self.column and self.column.type is DURATION else value)


class Spread(Durations):
    """A distribution of a column's values in bounded memory, with their sum."""

    total: int = 0

    def count_in(self, value: int, weight: int) -> None:
        self.count += weight
        self.total += value * weight
        self.least = value if self.least is None else min(self.least, value)
        self.most = value if self.most is None else max(self.most, value)
        self._buckets[bucket_of(value)] += weight

    def add_counted(self, count: int, total: int, least: int, most: int, buckets: Mapping[int, int]) -> None:
        """Add values that were counted already."""
        self.merge(Spread(count, least, most, Counter(buckets), total))

    def merge(self, other: Durations) -> None:
        assert isinstance(other, Spread)
        self.total += other.total
        super().merge(other)

    def value(self, aggregate: str) -> Fraction | None:
        """The aggregate; None if there are no values."""
        if self.least is None or self.most is None:
            return None
        if aggregate == "min":
            return Fraction(self.least)
        if aggregate == "max":
            return Fraction(self.most)
        if aggregate == "mean":
            return Fraction(self.total, self.count)
        return Fraction(self.quantile(QUANTILES[aggregate]) or 0)


class Measure(Struct, frozen=True):
    """The value of an aggregate (None: no value) and whether its bound holds (None: unknown).

    ``rows`` counts the rows that had a value.
    """

    bound: Bound
    value: Fraction | None
    holds: bool | None
    rows: int

    @property
    def words(self) -> str:
        """As in ``p99 of rtt is 12 ms``."""
        return f"{self.bound.name} is {'(none)' if self.value is None else self.bound.show(self.value)}"


def read_bounds(items: dict[str, Node], columns: Columns, settings: Settings) -> tuple[Bound, ...]:
    """The count and the aggregates among a rule's keys. Raises RuleError with file, line and column."""

    def read(name: str) -> list[Bound]:
        node = items[name]
        if name == COUNT:
            return _read_count(node)
        if name == RATIO:
            if "expect" not in items:
                raise node.error("'ratio' needs 'expect': it bounds the share of rows for which that holds")
            return _read_bound(name, None, node, settings)
        named = node.items(f"{name!r}")
        if not named:
            raise node.error(f"{name!r} needs a column, as in {name}: {{rtt: {{lt: 5ms}}}}")
        return _flat(each(lambda column: _read_column(name, column, node, columns, settings), named))

    return tuple(_flat(each(read, [name for name in (COUNT, *AGGREGATES) if name in items])))


def _flat(several: Iterable[list[Bound]]) -> list[Bound]:
    return [bound for some in several for bound in some]


def _read_column(aggregate: str, name: str, node: Node, columns: Columns, settings: Settings) -> list[Bound]:
    """The bounds of an aggregate of one column."""
    column = find_column(node.key(name), name, columns)
    if column.type not in (NUMBER, DURATION) or column.deferred:
        known = "known only at the end" if column.deferred else column.type.name
        raise node.key(name).error(f"{aggregate!r} needs a number or a duration ({name}: {known})")
    return _read_bound(aggregate, column, node.items(f"{aggregate!r}")[name], settings)


def _read_count(node: Node) -> list[Bound]:
    bounds: dict[str, Bound] = {}
    for name, value in node.items("'count'").items():
        if name not in LIMITS:
            raise node.key(name).error(f"'count' has no key {name!r}{suggest(name, LIMITS)}")
        text = value.text(f"{name!r}")
        if not text.isdecimal() or len(text) > MOST_DIGITS:
            raise value.error(f"{text[:MOST_DIGITS]!r} is not a whole number of at most {MOST_DIGITS} digits")
        bounds[name] = Bound(COUNT, None, LIMITS[name], Fraction(text))
    if not bounds:
        raise node.error("'count' needs min, max or both")
    if len(bounds) == len(LIMITS) and bounds["min"].operand > bounds["max"].operand:
        raise node.error("'count' never holds: min is more than max")
    return list(bounds.values())


def _read_bound(aggregate: str, column: Column | None, node: Node, settings: Settings) -> list[Bound]:
    what = column.name if column else aggregate
    if not isinstance(node.value, dict) or not node.value:
        raise node.error(f"{what}: an aggregate needs a bound, as in {{le: …}}; one of: {', '.join(BOUNDS)}")
    bounds = []
    for operator, operand in node.value.items():
        if operator not in BOUNDS:
            known = "compares no aggregate; use one of: " + ", ".join(BOUNDS)
            raise node.key(operator).error(
                f"{operator!r} {known}"
                if operator in OPERATORS
                else f"there is no operator {operator!r}{suggest(operator, BOUNDS)}"
            )
        value = value_of(operand, parse_ratio, settings) if column is None else operand_of(column, operand, settings)
        assert isinstance(value, (int, Fraction))
        bounds.append(Bound(aggregate, column, operator, Fraction(value)))
    return bounds
