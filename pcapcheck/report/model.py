"""The report as data: the words and numbers that every format prints.

``build_report`` makes it. Nothing here is changed later or has colours or markup. A format prints it and reads nothing
else: it opens no file and judges nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.paths import Paths
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.report.counts import Totals
from pcapcheck.report.icmp_errors import CountedError
from pcapcheck.report.path_summaries import PathSummary
from pcapcheck.report.pod_names import with_names
from pcapcheck.report.pod_sums import PodSummary
from pcapcheck.ruleset.demands import Unmet
from pcapcheck.ruleset.finding import Evidence, Finding
from pcapcheck.ruleset.rule import Rule
from pcapcheck.skipped import Skipped

if TYPE_CHECKING:
    from pcapcheck.links.question_losses import Losses
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.remarks.remark import Remark
    from pcapcheck.triage.suspect import Suspect
    from pcapcheck.triage.trace_rows import TraceRow


class CaptureEntry(Struct, frozen=True):
    """A capture with its capture points: a line of what it holds, and a line per problem.

    ``shown``: it is one of the few that a short report names.
    """

    capture: Capture
    points: tuple[PointFacts, ...]
    line: str
    problems: tuple[str, ...]
    shown: bool


class EvidenceRow(Struct, frozen=True):
    """A row that failed: what was expected and observed, and the frames and lines of a state that show it."""

    evidence: Evidence
    expected: str
    observed: str
    frames: tuple[str, ...]
    source_lines: tuple[str, ...]


class Failure(Struct, frozen=True):
    """A rule that failed.

    ``sentence`` says what failed, ``expired`` which acceptance of it has expired. ``acceptances`` say a line each which
    has expired, and why the failure, or a part of it, is accepted. ``commands`` show the frames of ``rows``; ``frames``
    names those that no command can show. ``next`` are commands for the node, where no cause has better ones.
    """

    finding: Finding
    counts: str
    sentence: str
    expired: str
    acceptances: tuple[str, ...]
    rows: tuple[EvidenceRow, ...]
    commands: tuple[str, ...]
    frames: tuple[str, ...]
    next: tuple[str, ...]

    @property
    def rule(self) -> Rule:
        return self.finding.rule


class Explanation(Struct, frozen=True):
    """Why something failed, in words. ``about`` names the failure.

    ``possible`` holds the causes that the first command settles, then those that the second settles, and so on.
    ``missing`` are the outputs that, added to the node's state, would settle more.
    """

    diagnosis: Diagnosis
    about: str
    confirmed: tuple[Suspect, ...]
    possible: tuple[tuple[str, tuple[Suspect, ...]], ...]
    ruled_out: tuple[Suspect, ...]
    missing: tuple[str, ...]

    @property
    def headline(self) -> str:
        return self.diagnosis.headline

    @property
    def likeliest(self) -> tuple[Suspect, ...]:
        """The cause to look at first; None if nothing in the catalogue fits."""
        return tuple(suspects[0] for _, suspects in self.possible[:1])

    @property
    def rules(self) -> list[str]:
        """The rules that failed; none if the questions belong to no rule."""
        return [finding.rule.id for finding in self.diagnosis.failed]


class PathEntry(Struct, frozen=True):
    """Packets of one path: their description, how many were lost after it, a line per hop."""

    summary: PathSummary
    title: str
    lost: str
    hops: tuple[str, ...]


class Notes(Struct, frozen=True):
    """Remarks, a line each: no failures, but worth knowing.

    ``skipped`` inputs and ``unneeded`` acceptances also come without those that are unmet demands.
    """

    skipped: tuple[str, ...]
    skipped_undemanded: tuple[str, ...]
    unneeded: tuple[str, ...]
    unneeded_undemanded: tuple[str, ...]
    not_understood: tuple[str, ...]
    icmp_errors: tuple[str, ...]
    paths: tuple[str, ...]


class Report(Struct, frozen=True):
    """All that formats print.

    ``heading`` is the verdict, or ``warn`` if there is no failure and something to look at; ``label`` is it in words.
    ``findings`` are in the order of their pack; ``ordered`` holds the same, failures and causes first, as do
    ``failures``, ``passed`` and ``not_checked`` (by reason). ``exchanges`` are sums per pod link, ``pod_exchanges`` per
    pod. ``hosts`` are the machines of a node's state, a line each.
    """

    verdict: str
    heading: str
    label: str
    headline: str
    error: str
    exit_code: int
    totals: Totals
    subject: str
    first: int | None
    last: int | None
    captures: tuple[CaptureEntry, ...]
    more_captures: str
    hosts: tuple[str, ...]
    demands: tuple[Unmet, ...]
    findings: tuple[Finding, ...]
    ordered: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    passed: tuple[Finding, ...]
    not_checked: tuple[tuple[str, tuple[Finding, ...]], ...]
    explanations: tuple[Explanation, ...]
    unanswered: tuple[Unanswered, ...]
    exchanges: tuple[PodSummary, ...]
    pod_exchanges: tuple[PodSummary, ...]
    losses: tuple[Losses, ...]
    followed: Paths
    path_summaries: tuple[PathSummary, ...]
    paths: tuple[PathEntry, ...]
    icmp_errors: tuple[CountedError, ...]
    remarks: tuple[Remark, ...]
    traces: tuple[TraceRow, ...]
    skipped: tuple[Skipped, ...]
    notes: Notes
    pods: Pods | None

    @property
    def warnings(self) -> list[Failure]:
        """The failures that only warn."""
        return [failure for failure in self.failures if failure.rule.severity == "warning"]

    @property
    def questions(self) -> list[Explanation]:
        """Why questions that no rule is about got no answer."""
        return [explanation for explanation in self.explanations if not explanation.rules]

    def named(self, text: str) -> str:
        """A text with the names of pods after their addresses."""
        return with_names(text, self.pods)
