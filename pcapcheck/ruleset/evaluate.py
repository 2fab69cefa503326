"""Evaluate a rule over a table that streams by.

Rows come while the capture is read; late columns are known only at its end. So rows are counted in *bins*: alike in
frame group, outcome and in what the early conditions said of them. At the end each bin is judged once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from pcapcheck.columns import COLUMNS, Column
from pcapcheck.flows.links import Facts
from pcapcheck.ruleset.conditions import FALSE, TRUE, UNKNOWN, Judge, Leaf
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Evidence, Finding
from pcapcheck.ruleset.rule import Rule, fill
from pcapcheck.values import Value

EVIDENCE_PER_BIN = 5
EVIDENCE_PER_RULE = 20
NOUNS = {
    "frames": "frame",
    "arp": "ARP or neighbour discovery exchange",
    "answers": "answer to ARP or neighbour discovery",
    "echo": "echo request",
    "addresses": "claim of an address",
}


class Row(Protocol):
    """A row of an exchange table; its early columns are its attributes."""

    group: int
    outcome: str

    @property
    def frames(self) -> list[int]: ...
    @property
    def time(self) -> int | None: ...


@dataclass
class Sample:
    """A row kept to show, with the early columns that the rule's texts and conditions name."""

    frames: tuple[int, ...]
    time: int | None
    values: dict[str, Value | None]


@dataclass
class Bin:
    count: int = 0
    samples: list[Sample] = field(default_factory=list)


