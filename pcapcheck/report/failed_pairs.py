"""Failed pairs: how many failures belong to the pair that a headline names, and to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding
from pcapcheck.table_names import CONNECTIONS, DNS, ECHO, PATHS
from pcapcheck.values import format_address

if TYPE_CHECKING:
    from pcapcheck.links.loss_spread import Tally, Target

ASKED = (ECHO, CONNECTIONS, DNS)


def share_of(analysis: Analysis, finding: Finding, evidence: Evidence) -> tuple[int, int] | None:
    """How many failed out of how many between the pair of a failing row; None if unknown."""
    return _targets(analysis, finding).get(_target(finding, evidence))


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
    if named not in found:
        return ""
    more = {target: tally for target, tally in found.items() if tally[0] and target != named}
    if not more:
        return ""
    failed, asked = (sum(each) for each in zip(*more.values(), strict=True))
    same = all(target[0] == named[0] for target in more)
    if len(more) == 1:
        src, dst, port = next(iter(more))
        whom = f"to {format_address(dst)}" + (f" port {port}" if port else "")
        whom = whom if same else f"from {format_address(src)} {whom}"
    else:
        whom = f"to {len(more):,} other targets" if same else f"between {len(more):,} other pairs"
    return f"; {failed:,} of {asked:,} {whom} fail too"


def _target(finding: Finding, evidence: Evidence) -> Target:
    """The pair of a failing row, the asker first."""
    row = evidence.row
    src, dst, port = (value if isinstance(value := row.get(name), int) else 0 for name in ("src", "dst", "dst_port"))
    if finding.rule.table != CONNECTIONS and row.get("packet") == "reply":
        src, dst = dst, src
    return src, dst, port if finding.rule.table == CONNECTIONS else 0


def _targets(analysis: Analysis, finding: Finding) -> dict[Target, Tally]:
    """The tallies of all pairs, if the rule counts the same: a rule may be about some questions only."""
    table = finding.rule.table
    losses = analysis.losses(table) if table in ASKED and not finding.has_accepted else None
    if losses is None or (losses.failed, losses.asked) != (finding.failed, finding.checked):
        return {}
    return losses.targets
