"""Judge the bins of one rule: which rows it is about, whether they hold, and why some cannot be told."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pcapcheck.columns import ARP, ECHO, STATE, Column
from pcapcheck.flows.facts import Facts
from pcapcheck.flows.points import PointKey
from pcapcheck.ruleset.conditions import FALSE, TRUE, UNKNOWN, Judge, Leaf
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Evidence, Finding
from pcapcheck.ruleset.rule import Rule, fill, placeholders
from pcapcheck.values import Value

EVIDENCE_PER_RULE = 20
NOUNS = {
    "frames": "frame",
    "arp": "ARP or neighbour discovery exchange",
    "answers": "answer to ARP or neighbour discovery",
    "echo": "echo request",
    "addresses": "claim of an address",
    "paths": "packet",
    "hops": "packet",
    "state": "pod link",
}

# (capture, frame group, outcome, what each early condition said)
BinKey = tuple[int, int, str, tuple[int, ...]]


@dataclass
class Sample:
    """A row kept to show, with the early columns that the rule names; ``told`` quotes what a column rests on."""

    frames: tuple[int, ...]
    time: int | None
    values: dict[str, Value | None]
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Bin:
    """Rows alike in all that matters to the rule."""

    count: int = 0
    samples: list[Sample] = field(default_factory=list)


@dataclass
class Sum:
    """What bins came to."""

    checked: int = 0
    failed: int = 0
    unknown: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    evidence: list[Evidence] = field(default_factory=list)

    def add(self, other: Sum) -> None:
        self.checked += other.checked
        self.failed += other.failed
        self.unknown += other.unknown
        self.reasons.update(other.reasons)
        self.evidence += other.evidence


@dataclass(frozen=True)
class Late:
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


def judge_rule(
    rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], seen: int, facts: Facts
) -> Finding:
    """The finding of one rule. ``seen`` counts the rows of its table, selected or not."""
    by_link: dict[PointKey, dict[BinKey, Bin]] = {}
    total = _judge_bins(rule, early, shown, bins, facts) if rule.table == STATE else Sum()
    for key, held in bins.items() if rule.table != STATE else ():
        link = facts.link(key[0], key[1])
        if link is not None and link.judged:
            by_link.setdefault(link.point.key, {})[key] = held
    for point, some in by_link.items():
        total.add(_judge_link(rule, early, shown, some, facts, bool(facts.links[point].alternatives)))
    total.evidence.sort(key=lambda one: (one.capture, one.frames[:1]))
    finding = Finding(
        rule,
        checked=total.checked,
        failed=total.failed,
        unknown=total.unknown,
        evidence=total.evidence[:EVIDENCE_PER_RULE],
    )
    if rule.least is not None or rule.most is not None:
        _count(finding)
    elif finding.failed:
        finding.status = FAIL
    elif finding.checked:
        finding.status = PASS
    if total.reasons:
        finding.reason = total.reasons.most_common(1)[0][0]
    elif finding.status == NOT_CHECKED:
        finding.reason = _nothing(rule, seen, facts)
    return finding


def _judge_link(
    rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], facts: Facts, ambiguous: bool
) -> Sum:
    """One link's bins; where nothing tells which end is the pod's, only what is so either way counts."""
    if ambiguous:
        ways = [_judge_bins(rule, early, shown, bins, facts.assuming(way)) for way in (0, 1)]
        fails = all(way.failed for way in ways)
        holds = any(way.checked for way in ways) and not any(way.failed or way.unknown for way in ways)
        if fails or holds:
            return max(ways, key=lambda way: way.checked)
    return _judge_bins(rule, early, shown, bins, facts)


def _judge_bins(rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], facts: Facts) -> Sum:
    total = Sum()
    for (capture, group, outcome, results), held in bins.items():
        late = Late(facts, capture, group, rule.table, outcome)
        verdicts = dict(zip(map(id, early), results, strict=True))

        def judge(leaf: Leaf, late: Late = late, verdicts: dict[int, int] = verdicts) -> int:
            known = verdicts.get(id(leaf))
            return leaf.compare(late.get) if known is None else known

        selected = rule.select.evaluate(judge)
        if selected == FALSE:
            continue
        holds = rule.expect.evaluate(judge) if selected == TRUE else UNKNOWN
        if holds == UNKNOWN:
            total.unknown += held.count
            condition = rule.select if selected == UNKNOWN else rule.expect
            total.reasons[_reason(condition.leaves(), judge, late, held.samples[0])] += held.count
            continue
        total.checked += held.count
        if holds == FALSE:
            total.failed += held.count
            total.evidence += [_evidence(rule, shown, sample, late) for sample in held.samples]
    return total


def _evidence(rule: Rule, shown: list[Column], sample: Sample, late: Late) -> Evidence:
    held = {column: late.get(column) if column.deferred else sample.values.get(column.name) for column in shown}
    row = {column.name: column.show(value) for column, value in held.items()}
    absent = {column.name for column, value in held.items() if value is None}
    # What comes from a capture must not become part of a command that somebody pastes.
    quoted = {name: shlex.quote(text) for name, text in row.items()}
    expected = fill(rule.expected, rule.table, row) or "; ".join(_words(leaf) for leaf in rule.expect.leaves())
    observed = fill(rule.observed, rule.table, row) or "; ".join(
        f"{leaf.column.name}: {row[leaf.column.name]}" for leaf in rule.expect.leaves()
    )
    link = late.facts.link(late.capture, late.group)
    if link and rule.table in (ARP, ECHO) and not link.heard_both_ends:
        observed += "; nothing of the other end is in this recording: with -Q or a filter a healthy one looks so too"
    return Evidence(
        late.capture,
        link.point.name if link else "",
        sample.frames,
        sample.time,
        expected,
        observed,
        fill(rule.headline, rule.table, row),
        tuple(fill(one, rule.table, quoted) for one in rule.next if not absent & set(placeholders(one))),
        _told(rule, sample),
        late.group,
        {column.name: value for column, value in held.items()},
    )


def _told(rule: Rule, sample: Sample) -> tuple[str, ...]:
    """The lines behind what did not hold, each once."""
    named = [column.name for leaf in rule.expect.leaves() for column in leaf.columns()]
    return tuple(dict.fromkeys(line for name in named for line in sample.told.get(name, ())))


def _reason(leaves: list[Leaf], judge: Judge, late: Late, sample: Sample) -> str:
    for leaf in leaves:
        if judge(leaf) == UNKNOWN:
            for column in leaf.columns():
                if not column.deferred and sample.values.get(column.name) is None:
                    return column.why_absent or f"{column.name} was not captured"
                if column.deferred and late.get(column) is None:
                    return late.reason(column)
    return "unknown"


def _count(finding: Finding) -> None:
    """Bounds on the number of selected rows: rows that cannot be told leave the count open, upwards."""
    rule = finding.rule
    least, most = rule.least or 0, rule.most
    too_many = most is not None and finding.checked > most
    too_few = finding.checked + finding.unknown < least
    if finding.failed or too_many or too_few:
        finding.status = FAIL
        if not finding.failed:
            wanted = f"at least {least}" if too_few else f"at most {most}"
            finding.evidence = [Evidence(0, "", (), None, f"{wanted} rows", f"{finding.checked} rows")]
    elif finding.checked >= least and (most is None or finding.checked + finding.unknown <= most):
        finding.status = PASS


def _nothing(rule: Rule, seen: int, facts: Facts) -> str:
    if rule.table == STATE:
        none = "the state tells of no pod link"
        return rule.absent or f"{none} of the kind that this is about" if seen else none
    wants_link = any(leaf.column.name == "kind" for leaf in rule.select.leaves())
    if not facts.links:
        return "no frame was recorded, or none lies between --since and --until"
    if wants_link and not any(link.point.kind == "pod-link" and link.judged for link in facts.links.values()):
        return "nothing shows that this is a pod link; name the interface: --interface FILE=caliXXXXXXXXXXX"
    return rule.absent or f"the capture holds no {NOUNS[rule.table]}{' of the kind this is about' if seen else ''}"


def _words(leaf: Leaf) -> str:
    operand = leaf.operand
    if isinstance(operand, Column):
        shown = operand.name
    elif leaf.operator in ("exists", "mac_prefix", "cidr"):
        shown = str(leaf.node.value)
    else:
        shown = leaf.column.show(operand)  # type: ignore[arg-type]
    return f"{leaf.column.name} {leaf.operator} {shown}"
