"""Changes that rules make to a packet: it is not tracked, or an address is translated."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.nodestate.firewall.chains import FirewallRule
from pcapcheck.triage.firewall.lost_packet import UNTRACKED, LostPacket


def untracked(packet: LostPacket, sure: bool) -> LostPacket:
    """A packet that connection tracking leaves alone (nft_notrack, xt_CT)."""
    return replace(packet, states=UNTRACKED if sure else packet.states | UNTRACKED)


def translated(packet: LostPacket, rule: FirewallRule, sure: bool) -> tuple[LostPacket, bool]:
    """A packet after a rule translates an address, and whether it is no longer known where it goes."""
    if rule.translates != "daddr":
        return replace(packet, translated=True), False
    if packet.to is not None:
        # The new destination is known already.
        return packet, False
    to = rule.verdict.to if rule.verdict is not None else None
    if sure and to is not None:
        ports = packet.dports if to[1] is None else frozenset((to[1],))
        return replace(packet, dst=to[0], dports=ports, oif=None, to=None), False
    # It may go through the node or into it.
    return replace(packet, translated=True, oif=packet.oif if not sure else None), sure


def either(packet: LostPacket, other: LostPacket) -> LostPacket:
    """What is known of a packet that a rule may have changed."""
    return replace(
        packet, states=packet.states | other.states, translated=True if other.dst != packet.dst else other.translated
    )
