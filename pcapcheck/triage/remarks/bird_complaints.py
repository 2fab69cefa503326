"""Remarks on what BIRD complains of in the log of calico-node."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.readers.bird_log import NOT_WRITTEN, UNKNOWN_PEER
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST = 3
# One or two are of routes that were changed while BIRD read the table; it writes them again.
ENOUGH = 3
REASONS = {
    "File exists": (
        "routes to these blocks exist already and are not BIRD's: those of another program, or of an older "
        "installation (ip route show; ip route flush proto bird, and restart calico-node)"
    ),
    "Network is unreachable": (
        "the node's way to the next hop is missing: nodes of other networks without a tunnel or a router between them"
    ),
    "Network is down": "the interface that they lead out of is down (ip link)",
    "Invalid argument": "the kernel does not take their next hop, which is not on a network of the node's own",
}


def bird_complaint_remarks(state: State) -> list[Remark]:
    """A remark per kind of complaint and what it is about, the first few of them."""
    return [remark for host in state.hosts for remark in _remarks(host)][:MOST]


def _remarks(host: Host) -> list[Remark]:
    alike: dict[tuple[str, str], list[Note]] = {}
    for note in host.notes:
        if note.kind in (NOT_WRITTEN, UNKNOWN_PEER):
            alike.setdefault((note.kind, note.text), []).append(note)
    return [_remark(host, notes) for notes in alike.values() if notes[0].kind == UNKNOWN_PEER or len(notes) >= ENOUGH]


def _remark(host: Host, notes: list[Note]) -> Remark:
    first = notes[0]
    if first.kind == UNKNOWN_PEER:
        sentence = f"{clean(first.text)} asks BIRD of {host.label} for a BGP session, and is no peer of it"
        why = (
            "it has to be one on both sides (BGPPeer); a node that comes from another address than Calico knows is "
            "translated on its way, or was found by another interface (calicoctl get node -o wide)"
        )
    else:
        sentence = f"BIRD of {host.label} cannot write routes: {clean(first.text)} ({len(notes)}x in its log)"
        why = REASONS[first.text]
    return Remark(f"{sentence}: {why}", lines=(quote(first.line),), short=sentence)
