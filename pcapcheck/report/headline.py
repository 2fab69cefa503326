"""The verdict in one word and one line that a tired person understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.analysis import Analysis
from pcapcheck.capture.recording_note import RECORDING_ENDED
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.report.accepted import expired
from pcapcheck.report.checked import RULES_NAMED, asks_nobody, counted, not_judged, not_there, what_answered
from pcapcheck.report.counts import measured
from pcapcheck.report.failed_pairs import names_several, others, share_of
from pcapcheck.report.icmp_errors import answered_by_error
from pcapcheck.report.loss_sentences import partial_loss
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Evidence, Finding, ordered, passes_now
from pcapcheck.table_names import STATE
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis

# The heading of a report that passes but has something to look at.
WARN = "warn"
HEADINGS = {FAIL: "FAIL", WARN: "WARN", PASS: "PASS", NOT_CHECKED: "NOT CHECKED"}


def heading(analysis: Analysis) -> str:
    """The verdict, FAIL, PASS or NOT_CHECKED; WARN for a pass that its reader should look at.

    Such a pass has a warning, an unanswered question, an error about a question that was not recorded, a state
    that two files show differently, a recording that ended before it was to, or an acceptance of something that passes
    now. Where no rule could be checked, so does a question that was followed to where it was seen last.
    """
    if analysis.verdict == NOT_CHECKED and any(question.last_seen is not None for question in analysis.asked_in_vain):
        return WARN
    if analysis.verdict == PASS and (
        analysis.warnings
        or analysis.asked_in_vain
        or any(remark.warning for remark in analysis.remarks)
        or any(finding.passing for finding in analysis.findings)
        or _ended_early(analysis)
    ):
        return WARN
    return analysis.verdict


def headed(analysis: Analysis) -> str:
    """The heading in words, as in ``PASS WITH 1 ACCEPTED FAILURE``."""
    accepted = len(analysis.accepted)
    said = f" WITH {accepted} ACCEPTED FAILURE{'' if accepted == 1 else 'S'}" if accepted else ""
    return HEADINGS[heading(analysis)] + said


def headline(analysis: Analysis) -> str:
    """One sentence without a full stop."""
    if analysis.error:
        return analysis.error
    kind = heading(analysis)
    if kind == FAIL:
        return _failure(analysis)
    if analysis.verdict == NOT_CHECKED:
        return _unchecked(analysis)
    accepted = [finding.rule.id for finding in ordered(analysis.accepted)]
    answered = what_answered(analysis)
    if kind == WARN:
        said = "; ".join(part for part in (_warning(analysis), answered) if part)
    else:
        said = (answered or counted(analysis)) + not_judged(analysis) + asks_nobody(analysis) + not_there(analysis)
        said += "" if answered else _seen(analysis)
    return said + (f"; {_listed(accepted)} failed, which is accepted" if accepted else "")


def _listed(names: list[str]) -> str:
    """``a``, ``a and b``, ``a, b, c and 2 more``."""
    shown, more = names[:RULES_NAMED], len(names) - RULES_NAMED
    parts = [*shown, f"{more} more"] if more > 0 else shown
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def _warning(analysis: Analysis) -> str:
    """The first warning or unanswered question; the rest is counted."""
    said = [_why(analysis, [finding]) + _blame(analysis, finding) for finding in ordered(analysis.warnings)]
    said += [_question(question) + _blame_of(analysis, question) for question in analysis.asked_in_vain]
    said += [remark.warning for remark in analysis.remarks if remark.warning]
    said += [line for finding in ordered(analysis.findings) for line in passes_now(finding)]
    said += _ended_early(analysis)
    return said[0] + (f" (and {len(said) - 1} more)" if len(said) > 1 else "")


def _ended_early(analysis: Analysis) -> list[str]:
    """What is said of recordings that ended before they were to."""
    return [
        f"a recording ended early: {clean(problem.message)}"
        for capture in analysis.captures
        for problem in capture.problems
        if problem.kind == RECORDING_ENDED
    ]


def _question(question: Unanswered) -> str:
    return f"{question.sentence} ({question.often})"


def _unchecked(analysis: Analysis) -> str:
    """Unanswered questions; then why nothing was checked.

    An unknown row says more than a missing row.
    """
    reason = max(ordered(analysis.findings), key=lambda finding: bool(finding.unknown)).reason
    asked = analysis.asked_in_vain
    if asked:
        more = f" (and {len(asked) - 1} more)" if len(asked) > 1 else ""
        return f"{_question(asked[0])}{_blame_of(analysis, asked[0])}{more}; no rule could be checked: {reason}"
    return f"nothing could be checked: {reason}" + _seen(analysis)


def _seen(analysis: Analysis) -> str:
    """Traffic that no rule is about, if there is little else to say."""
    seen = next((remark.short for remark in analysis.remarks if remark.short), "")
    return f"; but {seen}" if seen else ""


def _failure(analysis: Analysis) -> str:
    """The first failure; or the first unmet demand, if no failure counts."""
    failed = ordered(analysis.failures)
    if not failed:
        more = f" (and {len(analysis.unmet) - 1} more)" if len(analysis.unmet) > 1 else ""
        return analysis.unmet[0].text + more
    rules = len(failed) - 1
    more = f"; {rules} more rule{'s' if rules > 1 else ''} failed" if rules else ""
    lead = failed[0]
    why = answered_by_error(analysis, failed) or partial_loss(analysis, lead)
    # The other pairs follow whose failure it is; sentences about errors and shares cover all pairs already.
    also = others(analysis, lead, _telling(lead)) if not why and lead.evidence and not lead.measures else ""
    # A sentence about sizes says already which of them pass.
    size = "" if "bytes" in why else _size(_diagnosis(analysis, lead))
    said = (why or failure(lead, analysis)) + size + _blame(analysis, lead) + also + more + expired(lead)
    asked = analysis.asked_in_vain
    if asked and all(finding.rule.table == STATE for finding in failed):
        # Packets come before the node's state, and name who asked whom.
        return f"{_question(asked[0])}; {said}"
    return said


def _blame(analysis: Analysis, finding: Finding) -> str:
    """Who is at fault or is not, if the first cause of the failure says so."""
    return _first_words(_diagnosis(analysis, finding))


def _diagnosis(analysis: Analysis, finding: Finding) -> Diagnosis | None:
    return next((diagnosis for diagnosis in analysis.diagnoses if finding.rule.id in diagnosis.case.failed), None)


def _blame_of(analysis: Analysis, question: Unanswered) -> str:
    """The same for a question that nobody answered."""
    about = next((diagnosis for diagnosis in analysis.diagnoses if question in diagnosis.questions), None)
    if question.error_reply is not None and question.last_seen is None:
        # Who turned it away may be the node itself: nothing shows that one sent it on.
        return _size(about)
    return _size(about) + _first_words(about)


def _size(about: Diagnosis | None) -> str:
    """Which packets pass, if only large ones are lost."""
    evidence = about.packet_evidence if about is not None else {}
    passed = evidence.get("size.arrived")
    return f"; those of up to {passed} bytes pass" if evidence.get("by_size") is True and passed is not None else ""


def _first_words(about: Diagnosis | None) -> str:
    words = about.suspects[0].cause.headline if about is not None and about.suspects else ""
    return f"; {words}" if words else ""


def _why(analysis: Analysis, failed: list[Finding]) -> str:
    """The first failure in one sentence: the error behind it, or the share of questions that it affects."""
    return answered_by_error(analysis, failed) or partial_loss(analysis, failed[0]) or failure(failed[0], analysis)


def failure(finding: Finding, analysis: Analysis) -> str:
    """A failed rule in one sentence, with how many rows failed or what its aggregates came to.

    The number is that of the pair that the sentence names; if it is unknown, the sentence says so.
    """
    first = _telling(finding).headline if finding.evidence else ""
    often = f" ({', '.join(measured(finding))})" if finding.measures else _often(finding, analysis)
    return (first or f'"{finding.rule.title}" does not hold') + often


def _often(finding: Finding, analysis: Analysis) -> str:
    """How many rows failed out of how many, if there are several."""
    first = _telling(finding) if finding.evidence else None
    between = (first.share or share_of(analysis, finding, first)) if first is not None else None
    if between is not None and 0 < between[0] <= finding.failed == finding.counted:
        return f" ({between[0]} of {between[1]})" if between[1] > 1 else ""
    if finding.checked < 2:
        return ""
    return f" ({finding.counted} of {finding.checked}{' in total' if names_several(finding) else ''})"


def _telling(finding: Finding) -> Evidence:
    """The first row that failed; of several between the same two, one that an ICMP error ended, which says why."""
    first = finding.evidence[0]
    between = [first.row.get(name) for name in ("src", "dst", "dst_port")]
    refused = (
        row
        for row in finding.evidence
        if row.row.get("refusal") and [row.row.get(name) for name in ("src", "dst", "dst_port")] == between
    )
    return next(refused, first)
