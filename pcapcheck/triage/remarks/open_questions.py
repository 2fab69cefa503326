"""Remarks on open questions: those that nobody answered and that no rule is about."""

from __future__ import annotations

from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import CAME_BACK, Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

SHOWN = 5
FRAMES_SHOWN = 4


def open_question_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per question, for the first few of them."""
    unanswered = judgement.unanswered
    remarks = [_remark(question, judgement.captures[question.capture]) for question in unanswered[:SHOWN]]
    if len(unanswered) > SHOWN:
        rest = unanswered[SHOWN:]
        came_back = all(question.doubt == CAME_BACK for question in rest)
        which = "whose answers came back on another interface" if came_back else "without an answer"
        remarks.append(Remark(f"and {len(rest)} more question{'s' if len(rest) > 1 else ''} {which}"))
    return remarks


def _remark(question: Unanswered, capture: Capture) -> Remark:
    frames = f"frame{'s' if len(question.frames) > 1 else ''} {', '.join(map(str, question.frames[:FRAMES_SHOWN]))}"
    # The sentence may name the interface already, as the one where the question was seen last.
    here = "" if question.interface in question.sentence else f"on {question.interface} "
    where = f"{here}({question.often}; {frames} of {clean(capture.source.short_name)})"
    doubt = f", which proves nothing here: {question.doubt}" if question.doubt else ""
    meaning = f": {question.meaning}" if question.meaning and not question.doubt else ""
    return Remark(f"{question.sentence} {where}{doubt}{meaning}")
