"""Remarks on BGP sessions that are not established: the nodes then learn no routes to each other's pods."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST_NAMED = 3


def bgp_session_remarks(state: State) -> list[Remark]:
    """A remark per host with such sessions."""
    return [remark for host in state.hosts if (remark := _remark(host)) is not None]


def _remark(host: Host) -> Remark | None:
    down = list({session.peer: session for session in host.bgp}.values())
    if not down:
        return None
    peers = ", ".join(clean(session.peer) for session in down[:MOST_NAMED])
    peers += f" and {len(down) - MOST_NAMED} more" if len(down) > MOST_NAMED else ""
    said = ", ".join(clean(word) for word in (down[0].state, down[0].info) if word)
    sentence = f"BGP with {peers} is not established ({said}) on {host.label}"
    return Remark(
        f"{sentence}: it learns no routes to the pods of these nodes, and they none to its own; TCP port 179 is closed "
        "or filtered between them, calico-node does not run there, or one of them is known by another address "
        "(calicoctl get nodes -o wide)",
        short=sentence,
        lines=tuple(quote(session.line) for session in down[:MOST_NAMED]),
    )
