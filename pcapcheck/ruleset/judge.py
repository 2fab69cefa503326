"""Judge the bins of one rule: which rows it is about, whether they hold, and why some cannot be told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from pcapcheck.columns import ADDRESS, ANSWERS, ARP, ASKED, CONNECTIONS, HOPS, PATHS, STATE, Column
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.links.unjudged import why_unjudged
from pcapcheck.ruleset.acceptance import (
    ACCEPTS,
    EXPIRED,
    MATCHES_NOTHING,
    PASSES,
    UNDECIDED,
    Acceptance,
    AcceptanceTally,
    Applied,
    today,
)
from pcapcheck.ruleset.aggregate import COUNT, RATIO, SIGNS, Bound, Measure, Spread
from pcapcheck.ruleset.command import fill_command, typed_as
from pcapcheck.ruleset.conditions import Judge, Leaf
from pcapcheck.ruleset.expectation import INFO
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, NOT_CHECKED, PASS, Evidence, Finding, fair
from pcapcheck.ruleset.messages import absent, expected_of, headline_of, observed_of
from pcapcheck.ruleset.row_bins import SAMPLES_PER_BIN, Bin, BinKey, BinSample
from pcapcheck.ruleset.rule import Rule, placeholders
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.values import Value, is_ipv4

EVIDENCE_PER_RULE = 20
# A command in parentheses that names a pod's link.
NAMING = re.compile(r" \([^()]*\{interface\}[^()]*\)")
# What IPv6 does where IPv4 asks by ARP.
SOLICITATION = "neighbour solicitation"
ONE_SIDED = "; no frame from the other end was recorded. With -Q or a capture filter, a healthy {} would look the same"
NOUNS = {
    "frames": "frame",
    "arp": "ARP or neighbour discovery exchange",
    "answers": "answer to ARP or neighbour discovery",
    "echo": "echo request",
    "connections": "attempt at a TCP connection",
    "dns": "DNS query",
    "addresses": "claim of an address",
    "paths": "packet",
    "hops": "packet",
    "state": "pod link",
}


@dataclass
class Sum:
    """What bins came to."""

    checked: int = 0
    failed: int = 0
    unknown: int = 0
    # Rows that are selected, whatever they come to, and those that may be.
    selected: int = 0
    perhaps: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    evidence: list[Evidence] = field(default_factory=list)
    # Beside the rule's bounds on columns: the values of rows that are selected, and of those that may be.
    sure: list[Spread] = field(default_factory=list)
    open: list[Spread] = field(default_factory=list)
    # Likewise: the rows that speak most against each, by rank.
    extremes: list[list[tuple[int, Evidence]]] = field(default_factory=list)
    # Of the failed rows those that are accepted, with their evidence; beside the rule's acceptances: their rows.
    accepted: int = 0
    excused: list[Evidence] = field(default_factory=list)
    tallies: list[AcceptanceTally] = field(default_factory=list)

    @classmethod
    def of(cls, rule: Rule) -> Sum:
        """Nothing yet."""
        columns = [bound for bound in rule.bounds if bound.column]
        return cls(
            sure=[Spread() for _ in columns],
            open=[Spread() for _ in columns],
            extremes=[[] for _ in columns],
            tallies=[AcceptanceTally() for _ in rule.acceptances],
        )

    def add(self, other: Sum) -> None:
        self.checked += other.checked
        self.failed += other.failed
        self.unknown += other.unknown
        self.selected += other.selected
        self.perhaps += other.perhaps
        self.reasons.update(other.reasons)
        self.evidence += other.evidence
        for mine, theirs in zip([*self.sure, *self.open], [*other.sure, *other.open], strict=True):
            mine.merge(theirs)
        for held, more in zip(self.extremes, other.extremes, strict=True):
            held += more
        self.accepted += other.accepted
        self.excused += other.excused
        for tally, their in zip(self.tallies, other.tallies, strict=True):
            tally.add(their)


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

    def side(self) -> Value | None:
        """Of an exchange: the end of the pod link that asked."""
        return self.facts.value("side", self.capture, self.group, self.table, self.outcome)

    def reason(self, column: Column) -> str:
        return self.facts.reason(column.attribute, self.capture, self.group, self.table, self.outcome)


def judge_rule(
    rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], seen: int, facts: Facts
) -> Finding:
    """The finding of one rule. ``seen`` counts the rows of its table, selected or not."""
    by_link: dict[PointKey, dict[BinKey, Bin]] = {}
    bins = _counted_once(rule, bins, facts)
    total = _judge_bins(rule, early, shown, bins, facts) if rule.table == STATE else Sum.of(rule)
    for key, held in bins.items() if rule.table != STATE else ():
        point = facts.point(key[0], key[1])
        if point is not None and point.judged and held.count:
            by_link.setdefault(point.key, {})[key] = held
    for where, some in by_link.items():
        total.add(_judge_link(rule, early, shown, some, facts, bool(facts.points[where].alternatives)))
    for evidence in (total.evidence, total.excused):
        evidence.sort(key=lambda one: (one.capture, one.frames[:1]))
    finding = Finding(
        rule,
        checked=total.checked,
        failed=total.failed,
        unknown=total.unknown,
        evidence=fair(total.evidence, EVIDENCE_PER_RULE),
    )
    _settle(finding, total)
    if total.reasons:
        finding.reason = total.reasons.most_common(1)[0][0]
    elif finding.status == NOT_CHECKED:
        finding.reason = _valueless(finding) or _nothing(rule, seen, facts)
    _accept(finding, total)
    return finding


def _counted_once(rule: Rule, bins: dict[BinKey, Bin], facts: Facts) -> dict[BinKey, Bin]:
    """The bins of connections without those that the asker's own link shows too.

    Not where a rule says which end it is about, or which of the connections: then of those that are alike here it is
    not known which are shown there.
    """
    named = {column.name for leaf in rule.select.leaves() for column in leaf.columns()}
    if rule.table != CONNECTIONS or not facts.repeats or "asker_side" in named:
        return bins
    rows = Counter((capture, group, outcome) for capture, group, outcome, _ in bins)
    kept = {}
    for (capture, group, outcome, results), held in bins.items():
        repeats = facts.repeats.get((capture, group), Counter())[outcome]
        alone = rows[capture, group, outcome] == 1
        kept[capture, group, outcome, results] = (
            replace(held, count=max(0, held.count - repeats)) if repeats and alone else held
        )
    return kept


def _accept(finding: Finding, total: Sum) -> None:
    """What became of the acceptances; where all that failed is accepted, the rule is of severity info."""
    rule, day = finding.rule, today()
    pairs = list(zip(rule.acceptances, total.tallies, strict=True))
    finding.accepted = total.accepted
    finding.applied = [Applied(one, _became(one, tally, finding, day), tally.failed) for one, tally in pairs]
    reasons = [one.acceptance.reason for one in finding.applied if one.status == ACCEPTS]
    # What rows come to together is accepted as a whole, or not at all.
    all_accepted = reasons if rule.bounds else finding.failed == finding.accepted
    finding.is_accepted = finding.status == FAIL and bool(reasons) and bool(all_accepted)
    if finding.is_accepted:
        finding.rule = replace(rule, severity=INFO, adjusted="; ".join(reasons))
        finding.evidence = (total.excused + finding.evidence)[:EVIDENCE_PER_RULE]


def _became(one: Acceptance, tally: AcceptanceTally, finding: Finding, day: date) -> str:
    if tally.failed or (one.where is None and finding.status == FAIL):
        return EXPIRED if one.is_over(day) else ACCEPTS
    if finding.status == NOT_CHECKED or (tally.undecided and not tally.held):
        return UNDECIDED
    return PASSES if tally.held or one.where is None else MATCHES_NOTHING


def _judge_link(
    rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], facts: Facts, ambiguous: bool
) -> Sum:
    """One link's bins; where nothing tells which end is the pod's, only what is so either way counts."""
    if ambiguous:
        assumptions = [_judge_bins(rule, early, shown, bins, facts.assuming(assumption)) for assumption in (0, 1)]
        fails = all(assumption.failed for assumption in assumptions)
        holds = any(assumption.checked for assumption in assumptions) and not any(
            assumption.failed or assumption.unknown for assumption in assumptions
        )
        if fails or holds:
            return max(assumptions, key=lambda assumption: assumption.checked)
    return _judge_bins(rule, early, shown, bins, facts)


def _judge_bins(rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], facts: Facts) -> Sum:
    total, day = Sum.of(rule), today()
    for (capture, group, outcome, results), held in bins.items():
        late = Late(facts, capture, group, rule.table, outcome)
        verdicts = dict(zip(map(id, early), results, strict=True))

        def judge(leaf: Leaf, late: Late = late, verdicts: dict[int, int] = verdicts) -> int:
            known = verdicts.get(id(leaf))
            return leaf.compare(late.get) if known is None else known

        selected = rule.select.evaluate(judge)
        if selected == FALSE:
            continue
        for into, spread in zip(total.sure if selected == TRUE else total.open, held.spreads, strict=True):
            into.merge(spread)
        if selected == TRUE:
            total.selected += held.count
            for kept, extremes in zip(total.extremes, held.extremes, strict=True):
                kept += [(rank, _evidence(rule, shown, sample, late)) for rank, _, sample in extremes.held]
        else:
            total.perhaps += held.count
        holds = rule.expect.evaluate(judge) if selected == TRUE else UNKNOWN
        if holds == UNKNOWN:
            total.unknown += held.count
            condition = rule.select if selected == UNKNOWN else rule.expect
            total.reasons[_reason(condition.leaves(), judge, late, held.samples[0])] += held.count
            for one, tally in zip(rule.acceptances, total.tallies, strict=True):
                tally.undecided += held.count if one.may_cover(judge) else 0
            continue
        total.checked += held.count
        covering = [
            (one, tally) for one, tally in zip(rule.acceptances, total.tallies, strict=True) if one.covers(judge)
        ]
        for _, tally in covering:
            tally.add(AcceptanceTally(failed=held.count) if holds == FALSE else AcceptanceTally(held=held.count))
        if holds == FALSE:
            total.failed += held.count
            accepted = any(not one.is_over(day) for one, _ in covering)
            total.accepted += held.count if accepted else 0
            evidence = total.excused if accepted else total.evidence
            evidence += [_evidence(rule, shown, sample, late) for sample in held.samples]
    return total


def _evidence(rule: Rule, shown: list[Column], sample: BinSample, late: Late) -> Evidence:
    held = {column: late.get(column) if column.deferred else sample.values.get(column.name) for column in shown}
    row = {column.name: value for column, value in held.items()}
    unknown = absent(row)
    typed = {column.name: typed_as(column, value) for column, value in held.items()}
    if rule.table in (ARP, ANSWERS):
        rule = _for_family(rule, held)
    expected = expected_of(rule, row) or "; ".join(_words(leaf) for leaf in rule.expect.leaves())
    observed = observed_of(rule, row) or "; ".join(
        f"{leaf.column.name} = {_plainly(leaf.column, held[leaf.column])}" for leaf in rule.expect.leaves()
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
        tuple(fill_command(one, rule.table, typed) for one in rule.next if not unknown & set(placeholders(one))),
        _told(rule, sample),
        late.group,
        row,
        sample.elsewhere,
    )


def _for_family(rule: Rule, held: Mapping[Column, Value | None]) -> Rule:
    """A rule about ARP in the words of IPv6, where the row's addresses are of that family."""
    addresses = [value for column, value in held.items() if column.type is ADDRESS and isinstance(value, int)]
    if not addresses or is_ipv4(addresses[0]):
        return rule
    texts = {name: getattr(rule, name).replace("ARP", SOLICITATION) for name in ("expected", "observed", "headline")}
    return replace(rule, **texts)


