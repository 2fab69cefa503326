"""Remarks on ufw where it denies by default what pods send, and none of its rules lets that pass."""

from __future__ import annotations

import re

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.ufw import ALLOWS, DENIES
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark

# Rules that somebody made for Calico name its devices.
FOR_CALICO = re.compile(r"cali|tunl0|wireguard")


def denied_by_default_remarks(state: State) -> list[Remark]:
    """A remark per host whose ufw denies what comes in, or what is routed."""
    return [remark for host in state.hosts if (remark := _remark(host)) is not None]


def _remark(host: Host) -> Remark | None:
    denied = [note for note in host.notes if note.kind == DENIES]
    if not denied or any(note.kind == ALLOWS and FOR_CALICO.search(note.text) for note in host.notes):
        return None
    sentence = f"ufw of {host.label} denies by default what {denied[-1].text}"
    return Remark(
        f"{sentence}, and no rule of it that is shown names Calico's devices: what pods send to this node itself, what "
        "comes to it in a tunnel (UDP 4789, protocol 4) or for BGP (TCP 179) and, unless Calico's chains come first, "
        "what pods send to others is dropped; look for [UFW BLOCK] in its log, or let it pass (ufw allow in on cali+; "
        "ufw allow in on vxlan.calico; ufw default allow routed)",
        short=sentence,
        lines=(quote(denied[-1].line),),
    )
