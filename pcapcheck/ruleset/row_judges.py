"""Which rows rules judge: decided once for all rows that are alike in what the rules look at."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from pcapcheck.column import Column
from pcapcheck.links.facts import Facts
from pcapcheck.raw_rows import TableRow
from pcapcheck.ruleset.evaluate import ANSWERING, Evaluation, early_value


class RowJudges:
    """Says of a row of a table, in a capture by its number, whether a rule judges whether it was answered."""

    def __init__(self, evaluations: Iterable[Evaluation], facts: Facts) -> None:
        self._facts = facts
        self._about: dict[str, list[Evaluation]] = {}
        # The early columns that say whether a rule is about a row, by table and name.
        self._columns: dict[str, dict[str, Column]] = {}
        self._known: dict[Hashable, bool] = {}
        for evaluation in evaluations:
            rule = evaluation.rule
            self._about.setdefault(rule.table, []).append(evaluation)
            early = (column for leaf in rule.select.leaves() for column in leaf.columns() if not column.deferred)
            self._columns.setdefault(rule.table, {}).update({column.name: column for column in early})

    def __call__(self, table: str, capture: int, row: TableRow) -> bool:
        about = self._about.get(table, ())
        values = (early_value(row, column) for column in self._columns[table].values()) if about else ()
        key = (table, capture, row.group, row.outcome, getattr(row, "answering", ANSWERING), *values)
        if key not in self._known:
            self._known[key] = any(evaluation.decides(row, capture, self._facts) for evaluation in about)
        return self._known[key]
