"""What became of a rule's acceptances on one observation."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from pcapcheck.ruleset.acceptance import (
    ACCEPTS,
    EXPIRED,
    MATCHES_NOTHING,
    PASSES,
    UNDECIDED,
    Acceptance,
    AcceptanceTally,
    Applied,
)
from pcapcheck.ruleset.expectation import INFO
from pcapcheck.ruleset.finding import EVIDENCE_PER_RULE, FAIL, NOT_CHECKED, Finding
from pcapcheck.ruleset.rule_sum import RuleSum


def accept(finding: Finding, total: RuleSum, day: date) -> None:
    """Enter what became of the acceptances on a day.

    If every failure is accepted, the rule is of severity info, and accepted rows are its first evidence.
    """
    rule = finding.rule
    finding.accepted = total.accepted
    finding.applied = [
        Applied(acceptance, _status(acceptance, tally, finding, day), tally.failed)
        for acceptance, tally in zip(rule.acceptances, total.tallies, strict=True)
    ]
    reasons = [applied.acceptance.reason for applied in finding.applied if applied.status == ACCEPTS]
    # An aggregate is accepted as a whole or not at all.
    all_accepted = bool(rule.bounds) or finding.failed == finding.accepted
    finding.is_accepted = finding.status == FAIL and bool(reasons) and all_accepted
    if finding.is_accepted:
        finding.rule = replace(rule, severity=INFO, adjusted="; ".join(reasons))
        excused = [row.evidence() for row in total.excused[:EVIDENCE_PER_RULE]]
        finding.evidence = (excused + finding.evidence)[:EVIDENCE_PER_RULE]


def _status(acceptance: Acceptance, tally: AcceptanceTally, finding: Finding, day: date) -> str:
    if tally.failed or (acceptance.where is None and finding.status == FAIL):
        return EXPIRED if acceptance.is_over(day) else ACCEPTS
    if finding.status == NOT_CHECKED or (tally.undecided and not tally.held):
        return UNDECIDED
    return PASSES if tally.held or acceptance.where is None else MATCHES_NOTHING
