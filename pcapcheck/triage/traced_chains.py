"""Traced chains: where netfilter's trace, or its log, saw packets last that got no answer.

In: failing rows and unanswered questions, and the state. Out: the same with the chain, after whatever tells that
there was no answer, and its line. A chain that stopped a packet is the last thing that saw it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.nodestate.packet_facts import LOGGED, TracedPacket
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.paths.losses import LastSeen
from pcapcheck.questions.unanswered import SILENT, Unanswered
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ECHO
from pcapcheck.triage.last_seen import headline, observed, seen_on, silence_of_question
from pcapcheck.triage.only_sighting import table_of
from pcapcheck.triage.remarks.traced_packets import last_chain
from pcapcheck.triage.trace_rows import PROTOCOLS
from pcapcheck.values import as_number

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State


class TracedQuestion(Struct, frozen=True):
    """What is known of a question: its table, its ends, and its numbers as far as they are known."""

    table: str
    src: int
    dst: int
    port: int | None = None
    ident: int | None = None
    seq: int | None = None

    def is_about(self, traced: TracedPacket) -> bool:
        """Whether a traced packet is this question, or one like it whose numbers are not known."""
        if (traced.src, traced.dst) != (self.src, self.dst) or traced.protocol not in PROTOCOLS[self.table]:
            return False
        pairs = ((self.port, traced.dport), (self.ident, traced.ident), (self.seq, traced.seq))
        return all(None in pair or pair[0] == pair[1] for pair in pairs)


class LastChain(Struct, frozen=True):
    """The chain that saw a packet last, on the host called ``host``."""

    packet: TracedPacket
    host: str

    @property
    def clause(self) -> str:
        """``last seen in chain cali-tw-… of ip filter on worker-1, dropped there``."""
        return last_chain(self.packet, self.host)


def in_chains(judgement: Judgement, state: State) -> Judgement:
    """Name the chain that saw the packets of failing rows and unanswered questions last, if a trace shows it."""
    if not any(host.traces for host in state.hosts):
        return judgement
    return replace(
        judgement,
        findings=[
            replace(finding, evidence=[_told(finding, evidence, state) for evidence in finding.evidence])
            if finding.status == FAIL and finding.rule.table in PROTOCOLS
            else finding
            for finding in judgement.findings
        ],
        unanswered=[_asked(question, state) for question in judgement.unanswered],
    )


def _told(finding: Finding, evidence: Evidence, state: State) -> Evidence:
    row, table = evidence.row, finding.rule.table
    src, dst = as_number(row.get("src")), as_number(row.get("dst"))
    if src is None or dst is None or (evidence.last_seen is not None and evidence.last_seen.direction != "request"):
        return evidence
    numbers = [as_number(row.get(name)) for name in ("dst_port", "ident", "seq")]
    last = _last_chain(TracedQuestion(table, src, dst, numbers[0], *(numbers[1:] if table == ECHO else ())), state)
    if last is None or _is_beyond(evidence.last_seen, last.packet):
        return evidence
    place = seen_on(last.clause)
    return replace(
        evidence,
        headline=headline(finding.rule, row, place, evidence.headline),
        observed=observed(finding.rule, row, place, "", evidence.observed),
        source_lines=(*evidence.source_lines, quote(last.packet.line)),
    )


def _asked(question: Unanswered, state: State) -> Unanswered:
    table = table_of(question)
    if table not in PROTOCOLS or question.asked is None or question.error_reply or question.lost_answer is not None:
        return question
    last = _last_chain(TracedQuestion(table, question.asker, question.asked, question.port), state)
    if last is None or not question.fate.startswith(SILENT) or _is_beyond(question.last_seen, last.packet):
        return question
    return replace(question, fate=silence_of_question(table, seen_on(last.clause)))


def _is_beyond(last_seen: LastSeen | None, packet: TracedPacket) -> bool:
    """Whether a capture point recorded a packet further on its way than the chain that let it go on."""
    came = packet.headers.in_interface
    return last_seen is not None and packet.verdict == LOGGED and came is not None and last_seen.interface != came


def _last_chain(asked: TracedQuestion, state: State) -> LastChain | None:
    """The chain that stopped the packet, else the last that is known to have seen it."""
    found = list(_traced(asked, state))
    stopped = [each for each in found if each.packet.verdict != LOGGED]
    return next(reversed(stopped or found), None)


def _traced(asked: TracedQuestion, state: State) -> Iterator[LastChain]:
    for host in state.hosts:
        for packet in host.traces:
            if asked.is_about(packet):
                yield LastChain(packet, host.label)
