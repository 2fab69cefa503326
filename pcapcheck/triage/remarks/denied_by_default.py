"""Remarks on ufw where it denies by default what pods send, and none of its rules lets that pass."""

from __future__ import annotations

import re

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.ufw import ALLOWS, DENIES
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark

# Rules that somebody made for Calico name its devices, or let in all that comes from the nodes or the pods.
FOR_CALICO = re.compile(r"cali|tunl0|wireguard|Anywhere(?: \(v6\))? +ALLOW(?: (?:IN|FWD))? +[\da-f]+[.:]\S*/\d+")

# What is dropped by each default.
DROPPED = {
    "comes in": "what pods send to this node itself, what comes to it in a tunnel (UDP 4789, protocol 4) or for BGP "
    "(TCP 179)",
    "is routed": "what pods send to others, unless Calico's chains come first,",
}


def denied_by_default_remarks(state: State) -> list[Remark]:
    """A remark per host whose ufw denies what comes in, or what is routed."""
    return [remark for host in state.hosts if (remark := _remark(host)) is not None]


def _remark(host: Host) -> Remark | None:
    denied = [note for note in host.notes if note.kind == DENIES]
    if not denied or any(note.kind == ALLOWS and FOR_CALICO.search(note.text) for note in host.notes):
        return None
    what = denied[-1].text
    dropped = [text for default, text in DROPPED.items() if default in what]
    sentence = f"ufw of {host.label} denies by default what {what}"
    return Remark(
        f"{sentence}, and no rule of it that is shown names Calico's devices: {', and '.join(dropped)} is dropped; "
        "look for [UFW BLOCK] in its log, or let it pass (ufw allow in on cali+; ufw allow in on vxlan.calico; ufw "
        "default allow routed)",
        short=sentence,
        lines=(quote(denied[-1].line),),
    )