class Evaluation:
    """One rule under evaluation. Feed it rows of its table, then ``finish``."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.seen = 0
        leaves = rule.leaves
        self._early = [leaf for leaf in leaves if not any(column.late or column.key for column in leaf.columns())]
        columns = COLUMNS[rule.table]
        named = {column.name for leaf in leaves for column in leaf.columns()} | set(rule.reported)
        self._shown = [columns[name] for name in sorted(named)]
        self._bins: dict[tuple[int, int, str, tuple[int, ...]], Bin] = {}

    @property
    def needs_rows(self) -> bool:
        """Whether frames must be looked at one by one: some condition or text names more than their group knows."""
        return any(not (column.late or column.key) for column in self._shown)

    def feed(self, capture: int, rows: Iterable[Row], weight: int = 1) -> None:
        """Count rows of one capture; ``weight`` frames stand behind each row where the rows are frame groups."""
        for row in rows:
            self.seen += weight
            results = tuple(leaf.compare(partial(early, row)) for leaf in self._early)
            key = (capture, row.group, row.outcome, results)
            known = self._bins.get(key)
            if known is None:
                if self._cannot_be_selected(results):
                    continue
                known = self._bins[key] = Bin()
            known.count += weight
            if len(known.samples) < EVIDENCE_PER_BIN:
                shown = {
                    column.name: early(row, column) for column in self._shown if not column.late and not column.key
                }
                known.samples.append(Sample(tuple(row.frames), row.time, shown))

    def _cannot_be_selected(self, results: tuple[int, ...]) -> bool:
        verdicts = dict(zip(map(id, self._early), results, strict=True))
        return self.rule.select.evaluate(lambda leaf: verdicts.get(id(leaf), UNKNOWN)) == FALSE

    def finish(self, facts: Facts) -> Finding:
        """Judge every bin with what is known now that the capture has been read."""
        finding = Finding(self.rule)
        reasons: Counter[str] = Counter()
        selected = 0
        for (capture, group, outcome, results), held in self._bins.items():
            if not facts.judged(capture, group):
                continue
            late = _Late(facts, capture, group, self.rule.table, outcome)
            verdicts = dict(zip(map(id, self._early), results, strict=True))

            def judge(leaf: Leaf, late: _Late = late, verdicts: dict[int, int] = verdicts) -> int:
                known = verdicts.get(id(leaf))
                return leaf.compare(late.get) if known is None else known

            is_selected = self.rule.select.evaluate(judge)
            if is_selected == FALSE:
                continue
            holds = self.rule.expect.evaluate(judge) if is_selected == TRUE else UNKNOWN
            if holds == UNKNOWN:
                finding.unknown += held.count
                condition = self.rule.select if is_selected == UNKNOWN else self.rule.expect
                reasons[self._reason(condition.leaves(), judge, late)] += held.count
                continue
            selected += held.count
            finding.checked += held.count
            if holds == FALSE:
                finding.failed += held.count
                self._add_evidence(finding, held, late)
        self._conclude(finding, selected, reasons, facts)
        return finding

    def _conclude(self, finding: Finding, selected: int, reasons: Counter[str], facts: Facts) -> None:
        rule = self.rule
        finding.evidence.sort(key=lambda one: (one.capture, one.frames[:1]))
        del finding.evidence[EVIDENCE_PER_RULE:]
        if rule.least is not None or rule.most is not None:
            self._count(finding, selected)
        elif finding.failed:
            finding.status = FAIL
        elif finding.checked:
            finding.status = PASS
        if reasons:
            finding.reason = reasons.most_common(1)[0][0]
        elif finding.status == NOT_CHECKED:
            finding.reason = self._nothing(facts)

    def _count(self, finding: Finding, selected: int) -> None:
        """Bounds on the number of rows: unknown rows leave the count open, upwards."""
        rule = self.rule
        least, most = rule.least or 0, rule.most
        too_many = most is not None and selected > most
        too_few = selected + finding.unknown < least
        if finding.failed or too_many or too_few:
            finding.status = FAIL
            if not finding.failed:
                wanted = f"at least {least}" if too_few else f"at most {most}"
                finding.evidence.append(Evidence(0, "", (), None, f"{wanted} rows", f"{selected} rows", ""))
        elif selected >= least and (most is None or selected + finding.unknown <= most):
            finding.status = PASS

    def _nothing(self, facts: Facts) -> str:
        rule = self.rule
        wants_link = any(leaf.column.name == "kind" for leaf in rule.select.leaves())
        if wants_link and not any(link.point.kind == "pod-link" and link.judged for link in facts.links.values()):
            if not facts.links:
                return "the capture holds no frames"
            return "nothing shows that this is a pod link; say which interface it is with --interface FILE=caliXXXXXXXXXXX"
        if not self.seen:
            return rule.absent or f"the capture holds no {NOUNS[rule.table]}"
        return rule.absent or f"no {NOUNS[rule.table]} is of the kind that this rule is about"

    @staticmethod
    def _reason(leaves: list[Leaf], judge: Judge, late: _Late) -> str:
        for leaf in leaves:
            if judge(leaf) == UNKNOWN:
                for column in leaf.columns():
                    if not (column.late or column.key):
                        return f"{column.name} was not captured or is ambiguous"
                    if late.get(column) is None:
                        return late.reason(column)
        return "unknown"

    def _add_evidence(self, finding: Finding, held: Bin, late: _Late) -> None:
        rule = self.rule
        for sample in held.samples:
            row = {
                column.name: column.show(
                    late.get(column) if column.late or column.key else sample.values.get(column.name)
                )
                for column in self._shown
            }
            expected = fill(rule.expected, rule.table, row) or "; ".join(_words(leaf) for leaf in rule.expect.leaves())
            observed = fill(rule.observed, rule.table, row) or "; ".join(
                f"{leaf.column.name}: {row[leaf.column.name]}" for leaf in rule.expect.leaves()
            )
            headline = fill(rule.headline, rule.table, row)
            finding.evidence.append(
                Evidence(late.capture, late.interface, sample.frames, sample.time, expected, observed, headline)
            )


@dataclass(frozen=True)
class _Late:
    """The late columns of one bin."""

    facts: Facts
    capture: int
    group: int
    table: str
    outcome: str

    def get(self, column: Column) -> Value | None:
        return self.facts.value(column.attribute, self.capture, self.group, self.table, self.outcome)

    def reason(self, column: Column) -> str:
        return self.facts.reason(column.attribute, self.capture, self.group, self.table, self.outcome)

    @property
    def interface(self) -> str:
        link = self.facts.link(self.capture, self.group)
        return link.point.name if link else ""


def early(row: object, column: Column) -> Value | None:
    value: Value | None = getattr(row, column.attribute)
    return value


def _words(leaf: Leaf) -> str:
    operand = leaf.operand
    if isinstance(operand, Column):
        shown = operand.name
    elif leaf.operator in ("exists", "mac_prefix", "cidr"):
        shown = str(leaf.node.value)
    else:
        shown = leaf.column.show(operand)  # type: ignore[arg-type]
    return f"{leaf.column.name} {leaf.operator} {shown}"
