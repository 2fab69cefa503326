"""Accepted failures in words: what is accepted, until when and why, and which acceptances are no longer needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.acceptance import ACCEPTS, EXPIRED, MATCHES_NOTHING, Applied
from pcapcheck.ruleset.finding import Finding, ordered, passes_now
from pcapcheck.values import clean


def accepted(finding: Finding) -> Iterator[str]:
    """A line per acceptance that accepts something: ``accepted until 2027-01-31: REASON (FILE:LINE)``."""
    for applied in finding.applied:
        if applied.status == ACCEPTS:
            # An acceptance without a where is the rule's only one: the rule has the number of its rows.
            rows = f" ({applied.rows} of {finding.checked})" if applied.acceptance.where is not None else ""
            yield f"accepted{_until(applied)}{rows}: {applied.acceptance.reason} ({_place(applied)})"


def justified(finding: Finding) -> list[str]:
    """Why each acceptance that accepts something does so, and until when."""
    return [
        f"{applied.acceptance.reason}{_behind(applied)}" for applied in finding.applied if applied.status == ACCEPTS
    ]


def expired(finding: Finding) -> str:
    """A clause for a failure with an expired acceptance."""
    return "".join(
        f"; its acceptance expired on {applied.acceptance.until} ({_place(applied)})" for applied in _expired(finding)
    )


def expired_lines(finding: Finding) -> Iterator[str]:
    """A line per expired acceptance, whose failure counts again."""
    for applied in _expired(finding):
        acceptance = applied.acceptance
        yield f"acceptance expired on {acceptance.until}: {acceptance.reason} ({_place(applied)})"


def unneeded(analysis: Analysis, demanded: bool = True) -> Iterator[str]:
    """A sentence per acceptance that accepts nothing: what it is about passes now, or its where matches nothing.

    Without ``demanded``, those that are among the unmet demands are left out.
    """
    unmet = "" if demanded else "\n".join(demand.text for demand in analysis.unmet)
    for finding in ordered(analysis.findings):
        yield from (line for line in passes_now(finding) if line not in unmet)
        for applied in finding.applied:
            if applied.status == MATCHES_NOTHING:
                yield f"nothing here is what the acceptance of {finding.rule.id} is about ({_place(applied)})"


def acceptances(finding: Finding) -> list[dict[str, Any]]:
    """The acceptances of a rule, for programs."""
    return [
        {
            "status": applied.status,
            "rows": applied.rows,
            "until": None if applied.acceptance.until is None else applied.acceptance.until.isoformat(),
            "reason": applied.acceptance.reason,
            "conditional": applied.acceptance.where is not None,
            "file": clean(applied.acceptance.file),
            "line": applied.acceptance.line,
        }
        for applied in finding.applied
    ]


def _expired(finding: Finding) -> list[Applied]:
    return [] if finding.is_accepted else [applied for applied in finding.applied if applied.status == EXPIRED]


def _until(applied: Applied) -> str:
    return "" if applied.acceptance.until is None else f" until {applied.acceptance.until}"


def _behind(applied: Applied) -> str:
    return f" (accepted{until})" if (until := _until(applied)) else ""


def _place(applied: Applied) -> str:
    return clean(applied.acceptance.place)
