"""Exit codes: 0 what was checked holds, 1 it does not, 2 could not judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.errors import RuleError
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED
from pcapcheck.ruleset.result import Result
from pcapcheck.ruleset.variables import suggest
from pcapcheck.values import clean


def unmet(result: Result, strict: bool, required: Iterable[str]) -> list[str]:
    """What ``--strict`` and ``--require``, and expectation files likewise, ask for and did not get, a line each.

    Raises RuleError where ``required`` names a rule that is not there.
    """
    by_id = {one.rule.id: one for one in result.findings}
    lines = []
    for name in dict.fromkeys((*required, *result.required)):
        if name not in by_id:
            raise RuleError(f"--require {name}: there is no such rule{suggest(name, by_id)}")
        if by_id[name].status == NOT_CHECKED:
            lines.append(f"--require {name}: it was not checked: {by_id[name].reason}")
    return [*lines, *(_incomplete(result) if strict or result.strict else ())]


def exit_code(result: Result, demands: list[str], exit_zero: bool = False) -> int:
    """The process's exit code. A 2 wins over a 1; ``exit_zero`` hides a 1, never a 2."""
    if result.verdict == NOT_CHECKED:
        return 2
    return 1 if (result.verdict == FAIL or demands) and not exit_zero else 0


def _incomplete(result: Result) -> Iterator[str]:
    for one in result.findings:
        if one.rule.off:
            continue
        if one.status == NOT_CHECKED:
            yield f"--strict: {one.rule.id} was not checked: {one.reason}"
        elif one.unknown:
            yield f"--strict: {one.unknown} rows of {one.rule.id} cannot be told: {one.reason}"
    for capture in result.captures:
        for problem in capture.problems:
            yield f"--strict: {clean(capture.source.name)}: {problem.message}"
    for line in result.not_understood:
        yield f"--strict: {line}"
