"""What is said of failures: where packets were seen last, and why. A healthy capture loads none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import FAIL
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.load import Ruleset

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.known_state import KnownState
    from pcapcheck.triage.pods import Pods


def locate(judgement: Judgement, state: State | None) -> Judgement:
    """Add where packets that failed were seen last, and who sent ICMP errors."""
    if not (judgement.unanswered or _has_failed(judgement)):
        return judgement
    from pcapcheck.triage.senders import name_senders
    from pcapcheck.triage.whereabouts import locate as locate_all

    located = name_senders(locate_all(judgement), state)
    if state is None:
        return located
    # Loads what a node's state is made of, which captures alone do not need.
    from pcapcheck.triage.traced_chains import in_chains

    return in_chains(located, state)


def explain(
    judgement: Judgement, ruleset: Ruleset, known: KnownState | None, pods: Pods | None = None
) -> list[Diagnosis]:
    """The causes of the failures. Loaded only if something failed: a healthy capture needs none of it."""
    if not (judgement.asked_in_vain or _has_failed(judgement)):
        judgement = _with_last_questions(judgement)
        if not judgement.asked_in_vain:
            return []
    from pcapcheck.triage.add_causes import examine

    return examine(judgement, ruleset, known, pods)


def _with_last_questions(judgement: Judgement) -> Judgement:
    """What ends a printed text and was not answered in it, as questions: nothing else there needs a reason."""
    printed = {point.key[0] for point in judgement.points if point.capture_point.interface.printed}
    if not any(capture.open_count for capture in judgement.captures if capture.number in printed):
        return judgement
    from pcapcheck.questions.last_questions import is_printed, last_questions

    found = last_questions(judgement.captures, judgement.facts, judgement.followed.found)
    return replace(
        judgement,
        unanswered=[each for each in found if is_printed(each, judgement.facts)],
    )


def with_traces(analysis: Analysis, state: State | None) -> Analysis:
    """The analysis with the packets that netfilter traced or logged."""
    if state is None or not any(host.traces for host in state.hosts):
        return analysis
    from pcapcheck.triage.trace_rows import trace_rows

    return replace(analysis, traces=trace_rows(analysis, state))


def _has_failed(judgement: Judgement) -> bool:
    return any(finding.status == FAIL for finding in judgement.findings)