def _told(rule: Rule, sample: BinSample) -> tuple[str, ...]:
    """The lines behind what did not hold, each once."""
    named = [column.name for leaf in rule.expect.leaves() for column in leaf.columns()]
    return tuple(dict.fromkeys(line for name in named for line in sample.source_lines.get(name, ())))


def _reason(leaves: list[Leaf], judge: Judge, late: Late, sample: BinSample) -> str:
    open_ = [leaf for leaf in leaves if judge(leaf) == UNKNOWN]
    # A name hides more than the one condition: what else is not known may follow from it.
    for leaf in open_:
        held = late.get(leaf.column) if leaf.column.deferred else sample.values.get(leaf.column.name)
        if name := leaf.nameless(held):
            shown = _words(leaf).replace(" in ", " is one of ")
            why = f"the text names {name} instead of its address, so whether {shown} is unknown"
            return f"{why}; print it with tcpdump -nn"
    for leaf in open_:
        for column in leaf.columns():
            if not column.deferred and sample.values.get(column.name) is None:
                return sample.lacking.get(column.name) or column.absence
            if column.deferred and late.get(column) is None:
                return late.reason(column)
    return "unknown"


def _settle(finding: Finding, total: Sum) -> None:
    """The status: what is said of each row, of their number and of all together must hold."""
    bounds = finding.rule.bounds
    statuses = []
    if finding.failed and not any(bound.aggregate == RATIO for bound in bounds):
        statuses.append(FAIL)
    elif not bounds:
        statuses.append(PASS if finding.checked else NOT_CHECKED)
    columns = iter(zip(total.sure, total.open, total.extremes, strict=True))
    for bound in bounds:
        if bound.column is None:
            measure = _count(bound, total) if bound.aggregate == COUNT else _share(bound, finding)
            if measure.holds is False and bound.aggregate == COUNT:
                finding.evidence.append(Evidence(NO_CAPTURE, "", (), None, bound.words, measure.words))
        else:
            sure, open_, extremes = next(columns)
            measure = _measure(bound, sure, open_)
            if measure.holds is False:
                finding.evidence += _worst(measure, extremes)
        finding.measures.append(measure)
        statuses.append({True: PASS, False: FAIL, None: NOT_CHECKED}[measure.holds])
    finding.status = next(one for one in (FAIL, NOT_CHECKED, PASS) if one in statuses)


