"""Feed the rows of captures to the rules about their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pcapcheck.columns import COLUMNS
from pcapcheck.raw_rows import RawRows, TableRow
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.row_bins import PAIR

if TYPE_CHECKING:
    from pcapcheck.ruleset.row_counting import RowCounting
    from pcapcheck.ruleset.row_program import RowProgram


class Feed:
    """Takes rows, as objects or as raw rows, for all rules under evaluation."""

    def __init__(self, evaluations: list[Evaluation]) -> None:
        self._evaluations = evaluations
        self._programs: dict[str, RowProgram] = {}
        # Of the capture that is being read, by table.
        self._countings: dict[str, RowCounting] = {}

    def take(self, capture: int, table: str, rows: Iterable[TableRow], weight: int = 1) -> None:
        """Count rows of one capture; ``weight`` frames or exchanges stand behind each row that is an object."""
        if isinstance(rows, RawRows):
            if any(self._about(table)):
                self._counting(capture, rows).feed(rows)
            return
        for evaluation in self._evaluations:
            if evaluation.rule.table == table:
                evaluation.feed(capture, rows, weight)

    def columns_of(self, table: str) -> set[str]:
        """The early columns that rows of a table must have to be counted."""
        named = (evaluation.counted_by for evaluation in self._about(table))
        return COLUMNS[table].keys() & set(PAIR).union(*named)

    def _about(self, table: str) -> Iterator[Evaluation]:
        return (each for each in self._evaluations if each.rule.table == table and not each.rule.off)

    def settle(self) -> None:
        """Hand on what was counted, now that a capture has been read."""
        for counting in self._countings.values():
            counting.settle()
        self._countings.clear()

    def _counting(self, capture: int, rows: RawRows) -> RowCounting:
        # Loaded only if a table comes row by row.
        from pcapcheck.ruleset.row_counting import RowCounting
        from pcapcheck.ruleset.row_program import RowProgram

        table = rows.table
        if table not in self._programs:
            self._programs[table] = RowProgram(rows.fields, list(self._about(table)))
        if table not in self._countings:
            self._countings[table] = RowCounting(capture, self._programs[table])
        return self._countings[table]
