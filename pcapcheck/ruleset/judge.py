"""Judge the bins of one rule: which rows it is about, whether they hold, and why some are unknown."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from pcapcheck.column import Column
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.ruleset.acceptance import AcceptanceTally, today
from pcapcheck.ruleset.aggregate import RATIO
from pcapcheck.ruleset.applied_acceptances import accept
from pcapcheck.ruleset.condition_words import in_words
from pcapcheck.ruleset.conditions import Judge, Leaf
from pcapcheck.ruleset.finding import EVIDENCE_PER_RULE, FAIL, NOT_CHECKED, PASS, Finding, fair
from pcapcheck.ruleset.late_values import LateValues
from pcapcheck.ruleset.measures import measures_of, valueless
from pcapcheck.ruleset.nothing_to_check import nothing_to_check
from pcapcheck.ruleset.row_bins import Bin, BinKey, BinSample
from pcapcheck.ruleset.row_evidence import FailingRow, evidence_of
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.rule_sum import RuleSum
from pcapcheck.table_names import ASKED_BY_PORT, STATE


def judge_rule(
    rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], seen: int, facts: Facts
) -> Finding:
    """The finding of one rule. ``seen`` counts the rows of its table, selected or not."""
    by_link: dict[PointKey, dict[BinKey, Bin]] = {}
    bins = _counted_once(rule, bins, facts)
    total = _judge_bins(rule, early, shown, bins, facts) if rule.table == STATE else RuleSum.of(rule)
    for key, held in bins.items() if rule.table != STATE else ():
        point = facts.point(key[0], key[1])
        if point is not None and point.judged and held.count and point.is_held_to(rule.networks):
            by_link.setdefault(point.key, {})[key] = held
    for where, own in by_link.items():
        total.add(_judge_link(rule, early, shown, own, facts, bool(facts.points[where].alternatives)))
    for rows in (total.failing, total.excused):
        rows.sort(key=lambda row: (row.capture, row.frames[:1]))
    finding = Finding(
        rule,
        checked=total.checked,
        failed=total.failed,
        unknown=total.unknown,
        evidence=[row.evidence() for row in fair(total.failing, EVIDENCE_PER_RULE)],
    )
    _settle(finding, total)
    if total.reasons:
        finding.reason = total.reasons.most_common(1)[0][0]
    elif finding.status == NOT_CHECKED:
        finding.reason = valueless(finding) or nothing_to_check(rule, seen, facts)
    accept(finding, total, today())
    return finding


def _counted_once(rule: Rule, bins: dict[BinKey, Bin], facts: Facts) -> dict[BinKey, Bin]:
    """The bins of questions to a port, without those that the asker's own link shows too.

    A rule about one end or about certain of them keeps them all: nothing shows which of those that are
    alike here appear there.
    """
    named = {column.name for leaf in rule.select.leaves() for column in leaf.columns()}
    if rule.table not in ASKED_BY_PORT or not facts.repeats or "asker_side" in named:
        return bins
    rows = Counter((capture, group, outcome) for capture, group, outcome, _ in bins)
    kept = {}
    for (capture, group, outcome, results), held in bins.items():
        repeats = facts.repeats.get((capture, group, rule.table), Counter())[outcome]
        alone = rows[capture, group, outcome] == 1
        kept[capture, group, outcome, results] = (
            replace(held, count=max(0, held.count - repeats)) if repeats and alone else held
        )
    return kept


def _judge_link(
    rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], facts: Facts, ambiguous: bool
) -> RuleSum:
    """The bins of one link; if nothing shows which end is the pod's, only what holds for both counts."""
    if ambiguous:
        assumptions = [_judge_bins(rule, early, shown, bins, facts.assuming(assumption)) for assumption in (0, 1)]
        fails = all(assumption.failed for assumption in assumptions)
        holds = any(assumption.checked for assumption in assumptions) and not any(
            assumption.failed or assumption.unknown for assumption in assumptions
        )
        if fails or holds:
            return max(assumptions, key=lambda assumption: assumption.checked)
    return _judge_bins(rule, early, shown, bins, facts)


