"""Remarks on questions that come from the address of a service: no answer finds its way to one.

A host takes the address that it asks for its own source where it holds that itself, as in the IPVS mode of kube-proxy
(a local route over kube-ipvs0). Then kube-proxy changes the destination alone, if it does not masquerade.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.state import State
from pcapcheck.questions.last_questions import last_questions
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.triage.service_evidence import is_api_service, is_service
from pcapcheck.values import clean, format_address

MOST = 3
# What a service translates; an ARP of such an address is a router's.
TRANSLATED = ("TCP", "UDP", "DNS", "SCTP")


def service_asker_remarks(judgement: Judgement, state: State | None) -> list[Remark]:
    """A remark per asker and asked, the first few of them."""
    found: dict[tuple[int, int | None], Unanswered] = {}
    for question in _open(judgement):
        if question.protocol in TRANSLATED and _is_of_service(question.asker, state):
            found.setdefault((question.asker, question.asked), question)
    return [_remark(question, judgement) for question in list(found.values())[:MOST]]


def _open(judgement: Judgement) -> Iterable[Unanswered]:
    yield from judgement.unanswered
    if any(capture.open_count for capture in judgement.captures):
        yield from last_questions(judgement.captures, judgement.facts, judgement.followed.found)


def _is_of_service(address: int, state: State | None) -> bool:
    known = is_service(state, address) if state is not None else None
    return known.value if known is not None else is_api_service(address)


def _remark(question: Unanswered, judgement: Judgement) -> Remark:
    asker = format_address(question.asker)
    asked = f" {format_address(question.asked)}" if question.asked is not None else ""
    capture = judgement.captures[question.capture]
    sentence = f"{asker}, which is or looks like a service's address, asks{asked} itself"
    return Remark(
        f"{sentence} (frame {question.frames[0]} of {clean(capture.source.short_name)}): no answer comes back to it. A "
        "node that holds the address of a service (kube-ipvs0) takes it for its source, and nothing translated that: "
        "ip route get ADDRESS on the node, and kube-proxy's masquerading (masqueradeAll, clusterCIDR; iptables -t nat "
        "-S KUBE-POSTROUTING; ipset list KUBE-LOOP-BACK)",
        short=sentence,
    )
