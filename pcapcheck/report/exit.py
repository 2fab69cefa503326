"""Exit codes: 0 if everything that was checked holds, 1 if something does not, 2 if nothing could be judged."""

from __future__ import annotations

from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS


def exit_code(analysis: Analysis) -> int:
    """The exit code of the process. A 2 wins over a 1; ``exit_zero`` hides a 1, never a 2.

    Who wants captures judged and gives none must not take the pass of a node's state for theirs.
    """
    if analysis.verdict == NOT_CHECKED or (analysis.verdict == PASS and analysis.lacks_captures):
        return 2
    return 1 if analysis.verdict == FAIL and not analysis.exit_zero else 0
