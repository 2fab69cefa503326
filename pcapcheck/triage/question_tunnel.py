"""The tunnel of a question: what was around its packets where a node's card recorded them, and nothing was followed."""

from __future__ import annotations

from pcapcheck.calico import TUNNELS
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.values import Value, as_text


def question_tunnel(case: Case, judgement: Judgement) -> dict[str, Value | None]:
    """Columns of a case about a question that no rule is about; none if its packets were in no tunnel of Calico's."""
    question = case.question
    if question is None or not question.frames or judgement.followed.between(question.asker, question.asked):
        return {}
    point = judgement.facts.point(question.capture, question.group)
    if point is None or point.kind in ("pod-link", "tunnel"):
        return {}
    try:
        rows = rows_of(judgement.captures[question.capture], judgement.reading, {question.frames[0]})
        row = next(iter(rows), None)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return {}
    encap = as_text(row.encap) if row is not None else None
    if row is None or encap not in TUNNELS or row.ip_src != question.asker:
        return {}
    # What comes from there in a tunnel comes from whom its packets are sent to, if nobody translates between the nodes.
    ends = {group.source for group in point.groups.values() if group.ip_src == question.asked} - {question.asked, None}
    return {
        "encap": encap,
        "outer.src": row.outer_src,
        "outer.dst": row.outer_dst,
        "outer.differs": row.outer_dst not in ends if ends else None,
    }
