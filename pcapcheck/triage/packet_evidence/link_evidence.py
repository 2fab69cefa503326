"""What links show: the gateway's answers, the MACs of frames, claims of addresses."""

from __future__ import annotations

from collections.abc import Mapping

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.links.address_row import BEHIND
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.ruleset.finding import FAIL, PASS, Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ADDRESSES, ARP, HOPS, STATE
from pcapcheck.triage.case import Case, asked_for
from pcapcheck.values import Value, is_multicast_mac


def gateway_answer(case: Case, point: PointFacts | None) -> str | None:
    if point is None:
        # A pod whose packets were seen beyond its own link had its gateway's MAC, or needs none.
        return "not-asked" if case.lead.table != STATE and case.lead.dst is not None else None
    for item in case.items:
        if item.table == ARP and item.link is point:
            if item.unanswered:
                return "unanswered"
            if item.name in ("gateway-arp-answered", "gateway-arp-prompt"):
                return "late"
    talk = point.capture_point.gateway
    return "answered" if talk.answered else None if talk.askers else "not-asked"


def gateway_macs(case: Case, point: PointFacts | None) -> int | None:
    """How many machines answered for the gateway; one if no rule complains."""
    if point is None:
        return None
    known = case.row("answering_macs")
    return known if isinstance(known, int) else min(1, len(point.capture_point.gateway.answered))


def asked_for_columns(judgement: Judgement, point: PointFacts | None, address: int | None) -> dict[str, Value | None]:
    """Whether the node asked for a pod on its link, and was answered."""
    if point is None or address is None:
        return {"dst.asked": None, "dst.answers": None, "dst.sought": None}
    groups = asked_for(judgement, point, address)
    tallies = judgement.captures[point.key[0]].tallies
    outcomes = [tallies[ARP, group].outcomes for group in groups if (ARP, group) in tallies]
    heard = any(point.sides.of(group)[0] == POD for group in point.groups.values())
    answered = sum(outcome["answered"] for outcome in outcomes)
    unanswered = sum(outcome["unanswered"] for outcome in outcomes)
    known = answered or unanswered or heard
    receivers = [point.groups[number].dst for number in groups]
    return {
        "dst.asked": bool(groups),
        "dst.answers": bool(answered) if groups and known else None,
        "dst.sought": None if None in receivers else any(is_multicast_mac(mac) for mac in receivers if mac is not None),
    }


def is_addressed(point: PointFacts | None) -> bool | None:
    if point is None or not point.pod_macs:
        return None
    handed = [
        group for group in point.groups.values() if point.sides.of(group)[0] == NODE and group.carries == IP_UNICAST
    ]
    macs = {group.dst for group in handed if group.dst is not None}
    return macs <= point.pod_macs if macs else None


def nic_to_proxy(judgement: Judgement) -> bool:
    nics = [point.capture_point for point in judgement.points if point.kind == "host-nic"]
    return any(group.dst == judgement.reading.proxy_mac for nic in nics for group in nic.groups.values())


def is_unrouted(case: Case, judgement: Judgement) -> bool:
    """Whether a hop between the links of a case is wrong, in this case or in another about the same links."""
    if any(item.table == HOPS for item in case.items):
        return True
    names = {point.name for point in links_of(case)}
    hops = [finding for finding in judgement.findings if finding.rule.table == HOPS and finding.status == FAIL]
    return any({row.get("interface"), row.get("to.interface")} & names for finding in hops for row in _rows(finding))


def macs_kept(case: Case, judgement: Judgement) -> bool | None:
    """Whether frames have the same MACs on two links; None if that was not checked."""
    found = next((finding for finding in judgement.findings if finding.rule.id == "hop-macs-rewritten"), None)
    if found is None or "hop-macs-rewritten" in case.failed:
        return True if found is not None else None
    return False if found.status == PASS else True if found.status == FAIL else None


def claimed_elsewhere(case: Case, word: str) -> str | None:
    """The links other than the claimant's own on which its address is claimed, from the words of the finding."""
    for item in case.items:
        others = item.evidence.row.get("others")
        if item.table == ADDRESSES and isinstance(others, str) and word in others:
            return others.partition(word)[2].partition(BEHIND)[0]
    return None


def links_of(case: Case) -> list[PointFacts]:
    return [point for item in case.items for point in (item.link, item.dst_link) if point is not None]


def _rows(finding: Finding) -> list[Mapping[str, Value | None]]:
    return [evidence.row for evidence in finding.evidence]
