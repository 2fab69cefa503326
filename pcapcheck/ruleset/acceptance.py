"""Accepted failures: which failing rows of a rule an expectation file accepts, until when, and why."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from msgspec import Struct

from pcapcheck.columns import COLUMNS
from pcapcheck.kleene import FALSE, TRUE
from pcapcheck.ruleset.conditions import Combination, Judge, read_conditions
from pcapcheck.ruleset.faults import Faults
from pcapcheck.ruleset.rule import Rule, keyed, reason_of
from pcapcheck.ruleset.variables import Settings
from pcapcheck.ruleset.yaml_tree import Node

# The status of an acceptance: it accepts failed rows; its time is over; the rows that it is about hold; no row matches
# its conditions; the rows that it is about could not be checked.
ACCEPTS, EXPIRED, PASSES, MATCHES_NOTHING, UNDECIDED = "accepts", "expired", "passes", "matches-nothing", "undecided"
REQUIRED = {
    "rule": "id of the rule whose failure is accepted",
    "reason": "why it is accepted",
}
OPTIONAL = {
    "where": "conditions on the columns of the rule's table; only failing rows that match are accepted",
    "until": "YYYY-MM-DD: last day, in UTC, that it is accepted on",
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Acceptance(Struct, frozen=True):
    """Failing rows that are accepted: all, or those that match ``where``; up to and including the day ``until``.

    ``file`` and ``line`` say where it is written, ``word`` what to remove there.
    """

    reason: str
    file: str
    line: int
    where: Combination | None = None
    until: date | None = None
    word: str = "acceptance"

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def is_over(self, day: date) -> bool:
        """Whether its last day is before this one."""
        return self.until is not None and day > self.until

    def covers(self, judge: Judge) -> bool:
        """Whether a row matches; a row that may match does not."""
        return self.where is None or self.where.evaluate(judge) == TRUE

    def may_cover(self, judge: Judge) -> bool:
        """Whether a row matches or may match."""
        return self.where is None or self.where.evaluate(judge) != FALSE


class AcceptanceTally(Struct):
    """How many rows an acceptance is about: rows that failed, rows that hold, and undecided rows."""

    failed: int = 0
    held: int = 0
    undecided: int = 0

    def add(self, other: AcceptanceTally) -> None:
        self.failed += other.failed
        self.held += other.held
        self.undecided += other.undecided


class Applied(Struct, frozen=True):
    """The status of an acceptance on one observation, and how many failing rows it is about."""

    acceptance: Acceptance
    status: str
    rows: int = 0


def today() -> date:
    """Today in UTC, which ``until`` is compared with."""
    return datetime.now(UTC).date()


def read_acceptance(node: Node) -> dict[str, Node]:
    """Read the keys of one acceptance. Raises RuleError with file, line and column if a key is wrong."""
    items = keyed(node, "an acceptance", REQUIRED, OPTIONAL)
    faults = Faults()
    faults.fields(
        {
            "rule": lambda: items["rule"].text("'rule'"),
            "reason": lambda: reason_of(items["reason"]),
            "until": lambda: _until(items),
        }
    )
    faults.check()
    return items


def acceptance_of(node: Node, rule: Rule, settings: Settings) -> Acceptance:
    """An acceptance whose conditions are on the columns of the rule's table. Raises RuleError if they are not."""
    items = read_acceptance(node)
    if "where" in items and rule.bounds:
        raise node.key("where").error(
            f"{rule.id!r} judges its rows together, so none can be accepted by itself; "
            "leave out 'where', or narrow the rule's 'select'"
        )
    where = read_conditions(items["where"], COLUMNS[rule.table], settings) if "where" in items else None
    return Acceptance(reason_of(items["reason"]), node.file, node.line, where, _until(items))


def _until(items: dict[str, Node]) -> date | None:
    if "until" not in items:
        return None
    text = items["until"].text("'until'")
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise items["until"].error(
            f"until {text!r} is no date; write the last day as YYYY-MM-DD, as in until: 2027-01-31"
        ) from None
