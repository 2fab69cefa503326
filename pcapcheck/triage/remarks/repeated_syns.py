"""Remarks on what was answered, but not when it was first asked: SYNs, and DNS queries off the pods' links.

A SYN is sent again after a second, so whoever connects notices (RFC 6298, section 2.1); a resolver waits up to five
(resolv.conf(5)). One back end of several that is gone looks like that: each SYN is translated again as long as none is
answered. On a pod's link a rule is about late DNS.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.calico import encap_of_device
from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.repeated_handshakes import SOONEST
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS, DNS
from pcapcheck.triage.packet_evidence.reply_evidence import answers_one_of_two
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_duration

ANSWERED = "replied"
SYN_REASONS = (
    "it or its answer was lost, the other end's queue was full, or one of several back ends of a service does not "
    "answer"
)
DNS_REASONS = "it or its answer was lost, or the server is slow"
RACE_REASONS = (
    "of two queries that one port sent at once only one was answered, as when connection tracking drops the second of "
    "two first packets (conntrack -S: does insert_failed grow?)"
)


def repeated(capture: Capture, table: str = CONNECTIONS) -> list[ExchangeBin]:
    """The bins of a capture that hold such questions."""
    bins = capture.exchanges.paired.bins_of(table)
    return [some for some in bins if some.outcome == ANSWERED and some.requests > some.count]


def repeated_syn_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per capture point: on the link of the pod that asked, or where no pod's link shows it better."""
    return [
        remark
        for capture in judgement.captures
        for table in (CONNECTIONS, DNS)
        for remark in _remarks(judgement, capture, table)
    ]


def _remarks(judgement: Judgement, capture: Capture, table: str) -> Iterator[Remark]:
    for some in repeated(capture, table):
        point = judgement.facts.point(capture.number, some.group)
        # The same frame, recorded twice, comes at once.
        late = (row for row in some.telling if row.requests > 1 and _is_late(row))
        row = next(late, None)
        if row is None or point is None or not _tells(point, judgement.facts, row):
            continue
        yield _connection(some, row, point, capture) if table == CONNECTIONS else _query(some, row, capture)


def _connection(some: ExchangeBin, row: QuestionRow, point: PointFacts, capture: Capture) -> Remark:
    port = f" port {row.dst_port}" if isinstance(row, PortRow) else ""
    example = f"{format_address(row.src)}'s to {format_address(row.dst)}{port}"
    after = format_duration(row.rtt or 0)
    return Remark(
        f"of {some.count} connections from {point.name} that were answered, some were only when the SYN was sent "
        f"again, as {example} after {after} (frame {row.frames[0]} of {clean(capture.source.short_name)}): "
        f"{SYN_REASONS}{_of_vxlan(point)}",
        short=f"a connection, {example}, was answered only to its SYN number {row.requests}, after {after}",
    )


def _of_vxlan(point: PointFacts) -> str:
    """What a VXLAN device does to first packets whose addresses the node translates (Kubernetes: issue 88986)."""
    if encap_of_device(point.name) != "vxlan":
        return ""
    return (
        f"; of what the node translates, {point.name} may leave the checksum wrong, so that the other node drops it: "
        f"services that take 1 s or 63 s to connect (ethtool -K {point.name} tx-checksum-ip-generic off)"
    )


def _query(some: ExchangeBin, row: QuestionRow, capture: Capture) -> Remark:
    after = format_duration(row.rtt or 0)
    example = f"{format_address(row.src)}'s to {format_address(row.dst)}"
    answered = [sample for some in capture.exchanges.paired.bins_of(DNS) for sample in some.samples]
    reasons = RACE_REASONS if answers_one_of_two(answered) else DNS_REASONS
    sentence = f"DNS queries were answered only when they were asked again, as {example} after {after}"
    return Remark(
        f"{sentence} (frame {row.frames[0]} of {clean(capture.source.short_name)}): {reasons}", short=sentence
    )


def _tells(point: PointFacts, facts: Facts, row: QuestionRow) -> bool:
    """Whether a point is the one to speak: of DNS on a pod's link a rule does."""
    if not point.judged:
        return False
    if point.kind == "pod-link":
        return row.src in point.pod_ips and not isinstance(row, DnsRow)
    return row.src not in facts.pod_ips


def _is_late(row: QuestionRow) -> bool:
    return row.rtt is not None and row.rtt >= SOONEST
