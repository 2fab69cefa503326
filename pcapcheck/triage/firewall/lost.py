"""What was lost, for a firewall: how many packets, what answered them, and what passed in between."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.paths.losses import REPLY, REQUEST
from pcapcheck.protocols import DNS_PORT
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import DATAGRAMS, PAIRED, PATHS
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import PACKETS, UDP, asked_in, exchanges_of
from pcapcheck.triage.question_signs import is_reset, is_stalled
from pcapcheck.values import Value, as_text

LOSING = (*PAIRED, PATHS)
# Questions for a neighbour's MAC.
ARP_ASKED, ND_ASKED = "arp", "neighbour-discovery"


class LostPackets(Struct, frozen=True):
    """Alike questions from ``pod`` to ``dst`` without an answer.

    At least ``least`` packets and at most ``most`` were lost. ``error`` is the ICMP error (family, type, code) that
    answered them, if one did; ``reset``: a TCP reset of the node's own did.
    ``error_by`` is its sender, as in table ``case`` (``refused.by``); None: not known.
    ``between``: packets like them passed in between. ``begun``: they are data of an open connection.
    ``answerer`` is the back end, with the port, whose answer came back after the node translated ``dst``.
    ``unheard``: a reject sends no error, as for ARP and multicast (kernel: net/ipv6/icmp.c, icmp6_send).
    """

    kind: str
    src: int
    dst: int
    least: int
    most: int
    error: tuple[int, int, int] | None
    error_from: int | None
    between: bool
    answered: bool
    sports: frozenset[int]
    dports: frozenset[int]
    reset: bool = False
    begun: bool = False
    answerer: tuple[int, frozenset[int]] | None = None
    error_by: str | None = None
    unheard: bool = False


def loss_of(case: Case, judgement: Judgement, packet_evidence: dict[str, Value | None]) -> LostPackets | None:
    """The packets of a case; None if it is not about lost packets."""
    lost = [item for item in case.items if item.table in LOSING]
    src, dst = case.lead.pod, case.lead.dst
    if not lost or src is None or dst is None or packet_evidence.get("unrouted"):
        return None
    kind = PACKETS.get(lost[0].table, REQUEST)
    if case.question is not None:
        found = _of_question(case, case.question, kind, (src, dst), list(asked_in(case, judgement)))
        # Farther along all of them may be answered: none of these answers came back.
        between = found.between and packet_evidence.get("replies") != "none"
        answerer = _answerer(case.question, judgement, kind)
        return replace(found, between=between, error_by=as_text(packet_evidence.get("refused.by")), answerer=answerer)
    findings = [item.finding for item in lost if item.finding is not None]
    point = case.lead.link
    every = list(exchanges_of(kind, judgement, src, dst, point)) or list(exchanges_of(kind, judgement, src, dst))
    if kind == UDP:
        # DNS and other datagrams are different questions.
        every = [row for row in every if (row.table == DATAGRAMS) == (lost[0].table == DATAGRAMS)]
    failed = [row for row in every if row.outcome not in ("replied", "in-flight", "unclear")]
    least = sum(row.requests for row in _once(failed)) or 1
    refused = next((row for row in failed if row.error_type is not None), None)
    shown = all(finding.failed <= len(finding.evidence) for finding in findings)
    repeats = max((row.requests for row in failed), default=1)
    most = least if shown else max(least, *(finding.failed * repeats for finding in findings))
    sports, dports = ports_of(failed)
    return LostPackets(
        kind,
        src,
        dst,
        least,
        most,
        None if refused is None else (refused.family, refused.error_type or 0, refused.error_code or 0),
        refused.error_from if refused else None,
        packet_evidence.get("replies") == "some",
        any(row.outcome == "replied" for row in every),
        sports,
        dports,
        error_by=as_text(packet_evidence.get("refused.by")),
    )


def _of_question(
    case: Case, question: Unanswered, kind: str, ends: tuple[int, int], every: list[QuestionRow]
) -> LostPackets:
    """The packets of a question without a rule: how often it was asked, and on which ports.

    ``every`` are samples of the questions, answered or not.
    """
    error_reply, reset = question.error_reply, is_reset(case)
    failed = [row for row in every if row.outcome not in ("replied", "in-flight", "unclear")]
    # An answer that did not reach the asker does not count.
    came = not reset and question.lost_answer is None
    answered = came and any(row.outcome == "replied" for row in every)
    ports = frozenset((question.port,)) if question.port else frozenset((DNS_PORT,)) if kind == UDP else frozenset()
    return LostPackets(
        kind,
        *ends,
        question.attempts,
        question.attempts * question.alike,
        error_reply.error if error_reply else None,
        error_reply.source if error_reply else None,
        answered and _in_between(every),
        answered,
        question.asker_ports or _known(map(_source, failed)),
        ports,
        reset,
        is_stalled(case),
    )


def _answerer(question: Unanswered, judgement: Judgement, kind: str) -> tuple[int, frozenset[int]] | None:
    """The back end whose translated answer was seen last on its way back, and its ports."""
    last = question.last_seen
    if last is None or last.direction != REPLY or last.between is None or last.between[0] == question.asked:
        return None
    back_end, asker = last.between
    asked = exchanges_of(kind, judgement, asker, back_end)
    return back_end, _known(_destination(row) for row in asked if row.outcome == "replied")


def _in_between(every: list[QuestionRow]) -> bool:
    """Whether an answered question was sent after the first unanswered one."""
    lost = [row.time for row in every if row.outcome == "unanswered" and row.time is not None]
    answered = [row.time for row in every if row.outcome == "replied" and row.time is not None]
    return bool(lost and answered) and max(answered) > min(lost)


def _once(echoes: list[QuestionRow]) -> list[QuestionRow]:
    """Each question once, even if several links show it."""
    return list({(row.numbers, _source(row)): row for row in echoes}.values())


def ports_of(some: Iterable[QuestionRow]) -> tuple[frozenset[int], frozenset[int]]:
    """The ports that questions came from and went to; none if a port is not known."""
    ports = [(_source(row), _destination(row)) for row in some]
    return _known(source for source, _ in ports), _known(destination for _, destination in ports)


def _source(row: QuestionRow) -> int | None:
    return row.src_port if isinstance(row, (PortRow, DnsRow)) else None


def _destination(row: QuestionRow) -> int | None:
    return row.dst_port if isinstance(row, PortRow) else DNS_PORT if isinstance(row, DnsRow) else None


def _known(ports: Iterable[int | None]) -> frozenset[int]:
    """The ports; none if a port is not known."""
    found = list(ports)
    return frozenset() if None in found else frozenset(port for port in found if port is not None)
