"""A snapshot: what an analysis comes to, small enough to be handed from process to process every second."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from pcapcheck.analysis import Analysis
from pcapcheck.exchanges.sums import AskerSums, Durations, middle_of
from pcapcheck.report.counts import totals
from pcapcheck.report.exit import exit_code
from pcapcheck.report.headline import failure, heading
from pcapcheck.report.pod_names import with_names
from pcapcheck.report.pod_rows import badness, pod_names
from pcapcheck.report.pod_sums import PodSummary, each_pod
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding, ordered
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.values import clean

# Pods, failures and frames of one failure that a snapshot holds.
MOST_PODS = 1000
MOST_FAILURES = 100
MOST_FRAMES = 20
QUESTION = "question"
# The kind of problem of a capture in which nothing is, or nothing so far.
NO_PACKETS = "empty"


class Tally(Struct, frozen=True):
    """The questions of one kind: ``open`` are those whose answer may still come, ``unknown`` those nobody can tell.

    ``rtt`` holds minimum, median, 99th percentile and maximum of the time until the answer (nanoseconds).
    """

    asked: int = 0
    answered: int = 0
    lost: int = 0
    open: int = 0
    unknown: int = 0
    rtt: tuple[int, int, int, int] | None = None


class WatchedPod(Struct, frozen=True):
    """A pod with its questions by kind: ``arp``, ``dns``, ``connections`` (TCP) and ``echo``."""

    name: str
    link: str
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        return sum(tally.lost for tally in self.tallies.values())


class WatchedFailure(Struct, frozen=True):
    """A rule that fails on one link, or a question that nobody answered and no rule is about (``rule`` is then empty).

    ``sentence`` says what failed, ``cause`` what is most likely the cause, ``command`` what settles that;
    ``is_proved``: the packets or the node's state show that it is. ``table`` is what the rule is about; ``time`` that
    of the first row shown, ``frames`` are in the capture with the number ``capture``.
    """

    rule: str
    link: str
    severity: str
    table: str
    sentence: str
    failed: int
    checked: int
    cause: str = ""
    command: str = ""
    is_proved: bool = False
    time: int | None = None
    capture: int = 0
    frames: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What it has in common with the same failure in another snapshot."""
        return self.rule, self.link, "" if self.rule else self.sentence


class Snapshot(Struct, frozen=True, tag=True):
    """The analysis at one moment. ``clock`` is the capture's (nanoseconds since 1970), ``frames`` how many were read.

    ``heard_by_all`` is the time that all streams have come to: what one shows by then is missing in the others.

    ``answer_times`` counts answers by kind and by how long they took (nanoseconds, within 1 %); ``more_pods`` are those
    beyond ``pods``, which are sorted with the worst first. ``heading`` as the report has it.
    """

    clock: int | None
    frames: int
    drops: int
    verdict: str
    heading: str
    headline: str
    exit_code: int
    words: str
    open: int
    pods: tuple[WatchedPod, ...]
    more_pods: int
    failures: tuple[WatchedFailure, ...]
    problems: tuple[str, ...]
    answer_times: dict[str, dict[int, int]]
    heard_by_all: int | None = None


def snapshot_of(
    analysis: Analysis, clock: int | None, is_last: bool = True, heard_by_all: int | None = None
) -> Snapshot:
    """What is shown of an analysis while streams are watched; before the end, one without packets is no problem."""
    summaries = each_pod(analysis)
    asking = sorted((each for each in summaries if any(sums.total for _, sums in each.every_tally)), key=badness)
    shown = asking[:MOST_PODS]
    pods = [_pod(_named(analysis, name), pod) for name, pod in zip(pod_names(shown), shown, strict=True)]
    return Snapshot(
        clock=clock,
        frames=sum(capture.frames for capture in analysis.captures),
        drops=sum(interface.drops for capture in analysis.captures for interface in capture.interfaces),
        verdict=analysis.verdict,
        heading=heading(analysis),
        headline=_named(analysis, analysis.headline),
        exit_code=exit_code(analysis),
        words=totals(analysis).words,
        open=sum(capture.open_count for capture in analysis.captures),
        pods=tuple(pods),
        more_pods=len(asking) - len(shown),
        failures=tuple(_failures(analysis))[:MOST_FAILURES],
        problems=tuple(
            clean(problem.message)
            for capture in analysis.captures
            for problem in capture.problems
            if is_last or problem.kind != NO_PACKETS
        ),
        answer_times=_answer_times(summaries),
        heard_by_all=heard_by_all,
    )


