"""What could not be used or written, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pcapcheck.errors import (
    DAMAGED,
    EMPTY,
    MISSING,
    NODE_STATE,
    NOT_A_CAPTURE,
    NOT_UNDERSTOOD,
    PODS,
    TOO_LARGE,
    UNREADABLE,
)
from pcapcheck.skipped import EVIDENCE, OUTPUT, Skipped

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

# Of many alike so many are named.
NAMED = 5
WHAT = {
    MISSING: "not there",
    UNREADABLE: "cannot be read",
    EMPTY: "empty",
    DAMAGED: "damaged",
    NOT_A_CAPTURE: "not a capture",
    NODE_STATE: "a node's state (use it with --node-state)",
    PODS: "a listing of pods (use it with --pods)",
    NOT_UNDERSTOOD: "not understood",
    TOO_LARGE: "too large",
}


def skipped_lines(outcome: Analysis, demanded: bool = True) -> list[str]:
    """A line for each that was named, and one for all alike that were found. Without those ``demanded`` as unmet."""
    told = set() if demanded else {one.text.removeprefix("strict: ") for one in outcome.unmet}
    return list(_lines([one for one in outcome.skipped if one.message not in told]))


def _lines(skipped: list[Skipped]) -> Iterator[str]:
    groups: dict[tuple[str, str, bool], list[Skipped]] = {}
    for one in skipped:
        # What is wrong with a recording is worth a line; what else lies in a folder is worth its name.
        briefly = not one.named and one.kind in (EMPTY, NOT_A_CAPTURE, NODE_STATE, PODS)
        groups.setdefault((one.role, one.kind, briefly), []).append(one)
    for (role, kind, briefly), some in groups.items():
        verb = "not written" if role in (EVIDENCE, OUTPUT) else "skipped"
        if briefly or len(some) > NAMED:
            names = ", ".join(one.path for one in some[:NAMED])
            more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
            yield f"{verb}, {WHAT.get(kind, kind)}: {names}{more}"
        else:
            yield from (f"{verb}: {one.message}" for one in some)
