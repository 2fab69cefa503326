"""The verdict in one line that a tired person understands."""

from __future__ import annotations

from pcapcheck.columns import ADDRESSES, ANSWERS, ARP, ECHO, FRAMES
from pcapcheck.report.summary import pods, total
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding
from pcapcheck.ruleset.result import Result
from pcapcheck.ruleset.rule import SEVERITIES
from pcapcheck.values import format_address

# What happens first on a link comes first: without an answer to ARP there are no packets, without those no echoes.
STAGES = (ARP, ANSWERS, FRAMES, ADDRESSES, ECHO)
STATUSES = (FAIL, PASS, NOT_CHECKED)


def ordered(findings: list[Finding]) -> list[Finding]:
    """Failures first, errors before warnings, causes before consequences."""
    return sorted(
        findings,
        key=lambda one: (
            STATUSES.index(one.status),
            SEVERITIES.index(one.rule.severity),
            STAGES.index(one.rule.table),
            one.rule.id,
        ),
    )


def headline(result: Result) -> str:
    """One sentence without a full stop."""
    if result.verdict == FAIL:
        return _failure(result)
    if result.verdict == NOT_CHECKED:
        reasons = {one.reason for one in result.findings}
        return f"nothing could be checked: {reasons.pop()}" if len(reasons) == 1 else "nothing could be checked"
    said = _success(result)
    warned = [one.rule.id for one in ordered(result.findings) if one.status == FAIL]
    return said + (f"; but {', '.join(warned)} failed (a warning)" if warned else "")


def _failure(result: Result) -> str:
    failed = [one for one in ordered(result.findings) if one.status == FAIL]
    first = failed[0]
    said = first.evidence[0].headline if first.evidence else ""
    more = f" (and {len(failed) - 1} more failed)" if len(failed) > 1 else ""
    return (said or f"{first.rule.id}: not so: {first.rule.title}") + more


def _success(result: Result) -> str:
    passed = {one.rule.id for one in result.findings if one.status == PASS}
    summaries = pods(result)
    arp, echo = total(summaries)
    parts = []
    if "gateway-arp-answered" in passed and arp.total:
        askers = [one for one in summaries if one.arp.total]
        who = "the pods'"
        if len(askers) == 1 and len(askers[0].link.pod_ips) == 1:
            who = f"{format_address(next(iter(askers[0].link.pod_ips)))}'s"
        parts.append(f"the node answers {who} ARP for {'its' if len(askers) == 1 else 'their'} gateway")
    if "echo-answered" in passed:
        parts.append(f"{echo.outcomes['replied']} of {echo.settled} echo requests are replied to")
    return ", and ".join(parts) or "everything that could be checked holds"
