"""Remarks on questions without an answer that, sent on under other addresses, have one in the same text.

A service's address, or a node's port, is translated on the way there (RFC 3022): the asker's port and what it asks
stay. What answered the translated question came back as far as there, and no further. Recordings of several interfaces
are judged by rules about paths; a text seldom says where its lines were printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.silent_hosts import WORDS
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS, DNS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

BY_OTHERS = "answered by"
OPEN = ("in-flight", "unanswered")
# The same question is sent on at once (nanoseconds).
AT_ONCE = 50_000_000
MOST = 3


class Sent(Struct, frozen=True):
    """A question of ``table``, as one of its two sides shows it; ``alike`` is what its translation leaves alone."""

    table: str
    row: DnsRow | PortRow
    alike: tuple[object, ...]
    answered: bool


def answered_behind_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per asker and address, the first few of them."""
    return [remark for capture in judgement.captures for remark in _of(judgement, capture)][:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    questions = [sent for table in (DNS, CONNECTIONS) for sent in _sent(judgement, capture, table)]
    answered: dict[tuple[object, ...], list[Sent]] = {}
    for sent in questions:
        if sent.answered:
            answered.setdefault(sent.alike, []).append(sent)
    # That a back end's answer came untranslated says more.
    known = {(question.asker, question.asked) for question in judgement.unanswered if BY_OTHERS in question.fate}
    for sent in questions:
        twin = None if sent.answered else _twin(sent, answered.get(sent.alike, ()))
        if twin is not None and (sent.row.src, sent.row.dst) not in known:
            known.add((sent.row.src, sent.row.dst))
            yield _remark(capture, sent, twin)


def _sent(judgement: Judgement, capture: Capture, table: str) -> Iterator[Sent]:
    for some in capture.exchanges.paired.bins_of(table):
        point = judgement.facts.point(capture.number, some.group)
        if point is None or not point.capture_point.interface.printed:
            continue
        for row in some.samples:
            if some.outcome not in (*OPEN, "replied") or row.time is None:
                continue
            if isinstance(row, DnsRow):
                yield Sent(table, row, (DNS, row.src_port, row.ident, row.type), some.outcome not in OPEN)
            elif isinstance(row, PortRow):
                yield Sent(table, row, (table, row.src_port), some.outcome not in OPEN)


def _twin(sent: Sent, others: Sequence[Sent]) -> Sent | None:
    """The same question under another address, sent at once, and after it; two may not come from the same asker."""
    began = sent.row.time or 0
    found = [
        other for other in others if other.row.dst != sent.row.dst and 0 <= (other.row.time or 0) - began <= AT_ONCE
    ]
    return found[0] if len({other.row.dst for other in found}) == 1 else None


def _remark(capture: Capture, sent: Sent, twin: Sent) -> Remark:
    row, other = sent.row, twin.row
    what = f"{WORDS[sent.table]} to {format_address(row.dst)}"
    if isinstance(row, PortRow) and row.dst_port:
        what += f" port {row.dst_port}"
    sentence = (
        f"{format_address(row.src)}'s {what} has no answer in this text, and the same, sent on to "
        f"{format_address(other.dst)}, has one"
    )
    return Remark(
        f"{sentence} (frames {row.frames[0]}, {other.frames[0]} and {other.frames[-1]} of "
        f"{clean(capture.source.short_name)}): if the text holds all, the answer comes back as far as the node that "
        "translates it and no further: a firewall or a policy there drops it, connection tracking or an eBPF program "
        "no longer knows the question (INVALID, another way back), or no rule lets it out. Record the asker's own link "
        "and that node's interfaces at once; look at conntrack -L there, at iptables-save -c (FORWARD) and nstat",
        short=sentence,
        warning=sentence,
    )
