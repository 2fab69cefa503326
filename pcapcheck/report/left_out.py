"""Inputs that could not be used and files that could not be written, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pcapcheck.errors import (
    A_CAPTURE,
    DAMAGED,
    EMPTY,
    MISSING,
    NODE_STATE,
    NOT_A_CAPTURE,
    NOT_A_FILE,
    NOT_UNDERSTOOD,
    PODS,
    TOO_LARGE,
    UNREADABLE,
)
from pcapcheck.skipped import EVIDENCE, OTHERS, OUTPUT, Skipped

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# Of a long list, this many are named.
NAMED = 5
WHAT = {
    MISSING: "missing",
    UNREADABLE: "unreadable",
    EMPTY: "empty",
    DAMAGED: "damaged",
    NOT_A_CAPTURE: "not captures",
    NOT_A_FILE: "no files",
    A_CAPTURE: "captures, for pcapcheck analyze",
    NODE_STATE: "node state, for --node-state",
    PODS: "lists of pods, for --pods",
    NOT_UNDERSTOOD: "not understood",
    TOO_LARGE: "too large",
}


def skipped_lines(analysis: Analysis, demanded: bool = True) -> list[str]:
    """A line for each file that was named, and one line for all found files with the same problem.

    Without ``demanded``, those that are among the unmet demands are left out.
    """
    said = set() if demanded else {demand.text.removeprefix("strict: ") for demand in analysis.unmet}
    return list(_lines([skipped for skipped in analysis.skipped if skipped.message not in said]))


def _lines(files: list[Skipped]) -> Iterator[str]:
    groups: dict[tuple[str, str, bool], list[Skipped]] = {}
    for file in files:
        # The problem of a recording is worth a line; another file in a folder is worth its name.
        briefly = not file.named and file.kind in (EMPTY, *OTHERS)
        groups.setdefault((file.role, file.kind, briefly), []).append(file)
    for (role, problem, briefly), group in groups.items():
        verb = "not written" if role in (EVIDENCE, OUTPUT) else "skipped"
        if briefly or len(group) > NAMED:
            names = ", ".join(file.path for file in group[:NAMED])
            more = f" and {len(group) - NAMED} more" if len(group) > NAMED else ""
            yield f"{verb} ({WHAT.get(problem, problem)}): {names}{more}"
        else:
            yield from (f"{verb}: {file.message}" for file in group)
