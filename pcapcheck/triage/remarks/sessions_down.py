"""Remarks on BGP sessions that are not established: the nodes then learn no routes to each other's pods."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import BgpSession
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST_NAMED = 3
AT_NODE = "calico-node does not run there, or one of them is known by another address (calicoctl get nodes -o wide)"
AT_ROUTER = "or it is not set up there (calicoctl get bgppeers -o wide)"


def bgp_session_remarks(state: State) -> list[Remark]:
    """A remark per host with such sessions."""
    return [remark for host in state.hosts if (remark := _remark(host, state)) is not None]


def _is_configured(down: list[BgpSession]) -> bool:
    """Whether all of them are with peers that somebody configured."""
    return all(session.of_mesh is False for session in down)


def _meaning(down: list[BgpSession], state: State) -> str:
    if _is_configured(down):
        return (
            "it tells that router or route reflector of no routes to its pods, and learns none; if that was not meant,"
        )
    modes = {pool.vxlan for pool in state.pools}
    if modes and modes <= {"always", "crosssubnet"}:
        return "the pools shown use VXLAN, whose routes do not come by BGP, so their pods do not need it;"
    return "it learns no routes to the pods of these nodes, and they none to its own;"


def _remark(host: Host, state: State) -> Remark | None:
    down = list({session.peer: session for session in host.bgp}.values())
    if not down:
        return None
    peers = ", ".join(clean(session.peer) for session in down[:MOST_NAMED])
    peers += f" and {len(down) - MOST_NAMED} more" if len(down) > MOST_NAMED else ""
    said = ", ".join(clean(word) for word in (down[0].state, down[0].info) if word)
    sentence = f"BGP with {peers} is not established ({said}) on {host.label}"
    return Remark(
        f"{sentence}: {_meaning(down, state)} TCP port 179 is closed or filtered between them, "
        f"{AT_ROUTER if _is_configured(down) else AT_NODE}",
        short=sentence,
        lines=tuple(quote(session.line) for session in down[:MOST_NAMED]),
    )
