"""Exit codes: 0 what was checked holds, 1 it does not, 2 could not judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.capture.record import BAD_CHECKSUM
from pcapcheck.errors import RuleError
from pcapcheck.report.accepted import passes_now
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED
from pcapcheck.ruleset.result import Result
from pcapcheck.ruleset.variables import suggest
from pcapcheck.triage.outcome import Outcome, Unmet
from pcapcheck.values import clean


def demand(outcome: Outcome, strict: bool = False, required: Iterable[str] = (), exit_zero: bool = False) -> None:
    """Note in the outcome what was demanded and is missing: by expectation files, and by the caller beside them.

    Raises RuleError where ``required`` names a rule that is not there.
    """
    strict = strict or outcome.strict
    outcome.unmet = [
        *_missing(outcome, required),
        *_skipped(outcome, strict),
        *(_incomplete(outcome) if strict else ()),
    ]
    outcome.exit_zero = exit_zero


def exit_code(outcome: Outcome) -> int:
    """The process's exit code. A 2 wins over a 1; ``exit_zero`` hides a 1, never a 2."""
    if outcome.verdict == NOT_CHECKED:
        return 2
    return 1 if outcome.verdict == FAIL and not outcome.exit_zero else 0


def _missing(result: Result, required: Iterable[str]) -> Iterator[Unmet]:
    by_id = {one.rule.id: one for one in result.findings}
    for name in dict.fromkeys((*required, *result.required)):
        if name not in by_id:
            raise RuleError(f"--require {name}: there is no such rule{suggest(name, by_id)}")
        if by_id[name].status == NOT_CHECKED:
            yield Unmet(f"{name} is required, and was not checked: {by_id[name].reason}", name)


def _skipped(outcome: Outcome, strict: bool) -> Iterator[Unmet]:
    """Inputs that could not be used, where they had to be."""
    for one in outcome.skipped:
        if one.demanded:
            yield Unmet(one.message)
        elif strict and one.counts:
            yield Unmet(f"strict: {one.message}")


def _incomplete(result: Result) -> Iterator[Unmet]:
    for one in result.findings:
        if one.passing:
            yield Unmet(f"strict: {'; '.join(passes_now(one))}", one.rule.id)
        needless = one.rule.severity != "error" or one.rule.occasional
        if one.rule.off or (one.status == NOT_CHECKED and needless and not one.unknown):
            # Where nothing was recorded that a warning is about, nothing is missing: failed it would be no failure.
            # Nor is it where there need not be any, such as DNS in a recording of a ping.
            continue
        if one.status == NOT_CHECKED:
            yield Unmet(f"strict: {one.rule.id} was not checked: {one.reason}", one.rule.id)
        elif one.unknown:
            rows = f"{one.unknown} row{'' if one.unknown == 1 else 's'}"
            yield Unmet(f"strict: {rows} of {one.rule.id} undecided: {one.reason}", one.rule.id)
    for capture in result.captures:
        for problem in capture.problems:
            if problem.kind != BAD_CHECKSUM:
                yield Unmet(f"strict: {clean(capture.source.name)}: {problem.message}")
    for line in result.not_understood:
        yield Unmet(f"strict: {line}")
