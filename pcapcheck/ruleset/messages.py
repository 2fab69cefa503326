"""Messages: a rule's texts with the values of a failing row filled in, or with those that replace them."""

from __future__ import annotations

from collections.abc import Mapping

from pcapcheck.columns import COLUMNS
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.ruleset.rule import Rule, fill, without
from pcapcheck.values import Value

# Columns of a row by name.
Row = Mapping[str, Value | None]


def expected_of(rule: Rule, row: Row) -> str:
    """What was expected; empty if the rule has no words for it."""
    return fill(rule.expected, shown(rule, row))


def observed_of(rule: Rule, row: Row) -> str:
    """What was observed, without unknown values; empty if the rule has no words for it."""
    return fill(without(rule.observed, absent(row)), shown(rule, row))


def headline_of(rule: Rule, row: Row) -> str:
    """The failure in one sentence, if the rule has one."""
    return fill(rule.headline, shown(rule, row))


def shown(rule: Rule, row: Row) -> dict[str, str]:
    """The values as people read them."""
    columns = COLUMNS[rule.table]
    return {name: columns[name].show(value) for name, value in row.items()}


def absent(row: Row) -> set[str]:
    """Columns that the row lacks; a link without a name counts as unknown."""
    return {name for name, value in row.items() if value is None or value == UNNAMED}
