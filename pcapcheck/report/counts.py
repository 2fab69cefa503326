"""An observation, and each rule, in numbers: every format counts failures by this."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.questions.unanswered import UNANSWERED
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, Finding


class Totals(Struct, frozen=True):
    """How many rules there are, were ``checked``, and ``failed``: those of severity error with a failure not accepted.

    ``warnings`` are those of severity warning likewise, ``accepted`` the rules with an accepted failure,
    ``unneeded_acceptances`` the acceptances that accept nothing any more, ``unmet`` the demands that were not met.
    ``unanswered`` are the questions that nobody answered and no rule is about; ``other_endings`` counts those that
    ended in another way, in words: ``question answered late``.
    A rule counts both as failed and as accepted if only some of its failures are accepted.
    """

    rules: int
    checked: int
    failed: int
    warnings: int
    accepted: int
    unneeded_acceptances: int
    unmet: int
    unanswered: int
    other_endings: dict[str, int]

    @property
    def words(self) -> str:
        """As in ``9 of 18 rules checked, 1 failed, 2 warnings``."""
        parts = [
            f"{self.checked} of {self.rules} rules checked",
            f"{self.failed} failed" if self.failed else "",
            _some(self.warnings, "warning"),
            _some(self.accepted, "accepted failure"),
            f"{_some(self.unneeded_acceptances, 'acceptance')} no longer needed" if self.unneeded_acceptances else "",
            f"{_some(self.unmet, 'demand')} not met" if self.unmet else "",
            f"{_some(self.unanswered, 'question')} {UNANSWERED}" if self.unanswered else "",
            *(
                f"{_some(count, what.partition(' ')[0])} {what.partition(' ')[2]}"
                for what, count in self.other_endings.items()
            ),
        ]
        return ", ".join(part for part in parts if part)


def totals(analysis: Analysis) -> Totals:
    """The counts of one observation."""
    findings = analysis.findings
    asked = analysis.asked_in_vain
    return Totals(
        rules=len(findings),
        checked=sum(finding.status != NOT_CHECKED for finding in findings),
        failed=len(analysis.failures),
        warnings=len(analysis.warnings),
        accepted=len(analysis.accepted),
        unneeded_acceptances=sum(len(finding.passing) for finding in findings),
        unmet=len(analysis.unmet),
        unanswered=sum(question.ended == UNANSWERED for question in asked),
        other_endings=dict(
            Counter(f"{question.noun} {question.ended}" for question in asked if question.ended != UNANSWERED)
        ),
    )


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


def counts(finding: Finding) -> str:
    """As in ``1 of 100 failed, ratio is 99 %, expected at least 99.9 %``."""
    if finding.failed or (finding.status == FAIL and not finding.measures):
        more = finding.failed - finding.counted
        parts = [f"{finding.counted} of {finding.checked} failed" + (f", {more} accepted" if more else "")]
    else:
        parts = [f"{finding.checked} checked"]
    parts += measured(finding)
    if finding.unknown:
        parts.append(f"{finding.unknown} undetermined: {finding.reason}")
    return ", ".join(parts)


def measured(finding: Finding) -> list[str]:
    """As in ``p99 of rtt is 82 µs (30 rows), expected at most 50 µs``; with the number of rows if it is not all."""
    return [
        measure.words
        + (
            f" ({measure.rows} row{'' if measure.rows == 1 else 's'})"
            if measure.rows not in (0, finding.checked)
            else ""
        )
        + (f", expected {measure.bound.wanted}" if measure.holds is False else "")
        for measure in finding.measures
        if measure.value is not None
    ]
