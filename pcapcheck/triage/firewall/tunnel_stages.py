"""Stages of a tunnel's packets with lost packets inside: the node that sends them, the node that takes them in."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.paths.losses import AT_NIC, BETWEEN, DECAPSULATION, IN_NODE
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.stage import End, Stage, StageSeen
from pcapcheck.triage.firewall.wrapped import IPIP, VXLAN, WIREGUARD, TunnelEnds, address_of, tunnel_on_way
from pcapcheck.values import is_ipv4

ENCAPS, NIC = (VXLAN, IPIP, WIREGUARD), "host-nic"


def tunnel_stages(packet: LostPacket, here: End, far: Host | None, there: End, seen: StageSeen) -> list[Stage]:
    """The nodes whose rules may have stopped the tunnel's packets."""
    found: list[Stage] = []
    if here.node is not None and here.node is there.node:
        return found
    spoken = (seen.spoken_there, seen.spoken) if packet.is_reply else (seen.spoken, seen.spoken_there)
    tunnel = tunnel_on_way(here.node, packet.dst, seen.device) if here.node is not None else None
    if seen.encap in ENCAPS:
        device = tunnel.device if tunnel is not None and tunnel.encap == seen.encap else None
        tunnel = TunnelEnds(seen.encap, device, *seen.outer)
    elif tunnel is None and seen.device is not None and far is not None:
        back = tunnel_on_way(far, packet.src, seen.device)
        tunnel = TunnelEnds(back.encap, back.device, back.dst, back.src) if back is not None else None
    if tunnel is None:
        return found
    family = tunnel.family
    src = tunnel.src or address_of(here.node, family) or _alone(spoken[0], family)
    dst = tunnel.dst or address_of(far, family) or _alone(spoken[1], family)
    tunnel = replace(tunnel, src=src, dst=dst)
    unseen = seen.encap not in ENCAPS
    if here.node is not None and unseen and _is_before_sending(seen):
        found.append(Stage(here.node, tunnel.sent_by(here.node)))
    # An empty capture of the card shows that nothing left.
    left = not unseen or (seen.device is not None and NIC not in seen.empty)
    if far is not None and left and seen.place in (BETWEEN, AT_NIC, DECAPSULATION, None):
        by = seen.interface if seen.place in (AT_NIC, DECAPSULATION) else None
        found.append(Stage(far, tunnel.taken_by(far, by)))
    return found


def _is_before_sending(seen: StageSeen) -> bool:
    """Whether the sending node may have stopped packets after it put them into the tunnel.

    They were seen on the tunnel's device; or they were not seen behind it, and nobody recorded the device.
    """
    if seen.device is not None:
        return seen.place in (BETWEEN, None)
    return seen.place in (IN_NODE, None) and "tunnel" not in seen.recorded


def _alone(addresses: frozenset[int], family: int) -> int | None:
    """The only address, if it is of a version of IP."""
    only = next(iter(addresses)) if len(addresses) == 1 else None
    return only if only is None or is_ipv4(only) == (family == 4) else None
