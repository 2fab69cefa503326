"""Failed pairs: how many failures belong to the pair that a headline names, and to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding
from pcapcheck.table_names import ASKED_BY_PORT, ECHO, PAIRED, PATHS
from pcapcheck.values import format_address

if TYPE_CHECKING:
    from pcapcheck.links.shares import Shares


def share_of(analysis: Analysis, finding: Finding, evidence: Evidence) -> tuple[int, int] | None:
    """How many failed out of how many between the pair of a failing row; None if unknown."""
    targets = _targets(analysis, finding)
    share = targets.of(_target(finding, evidence)) if targets is not None else None
    return (share.failed, share.asked) if share is not None else None


def names_several(finding: Finding) -> bool:
    """Whether the failing rows shown belong to more than one pair."""
    return len({_target(finding, row) for row in finding.evidence}) > 1


def others(analysis: Analysis, finding: Finding, evidence: Evidence) -> str:
    """Who else failed, as a clause: a single other pair by name, several as a count."""
    if finding.rule.table == PATHS and evidence.row.get("packet") in ("request", "reply"):
        echoes = [other for other in analysis.findings if other.rule.table == ECHO and other.status == FAIL]
        finding = next((echo for echo in echoes if echo.rule.severity == finding.rule.severity), finding)
    named = _target(finding, evidence)
    found = _targets(analysis, finding)
    if found is None or found.of(named) is None:
        return ""
    more = found.failing(but=named)
    if not len(more):
        return ""
    same = more.asked_by(named[0]) == len(more)
    (first,) = more.worst(1)
    if len(more) == 1 and isinstance(first.who, tuple):
        src, dst, port = first.who
        whom = f"to {format_address(dst)}" + (f" port {port}" if port else "")
        whom = whom if same else f"from {format_address(src)} {whom}"
    else:
        whom = f"to {len(more):,} other targets" if same else f"between {len(more):,} other pairs"
    return f"; {more.failed:,} of {more.asked:,} {whom} fail too"


def _target(finding: Finding, evidence: Evidence) -> tuple[int, int, int]:
    """The pair of a failing row, the asker first."""
    row = evidence.row
    src, dst, port = (value if isinstance(value := row.get(name), int) else 0 for name in ("src", "dst", "dst_port"))
    if finding.rule.table not in ASKED_BY_PORT and row.get("packet") == "reply":
        src, dst = dst, src
    return src, dst, port if finding.rule.table in ASKED_BY_PORT else 0


def _targets(analysis: Analysis, finding: Finding) -> Shares | None:
    """The shares of all pairs, if the rule counts the same: a rule may be about some questions only."""
    table = finding.rule.table
    losses = analysis.losses(table) if table in PAIRED and not finding.has_accepted else None
    if losses is None or (losses.failed, losses.asked) != (finding.failed, finding.checked):
        return None
    return losses.targets
