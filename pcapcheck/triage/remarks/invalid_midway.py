"""Remarks on rules that dropped what connection tracking calls INVALID, next to connections that got stuck midway.

A node that saw only one direction of a connection knows no such connection when its next segment comes, so it calls
that INVALID, as it does segments beyond the window and with a wrong checksum (kernel: net/netfilter/
nf_conntrack_proto_tcp.c). kube-proxy, Calico, firewalld and many a host's own rules drop it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.questions.broken_transfers import DATA
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.counted_drops import in_words
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

INVALID = re.compile(r"\bINVALID\b|\bct state (?:\S+,)?invalid\b")
# Rules about data under way, by their ids.
MIDWAY = ("tcp-progresses", "tcp-not-reset-midway")
# Fewer are what ends connections that were forgotten.
ENOUGH = 3


def invalid_midway_remarks(judgement: Judgement, state: State) -> list[Remark]:
    """A remark per host, on the rule that dropped most."""
    if not _is_stuck(judgement):
        return []
    return [remark for host in state.hosts if host.role != POD for remark in _of(host)]


def _is_stuck(judgement: Judgement) -> bool:
    """Whether a connection got stuck behind its SYN: an answer to it, or data, was not heard."""
    if any(finding.rule.id in MIDWAY for finding in (*judgement.failures, *judgement.warnings)):
        return True
    return any(
        question.protocol == "TCP" and (question.lost_answer is not None or question.about.startswith(DATA))
        for question in judgement.unanswered
    )


def _of(host: Host) -> Iterator[Remark]:
    found = [
        (rule.packets, chain, rule)
        for table in (host.firewall.tables if host.firewall is not None else ())
        for chain, rule in table.rules(INVALID)
        if rule.drops and rule.packets is not None and rule.packets >= ENOUGH and INVALID.search(rule.line.text)
    ]
    if found:
        packets, chain, rule = max(found, key=lambda each: each[0])
        yield Remark(
            f"a rule of {clean(chain.name or 'a chain')} on {host.label} dropped {in_words(packets)} that connection "
            "tracking calls INVALID, as it does what stands in the middle of a connection if it saw only one of its "
            "directions (another way there than back), and what has a wrong checksum or is beyond the window: if it "
            "counts when this is tried again, let both directions pass this node, or take the rule out "
            "(net.netfilter.nf_conntrack_log_invalid=6 logs them)",
            lines=(quote(rule.line),),
        )
