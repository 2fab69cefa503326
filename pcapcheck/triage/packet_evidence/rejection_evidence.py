"""What came back instead of an answer, and who sent it."""

from __future__ import annotations

from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.protocols import icmp_error_meaning
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import INITIAL_TTLS
from pcapcheck.triage.case import Case
from pcapcheck.triage.case_words import REFUSED
from pcapcheck.triage.signs_of_life import refused_late
from pcapcheck.triage.unanswered_neighbours import is_askers_own
from pcapcheck.values import Value


def error_meaning(echo: QuestionRow | None) -> str:
    if echo is None:
        return "none"
    means = icmp_error_meaning(echo.family, echo.error_type or 0, echo.error_code or 0)
    return means if means in REFUSED else "other"


def refused_by(
    echo: QuestionRow | None, here: QuestionRow | None, point: PointFacts | None, judgement: Judgement
) -> str | None:
    """By the error's source, else by its TTL on the pod's link: what no router has forwarded is the node's own.

    The node decrements what it forwards, not what it sends (kernel: net/ipv4/ip_forward.c; icmp_send begins with 64).
    """
    if echo is None or point is None:
        return None
    if echo.error_from == echo.dst:
        return "receiver"
    own = judgement.followed.nodes.addresses(point)
    if echo.error_from in own:
        return "node"
    if here is not None and here.error_ttl is not None:
        return "node" if here.error_ttl in INITIAL_TTLS else "other"
    if echo.error_from is not None and is_askers_own(judgement, point, echo.error_from):
        return "node"
    return "other" if own else None


def is_late(case: Case, refused: list[QuestionRow], point: PointFacts | None) -> bool | None:
    """Whether the error came late; of a question that no rule is about only the error is known."""
    if not refused:
        return None if case.question is not None and case.question.error_reply is not None else False
    return refused_late(refused, point)


def from_another_address(case: Case) -> dict[str, Value | None]:
    """The address that an answer came from, if it is not the one that was asked."""
    seen = [case.question.last_seen] if case.question is not None else [item.evidence.last_seen for item in case.items]
    answer = next((item.evidence.row for item in case.items if item.evidence.row.get("asked") is not None), None)
    if answer is not None:
        return {"refused": "wrong-address", "refused.from": answer.get("src")}
    source = next((sighting.source for sighting in seen if sighting is not None and sighting.source is not None), None)
    return {} if source is None else {"refused": "wrong-address", "refused.from": source}
