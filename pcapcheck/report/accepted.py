"""Accepted failures in words: what is accepted, until when and why, and what needs no acceptance any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.acceptance import ACCEPTS, EXPIRED, MATCHES_NOTHING, Applied
from pcapcheck.ruleset.finding import Finding, ordered, passes_now
from pcapcheck.values import clean


def accepted(finding: Finding) -> Iterator[str]:
    """A line per acceptance that accepts something: ``accepted until 2027-01-31: REASON (FILE:LINE)``."""
    for one in finding.applied:
        if one.status == ACCEPTS:
            # How many is told of the rule, where one acceptance is all there is.
            rows = f" ({one.rows} of {finding.checked})" if one.acceptance.where is not None else ""
            yield f"accepted{_until(one)}{rows}: {one.acceptance.reason} ({_place(one)})"


def justified(finding: Finding) -> list[str]:
    """Why each acceptance that accepts something does so, and until when."""
    return [f"{one.acceptance.reason}{_behind(one)}" for one in finding.applied if one.status == ACCEPTS]


def expired(finding: Finding) -> str:
    """That what failed was accepted once, behind a sentence about the failure."""
    return "".join(f"; its acceptance expired on {one.acceptance.until} ({_place(one)})" for one in _over(finding))


def over(finding: Finding) -> Iterator[str]:
    """A line per acceptance whose time is over, so that what it was about counts again."""
    for one in _over(finding):
        yield f"acceptance expired on {one.acceptance.until}: {one.acceptance.reason} ({_place(one)})"


def needless(outcome: Analysis, demanded: bool = True) -> Iterator[str]:
    """A sentence per acceptance that accepts nothing: what it is about passes now, or nothing is what its where says.

    Without those ``demanded`` as unmet.
    """
    unmet = "" if demanded else "\n".join(one.text for one in outcome.unmet)
    for finding in ordered(outcome.findings):
        yield from (line for line in passes_now(finding) if line not in unmet)
        for one in finding.applied:
            if one.status == MATCHES_NOTHING:
                yield f"nothing here is what the acceptance of {finding.rule.id} is about ({_place(one)})"


def applied(finding: Finding) -> list[dict[str, Any]]:
    """The acceptances of a rule, for programs."""
    return [
        {
            "status": one.status,
            "rows": one.rows,
            "until": None if one.acceptance.until is None else one.acceptance.until.isoformat(),
            "reason": one.acceptance.reason,
            "conditional": one.acceptance.where is not None,
            "file": clean(one.acceptance.file),
            "line": one.acceptance.line,
        }
        for one in finding.applied
    ]


def _over(finding: Finding) -> list[Applied]:
    return [] if finding.is_accepted else [one for one in finding.applied if one.status == EXPIRED]


def _until(one: Applied) -> str:
    return "" if one.acceptance.until is None else f" until {one.acceptance.until}"


def _behind(one: Applied) -> str:
    return f" (accepted{until})" if (until := _until(one)) else ""


def _place(one: Applied) -> str:
    return clean(one.acceptance.place)
