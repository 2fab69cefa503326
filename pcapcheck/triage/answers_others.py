"""Answers to others: whether a host answers another address on the card where it does not answer one.

Then it is there, and so is the way to it: what is different is the source. An address of a pod that leaves a node as it
is has no way back.
"""

from __future__ import annotations

from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.values import is_name, is_public


def answers_others(case: Case, judgement: Judgement) -> bool | None:
    """Of a question that no rule is about, off the pods' links; None where nobody else asked, or for a name."""
    question = case.question
    here = judgement.facts.point(question.capture, question.group) if question is not None else None
    if question is None or here is None or here.kind == "pod-link" or question.asked is None:
        return None
    if is_name(question.asker) or is_public(question.asker):
        return None
    outcomes = {
        some.outcome
        for some in judgement.captures[question.capture].exchanges.paired.all_bins()
        if (point := judgement.facts.point(question.capture, some.group)) is not None and point.key == here.key
        for row in some.samples
        if row.dst == question.asked and row.src != question.asker
    }
    return None if not outcomes else "replied" in outcomes
