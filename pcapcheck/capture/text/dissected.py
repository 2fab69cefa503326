"""A packet from the fields that tshark prints of it (-T json, ek, fields): what none of them tells is absent.

A field that occurs several times has one value for each header of its protocol, the outermost first. Where there are
fewer values than headers it is not known whose they are, and none is used.
"""

from __future__ import annotations

from pcapcheck.capture.text.dissected_fields import Fields, number_in, truth_in
from pcapcheck.capture.text.dissected_transport import TRANSPORTS, transport_of
from pcapcheck.capture.text.layer_chain import IP, chain_of
from pcapcheck.capture.text.layer_cursor import LayerCursor
from pcapcheck.capture.text.link_types import COOKED, COOKED2, ETHERNET, NULL, RAW
from pcapcheck.capture.text.names import PrintedAddresses, mac_of
from pcapcheck.capture.text.printed_packet import Arp, Datagram, Icmp, PrintedPacket, PrintedTunnel, Transport
from pcapcheck.protocols import ARP_REPLY, ETHERTYPE_ARP, ETHERTYPE_OF, ETHERTYPE_REVERSE_ARP

# Datagrams in datagrams beyond this many are not looked at.
DEEPEST = 4
_LINKS = {"eth": ETHERNET, "sll": COOKED, "raw": RAW, "null": NULL}
_WITH_IDENT = {
    "icmp": {"0", "8", "13", "14", "15", "16", "17", "18"},
    "icmpv6": {"128", "129"},
}
_WITH_MTU = {"icmp": {"3"}, "icmpv6": {"2"}}
_ERRORS = {"icmp": {"3", "4", "5", "11", "12"}, "icmpv6": {"1", "2", "3", "4"}}
# linux/if_packet.h: to us, to all, to some, to others, from us -> direction and whether it was multicast.
_PACKET_TYPES: dict[str, tuple[int, bool | None]] = {
    "0": (0, False),
    "1": (0, True),
    "2": (0, True),
    "3": (0, False),
    "4": (1, None),
}
# The one of frames for another MAC than the interface's.
_TO_OTHER = "3"


def packet_of(fields: Fields, addresses: PrintedAddresses) -> PrintedPacket:
    """The packet with these fields; it is not understood if they do not tell how its headers follow."""
    packet = PrintedPacket(length=number_in(fields.get("frame.len", [None])[0]))
    device = fields.get("frame.interface_name", [""])[0]
    packet.device = device if device not in ("", "any", "-") else None
    chain = chain_of(fields)
    if chain is None:
        packet.understood = False
        return packet
    _Dissection(fields, addresses, chain).fill(packet)
    return packet


