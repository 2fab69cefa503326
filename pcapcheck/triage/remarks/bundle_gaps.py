"""Remarks about what was handed over: what the tool that made a bundle does not collect."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.bundles.layouts import CAPTURES, INSIDES, MISSING, NEIGHBOURS, SYSCTLS
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark


def bundle_gap_remarks(state: State, has_captures: bool) -> Iterator[Remark]:
    """What no file of the state shows, for each tool that does not collect it, with the command that does."""
    shown = _shown(state, has_captures)
    for layout in state.bundles:
        gaps = [MISSING[key] for key in layout.lacks if key not in shown]
        if gaps:
            what = "; ".join(f"{what}: {command}" for what, command in gaps)
            yield Remark(
                f"{layout.title} does not collect some of what is asked here. To see {what}; or all but packets at "
                "once, on the node: pcapcheck node-script"
            )


def _shown(state: State, has_captures: bool) -> set[str]:
    nodes = state.nodes
    shown = {
        SYSCTLS: any(node.sysctls for node in nodes),
        NEIGHBOURS: any(node.neighbours or "neighbours4" in node.whole for node in nodes),
        INSIDES: bool(state.pod_hosts),
        CAPTURES: has_captures,
    }
    return {key for key, known in shown.items() if known}
