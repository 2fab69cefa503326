"""The tables and chains of a host that a packet passes at its hooks, in order."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.nodestate.firewall.chains import IPTABLES, NFT, Chain, Firewall, FirewallTable
from pcapcheck.nodestate.firewall.keys import ARP_FAMILY
from pcapcheck.triage.firewall.lost_packet import LostPacket

# inet tables see no ARP (kernel: net/netfilter/nft_chain_filter.c).
FAMILIES = {4: ("ip", "inet", "netdev"), 6: ("ip6", "inet", "netdev"), ARP_FAMILY: ("arp", "netdev")}


def tables_for(firewall: Firewall, packet: LostPacket) -> list[FirewallTable]:
    """The tables that such packets pass. nft's tables that iptables-save lists too are taken from there."""
    saved = {(table.family, table.name) for table in firewall.tables if shows_nft(table)}
    families = FAMILIES[packet.family]
    return [
        table
        for table in firewall.tables
        if table.family in families or (not table.family and _may_be_of(packet, table))
        if table.backend != NFT or (table.family, table.name) not in saved
    ]


def _may_be_of(packet: LostPacket, table: FirewallTable) -> bool:
    """Whether a table without a family may see these packets: iptables has no table for ARP."""
    return packet.family != ARP_FAMILY or table.backend != IPTABLES


def base_chains(tables: Sequence[FirewallTable], packet: LostPacket) -> list[tuple[FirewallTable, Chain]]:
    """The chains at the hooks that a packet passes, in the order in which it passes them.

    If priorities are equal, the chain added last comes first (kernel: nf_hook_entries_grow), by the listing's order.
    """
    found = [
        (table, chain)
        for table in tables
        for chain in table.chains.values()
        if chain.hook in packet.hooks and _sees_packet(packet, chain) and _at_device(packet, chain)
    ]
    found.reverse()
    found.sort(key=lambda base: order_of(base[1], packet))
    return found


def _sees_packet(packet: LostPacket, chain: Chain) -> bool:
    """A chain of type nat sees only the first packet of a flow."""
    return chain.kind != "nat" or not packet.states or "new" in packet.states


def _at_device(packet: LostPacket, chain: Chain) -> bool:
    if chain.device is None:
        return True
    name = packet.iif if chain.hook == "ingress" else packet.oif
    return name is None or name in [part.strip(' "') for part in chain.device.split(",")]


def order_of(chain: Chain, packet: LostPacket) -> tuple[int, int]:
    return packet.hooks.index(chain.hook or ""), chain.priority


def shows_nft(table: FirewallTable) -> bool:
    """Whether an iptables listing shows, or may show, a table of nft's own, as iptables-nft does."""
    return table.backend != NFT and table.legacy is not True
