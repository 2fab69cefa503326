"""Measures: aggregates over the rows of a rule, compared with the rule's bounds."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec.structs import replace

from pcapcheck.ruleset.aggregate import COUNT, Bound, Measure, Spread
from pcapcheck.ruleset.finding import NO_CAPTURE, Evidence, Finding
from pcapcheck.ruleset.row_bins import SAMPLES_PER_BIN
from pcapcheck.ruleset.rule_sum import RuleSum


def measures_of(finding: Finding, total: RuleSum) -> Iterator[tuple[Measure, list[Evidence]]]:
    """A measure per bound of the rule, with the evidence against it."""
    columns = iter(zip(total.sure, total.open, total.extremes, strict=True))
    for bound in finding.rule.bounds:
        if bound.column is not None:
            sure, open_, extremes = next(columns)
            measure = _measure(bound, sure, open_)
            yield measure, _worst(measure, extremes) if measure.holds is False else []
        elif bound.aggregate == COUNT:
            measure = _count(bound, total)
            evidence = Evidence(NO_CAPTURE, "", (), None, bound.words, measure.words)
            yield measure, [evidence] if measure.holds is False else []
        else:
            yield _share(bound, finding), []


def _count(bound: Bound, total: RuleSum) -> Measure:
    """How many rows are selected; rows that may be selected leave the number open upwards."""
    return Measure(bound, Fraction(total.selected), _either(bound, total.selected, total.selected + total.perhaps), 0)


def _share(bound: Bound, finding: Finding) -> Measure:
    """The share of rows that hold; unknown rows may count either way."""
    every, held = finding.checked + finding.unknown, finding.checked - finding.failed
    if not finding.checked:
        return Measure(bound, None, None, 0)
    holds = _either(bound, Fraction(held, every), Fraction(held + finding.unknown, every))
    return Measure(bound, Fraction(held, finding.checked), holds, finding.checked)


def _measure(bound: Bound, sure: Spread, open_: Spread) -> Measure:
    """The aggregate of a column's values; rows that may be selected may count or not."""
    value = sure.value(bound.aggregate)
    if value is None:
        return Measure(bound, None, None, 0)
    every = Spread()
    every.merge(sure)
    every.merge(open_)
    return Measure(bound, value, _either(bound, value, every.value(bound.aggregate) or value), sure.count)


def _either(bound: Bound, low: Fraction | int, high: Fraction | int) -> bool | None:
    """Whether a bound holds; None if it holds for only one of the two possible values."""
    assumptions = {bound.holds(Fraction(low)), bound.holds(Fraction(high))}
    return assumptions.pop() if len(assumptions) == 1 else None


def _worst(measure: Measure, extremes: list[tuple[int, Evidence]]) -> list[Evidence]:
    """The rows that break a bound most, as evidence: those that break it by themselves, or the worst row."""
    column = measure.bound.column
    assert column is not None
    ranked = sorted(extremes, key=lambda extreme: -extreme[0])[:SAMPLES_PER_BIN]
    ranked = [extreme for extreme in ranked if not measure.bound.allows(extreme[0])] or ranked[:1]
    return [
        replace(
            evidence,
            expected=measure.bound.words,
            observed=f"{measure.words}; here {column.show(evidence.row[column.name])}",
            headline="",
        )
        for _, evidence in ranked
    ]


def valueless(finding: Finding) -> str:
    """Why an aggregate over existing rows has no value; empty if it has one."""
    columns = [measure.bound.column for measure in finding.measures if measure.value is None]
    column = next((column for column in columns if column and finding.checked), None)
    return f"no row has a value of {column.name}: {column.absence}" if column else ""
