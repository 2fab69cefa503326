"""Remarks on pairs of DNS queries that connection tracking sent apart: one of them goes where nobody waits for it."""

from __future__ import annotations

from pcapcheck.questions.parted_queries import PartedQueries, parted_queries
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

MOST = 3


def dns_race_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per asker and resolver, the first few of them."""
    return [_remark(judgement, pair) for pair in parted_queries(judgement.captures, judgement.facts)[:MOST]]


def _remark(judgement: Judgement, pair: PartedQueries) -> Remark:
    here, there = map(clean, pair.interfaces)
    sentence = (
        f"two DNS queries of {format_address(pair.src)} to {format_address(pair.dst)}, sent at once from one port, are "
        f"both translated to {format_address(pair.back_end)} and leave by {here} and by {there}"
    )
    file = clean(judgement.captures[pair.capture].source.short_name)
    first, second = pair.frames
    return Remark(
        f"{sentence} (frames {first} and {second} of {file}): the two met in connection tracking, which routed the "
        "second for another back end; it is lost, and asked again after 5 s (conntrack -S: insert_failed; node-local "
        "DNS, or options single-request-reopen in resolv.conf)",
        short=sentence,
        warning=sentence,
    )