def _count(bound: Bound, total: Sum) -> Measure:
    """How many rows were selected; those that may not be meant leave it open, upwards."""
    return Measure(bound, Fraction(total.selected), _either(bound, total.selected, total.selected + total.perhaps), 0)


def _share(bound: Bound, finding: Finding) -> Measure:
    """The share of rows that hold; rows that cannot be told may count either way."""
    every, held = finding.checked + finding.unknown, finding.checked - finding.failed
    if not finding.checked:
        return Measure(bound, None, None, 0)
    holds = _either(bound, Fraction(held, every), Fraction(held + finding.unknown, every))
    return Measure(bound, Fraction(held, finding.checked), holds, finding.checked)


def _measure(bound: Bound, sure: Spread, open_: Spread) -> Measure:
    """What a column's values come to; those of rows that may not be selected may count or not."""
    value = sure.value(bound.aggregate)
    if value is None:
        return Measure(bound, None, None, 0)
    every = Spread()
    every.merge(sure)
    every.merge(open_)
    return Measure(bound, value, _either(bound, value, every.value(bound.aggregate) or value), sure.count)


def _either(bound: Bound, one: Fraction | int, other: Fraction | int) -> bool | None:
    """Whether a bound holds; None where that depends on which of two values is the right one."""
    assumptions = {bound.holds(Fraction(one)), bound.holds(Fraction(other))}
    return assumptions.pop() if len(assumptions) == 1 else None


