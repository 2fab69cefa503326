"""Messages: a rule's texts with the values of a failing row filled in, or with those that replace them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pcapcheck.columns import COLUMNS
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.ruleset.rule import Rule, fill, without
from pcapcheck.values import Value

# Columns of a row by name.
Row = Mapping[str, Value | None]
# Texts may lack ports, as tshark's rows of SCTP do.
_PORT = re.compile(r" (?:from |to )?port \{(\w+)\}")


def expected_of(rule: Rule, row: Row) -> str:
    """What was expected; empty if the rule has no words for it."""
    return _fill(rule, rule.expected, row)


def observed_of(rule: Rule, row: Row) -> str:
    """What was observed, without unknown values; empty if the rule has no words for it."""
    return _fill(rule, without(rule.observed, absent(row)), row)


def headline_of(rule: Rule, row: Row) -> str:
    """The failure in one sentence, if the rule has one."""
    return _fill(rule, rule.headline, row)


def _fill(rule: Rule, text: str, row: Row) -> str:
    """A text with the values of a row, without ports that are not known."""
    known = _PORT.sub(lambda port: port[0] if row.get(port[1]) is not None else "", text)
    return fill(known, shown(rule, row))


def shown(rule: Rule, row: Row) -> dict[str, str]:
    """The values as people read them."""
    columns = COLUMNS[rule.table]
    return {name: columns[name].show(value) for name, value in row.items()}


def absent(row: Row) -> set[str]:
    """Columns that the row lacks; a link without a name counts as unknown."""
    return {name for name, value in row.items() if value is None or value == UNNAMED}
