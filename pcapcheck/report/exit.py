"""Exit codes: 0 if everything that was checked holds, 1 if something does not, 2 if nothing could be judged."""

from __future__ import annotations

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED


def exit_code(analysis: Analysis) -> int:
    """The exit code of the process. A 2 wins over a 1; ``exit_zero`` hides a 1, never a 2."""
    if analysis.verdict == NOT_CHECKED:
        return 2
    return 1 if analysis.verdict == FAIL and not analysis.exit_zero else 0
