"""Remarks on DNS queries that were answered and yet help nobody, where no rule is about them.

A server that fails or refuses (RFC 1035, section 4.1.1); and a query that is asked again although it was answered,
after as long as a resolver waits. It waits for both of its queries, A and AAAA, that it sends from one port: if one of
them, or one of the answers, is lost on the way, it asks both again (glibc: resolv/res_send.c; musl: res_msend.c).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import DNS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_duration

ANSWERED = "replied"
# What is said of pods, on their links.
RULE = "dns-not-refused"
FAILURES = ("servfail", "refused")
# Where fewer than one answer in this many fails, the owner of a name may be at fault.
SHARE = 2
# Nanoseconds. A resolver waits 1 s (timeout:1) to 10 s before it asks again; sooner it asks another server.
SOONEST, LATEST = 900_000_000, 11_000_000_000
# A resolver gives up after two tries, unless its file has another number (resolv.conf(5): attempts).
MOST_TRIES = 3
MOST = 2
SERVER_REASONS = (
    "packets pass both ways; the server, or one that it asks in turn, has no answer (its log; /etc/resolv.conf of the "
    "server; dig @ the next server from there)"
)
AGAIN_REASONS = (
    "its resolver did not get this answer, or the one to its other query (AAAA next to A) of the same port; connection "
    "tracking drops the second of two first packets, which then is not recorded at all (conntrack -S: does "
    "insert_failed grow? options single-request-reopen in resolv.conf, or node-local DNS)"
)


class FailingServer(Struct):
    """Queries of one host to a server at a capture point: how many were answered, and how many of those failed."""

    answered: int = 0
    failed: int = 0
    example: DnsRow | None = None


def failed_lookup_remarks(judgement: Judgement) -> list[Remark]:
    """The worst few, and the first query that was asked again."""
    return [*_failures(judgement)[:MOST], *_asked_again(judgement)[:1]]


def _failures(judgement: Judgement) -> list[Remark]:
    found: dict[tuple[int, int, int], FailingServer] = {}
    if any(finding.failed for finding in judgement.findings if finding.rule.id == RULE):
        # It says of the pods what others would say again, after address translation.
        return []
    for capture, some, point, rows in _answered(judgement):
        row = rows[0]
        if point.kind == "pod-link":
            continue
        sums = found.setdefault((capture.number, row.src, row.dst), FailingServer())
        sums.answered += some.count
        # tcpdump itself asks for the names of the addresses that it prints.
        if row.rcode in FAILURES and row.type != "PTR":
            sums.failed += some.count
            sums.example = sums.example or row
    worst = sorted(found.items(), key=lambda each: -each[1].failed)
    return [_failure(judgement, key, sums) for key, sums in worst if sums.failed * SHARE >= sums.answered > 0]


def _failure(judgement: Judgement, key: tuple[int, int, int], sums: FailingServer) -> Remark:
    number, asker, server = key
    row = sums.example
    assert row is not None
    assert row.rcode is not None
    asked = f"{row.type} {clean(row.name)}" if row.name else "a name"
    after = f", after {format_duration(row.rtt)}" if row.rtt else ""
    sentence = (
        f"{format_address(server)} answers {sums.failed} of {sums.answered} DNS queries of {format_address(asker)} "
        f"with {row.rcode.upper()}, as for {asked}{after}"
    )
    file = clean(judgement.captures[number].source.short_name)
    text = f"{sentence} (frame {row.frames[0]} of {file}): {SERVER_REASONS}"
    return Remark(text, short=sentence, warning=sentence)


def _asked_again(judgement: Judgement) -> list[Remark]:
    by_query: dict[tuple[int, object, int, int, int | None, int, str | None], list[DnsRow]] = {}
    for capture, _, point, rows in _answered(judgement):
        for row in rows:
            if row.src_port is not None and row.time is not None:
                key = (capture.number, point.key, row.src, row.dst, row.src_port, row.ident, row.type)
                by_query.setdefault(key, []).append(row)
    remarks = []
    for (number, *_), same in by_query.items():
        if len(same) > MOST_TRIES:
            # Whoever asks for the same again and again watches the server.
            continue
        for one, other in pairwise(sorted(same, key=lambda row: row.time or 0)):
            waited = (other.time or 0) - (one.time or 0) - (one.rtt or 0)
            if SOONEST <= waited <= LATEST and one.name == other.name:
                remarks.append(_again(judgement, number, one, other, waited))
                break
    return remarks


def _again(judgement: Judgement, number: int, one: DnsRow, other: DnsRow, waited: int) -> Remark:
    asked = f"for {one.type} {clean(one.name)} " if one.name else ""
    sentence = (
        f"{format_address(one.src)} asks {format_address(one.dst)} {asked}again {format_duration(waited)} after it was "
        "answered"
    )
    file = clean(judgement.captures[number].source.short_name)
    text = f"{sentence} (frames {one.frames[0]} and {other.frames[0]} of {file}): {AGAIN_REASONS}"
    return Remark(text, short=sentence, warning=sentence)


def _answered(judgement: Judgement) -> Iterator[tuple[Capture, ExchangeBin, PointFacts, list[DnsRow]]]:
    """Bins of answered queries; of a pod whose link was recorded, only what that shows."""
    for capture in judgement.captures:
        for some in capture.exchanges.paired.bins_of(DNS):
            point = judgement.facts.point(capture.number, some.group)
            rows = [row for row in some.samples if isinstance(row, DnsRow)]
            if point is None or not point.judged or some.outcome != ANSWERED or not rows:
                continue
            if point.kind == "pod-link" or rows[0].src not in judgement.facts.pod_ips:
                yield capture, some, point, rows
