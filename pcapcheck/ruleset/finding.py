"""Findings: what a rule came to on an observation, with the frames that show it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pcapcheck.ruleset.rule import Rule

PASS, FAIL, NOT_CHECKED = "pass", "fail", "not-checked"
NO_CAPTURE = -1


@dataclass(frozen=True)
class Evidence:
    """A failing row: where and in which frames it shows, what was expected, what was there, what to ask next.

    A row of a node's state is of no capture (NO_CAPTURE) and shows in ``told``, lines of the files that describe it.
    """

    capture: int
    interface: str
    frames: tuple[int, ...]
    time: int | None
    expected: str
    observed: str
    headline: str = ""
    next: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass
class Finding:
    """A rule's result. ``checked`` rows held or failed, ``unknown`` ones could not be told; ``reason`` says why."""

    rule: Rule
    status: str = NOT_CHECKED
    checked: int = 0
    failed: int = 0
    unknown: int = 0
    reason: str = ""
    evidence: list[Evidence] = field(default_factory=list)


def explain_consequences(findings: list[Finding]) -> None:
    """Where a rule had nothing to check because one that it needs failed, give that as its reason."""
    failed = {one.rule.id for one in findings if one.status == FAIL}
    for one in findings:
        needed = [name for name in one.rule.needs if name in failed]
        if one.status == NOT_CHECKED and not one.unknown and needed:
            one.reason = f"nothing to check, since {' and '.join(needed)} failed"
