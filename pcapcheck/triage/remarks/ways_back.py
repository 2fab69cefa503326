"""Remarks on hosts that hear a question and, by the routes that were listed, have no way back to whoever asks.

Without such a route a reverse-path check drops the question, be it strict or loose (RFC 3704, section 2; kernel:
net/ipv4/fib_frontend.c, fib_validate_source), and without that check it is the answer that cannot leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import State
from pcapcheck.questions.last_questions import last_questions
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, is_ipv4

LISTING = "routes4"
MAIN = ("local", "main", "default")
MOST = 2


def way_back_remarks(judgement: Judgement, state: State) -> list[Remark]:
    """A remark per host and asker, the first few of them."""
    questions = [*judgement.unanswered, *last_questions(judgement.captures, judgement.facts)]
    found = {remark.text: remark for remark in _of(questions, state)}
    return list(found.values())[:MOST]


def _of(questions: Sequence[Unanswered], state: State) -> Iterator[Remark]:
    listing = [host for host in state.hosts if LISTING in host.whole and not host.contradictions]
    for question in questions:
        here = [host for host in listing if question.interface in host.devices()]
        # Two of them may have an interface of that name.
        if len(here) != 1 or question.protocol in ("ARP", "ND") or not is_ipv4(question.asker):
            continue
        host = here[0]
        lacks = host.lacks(LISTING, f"no route to {format_address(question.asker)}")
        if lacks is not None and _has_no_way(host, question.asker):
            yield _remark(host, question, lacks)


def _has_no_way(host: Host, asker: int) -> bool:
    if any(address.ip == asker for address in host.addresses) or host.routes_to(asker):
        return False
    # Routes of other tables may lead there.
    return all(rule.table in MAIN for rule in host.rules) and all(route.table in MAIN for route in host.routes)


def _remark(host: Host, question: Unanswered, lacks: Line) -> Remark:
    name, asker = clean(host.label), format_address(question.asker)
    sentence = f"{name} has no route back to {asker}, who asks by {clean(question.interface)}"
    return Remark(
        f"{sentence}: where its reverse-path filter is on it drops what comes from there without a word (sysctl "
        f"net.ipv4.conf.all.rp_filter, and that of {clean(question.interface)}), and it could not send the answers "
        f"back anyway. Every router on the way needs a route to both ends: on {name}, ip route add NETWORK/PREFIX via "
        "ROUTER",
        lines=(quote(lacks),),
        short=sentence,
        warning=sentence,
    )
