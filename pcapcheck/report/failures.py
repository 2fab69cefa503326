"""Failed rules as data: the rows that show each, their frames read again, and the commands that show them."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.analysis import Analysis
from pcapcheck.report.accepted import accepted, expired, expired_lines
from pcapcheck.report.counts import counts
from pcapcheck.report.evidence import ShownFrame, frames_in_words, in_lines
from pcapcheck.report.headline import failure as sentence
from pcapcheck.report.model import EvidenceRow, Failure
from pcapcheck.report.show_commands import commands
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, Evidence, Finding, fair, ordered
from pcapcheck.values import clean

FRAMES_SHOWN = 4
# Frames in words, by capture and number.
Frames = dict[tuple[int, int], ShownFrame]


def failures(analysis: Analysis, rows: int | None) -> tuple[Failure, ...]:
    """The rules that failed, the gravest first, each with this number of rows (None: all)."""
    failed = [finding for finding in ordered(analysis.findings) if finding.status == FAIL]
    shown = [fair(finding.evidence, rows) for finding in failed]
    frames = _frames(analysis, [row for evidence in shown for row in evidence])
    return tuple(_failure(analysis, finding, rows, frames) for finding, rows in zip(failed, shown, strict=True))


def failure_of(analysis: Analysis, finding: Finding) -> Failure:
    """One failed rule with all of its rows."""
    return _failure(analysis, finding, finding.evidence, _frames(analysis, finding.evidence))


def _failure(analysis: Analysis, finding: Finding, shown: list[Evidence], frames: Frames) -> Failure:
    shows, unshown = _shows(analysis, shown, frames)
    explained = any(diagnosis.suspects and finding.rule.id in diagnosis.case.failed for diagnosis in analysis.diagnoses)
    return Failure(
        finding=finding,
        counts=counts(finding),
        sentence=sentence(finding, analysis),
        expired=expired(finding),
        acceptances=(*expired_lines(finding), *accepted(finding)),
        rows=tuple(_row(evidence, frames) for evidence in shown),
        commands=shows,
        frames=unshown,
        next=() if explained else tuple(dict.fromkeys(command for evidence in shown for command in evidence.next)),
    )


def _frames(analysis: Analysis, shown: list[Evidence]) -> Frames:
    """The frames of these rows in words. Each capture is read once."""
    wanted: dict[int, set[int]] = {}
    for evidence in shown:
        if evidence.frames:
            wanted.setdefault(evidence.capture, set()).update(evidence.frames)
    return {
        (capture, number): frame
        for capture, numbers in wanted.items()
        for number, frame in frames_in_words(analysis.captures[capture].source, numbers).items()
    }


def _row(evidence: Evidence, frames: Frames) -> EvidenceRow:
    is_named = not evidence.interface or evidence.interface in evidence.observed
    return EvidenceRow(
        evidence=evidence,
        expected=evidence.expected,
        observed=evidence.observed + ("" if is_named else f" (on {evidence.interface})"),
        frames=tuple(_frame_lines(evidence, frames)),
        source_lines=tuple(evidence.source_lines),
    )


def _frame_lines(evidence: Evidence, frames: Frames) -> Iterator[str]:
    for number in evidence.frames[:FRAMES_SHOWN]:
        frame = frames.get((evidence.capture, number))
        where = in_lines(*frame.lines) if frame and frame.lines else f"frame {number}"
        yield f"{where}: {frame.words if frame else ''}"


def _shows(analysis: Analysis, shown: list[Evidence], frames: Frames) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that show the frames of these rows, and the frames of inputs that were never files."""
    shows: list[str] = []
    unshown: list[str] = []
    for capture in sorted({evidence.capture for evidence in shown if evidence.capture != NO_CAPTURE}):
        numbers = sorted({number for evidence in shown if evidence.capture == capture for number in evidence.frames})
        known = [frames.get((capture, number)) for number in numbers]
        source = analysis.captures[capture].source
        found = commands(source, numbers, [frame.lines for frame in known if frame and frame.lines])
        shows += found
        if numbers and not found:
            unshown.append(f"frames {' '.join(map(str, numbers))} of {clean(source.name)}")
    return tuple(shows), tuple(unshown)
