"""Conditions that the host answers, not the packet's headers: its routes, its sockets, how a frame came in.

Sources: the kernel's net/ipv4/netfilter/nft_fib_ipv4.c and ipt_rpfilter.c, net/netfilter/xt_owner.c, xt_pkttype.c and
xt_addrtype.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.nodestate.firewall.chains import INPUT, OUTPUT, PREROUTING, Match

if TYPE_CHECKING:
    from pcapcheck.triage.firewall.lost_packet import HookPlace, LostPacket

# IPv6 multicast, ff00::/8.
MULTICAST, MULTICAST_BITS = 0xFF, 120
# Address types by a host's dead-end routes; before routing packets to such addresses are still there.
REFUSED = {"unreachable", "prohibit", "blackhole"}
MISSING, EXISTS = ("missing", "0"), ("exists",)
HOST = ("host", "unicast")


def type_of(match: Match, packet: LostPacket, place: HookPlace) -> int:
    """``fib daddr type`` and ``fib saddr type``: a host takes in packets for itself, and sends packets from itself."""
    source = match.about == "src_type"
    if packet.translated and (source or place.hook in (None, PREROUTING)):
        return UNKNOWN
    address = packet.src if source else packet.dst
    if address is not None and address >> MULTICAST_BITS == MULTICAST:
        return TRUE if "multicast" in match.names else FALSE
    if place.hook in (None, PREROUTING, "ingress") and REFUSED & set(match.names):
        return UNKNOWN
    own = OUTPUT in packet.hooks if source else INPUT in packet.hooks
    return TRUE if ("local" if own else "unicast") in match.names else FALSE


def has_no_way_back(match: Match, packet: LostPacket) -> int:
    """``fib saddr . iif oif missing`` and ``-m rpfilter``: whether no route leads back to the source by its interface.

    For ``--loose`` any route back is enough.
    """
    wanted = set(match.names)
    if packet.back is None or not packet.iif or not wanted <= {*MISSING, *EXISTS}:
        return UNKNOWN
    there = packet.iif in packet.back if match.about == "way_back" else bool(packet.back)
    return TRUE if there is bool(wanted & set(EXISTS)) else FALSE


def is_of_socket(packet: LostPacket, place: HookPlace) -> int:
    """Whether a packet has a socket of the host: a forwarded one has none; of one it takes in that is not known."""
    forwards = OUTPUT not in packet.hooks and INPUT not in packet.hooks
    if forwards or place.hook in (PREROUTING, "ingress"):
        return FALSE
    return TRUE if OUTPUT in packet.hooks else UNKNOWN


def owned_by(packet: LostPacket, place: HookPlace) -> int:
    """``--uid-owner`` and ``meta skuid``: a packet without a socket has no owner."""
    return FALSE if is_of_socket(packet, place) == FALSE else UNKNOWN


def came_as(match: Match, packet: LostPacket) -> int:
    """``meta pkttype``: a packet for a unicast address comes in a frame for this host."""
    if packet.dst is None or OUTPUT in packet.hooks or packet.family not in (4, 6):
        return UNKNOWN
    if packet.dst >> MULTICAST_BITS == MULTICAST:
        return TRUE if "multicast" in match.names else FALSE
    return TRUE if set(HOST) & set(match.names) else FALSE
