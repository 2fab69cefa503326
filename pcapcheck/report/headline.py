"""The verdict in one line that a tired person understands."""

from __future__ import annotations

from pcapcheck.report.counts import measured
from pcapcheck.report.summary import pods
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding, ordered
from pcapcheck.triage.outcome import Outcome
from pcapcheck.values import format_address, is_ipv4


def headline(result: Outcome) -> str:
    """One sentence without a full stop."""
    if result.error:
        return result.error
    if result.verdict == FAIL:
        return _failure(result)
    if result.verdict == NOT_CHECKED:
        return _unchecked(result)
    failed = [one for one in ordered(result.findings) if one.status == FAIL]
    warned = [one for one in failed if one.rule.severity == "warning"]
    accepted = [one.rule.id for one in failed if one.rule.severity == "info"]
    names = " and ".join(one.rule.id for one in warned)
    what = next((one.evidence[0].headline for one in warned if one.evidence and one.evidence[0].headline), "")
    return (
        _success(result)
        + (f"; {names} failed, but only warns{what and ': '}{what}" if warned else "")
        + (f"; {' and '.join(accepted)} failed, which is accepted" if accepted else "")
    )


def _unchecked(result: Outcome) -> str:
    """Why: what was there but could not be told says more than what was not there."""
    reason = max(ordered(result.findings), key=lambda one: bool(one.unknown)).reason
    return f"nothing could be checked: {reason}" + _seen(result)


def _seen(result: Outcome) -> str:
    """What no rule is about, where there is little else to say."""
    seen = next((one.short for one in result.remarks if one.short), "")
    return f"; but {seen}" if seen else ""


def _failure(result: Outcome) -> str:
    """What failed first; or what was demanded first and is missing, where nothing that counts failed."""
    failed = [one for one in ordered(result.findings) if one.status == FAIL and one.rule.severity == "error"]
    if not failed:
        more = f" (and {len(result.unmet) - 1} more)" if len(result.unmet) > 1 else ""
        return result.unmet[0].text + more
    more = f" (and {len(failed) - 1} more failed)" if len(failed) > 1 else ""
    return failure(failed[0]) + more


def failure(finding: Finding) -> str:
    """A failed rule in one sentence, with how many rows failed or what its aggregates came to."""
    first = finding.evidence[0].headline if finding.evidence else ""
    if finding.measures:
        told = f" ({', '.join(measured(finding))})"
    else:
        told = f" ({finding.failed} of {finding.checked})" if finding.checked > 1 else ""
    return (first or f'it does not hold that "{finding.rule.title}"') + told


def _success(result: Outcome) -> str:
    passed = {one.rule.id: one for one in result.findings if one.status == PASS}
    summaries = pods(result)
    askers = [one for one in summaries if one.arp.total]
    parts = []
    if "gateway-arp-answered" in passed and askers:
        who = "the pods'"
        if len(askers) == 1 and len(askers[0].link.pod_ips) == 1:
            who = f"{format_address(next(iter(askers[0].link.pod_ips)))}'s"
        addresses = [ip for one in askers for ip in one.link.pod_ips]
        asked = "ARP" if not addresses or any(map(is_ipv4, addresses)) else "neighbour solicitation"
        parts.append(f"the node answers {who} {asked} for {'its' if len(askers) == 1 else 'their'} gateway")
    echoes = passed.get("echo-answered")
    if echoes:
        parts.append(f"{echoes.checked} of {echoes.checked} echo requests are replied to")
    if not parts:
        checked = sum(one.status != NOT_CHECKED for one in result.findings)
        parts.append(
            f"{checked} of {len(result.findings)} rules could be checked, and no error was found{_seen(result)}"
        )
    return ", and ".join(parts)
