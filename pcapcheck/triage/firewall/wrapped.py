"""Wrapped packets: those of a tunnel with lost packets inside, which pass the chains of two nodes as the nodes' own.

The node of the sender sends them itself (output, postrouting), that of the receiver takes them in (input): rules for
what is forwarded never see them (kernel: net/ipv4/ip_tunnel_core.c, iptunnel_xmit; drivers/net/vxlan/vxlan_core.c).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pcapcheck import protocols
from pcapcheck.calico import TUNNELS, kind_of_name
from pcapcheck.nodestate.host import Host
from pcapcheck.protocols import KERNEL_VXLAN_PORT
from pcapcheck.triage.firewall.lost_packet import SENT, TAKEN_IN, LostPacket
from pcapcheck.triage.interfaces import default_nic
from pcapcheck.values import is_ipv4

VXLAN, IPIP, WIREGUARD = "vxlan", "ipip", "wireguard"
# The encapsulation of a device whose listing does not show it, by the beginning of its name.
NAMED = {"vxlan": VXLAN, "flannel": VXLAN, "tunl": IPIP, "wireguard": WIREGUARD, "wg": WIREGUARD}


@dataclass(frozen=True)
class TunnelEnds:
    """A tunnel by its encapsulation and its device, as far as they are known, and the addresses of its two ends."""

    encap: str
    device: str | None
    src: int | None = None
    dst: int | None = None

    def sent_by(self, node: Host) -> LostPacket:
        """What the node of the sender sends."""
        found = self._packet(node)
        route = next(iter(node.routes_to(self.dst)), None) if self.dst is not None else None
        out = route.dev if route is not None and not route.leads_nowhere else None
        return replace(found, iif="", oif=out or default_nic(node), hooks=SENT)

    def taken_by(self, node: Host, interface: str | None) -> LostPacket:
        """What the node of the receiver takes in, by an interface where that is known."""
        return replace(self._packet(node), iif=interface or default_nic(node), oif="", hooks=TAKEN_IN)

    def _packet(self, node: Host) -> LostPacket:
        family = 4 if self.dst is None or is_ipv4(self.dst) else 6
        if self.encap == IPIP:
            return LostPacket(family, protocols.IPIP, self.src, self.dst)
        ports = _listed_ports(node, self.device) if self.encap == VXLAN else frozenset()
        return LostPacket(
            family, protocols.UDP, self.src, self.dst, dports=ports or _usual_port(self.encap, self.device)
        )


def tunnel_on_way(node: Host, receiver: int | None, seen: str | None) -> TunnelEnds | None:
    """The tunnel by which a node sends to an address: ``seen`` names the device that they were seen on, else its route.

    Its ends are those that the node's state tells.
    """
    route = next(iter(node.routes_to(receiver)), None) if receiver is not None else None
    device = seen or (route.dev if route is not None else None)
    encap = _encap(node, device)
    if device is None or encap is None:
        return None
    via = route.via if route is not None and route.dev == device else None
    return TunnelEnds(encap, device, address_of(node), _far_end(node, encap, device, via))


def address_of(node: Host | None) -> int | None:
    """A node's own address on its card, where it shows one alone."""
    nic = default_nic(node)
    own = (
        {address.ip for address in node.addresses if address.dev == nic and address.family == 4}
        if node is not None and nic
        else set()
    )
    return own.pop() if len(own) == 1 else None


def _encap(node: Host, device: str | None) -> str | None:
    if device is None or kind_of_name(device) != "tunnel":
        return None
    link = node.links.get(device)
    if link is not None and link.kind in (VXLAN, IPIP, WIREGUARD):
        return link.kind
    return next((encap for name, encap in NAMED.items() if device.startswith(name)), None)


def _far_end(node: Host, encap: str, device: str, via: int | None) -> int | None:
    """IP in IP goes to the route's next hop, VXLAN to where its device has the next hop's MAC."""
    if encap == IPIP or via is None:
        return via
    macs = {entry.mac for entry in node.neighbours_of(via) if entry.dev == device and entry.mac is not None}
    ends = {entry.dst for entry in node.forwarding if entry.dev == device and entry.mac in macs}
    return ends.pop() if len(ends) == 1 else None


def _listed_ports(node: Host, device: str | None) -> frozenset[int]:
    """The ports of a node's VXLAN devices, or of one of them, as far as they are listed."""
    devices = [link for link in node.links.values() if device in (None, link.name)]
    return frozenset(link.vxlan_port for link in devices if link.vxlan_port is not None)


def _usual_port(encap: str, device: str | None) -> frozenset[int]:
    """The port of Calico's device; any other VXLAN device has the kernel's, which flannel leaves as it is."""
    if encap == VXLAN and device is not None and not device.startswith("vxlan"):
        return frozenset((KERNEL_VXLAN_PORT,))
    port = TUNNELS[encap].port_of(device)
    return frozenset() if port is None else frozenset((port,))
