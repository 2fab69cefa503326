"""Remarks on agents that took the address of every guest for their node's: no other node reaches it there.

VirtualBox and QEMU put each guest behind a NAT of its own, and Vagrant makes that card the first one; flannel and
Calico take the first that they find, or that of the default route.
"""

from __future__ import annotations

from pcapcheck.nodestate.readers.agent_log import TAKEN
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.card_addresses import OF_EVERY_GUEST
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address


def guest_address_remarks(state: State) -> list[Remark]:
    """One remark for all such lines."""
    own = format_address(OF_EVERY_GUEST)
    lines = [note.line for host in state.hosts for note in host.notes if note.kind == TAKEN and note.text == own]
    if not lines:
        return []
    sentence = f"the network's agent took {own} for its node's address, which VirtualBox and QEMU give to every guest"
    return [
        Remark(
            f"{sentence}: if there are several nodes, tunnels to it lead nowhere, and pods of different nodes do not "
            "reach each other; name the card that the nodes share (flannel: --iface=NAME; Calico: "
            "IP_AUTODETECTION_METHOD=interface=NAME; kubelet: --node-ip)",
            lines=(quote(lines[0]),),
            short=sentence,
        )
    ]
