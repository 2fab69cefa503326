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
# Words of BIRD for its latest error -> what is behind it (BIRD: proto/bgp/bgp.c, bgp_misc_errors; proto/bgp/packets.c,
# bgp_msg_table; strerror(3) for what it calls Socket).
REASONS = (
    (
        "no listening socket",
        "BIRD of this node cannot listen on TCP port 179 itself: another program has it, such as bgpd "
        "(ss -lntp | grep :179; calicoctl get bgpconfigurations -o yaml: listenPort)",
    ),
    (
        "connection refused",
        "nobody listens on TCP port 179 there, or a firewall rejects it with a reset: calico-node does not run there, "
        "or listens on another port or address",
    ),
    (
        "connection reset",
        "the other side ends what this one opens: it knows this node by another address, or not at all "
        "(calicoctl get nodes -o wide)",
    ),
    (
        "no route to host",
        "nobody there answers ARP, or a firewall rejects TCP port 179 (firewalld: host prohibited)",
    ),
    ("network is unreachable", "this node has no route to the other one's address (calicoctl get nodes -o wide)"),
    (
        "hold timer expired",
        "it was established, and then nothing came for the hold time: TCP port 179 is lost between them since, or only "
        "what is large (MTU)",
    ),
    ("bad peer as", "the two expect other AS numbers of each other (calicoctl get nodes -o wide)"),
    ("bad bgp identifier", "two nodes have the same router ID, or address (calicoctl get nodes -o wide)"),
    ("invalid next hop", "the other side is no direct neighbour (calicoctl get bgppeers -o yaml)"),
    ("neighbor lost", "the other side is no direct neighbour any more: its network is gone from this node"),
    ("md5", "the two have different passwords (calicoctl get bgppeers -o yaml: password)"),
)


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


def _reason(down: list[BgpSession]) -> str:
    """What may be behind it; what BIRD says of one session, if it says that of all of them."""
    said = {next((reason for words, reason in REASONS if words in session.info.lower()), None) for session in down}
    reason = said.pop() if len(said) == 1 else None
    end = AT_ROUTER if _is_configured(down) else AT_NODE
    return reason or f"TCP port 179 is closed or filtered between them, {end}"


def _remark(host: Host, state: State) -> Remark | None:
    down = list({session.peer: session for session in host.bgp}.values())
    if not down:
        return None
    peers = ", ".join(clean(session.peer) for session in down[:MOST_NAMED])
    peers += f" and {len(down) - MOST_NAMED} more" if len(down) > MOST_NAMED else ""
    said = ", ".join(clean(word) for word in (down[0].state, down[0].info) if word)
    sentence = f"BGP with {peers} is not established ({said}) on {host.label}"
    return Remark(
        f"{sentence}: {_meaning(down, state)} {_reason(down)}",
        short=sentence,
        lines=tuple(quote(session.line) for session in down[:MOST_NAMED]),
    )
