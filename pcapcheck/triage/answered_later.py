"""Answered later: whether the node still forwards what a pod asks, after the first packet of a case was lost."""

from __future__ import annotations

from pcapcheck.exchanges import spreading_layout as layout
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import NODE_ROLE, SERVICE, AddressRoles
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import asked_in, asked_on
from pcapcheck.triage.service_evidence import is_usual
from pcapcheck.values import is_ipv4


def answered_later(case: Case, judgement: Judgement, roles: AddressRoles) -> bool | None:
    """Whether the pod of a case, on its link, asked somebody beyond its node later than that, and was answered.

    What the node itself may have answered (its own addresses, services, the gateway) does not count. None if nothing
    failed, or answers were too many for samples and it is not known whose the later ones are.
    """
    lead = case.lead
    point, pod = lead.link, lead.pod
    lost = [row.time for row in asked_in(case, judgement, point) if row.outcome in ("unanswered", "error") and row.time]
    if point is None or pod is None or not lost:
        return None
    first = min(lost)

    def is_beyond(address: int) -> bool:
        mine = roles.of(address) in (NODE_ROLE, SERVICE) or is_usual(address) or address in judgement.reading.gateways
        return not mine and is_ipv4(address) == is_ipv4(pod)

    for row in asked_on(point, judgement):
        if row.outcome == "replied" and row.src == pod and row.time and row.time > first and is_beyond(row.dst):
            return True
    # Samples are the first of each kind; moments count all.
    exchanges = judgement.captures[point.key[0]].exchanges
    cells, outcomes = exchanges.paired.cells, exchanges.pair_outcomes
    pairs = [pair for group in point.groups for pair in outcomes.get(group, {}).items()]
    if any(replied and not (src == pod and is_beyond(dst)) for (src, dst), (replied, _) in pairs):
        return None
    rows, count = cells.moments
    width = layout.MOMENT_FIELDS
    return any(
        rows[at + layout.C_REPLIED] and rows[at + layout.M_WHEN] << cells.moment_shift > first
        for at in range(0, count * width, width)
        if rows[at + layout.C_GROUP] in point.groups
    )
