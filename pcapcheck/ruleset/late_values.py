"""Values of late columns, which are known only after the captures have been read."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.column import Column
from pcapcheck.links.facts import Facts
from pcapcheck.values import Value


class LateValues(Struct, frozen=True):
    """The values of the late columns of a bin."""

    facts: Facts
    capture: int
    group: int
    table: str
    outcome: str

    def get(self, column: Column) -> Value | None:
        """The value of a column; None if it is not known."""
        return self.facts.value(column.attribute, self.capture, self.group, self.table, self.outcome)

    def side(self) -> Value | None:
        """The end of the pod link that asked, in an exchange."""
        return self.facts.value("side", self.capture, self.group, self.table, self.outcome)

    def reason(self, column: Column) -> str:
        """Why a value is not known."""
        return self.facts.reason(column.attribute, self.capture, self.group, self.table, self.outcome)
