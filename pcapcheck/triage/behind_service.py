"""Behind a service: which back ends packets were seen to go to, and whether any of them never answers."""

from __future__ import annotations

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import OTHER, TCP, UDP, exchanges_of
from pcapcheck.values import Value

NOTHING: dict[str, Value | None] = {"back_end": None, "back_end.silent": None}
# Packets that rules translate, by what is asked: a service's address takes no pings.
PACKETS: dict[Value | None, str] = {"tcp": TCP, "dns": UDP, "udp": UDP, "sctp": OTHER}


def behind_service(case: Case, judgement: Judgement, asked: Value | None) -> dict[str, Value | None]:
    """``back_end``, and whether it is silent: it got packets on its own link and answered none of them there.

    A back end that answers there is left out: if some get no answer, another is at fault.
    """
    packet, pod, dst = PACKETS.get(asked), case.lead.pod, case.lead.dst
    if packet is None:
        return NOTHING
    reached: dict[int, tuple[PointFacts, int]] = {}
    others: set[int] = set()
    for path in judgement.followed.between(pod, dst):
        last = path.steps[-1]
        if path.packet != packet or last.dst == dst:
            continue
        others.add(last.dst)
        if last.spot.point.kind == "pod-link" and last.spot.side == NODE:
            reached[last.dst] = last.spot.point, last.src
    for address, (point, source) in reached.items():
        outcomes = {some.outcome for some in exchanges_of(packet, judgement, source, address, point)}
        if outcomes and outcomes <= {"unanswered", "in-flight"} and "unanswered" in outcomes:
            return {"back_end": address, "back_end.silent": True}
    if reached:
        # Unanswered packets did not go to back ends that answer.
        return {"back_end": None, "back_end.silent": False}
    return {"back_end": others.pop() if len(others) == 1 else None, "back_end.silent": None}
