"""What the report for people says, as plain lines: formats with room for text quote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO

from rich.text import Text

from pcapcheck.analysis import Analysis
from pcapcheck.report.accepted import expired, needless
from pcapcheck.report.captures import capture_line, captures_shown, more_captures, problem_lines
from pcapcheck.report.causes import write_diagnosis
from pcapcheck.report.console import Page, few, named
from pcapcheck.report.formats.text import write_failure
from pcapcheck.report.headline import failure as in_short
from pcapcheck.report.headline import headline
from pcapcheck.report.left_out import skipped_lines
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, Finding
from pcapcheck.values import clean

SUBJECTS = 3
# Of lines alike so many are told.
FEW = 20


def verdict(outcome: Analysis) -> str:
    """The headline, with pods named."""
    return with_names(outcome, headline(outcome))


def failure(outcome: Analysis, finding: Finding) -> list[str]:
    """A failed rule: all of its evidence, with the frames in words, and why, as far as can be told."""

    def write(page: Page) -> None:
        write_failure(page, outcome, finding)
        for diagnosis in outcome.diagnoses:
            failed = [one.rule.id for one in diagnosis.failed]
            if finding.rule.id in failed[:1]:
                page.line()
                write_diagnosis(page, diagnosis)
            elif finding.rule.id in failed:
                page.line()
                page.line(f"it follows from {failed[0]}; the cause is given there")

    return _lines(outcome, write)


def questions(outcome: Analysis) -> Iterator[tuple[str, list[str]]]:
    """What no rule is about and nobody answered: what it was, and why, as far as can be told."""
    for diagnosis in outcome.diagnoses:
        if not diagnosis.failed:
            lines = _lines(outcome, partial(write_diagnosis, diagnosis=diagnosis))
            yield with_names(outcome, diagnosis.headline), lines


def summary(outcome: Analysis, finding: Finding) -> str:
    """A finding in one line: of a failure what its first row says, else why it was not checked, or how many were."""
    if finding.status == NOT_CHECKED:
        return finding.reason
    said = in_short(finding, outcome) + expired(finding) if finding.status == FAIL else finding.rule.title
    return with_names(outcome, said)


def captures(outcome: Analysis, every: bool = False) -> list[str]:
    """What was judged: a line per capture and per host of a node's state; of many the first few and their number."""
    shown = captures_shown(outcome, every)
    lines = [with_names(outcome, capture_line(outcome, one)) for one in shown]
    lines += [more] if (more := more_captures(outcome, shown)) else []
    return lines + some(outcome.described, "more hosts", every)


def problems(outcome: Analysis, every: bool = False) -> Iterator[str]:
    """What of the input could not be used or read, what accepts nothing, what in the state contradicts the captures."""
    yield from skipped_lines(outcome)
    yield from needless(outcome)
    yield from some(
        [f"{clean(one.source.name)}: {line}" for one in outcome.captures for line in problem_lines(one)],
        "more problems of captures",
        every,
    )
    yield from some(outcome.not_understood, "more lines that were not understood", every)
    yield from some([clean(remark.text) for remark in outcome.remarks], "more remarks", every)


def some(lines: list[str], what: str, every: bool = False) -> list[str]:
    """Lines alike, and of many the first few with the number of the others, which JSON has."""
    return lines if every else few(lines, what, FEW, "--format json has them all")


def subject(outcome: Analysis) -> str:
    """What the observation is called: the names of the files that were given, without their folders."""
    names = [clean(one.rstrip("/").rpartition("/")[2]) or one for one in outcome.given]
    more = f" and {len(names) - SUBJECTS} more" if len(names) > SUBJECTS else ""
    return ", ".join(names[:SUBJECTS]) + more


def with_names(outcome: Analysis, text: str) -> str:
    """The text with the names of pods behind their addresses."""
    return named(Text(text), outcome.pods).plain


def _lines(outcome: Analysis, write: Callable[[Page], None]) -> list[str]:
    stream = StringIO()
    write(Page(stream, outcome.pods, plain=True))
    return stream.getvalue().rstrip("\n").split("\n")
