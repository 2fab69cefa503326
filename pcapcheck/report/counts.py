"""How many rows a rule looked at, and what its aggregates came to, in words."""

from __future__ import annotations

from pcapcheck.ruleset.finding import FAIL, Finding


def counts(finding: Finding) -> str:
    """As in ``1 of 100 failed, ratio 99 % instead of ≥ 99.9 %``."""
    if finding.failed or (finding.status == FAIL and not finding.measures):
        parts = [f"{finding.failed} of {finding.checked} failed"]
    else:
        parts = [f"{finding.checked} checked"]
    parts += measured(finding)
    if finding.unknown:
        parts.append(f"{finding.unknown} undecided: {finding.reason}")
    return ", ".join(parts)


def measured(finding: Finding) -> list[str]:
    """What the count and each aggregate came to, over how many rows, and what was wanted where that is else."""
    return [
        one.words
        + (f" of {one.rows}" if one.rows not in (0, finding.checked) else "")
        + (f" instead of {one.bound.limit}" if one.holds is False else "")
        for one in finding.measures
        if one.value is not None
    ]