def _worst(measure: Measure, extremes: list[tuple[int, Evidence]]) -> list[Evidence]:
    """The rows that speak most against a bound, as evidence of it: those that break it themselves, or the worst."""
    column = measure.bound.column
    assert column is not None
    ranked = sorted(extremes, key=lambda one: -one[0])[:SAMPLES_PER_BIN]
    ranked = [one for one in ranked if not measure.bound.allows(one[0])] or ranked[:1]
    return [
        replace(
            one,
            expected=measure.bound.words,
            observed=f"{measure.words}; here {column.show(one.row[column.name])}",
            headline="",
        )
        for _, one in ranked
    ]


def _valueless(finding: Finding) -> str:
    """Why an aggregate over rows that are there came to nothing."""
    columns = [one.bound.column for one in finding.measures if one.value is None]
    column = next((one for one in columns if one and finding.checked), None)
    return f"no row has a value of {column.name}: {column.absence}" if column else ""


def _nothing(rule: Rule, seen: int, facts: Facts) -> str:
    if rule.table == STATE:
        if facts.not_calico:
            return facts.not_calico
        none = "the state shows no pod link"
        return rule.absent or f"{none} of the kind that this is about" if seen else none
    named = {leaf.column.name for leaf in rule.select.leaves()}
    if not facts.points:
        return "no frame was recorded, or none lies between --since and --until"
    wants_link = "kind" in named or (not facts.calico and bool({"calico", "entered"} & named or rule.table == HOPS))
    if wants_link and not any(point.kind == "pod-link" and point.judged for point in facts.points.values()):
        return why_unjudged(facts.points.values(), facts.not_calico)
    links = sum(point.kind == "pod-link" and point.judged for point in facts.points.values())
    if rule.table in (HOPS, PATHS) and facts.followed:
        return _not_there(rule, facts, links)
    if rule.table in (HOPS, PATHS) and links > 1:
        # What the rule says then, to record a second link, was done.
        which = "both" if links == 2 else f"two of the {links}"
        return f"no packet that this rule is about was seen on {which} pod links recorded"
    return (
        _advice(rule, facts)
        or f"the capture holds no {NOUNS[rule.table]}{' of the kind this is about' if seen else ''}"
    )


