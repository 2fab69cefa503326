"""Exit codes: 0 what was checked holds, 1 it does not, 2 could not judge."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.errors import RuleError
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED
from pcapcheck.ruleset.result import Result
from pcapcheck.ruleset.variables import suggest


def exit_code(result: Result, strict: bool = False, required: Iterable[str] = (), exit_zero: bool = False) -> int:
    """The process's exit code. A 2 wins over a 1; ``exit_zero`` hides a 1, never a 2.

    Raises RuleError where ``required`` names a rule that is not there.
    """
    by_id = {one.rule.id: one for one in result.findings}
    for name in required:
        if name not in by_id:
            raise RuleError(f"--require {name}: there is no such rule{suggest(name, by_id)}")
    if result.verdict == NOT_CHECKED:
        return 2
    failed = result.verdict == FAIL or any(by_id[name].status == NOT_CHECKED for name in required)
    if strict:
        failed = (
            failed
            or any(one.status == NOT_CHECKED or one.unknown for one in result.findings)
            or any(capture.problems for capture in result.captures)
        )
    return 1 if failed and not exit_zero else 0