class _Dissection(LayerCursor):
    """The headers of one packet, read from the outermost to the innermost."""

    def __init__(self, fields: Fields, addresses: PrintedAddresses, chain: list[str]) -> None:
        super().__init__(fields, addresses, chain)
        # Whether what is read stands in an ICMP error: of that only the outermost packet matters.
        self._is_quoted = False

    def fill(self, packet: PrintedPacket) -> None:
        """Fill in the link header, and the ARP or IP packet in it."""
        while (layer := self.layer()) is not None and layer not in ("arp", *IP):
            self.enter(layer)
            if layer in _LINKS:
                packet.link_type = _LINKS[layer]
            if layer == "eth":
                packet.eth_src, packet.eth_dst = self.mac("eth.src"), self.mac("eth.dst")
                packet.ethertype = number_in(self.value("eth.type"))
            elif layer == "sll":
                self._cooked(packet)
            elif layer == "vlan":
                packet.vlan = number_in(self.value("vlan.id"))
                packet.ethertype = number_in(self.value("vlan.etype"))
        if layer == "arp":
            self.enter(layer)
            if packet.ethertype != ETHERTYPE_REVERSE_ARP:
                packet.ethertype, packet.body = ETHERTYPE_ARP, self._arp(packet)
        elif layer is not None:
            packet.body = self._datagram(layer, 0)
            packet.ethertype = ETHERTYPE_OF[packet.body.version]
            packet.understood = packet.body.understood

    def _cooked(self, packet: PrintedPacket) -> None:
        packet.eth_src, packet.ethertype = self.mac("sll.src.eth"), self.number("sll.etype")
        packet.ifindex = self.number("sll.ifindex")
        if packet.ifindex is not None:
            packet.link_type = COOKED2
            # Each is an interface of its own, whose name nobody says.
            packet.device = packet.device or "?"
        packet_type = self.value("sll.pkttype") or ""
        packet.direction, packet.many = _PACKET_TYPES.get(packet_type, (None, None))
        packet.foreign = packet_type == _TO_OTHER

    def _arp(self, packet: PrintedPacket) -> Arp:
        found = Arp(
            self.number("arp.opcode"),
            self.mac("arp.src.hw_mac"),
            self.address("arp.src.proto_ipv4", 4),
            self.mac("arp.dst.hw_mac"),
            self.address("arp.dst.proto_ipv4", 4),
        )
        if found.opcode == ARP_REPLY:
            found.target_mac = packet.eth_dst if found.target_mac is None else found.target_mac
            if found.target_mac is None or (found.sender_mac is None and packet.eth_src is None):
                # Where the MACs of askers are not printed, an answer is for the one that waits, as in tcpdump's text.
                found.target_ip = None
        return found

    def _datagram(self, layer: str, depth: int) -> Datagram:
        self.enter(layer)
        version = 4 if layer == "ip" else 6
        found = Datagram(version, self.address(f"{layer}.src", version), self.address(f"{layer}.dst", version))
        found.ttl = self.number("ip.ttl" if version == 4 else "ipv6.hlim")
        found.length = self.number("ip.len" if version == 4 else "ipv6.plen")
        found.protocol = self.number("ip.proto" if version == 4 else "ipv6.nxt")
        if version == 4:
            found.ident = self.number("ip.id")
        while (self.layer() or "").startswith("ipv6."):
            self.skip()
            found.protocol = self.number("ipv6.fraghdr.nxt")
        inside = self.layer()
        if inside in ("icmp", "icmpv6"):
            found.upper = self._icmp(inside, depth)
        elif inside in TRANSPORTS:
            found.upper = self._transport(inside, depth)
        elif inside in IP and depth < DEEPEST:
            found.upper = PrintedTunnel(inner=self._datagram(inside, depth + 1))
        elif inside in IP:
            found.understood = False
        self._fragment(found)
        if isinstance(found.upper, PrintedTunnel) and found.upper.inner is not None:
            found.understood = found.upper.inner.understood
        return found

    def _fragment(self, datagram: Datagram) -> None:
        """What is known of fragmenting. tshark shows the last fragment as the whole datagram."""
        if datagram.version == 4:
            flags = self.number("ip.flags")
            # Three bits, which older versions shift to where they are on the wire.
            datagram.df = truth_in(self.value("ip.flags.df")) if flags is None else bool(flags & 0x4042)
            datagram.mf = truth_in(self.value("ip.flags.mf")) if flags is None else bool(flags & 0x2021)
            offset = self.number("ip.frag_offset")
        else:
            datagram.mf = truth_in(self.value("ipv6.fraghdr.more"))
            datagram.ident = self.number("ipv6.fraghdr.ident")
            offset = self.number("ipv6.fraghdr.offset")
        if not offset:
            datagram.offset = offset
        elif datagram.upper is None:
            datagram.later = True
        else:
            datagram.df = datagram.mf = datagram.length = None

    def _icmp(self, layer: str, depth: int) -> Icmp:
        before = self.fields.get(f"{layer}.type", [])[: self.seen[layer]]
        self.enter(layer)
        icmp_type = self.value(f"{layer}.type")
        message = Icmp(number_in(icmp_type), self.number(f"{layer}.code"))
        if icmp_type is None:
            return message
        if icmp_type in _WITH_IDENT[layer]:
            names = ("icmp.ident", "icmp.seq") if layer == "icmp" else ("icmpv6.echo.identifier",
                     "icmpv6.echo.sequence_number")  # fmt: skip
            message.ident, message.seq = (self._of_types(layer, name, _WITH_IDENT[layer], before) for name in names)
        elif icmp_type in _WITH_MTU[layer]:
            message.mtu = self._of_types(layer, f"{layer}.mtu", _WITH_MTU[layer], before)
        elif icmp_type in ("135", "136") and layer == "icmpv6":
            which = "ns" if icmp_type == "135" else "na"
            target, macs = (
                self.fields.get(f"icmpv6.nd.{which}.target_address"),
                self.fields.get("icmpv6.opt.linkaddr"),
            )
            message.target = self.addresses.of(target[0], 6) if target else None
            message.mac = mac_of(macs[0]) if macs else None
        inside = self.layer()
        if icmp_type in _ERRORS[layer] and inside in IP and depth < DEEPEST:
            self._is_quoted = True
            quoted = self._datagram(inside, depth + 1)
            # Of a datagram without its ends nobody knows whose it was.
            message.quoted = quoted if quoted.src is not None and quoted.dst is not None else None
        return message

    def _of_types(self, layer: str, name: str, types: set[str], before: list[str]) -> int | None:
        """A field that only messages of some types have, of the message entered last."""
        values = self.fields.get(name, [])
        total = sum(each in types for each in self.fields[f"{layer}.type"])
        return number_in(values[sum(each in types for each in before)]) if len(values) == total else None

    def _transport(self, layer: str, depth: int) -> Transport | PrintedTunnel:
        self.enter(layer)
        if layer == "udp" and self.layer() == "vxlan" and depth < DEEPEST and not self._is_quoted:
            return self._vxlan(depth)
        return transport_of(self, layer)

    def _vxlan(self, depth: int) -> PrintedTunnel:
        self.enter("vxlan")
        tunnel = PrintedTunnel(self.number("vxlan.vni") or 0)
        while (layer := self.layer()) is not None and layer not in IP:
            self.enter(layer)
            if layer == "eth":
                tunnel.src_mac, tunnel.dst_mac = self.mac("eth.src"), self.mac("eth.dst")
            if layer == "arp":
                return tunnel
        if layer is not None:
            tunnel.inner = self._datagram(layer, depth + 1)
        return tunnel
