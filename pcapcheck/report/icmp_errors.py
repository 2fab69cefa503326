"""Failures that an ICMP error ended, in a sentence: by whom, and how often, of how many between the same two."""

from __future__ import annotations

from pcapcheck.analysis import Analysis
from pcapcheck.columns import CONNECTIONS, DNS, ECHO, PATHS
from pcapcheck.decode.icmp_words import RATE_LIMITED
from pcapcheck.ruleset.finding import Evidence, Finding

ASKED = (ECHO, CONNECTIONS, DNS)


def answered_by_error(result: Analysis, failed: list[Finding]) -> str:
    """What failed first, where most of it was answered by an ICMP error; else nothing.

    That an error came says more than that the request was seen nowhere after: whoever sent it took the request.
    """
    lead = failed[0]
    if lead.rule.table in ASKED:
        some = [lead]
    elif lead.rule.table == PATHS and lead.evidence and lead.evidence[0].row.get("packet") == "request":
        some = [one for one in failed if one.rule.table == ECHO]
    else:
        return ""
    for finding in some:
        for evidence in finding.evidence:
            if evidence.row.get("refusal") and _same(evidence, lead.evidence[0]):
                return _sentence(result, finding, evidence)
    return ""


def _same(one: Evidence, other: Evidence) -> bool:
    return all(one.row.get(name) == other.row.get(name) for name in ("src", "dst"))


def _sentence(result: Analysis, finding: Finding, evidence: Evidence) -> str:
    losses = result.losses(finding.rule.table)
    pair = (evidence.row.get("src"), evidence.row.get("dst"))
    share = next((one for one in losses.pairs if one.who == pair), None) if losses else None
    if share is None or share.refused * 2 < share.failed or finding.measures:
        return ""
    silent = share.failed - share.refused
    often = f"{share.refused} of {share.asked}" if share.asked > 1 else ""
    if silent:
        often += f", {silent} without any answer: {RATE_LIMITED}"
    if finding.failed > share.failed:
        often += f"{'; ' if often else ''}{finding.failed} of {finding.checked} failed in all"
    return evidence.headline + (f" ({often})" if often else "")
