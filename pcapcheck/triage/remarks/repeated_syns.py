"""Remarks on what was answered, but not when it was first asked: SYNs, and DNS queries off the pods' links.

A SYN is sent again after a second, so whoever connects notices (RFC 6298, section 2.1); a resolver waits up to five
(resolv.conf(5)). One back end of several that is gone looks like that: each SYN is translated again as long as none is
answered. On a pod's link a rule is about late DNS.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.calico import encap_of
from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.exchanges.sums import middle_of
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
# Three connections, and one in five, are no chance loss: whoever uses them complains.
FEWEST_LATE, LATE_SHARE = 3, 5
SYN_REASONS = (
    "it or its answer was lost, the other end's queue was full, or one of several back ends of a service does not "
    "answer"
)
# A first packet that is masqueraded on its way into a tunnel (kernel: net/netfilter/nf_nat_proto.c, before 5.7).
VXLAN_REASON = (
    "its checksum in the tunnel was wrong, as some kernels leave it on packets that they translate "
    "(ethtool -K {device} tx-checksum-ip-generic off)"
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
        first = row or next(iter(some.telling), None)
        if first is None or point is None or not _tells(point, judgement.facts, first):
            continue
        if row is not None:
            yield _connection(some, row, point, capture) if table == CONNECTIONS else _query(some, row, capture)
        elif table == CONNECTIONS and _are_many(some):
            yield _connections(some, point)


def _connection(some: ExchangeBin, row: QuestionRow, point: PointFacts, capture: Capture) -> Remark:
    port = f" port {row.dst_port}" if isinstance(row, PortRow) else ""
    example = f"{format_address(row.src)}'s to {format_address(row.dst)}{port}"
    after = format_duration(row.rtt or 0)
    sentence = f"{_share(some, point)}, as {example}, answered after {after}"
    return Remark(
        f"{sentence} (frame {row.frames[0]} of {clean(capture.source.short_name)}): {_reasons(point)}",
        short=f"a connection, {example}, was answered only to its SYN number {row.requests}, after {after}",
        warning=sentence if _are_many(some) else "",
    )


def _connections(some: ExchangeBin, point: PointFacts) -> Remark:
    """Where the few samples that are kept of a bin are all of prompt answers."""
    sentence = _share(some, point)
    return Remark(f"{sentence}: {_reasons(point)}", short=sentence, warning=sentence)


def _share(some: ExchangeBin, point: PointFacts) -> str:
    return f"{max(1, _late(some))} of {some.count} answered connections from {point.name} had to send the SYN again"


def _are_many(some: ExchangeBin) -> bool:
    return _late(some) >= FEWEST_LATE and _late(some) * LATE_SHARE >= some.count


def _reasons(point: PointFacts) -> str:
    in_vxlan = encap_of(point.name) == "vxlan"
    return f"{VXLAN_REASON.format(device=point.name)}, or {SYN_REASONS}" if in_vxlan else SYN_REASONS


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


def _late(some: ExchangeBin) -> int:
    """How many of a bin were answered so late that their SYN had been sent again."""
    late = sum(count for bucket, count in some.buckets.items() if middle_of(bucket) >= SOONEST)
    return min(late, some.requests - some.count)


def _is_late(row: QuestionRow) -> bool:
    return row.rtt is not None and row.rtt >= SOONEST
