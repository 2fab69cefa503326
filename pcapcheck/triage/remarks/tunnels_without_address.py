"""Remarks on devices of Calico's tunnels that have no address: a node that asks through one has none to ask from.

Felix gives each the address that calico-node allocated for it (felix/dataplane/linux/vxlan_mgr.go and
felix/wireguard/wireguard.go, ensureLinkAddress). WireGuard's peers take packets from no other (AllowedIPs).
"""

from __future__ import annotations

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.listing import addresses_of
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# The version of IP of the address that each has.
FAMILY = {"vxlan.calico": 4, "vxlan-v6.calico": 6, "wireguard.cali": 4, "wg-v6.cali": 6}


def tunnel_without_address_remarks(state: State) -> list[Remark]:
    """A remark per such device."""
    return [
        _remark(host, name, family)
        for host in state.hosts
        if host.role != POD
        for name, family in FAMILY.items()
        if _has_none(host, name, family)
    ]


def _has_none(host: Host, name: str, family: int) -> bool:
    """Whether all its addresses were listed, and there is none; one that is down is said to be that."""
    link = host.links.get(name)
    if link is None or link.up is False or link.unread_address or host.contradictions:
        return False
    listed = f"addresses{family}" in host.whole or addresses_of(name, family) in host.whole
    return listed and not any(address.scope != "link" for address in host.addresses_of(name, family))


def _remark(host: Host, name: str, family: int) -> Remark:
    sentence = f"{clean(name)} of {host.label} has no IPv{family} address"
    return Remark(
        f"{sentence}: what the node itself sends to pods of other nodes, or translates on its way there, leaves with a "
        "card's address, to which the way back leads outside the tunnel and from which WireGuard's peers take nothing; "
        "restart calico-node, which allocates one when it starts (its log: allocateip)",
        short=sentence,
        lines=(quote(host.links[name].line),),
    )
