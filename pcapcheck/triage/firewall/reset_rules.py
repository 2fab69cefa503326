"""Resets in the name of an end of a connection: the rules of the node that sent them, by their TTL.

The node answers a segment that it rejects with an RST to whoever sent it, in the name of whom it was for (kernel:
net/ipv4/netfilter/nf_reject_ipv4.c, nf_send_reset).
"""

from __future__ import annotations

from pcapcheck.paths.losses import IN_NODE, REQUEST
from pcapcheck.triage.case import RESET_RULE, Case
from pcapcheck.triage.firewall.answer import Answers
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.stage import End, StageSeen
from pcapcheck.triage.firewall.stages import stages_on_nodes
from pcapcheck.triage.packet_evidence.case_exchanges import TCP
from pcapcheck.values import as_number

# The TTL of a host's own packets: that of Linux, Windows, and others.
OWN_TTLS = (64, 128, 255)


def reset_rules(case: Case, sender: End, receiver: End) -> Answers | None:
    """The rules that the rejected segments may have met; None if the case is about no reset.

    ``sender`` is the end in whose name the RST came. On the receiver's link an RST with a TTL that no router has
    decremented is of the receiver's own node; others come from further away.
    """
    rejected = _rejected(case)
    ttl = as_number(case.row("reset_ttl"))
    if rejected is None or ttl is None:
        return None
    seen = StageSeen(IN_NODE, None, None, None, direction=REQUEST)
    near = receiver.node
    stages = [
        stage
        for stage in stages_on_nodes(rejected, receiver, sender, seen)
        if (stage.host is near) == (ttl in OWN_TTLS)
    ]
    return Answers(rejected, stages)


def _rejected(case: Case) -> LostPackets | None:
    """The segments that were answered with the resets of a case: one for each at least."""
    resets = [item for item in case.items if item.name == RESET_RULE and item.finding is not None]
    sender, receiver = case.lead.pod, case.lead.dst
    if not resets or sender is None or receiver is None:
        return None
    ports = [as_number(case.row(name)) for name in ("receiver_port", "sender_port")]
    sports, dports = (frozenset(() if port is None else (port,)) for port in ports)
    if len(resets) > 1:
        # Each connection has a port of its own.
        sports = frozenset()
    count = len(resets)
    return LostPackets(
        TCP,
        receiver,
        sender,
        count,
        count,
        None,
        None,
        between=False,
        answered=True,
        sports=sports,
        dports=dports,
        reset=True,
        begun=True,
    )
