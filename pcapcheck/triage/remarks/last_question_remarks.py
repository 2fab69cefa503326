"""Remarks on last questions: nobody knows whether an answer came after the recording ended."""

from __future__ import annotations

from pcapcheck.capture.reread import read_again
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.answered_elsewhere import come_in_elsewhere, way_of_answers
from pcapcheck.questions.last_questions import KINDS, answers_come, asked_last, is_printed
from pcapcheck.questions.silent_hosts import PROTOCOLS, WORDS
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ECHO
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

TABLES = {PROTOCOLS[table]: table for table in KINDS}


def last_question_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per kind of question."""
    # What is known of a question that came to nothing says more.
    said = {(question.capture, question.asker, question.asked) for question in judgement.unanswered}
    return [
        _on(judgement, question)
        for question in asked_last(judgement.captures, judgement.facts)
        if (question.capture, question.asker, question.asked) not in said
    ]


def _on(judgement: Judgement, question: Unanswered) -> Remark:
    answers = way_of_answers(question, judgement.followed.found)
    elsewhere = come_in_elsewhere(question, answers, judgement.facts, judgement.captures[question.capture])
    return _remark(judgement, question) if elsewhere is None else _answered_elsewhere(judgement, elsewhere)


def _answered_elsewhere(judgement: Judgement, question: Unanswered) -> Remark:
    capture = judgement.captures[question.capture]
    return Remark(
        f"{question.sentence} (frame {question.frames[0]} of {clean(capture.source.short_name)}): no fault as long as "
        "nothing on the way wants to see both directions; with rp_filter 1 the host drops what comes in by another "
        "interface than its route back leads out of (sysctl net.ipv4.conf.all.rp_filter)",
        short=question.sentence,
    )


def _remark(judgement: Judgement, question: Unanswered) -> Remark:
    capture, frame = judgement.captures[question.capture], question.frames[0]
    sentence = question.sentence
    if question.protocol == "TCP" and _pings_pass(judgement, capture, frame):
        sentence += ", while pings through VXLAN are answered, as with a broken checksum offload"
    table = TABLES[question.protocol]
    others = "" if answers_come(judgement.captures, judgement.facts, table) else f", nor has any other {WORDS[table]}"
    asked = f"asked {question.attempts} times, first in " if question.attempts > 1 else ""
    return Remark(
        f"{sentence} ({asked}frame {frame} of {clean(capture.source.short_name)}){others}: if none came later "
        "it was lost, or nobody answers; record longer, and the next interface on the way too",
        short=sentence,
        # People copy out of a terminal what puzzles them; what tcpdump itself looks up is no part of that.
        warning=sentence
        if is_printed(question, judgement.facts) and not _is_reverse_lookup(capture, question, frame)
        else "",
    )


def _is_reverse_lookup(capture: Capture, question: Unanswered, frame: int) -> bool:
    """Whether it asks for the name of an address, as tcpdump does without -n, of what it prints."""
    if question.protocol != "DNS":
        return False
    try:
        return any(
            again.text is not None and " PTR? " in again.text.words for again in read_again(capture.source, {frame})
        )
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return False


def _pings_pass(judgement: Judgement, capture: Capture, frame: int) -> bool:
    """Whether a SYN and an answered ping were both recorded in VXLAN: what only TCP loses there is its checksum's."""
    pinged = [some for some in capture.exchanges.paired.bins_of(ECHO) if some.outcome == "replied"]
    if not pinged:
        return False
    try:
        rows = rows_of(capture, judgement.reading, {frame, pinged[0].samples[0].frames[0]})
        return all(row.encap == "vxlan" for row in rows)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return False
