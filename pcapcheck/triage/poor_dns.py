"""Poor DNS: whether queries that are answered late were late at the server as well, as columns that causes ask for."""

from __future__ import annotations

from dataclasses import dataclass, field

from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.questions.poor_answers import durations_of, is_prompt
from pcapcheck.questions.unanswered import LATE
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import DNS
from pcapcheck.triage.case import Case
from pcapcheck.values import Value, clean, format_duration


@dataclass
class PoorDns:
    """Columns of a case, and what shows them, by column."""

    columns: dict[str, Value | None] = field(default_factory=dict)
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)


def poor_dns(case: Case, judgement: Judgement) -> PoorDns:
    """``server.prompt`` and ``answers.missing`` for a question about late answers; nothing for others."""
    question, found = case.question, PoorDns()
    if question is None or question.poor != LATE:
        return found
    found.columns = {"server.prompt": None, "answers.missing": question.attempts > question.answers}
    there = _at_the_server(case, judgement)
    if there:
        name, answers = min(there.items())
        took = durations_of(answers)
        found.columns["server.prompt"] = is_prompt(took)
        file = clean(judgement.captures[name[0]].source.short_name)
        frames = ", ".join(str(answer.frames[0]) for some in answers for answer in some.samples[:1])
        found.lines["server.prompt"] = (
            f"on {name[1]}, its own link, it answers after up to {format_duration(took.most or 0)} "
            f"(the query is frame {frames} of {file})",
        )
    return found


def _at_the_server(case: Case, judgement: Judgement) -> dict[tuple[int, str], list[ExchangeBin]]:
    """What pods' links other than the asker's show of its queries, by capture and interface.

    A service's address has been translated there, the asker's has not.
    """
    lead = case.lead
    there: dict[tuple[int, str], list[ExchangeBin]] = {}
    for capture in judgement.captures:
        for some in capture.exchanges.paired.bins_of(DNS):
            point = judgement.facts.point(capture.number, some.group)
            if point is None or point is lead.link or point.kind != "pod-link" or some.outcome != "replied":
                continue
            if some.samples[0].src == lead.pod:
                there.setdefault((capture.number, point.name), []).append(some)
    return there
