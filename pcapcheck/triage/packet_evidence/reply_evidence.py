"""Whether what was asked was answered, at first or now and then."""

from __future__ import annotations

from itertools import pairwise

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.paths.losses import (
    REQUEST,
)
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ECHO
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import (
    PACKETS,
    bins_of,
    echoes_between,
)
from pcapcheck.triage.packet_evidence.lost_paths import (
    answer_seen,
)
from pcapcheck.triage.question_signs import is_reset, is_stalled

# A resolver asks for A and AAAA within microseconds; one that waits for the first answer takes longer.
AT_ONCE = 2_000_000


def replies(case: Case, judgement: Judgement, packet: str, failed: list[QuestionRow]) -> str | None:
    """Whether any of the requests got a reply on the asker's link, and whether that was before all that got none.

    Of many that are alike only the first are kept as samples; the paths of packets show what became of the others.
    """
    lead = case.lead
    if is_reset(case) or (case.question is not None and answer_seen(case) is not None):
        # A question that was answered further on got no answer where it was asked.
        return "none"
    tables = [table for table, asked in PACKETS.items() if asked == packet] or [ECHO]
    times = [item.evidence.time for item in case.items if item.table in tables and item.evidence.time]
    times = times or [echo.time for echo in failed if echo.time]
    if not times:
        return None
    bins = [some for some in bins_of(packet, judgement, lead.link) if some.outcome == "replied"]
    samples = [echo for some in bins for echo in some.samples if (echo.src, echo.dst) == (lead.pod, lead.dst)]
    if packet != REQUEST:
        # Another port is another question.
        asked = {_question(row) for row in failed}
        samples = [row for row in samples if _question(row) in asked]
    replied = [echo.time for echo in samples if echo.time is not None]
    paths = [path for path in judgement.followed.between(lead.pod, lead.dst) if path.packet == packet]
    came = [path.last for path in paths if path.answered and not _lost_on_return(case) and answer_seen(case) is None]
    everything = all(some.count == len(some.samples) for some in bins)
    if not replied and not came:
        return "none" if everything or (paths and packet == REQUEST) else None
    if max([*replied, *came]) > min(times):
        return "some"
    return "at-first" if everything or came else None


def answers_one_of_two(asked: list[QuestionRow]) -> bool | None:
    """Whether of two DNS queries that left one port at once only one was answered then; None if none did.

    Both are first packets to connection tracking, which may drop the second of them (kernel:
    net/netfilter/nf_conntrack_core.c, nf_ct_resolve_clash).
    """
    pairs: dict[tuple[int | None, int], list[DnsRow]] = {}
    for row in asked:
        if isinstance(row, DnsRow) and row.src_port is not None and row.time is not None:
            pairs.setdefault((row.src_port, row.dst), []).append(row)
    twins = [
        (one, other)
        for rows in pairs.values()
        for one, other in pairwise(sorted(rows, key=lambda row: row.time or 0))
        if (other.time or 0) - (one.time or 0) < AT_ONCE and one.ident != other.ident
    ]
    if not twins:
        return None
    return any(_is_prompt(one) is not _is_prompt(other) for one, other in twins)


def _is_prompt(row: DnsRow) -> bool:
    return row.outcome == "replied" and row.requests == 1


def _question(row: QuestionRow) -> tuple[str, int | None]:
    """The table of a question and the port that was asked."""
    return row.table, row.dst_port if isinstance(row, PortRow) else None


def lost_first_packets(case: Case, packet: str, asked: list[QuestionRow], failed: list[QuestionRow]) -> bool | None:
    """Whether nothing was lost of a conversation that had got an answer before, as far as samples tell.

    Echo requests of one identifier are one conversation to connection tracking, as long as they go on (30 seconds;
    net/netfilter/nf_conntrack_proto_icmp.c); each attempt at a connection begins one,
    and the data of a connection that was made does not.
    """
    if is_stalled(case):
        return False
    if not failed:
        return None
    if packet != REQUEST:
        return True
    begun: dict[int | None, int] = {}
    for echo in asked:
        if echo.outcome == "replied" and echo.time is not None:
            ident = echo.numbers[0]
            begun[ident] = min(begun.get(ident, echo.time), echo.time)
    return not any(echo.time is not None and begun.get(echo.numbers[0], echo.time) < echo.time for echo in failed)


def echo_lost(judgement: Judgement, pod: int | None, dst: int | None) -> bool | None:
    """Whether echo requests between the two get no reply; None if none was sent."""
    outcomes = {echo.outcome for echo in echoes_between(judgement, pod, dst)}
    return "replied" not in outcomes if outcomes & {"replied", "unanswered", "error"} else None


def _lost_on_return(case: Case) -> bool:
    """Whether replies were lost on their way back: that they were sent says nothing about what the asker got."""
    return "reply-delivered" in case.failed
