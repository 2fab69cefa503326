"""A remark on outputs that were read and in which nothing is judged, so that nobody takes them for checked."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark

MOST_NAMED = 5


def unjudged_output_remarks(state: State) -> list[Remark]:
    """One remark for all of them, with the first line of each."""
    outputs = list(state.unjudged.items())
    named = [f"{form}, {output.count} line{'' if output.count == 1 else 's'}" for form, output in outputs[:MOST_NAMED]]
    more = f"; and {len(outputs) - MOST_NAMED} more" if len(outputs) > MOST_NAMED else ""
    lines = tuple(quote(output.line) for _, output in outputs[:MOST_NAMED])
    return [Remark(f"read, and nothing in it is judged: {'; '.join(named)}{more}", lines)]