def _advice(rule: Rule, facts: Facts) -> str:
    """What to do where there was nothing to check; a command that names a pod's link, only where that is known."""
    if "{interface}" not in rule.absent:
        return rule.absent
    judged = [one for one in facts.points.values() if one.kind == "pod-link" and one.judged]
    name = next((one.node_interface for one in judged if one.node_interface != UNNAMED), None)
    return rule.absent.replace("{interface}", name) if name else NAMING.sub("", rule.absent)


def _not_there(rule: Rule, facts: Facts, links: int) -> str:
    """Why nothing is to be judged of packets although some were followed."""
    if rule.table == PATHS:
        return "packets were followed from link to link, but none of the kind that this is about"
    if any(point.capture_point.shows_no_macs for point in facts.points.values()):
        return "the text shows no MACs and no TTL; print it with -e and -v (tcpdump -nn -e -v)"
    where = "packets were followed to a NIC or a tunnel, but to no second pod link"
    return where if links > 1 else f"{where}; capture the other pod's cali interface too, at the same time"


def _words(leaf: Leaf) -> str:
    """A condition as a rule would say it: ``replied = true``."""
    operand = leaf.operand
    if isinstance(operand, Column):
        shown = operand.name
    elif leaf.operator in ("exists", "mac_prefix", "cidr"):
        shown = _written(leaf.node)
    elif isinstance(operand, frozenset):
        shown = ", ".join(sorted(_plainly(leaf.column, one) for one in operand))
    else:
        shown = _plainly(leaf.column, operand)  # type: ignore[arg-type]
    return f"{leaf.column.name} {SIGNS.get(leaf.operator, leaf.operator)} {shown}"


def _written(node: Node) -> str:
    return ", ".join(map(_written, node.value)) if isinstance(node.value, list) else str(node.value)


def _plainly(column: Column, value: Value | None) -> str:
    """A value as rules write it, where reports for people have other words."""
    return str(value).lower() if isinstance(value, bool) else column.show(value)
