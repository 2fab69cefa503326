"""Late DNS: whether queries that are answered late were late at the server as well, as columns that causes ask for."""

from __future__ import annotations

from pcapcheck.exchanges.dns_row import is_late
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.links.capture_points import PointKey
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import DNS
from pcapcheck.triage.case import Case
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import clean, format_duration

PROMPT_RULE = "dns-prompt"


def late_dns(case: Case, judgement: Judgement) -> QuotedColumns:
    """``server.prompt`` and ``answers.missing`` for a failure of late answers; nothing for others."""
    found = QuotedColumns()
    if PROMPT_RULE not in case.failed:
        return found
    answered = _answered(case, judgement)
    here = answered.pop(case.lead.link.key, []) if case.lead.link is not None else []
    asked, answers = sum(some.requests for some in here), sum(some.count + some.duplicates for some in here)
    found.columns = {"server.prompt": None, "answers.missing": asked > answers if here else None}
    if answered:
        # A service's address has been translated at the server, the asker's has not.
        key, there = min(answered.items(), key=lambda item: str(item[0]))
        slowest = max(there, key=lambda some: some.most or 0)
        found.columns["server.prompt"] = not any(is_late(some.samples[0]) for some in there)
        name, file = judgement.facts.points[key].name, clean(judgement.captures[key[0]].source.short_name)
        found.lines["server.prompt"] = (
            f"on {name}, its own link, it answers after up to {format_duration(slowest.most or 0)} "
            f"(a query is frame {slowest.samples[0].frames[0]} of {file})",
        )
    return found


def _answered(case: Case, judgement: Judgement) -> dict[PointKey, list[ExchangeBin]]:
    """Which of its queries were answered, by the pod's link that shows them."""
    answered: dict[PointKey, list[ExchangeBin]] = {}
    for capture in judgement.captures:
        for some in capture.exchanges.paired.bins_of(DNS):
            point = judgement.facts.point(capture.number, some.group)
            if point is None or point.kind != "pod-link" or some.outcome != "replied":
                continue
            if any(sample.src == case.lead.pod for sample in some.samples):
                answered.setdefault(point.key, []).append(some)
    return answered
