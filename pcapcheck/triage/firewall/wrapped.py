"""Wrapped packets: a tunnel's packets with lost packets inside. They pass the chains of two nodes as the nodes' own.

The sender's node sends them itself (output, postrouting), the receiver's takes them in (input): rules for forwarded
packets never see them (kernel: net/ipv4/ip_tunnel_core.c, iptunnel_xmit; drivers/net/vxlan/vxlan_core.c).
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck import protocols
from pcapcheck.calico import TUNNELS, CalicoTunnel, is_calico_tunnel, is_wireguard, kind_of_name
from pcapcheck.nodestate.host import Host
from pcapcheck.protocols import KERNEL_VXLAN_PORT, WIREGUARD_PORT, WIREGUARD_PORT6
from pcapcheck.triage.firewall.lost_packet import SENT, TAKEN_IN, LostPacket
from pcapcheck.triage.interfaces import default_nic
from pcapcheck.values import is_ipv4

VXLAN, IPIP, WIREGUARD = "vxlan", "ipip", "wireguard"
# The beginnings of device names, of tunnels other than WireGuard's.
ENCAPS = {"vxlan": VXLAN, "flannel": VXLAN, "tunl": IPIP}
# flannel: pkg/backend/wireguard/wireguard.go (RegisterNetwork).
FLANNEL_WIREGUARD = CalicoTunnel("flannel-wg", "flannel-wg-v6", WIREGUARD_PORT, WIREGUARD_PORT6)


class TunnelEnds(Struct, frozen=True):
    """A tunnel: its encapsulation, its device, and the addresses of its two ends."""

    encap: str
    device: str | None
    src: int | None = None
    dst: int | None = None

    @property
    def family(self) -> int:
        """The version of IP outside; without an address it shows in names such as ``vxlan-v6.calico``."""
        known = next((address for address in (self.dst, self.src) if address is not None), None)
        if known is not None:
            return 4 if is_ipv4(known) else 6
        return 6 if self.device is not None and "-v6" in self.device else 4

    def sent_by(self, node: Host) -> LostPacket:
        """What the sender's node sends."""
        found = self._packet(node)
        route = next(iter(node.routes_to(self.dst)), None) if self.dst is not None else None
        out = route.dev if route is not None and not route.leads_nowhere else None
        return replace(found, iif="", oif=out or default_nic(node), hooks=SENT)

    def taken_by(self, node: Host, interface: str | None) -> LostPacket:
        """What the receiver's node takes in, by an interface if that is known."""
        return replace(self._packet(node), iif=interface or default_nic(node), oif="", hooks=TAKEN_IN)

    def _packet(self, node: Host) -> LostPacket:
        if self.encap == IPIP:
            return LostPacket(self.family, protocols.IPIP, self.src, self.dst)
        ports = _listed_ports(node, self.device) if self.encap == VXLAN else frozenset()
        ports = ports or _usual_port(self.encap, self.device)
        return LostPacket(self.family, protocols.UDP, self.src, self.dst, dports=ports)


def tunnel_on_way(node: Host, receiver: int | None, seen: str | None) -> TunnelEnds | None:
    """The tunnel by which a node sends to an address: by the device that packets were seen on, else by the route.

    The node's state shows its ends.
    """
    route = next(iter(node.routes_to(receiver)), None) if receiver is not None else None
    device = seen or (route.dev if route is not None else None)
    encap = _encap(node, device)
    if device is None or encap is None:
        return None
    via = route.via if route is not None and route.dev == device else None
    tunnel = TunnelEnds(encap, device, dst=_far_end(node, encap, device, via))
    return replace(tunnel, src=address_of(node, tunnel.family))


def address_of(node: Host | None, family: int) -> int | None:
    """The only address of a version of IP on a node's card; None if there are several, but for link-local ones."""
    nic = default_nic(node)
    if node is None or nic is None:
        return None
    held = [address for address in node.addresses if address.dev == nic and address.family == family]
    own = {address.ip for address in held if address.scope != "link"}
    return own.pop() if len(own) == 1 else None


def _encap(node: Host, device: str | None) -> str | None:
    if device is None or kind_of_name(device) != "tunnel":
        return None
    link = node.links.get(device)
    if link is not None and link.kind in (VXLAN, IPIP, WIREGUARD):
        return link.kind
    if is_wireguard(device):
        return WIREGUARD
    return next((encap for name, encap in ENCAPS.items() if device.startswith(name)), None)


def _far_end(node: Host, encap: str, device: str, via: int | None) -> int | None:
    """IP in IP goes to the route's next hop, VXLAN to the end that the device's fdb has for the next hop's MAC."""
    if encap == IPIP or via is None:
        return via
    macs = {entry.mac for entry in node.neighbours_of(via) if entry.dev == device and entry.mac is not None}
    ends = {entry.dst for entry in node.forwarding if entry.dev == device and entry.mac in macs}
    return ends.pop() if len(ends) == 1 else None


def _listed_ports(node: Host, device: str | None) -> frozenset[int]:
    """The listed ports of one VXLAN device, or of all of them."""
    devices = [link for link in node.links.values() if device in (None, link.name)]
    return frozenset(link.vxlan_port for link in devices if link.vxlan_port is not None)


def _usual_port(encap: str, device: str | None) -> frozenset[int]:
    """The port of a device by its name; none: not known. flannel keeps the kernel's port for VXLAN."""
    if encap == VXLAN and device is not None and not device.startswith("vxlan"):
        return frozenset((KERNEL_VXLAN_PORT,))
    if device is None or is_calico_tunnel(device):
        port = TUNNELS[encap].port_of(device)
    else:
        port = FLANNEL_WIREGUARD.port_of(device) if device.startswith("flannel") else None
    return frozenset() if port is None else frozenset((port,))
