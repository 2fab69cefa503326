"""Evidence: a row that failed, with what was expected and observed, and what to run next."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.column import ADDRESS, Column
from pcapcheck.column_words import ASKED
from pcapcheck.ruleset.command import fill_command, typed_as
from pcapcheck.ruleset.condition_words import as_written, in_words
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.ruleset.late_values import LateValues
from pcapcheck.ruleset.messages import absent, expected_of, headline_of, observed_of
from pcapcheck.ruleset.row_bins import BinSample
from pcapcheck.ruleset.rule import Rule, placeholders
from pcapcheck.table_names import ANSWERS, ARP
from pcapcheck.values import Value, is_ipv4

# The IPv6 counterpart of ARP.
SOLICITATION = "neighbour solicitation"
ONE_SIDED = "; no frame from the other end was recorded. With -Q or a capture filter, a healthy {} would look the same"


class FailingRow(Brief, Struct, frozen=True):
    """A sampled row that failed; of many, only those that are shown become evidence, with the columns ``shown``."""

    rule: Rule
    shown: list[Column]
    sample: BinSample
    late: LateValues

    @property
    def capture(self) -> int:
        return self.late.capture

    @property
    def interface(self) -> str:
        point = self.late.facts.point(self.late.capture, self.late.group)
        return point.name if point else ""

    @property
    def frames(self) -> tuple[int, ...]:
        return self.sample.frames

    @property
    def time(self) -> int | None:
        return self.sample.time

    @property
    def row(self) -> Mapping[str, Value | None]:
        """Its early columns: they hold who asked whom."""
        return self.sample.values

    def evidence(self) -> Evidence:
        return evidence_of(self.rule, self.shown, self.sample, self.late)


def evidence_of(rule: Rule, shown: list[Column], sample: BinSample, late: LateValues) -> Evidence:
    """A sampled row as evidence, with the columns ``shown``."""
    held = {column: late.get(column) if column.deferred else sample.values.get(column.name) for column in shown}
    row = {column.name: value for column, value in held.items()}
    unknown = absent(row)
    typed = {column.name: typed_as(column, value) for column, value in held.items()}
    if rule.table in (ARP, ANSWERS):
        rule = _for_family(rule, held)
    expected = expected_of(rule, row) or "; ".join(in_words(leaf) for leaf in rule.expect.leaves())
    observed = observed_of(rule, row) or "; ".join(
        f"{leaf.column.name} = {as_written(leaf.column, held[leaf.column])}" for leaf in rule.expect.leaves()
    )
    point = late.facts.point(late.capture, late.group)
    if point and rule.table in ASKED and not point.heard_both_ends:
        observed += ONE_SIDED.format("pod" if late.side() == "node" else "node")
    return Evidence(
        late.capture,
        point.name if point else "",
        sample.frames,
        sample.time,
        expected,
        observed,
        headline_of(rule, row),
        tuple(fill_command(command, typed) for command in rule.next if not unknown & set(placeholders(command))),
        _source_lines(rule, sample),
        late.group,
        row,
        sample.elsewhere,
    )


def _for_family(rule: Rule, held: Mapping[Column, Value | None]) -> Rule:
    """A text about ARP in the words of IPv6, if the row's addresses are IPv6."""
    addresses = [value for column, value in held.items() if column.type is ADDRESS and isinstance(value, int)]
    if not addresses or is_ipv4(addresses[0]):
        return rule
    return replace(
        rule,
        expected=rule.expected.replace("ARP", SOLICITATION),
        observed=rule.observed.replace("ARP", SOLICITATION),
        headline=rule.headline.replace("ARP", SOLICITATION),
    )


def _source_lines(rule: Rule, sample: BinSample) -> tuple[str, ...]:
    """The lines that the failed conditions rest on, each once."""
    named = [column.name for leaf in rule.expect.leaves() for column in leaf.columns()]
    return tuple(dict.fromkeys(line for name in named for line in sample.source_lines.get(name, ())))
