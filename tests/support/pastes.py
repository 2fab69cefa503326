"""Texts as people paste them, judged: packets, or a node's state without any."""

from __future__ import annotations

from pathlib import Path

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis


def judged(folder: Path, text: str) -> Analysis:
    """A text with packets, and perhaps a state among them."""
    path = folder / "report.txt"
    path.write_text(text)
    return analyze(path)


def judged_state(folder: Path, text: str) -> Analysis:
    """A text that is a state alone."""
    path = folder / "state.txt"
    path.write_text(text)
    return analyze_state(path)


def causes(analysis: Analysis) -> list[str]:
    """Those of the first diagnosis that are not ruled out, in order."""
    suspects = analysis.diagnoses[0].suspects if analysis.diagnoses else []
    return [suspect.cause.id for suspect in suspects if suspect.status != "ruled-out"]