def _named(analysis: Analysis, text: str) -> str:
    return clean(with_names(text, analysis.pods))


def _pod(name: str, summary: PodSummary) -> WatchedPod:
    return WatchedPod(
        name, clean(summary.link.name), {table: _tally(sums) for table, sums in summary.every_tally if sums.total}
    )


def _tally(sums: AskerSums) -> Tally:
    outcomes = sums.outcomes
    answered = outcomes["replied"] + outcomes["answered"]
    return Tally(
        sums.total, answered, sums.settled - answered, outcomes["in-flight"], sums.unknown, _rtt(sums.durations)
    )


def _rtt(times: Durations) -> tuple[int, int, int, int] | None:
    figures = times.least, times.quantile(0.5), times.quantile(0.99), times.most
    least, median, high, most = figures
    if least is None or median is None or high is None or most is None:
        return None
    return least, median, high, most


def _answer_times(summaries: list[PodSummary]) -> dict[str, dict[int, int]]:
    times: dict[str, Durations] = {}
    for summary in summaries:
        for table, sums in summary.every_tally:
            times.setdefault(table, Durations()).merge(sums.durations)
    return {
        table: {middle_of(bucket): count for bucket, count in all_.buckets.items()}
        for table, all_ in times.items()
        if all_.count
    }


def _failures(analysis: Analysis) -> Iterator[WatchedFailure]:
    for finding in ordered([finding for finding in analysis.findings if finding.status == FAIL]):
        by_link: dict[tuple[int, str], list[Evidence]] = {}
        for evidence in finding.evidence:
            by_link.setdefault((evidence.capture, evidence.interface), []).append(evidence)
        for (capture, link), rows in by_link.items():
            sentence = rows[0].headline or failure(finding, analysis)
            yield WatchedFailure(
                finding.rule.id,
                clean(link),
                finding.rule.severity,
                finding.rule.table,
                _named(analysis, sentence),
                finding.failed,
                finding.checked,
                *_cause(_diagnosis(analysis, finding, link)),
                rows[0].time,
                capture,
                tuple(frame for row in rows for frame in row.frames)[:MOST_FRAMES],
            )
    for question in analysis.asked_in_vain:
        about = next((each for each in analysis.diagnoses if question in each.questions), None)
        yield WatchedFailure(
            "",
            clean(question.interface),
            "warning",
            QUESTION,
            _named(analysis, question.sentence),
            question.times,
            question.times,
            *_cause(about),
            None,
            question.capture,
            question.frames[:MOST_FRAMES],
        )


def _diagnosis(analysis: Analysis, finding: Finding, link: str) -> Diagnosis | None:
    """What explains the failures of a rule on a link; else what explains some of them."""
    about = [diagnosis for diagnosis in analysis.diagnoses if finding.rule.id in diagnosis.case.failed]
    here = [diagnosis for diagnosis in about if diagnosis.case.lead.evidence.interface == link]
    return next(iter(here or about), None)


def _cause(diagnosis: Diagnosis | None) -> tuple[str, str, bool]:
    """The likeliest cause, the command that settles it, and whether it is confirmed."""
    suspects = [*diagnosis.confirmed, *diagnosis.possible] if diagnosis is not None else []
    if not suspects:
        return "", "", False
    first = suspects[0]
    return clean(first.title), clean(next(iter(first.confirm), "")), bool(diagnosis and diagnosis.confirmed)
