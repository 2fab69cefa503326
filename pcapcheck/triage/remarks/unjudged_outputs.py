"""Remarks on outputs that were read: in which nothing is judged, or which report nothing that loses packets."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.nodestate.readers.kubectl import is_up
from pcapcheck.nodestate.readers.unjudged_forms import KERNEL_LOG, SOUND
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State, Unjudged
from pcapcheck.plural import does
from pcapcheck.triage.remarks.remark import Remark

MOST_NAMED = 5
Output = tuple[str, Unjudged]


def unjudged_output_remarks(state: State) -> list[Remark]:
    """A remark for all outputs in which nothing is judged, with the first line of each, and one for all sound ones."""
    outputs = [
        (form, output)
        for form, output in state.unjudged.items()
        # What else the log holds is judged.
        if form != KERNEL_LOG or not any(host.log for host in state.hosts)
    ]
    sound = [each for each in outputs if each[0] in SOUND]
    others = [each for each in outputs if each[0] not in SOUND]
    return [
        *_remark("read, and nothing in it is judged", others),
        *_remark("read, and it reports nothing that loses packets", sound),
    ]


def listed_pods_remark(state: State) -> Remark | None:
    """What a list of pods alone says: which of them do not run."""
    if not state.pods:
        return None
    count = f"{len(state.pods)} pod{'' if len(state.pods) == 1 else 's'} (kubectl get pods)"
    down = [pod for pod in state.pods if not is_up(pod)]
    if not down:
        return Remark(f"read: {count}, and all run", (quote(state.pods[0].line),))
    named = ", ".join(f"{pod.label} ({pod.phase or 'unknown'})" for pod in down[:MOST_NAMED])
    more = f", and {len(down) - MOST_NAMED} more" if len(down) > MOST_NAMED else ""
    lines = tuple(quote(pod.line) for pod in down[:MOST_NAMED])
    several = len(down) > 1
    which = f"of which {len(down)} {does('do', several)} not run, or {does('are', several)} not ready"
    return Remark(f"read: {count}, {which}: {named}{more}", lines)


def _remark(said: str, outputs: Sequence[Output]) -> list[Remark]:
    if not outputs:
        return []
    named = [f"{form}, {output.count} line{'' if output.count == 1 else 's'}" for form, output in outputs[:MOST_NAMED]]
    more = f"; and {len(outputs) - MOST_NAMED} more" if len(outputs) > MOST_NAMED else ""
    lines = tuple(quote(output.line) for _, output in outputs[:MOST_NAMED])
    return [Remark(f"{said}: {'; '.join(named)}{more}", lines)]