def _judge_bins(rule: Rule, early: list[Leaf], shown: list[Column], bins: dict[BinKey, Bin], facts: Facts) -> RuleSum:
    total, day = RuleSum.of(rule), today()
    for (capture, group, outcome, results), held in bins.items():
        late = LateValues(facts, capture, group, rule.table, outcome)
        verdicts = dict(zip(map(id, early), results, strict=True))

        def judge(leaf: Leaf, late: LateValues = late, verdicts: dict[int, int] = verdicts) -> int:
            known = verdicts.get(id(leaf))
            return leaf.compare(late.get) if known is None else known

        selected = rule.select.evaluate(judge)
        if selected == FALSE:
            continue
        for into, spread in zip(total.sure if selected == TRUE else total.open, held.spreads, strict=True):
            into.merge(spread)
        if selected == TRUE:
            total.selected += held.count
            for ranked, extremes in zip(total.extremes, held.extremes, strict=True):
                ranked += [(rank, evidence_of(rule, shown, kept.look(), late)) for rank, kept in extremes.ranked]
        else:
            total.perhaps += held.count
        holds = rule.expect.evaluate(judge) if selected == TRUE else UNKNOWN
        if holds == UNKNOWN:
            total.unknown += held.count
            condition = rule.select if selected == UNKNOWN else rule.expect
            total.reasons[_reason(condition.leaves(), judge, late, held.first)] += held.count
            for acceptance, tally in zip(rule.acceptances, total.tallies, strict=True):
                tally.undecided += held.count if acceptance.may_cover(judge) else 0
            continue
        total.checked += held.count
        covering = [
            (acceptance, tally)
            for acceptance, tally in zip(rule.acceptances, total.tallies, strict=True)
            if acceptance.covers(judge)
        ]
        for _, tally in covering:
            tally.add(AcceptanceTally(failed=held.count) if holds == FALSE else AcceptanceTally(held=held.count))
        if holds == FALSE:
            total.failed += held.count
            accepted = any(not acceptance.is_over(day) for acceptance, _ in covering)
            total.accepted += held.count if accepted else 0
            failing = total.excused if accepted else total.failing
            failing += [FailingRow(rule, shown, sample, late) for sample in held.samples]
    return total


def _reason(leaves: list[Leaf], judge: Judge, late: LateValues, sample: BinSample) -> str:
    open_ = [leaf for leaf in leaves if judge(leaf) == UNKNOWN]
    # A host name hides more than this condition: other values may be unknown because of it.
    for leaf in open_:
        held = late.get(leaf.column) if leaf.column.deferred else sample.values.get(leaf.column.name)
        if name := leaf.nameless(held):
            shown = in_words(leaf).replace(" in ", " is one of ")
            why = f"the text names {name} instead of its address, so whether {shown} is unknown"
            return f"{why}; print it with tcpdump -nn"
    for leaf in open_:
        for column in leaf.columns():
            if not column.deferred and sample.values.get(column.name) is None:
                return sample.lacking.get(column.name) or column.absence
            if column.deferred and late.get(column) is None:
                return late.reason(column)
    return "unknown"


def _settle(finding: Finding, total: RuleSum) -> None:
    """Enter the status: each row, the number of rows and the aggregates must be as the rule says."""
    bounds = finding.rule.bounds
    statuses = []
    if finding.failed and not any(bound.aggregate == RATIO for bound in bounds):
        statuses.append(FAIL)
    elif not bounds:
        statuses.append(PASS if finding.checked else NOT_CHECKED)
    for measure, evidence in measures_of(finding, total):
        finding.measures.append(measure)
        finding.evidence += evidence
        statuses.append({True: PASS, False: FAIL, None: NOT_CHECKED}[measure.holds])
    finding.status = next(status for status in (FAIL, NOT_CHECKED, PASS) if status in statuses)
