"""Remarks on connections that IPVS hands on and that are never made: SYNs came, and no acknowledgement of the answer.

An entry is SYN_RECV from the first SYN until its asker acknowledges the answer, for a minute at most (kernel:
net/netfilter/ipvs/ip_vs_proto_tcp.c, tcp_states and tcp_timeouts).
"""

from __future__ import annotations

from pcapcheck.nodestate.services import ProxiedConnection
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

WAITING = "SYN_RECV"
# One may just be being made.
SEVERAL = 2
MOST = 3


def half_open_remarks(state: State) -> list[Remark]:
    """A remark per back end all of whose connections wait, those with most of them first."""
    found: dict[tuple[str, str], list[ProxiedConnection]] = {}
    for each in state.services.proxied:
        if each.protocol == "tcp":
            found.setdefault((each.service, each.server), []).append(each)
    silent = [some for some in found.values() if len(some) >= SEVERAL and all(one.state == WAITING for one in some)]
    return [_remark(some) for some in sorted(silent, key=len, reverse=True)[:MOST]]


def _remark(some: list[ProxiedConnection]) -> Remark:
    first = some[0]
    sentence = f"all {len(some)} connections that IPVS hands to {clean(first.server)} are half open ({WAITING})"
    return Remark(
        f"{sentence}: the answer of that back end of {clean(first.service)} does not come, or does not pass this node "
        "again: a policy or a firewall drops one of the two, the answer takes another way (a back end elsewhere that "
        "sees the asker's own address), or a bridge hands it to an asker on the same node directly "
        "(net.bridge.bridge-nf-call-iptables=1); record on both links",
        lines=(quote(first.line),),
        short=sentence,
    )
