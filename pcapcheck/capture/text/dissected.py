"""A packet from the fields that tshark prints of it (-T json, ek, fields): what none of them tells is absent.

A field that occurs several times has one value for each header of its protocol, the outermost first. Where there are
fewer values than headers it is not known whose they are, and none is used.
"""

from __future__ import annotations

from collections import Counter

from pcapcheck import protocols
from pcapcheck.capture.text.dissected_fields import Fields, number_in, truth_in
from pcapcheck.capture.text.layer_chain import IP, chain_of
from pcapcheck.capture.text.link_types import COOKED, COOKED2, ETHERNET, NULL, RAW
from pcapcheck.capture.text.names import PrintedAddresses, mac_of
from pcapcheck.capture.text.printed_packet import Arp, Datagram, Dns, Icmp, PrintedPacket, PrintedTunnel, Transport
from pcapcheck.protocols import ARP_REPLY, DNS_PORT, ETHERTYPE_ARP, ETHERTYPE_OF, ETHERTYPE_REVERSE_ARP, SCTP, TCP, UDP

# Datagrams in datagrams beyond this many are not looked at.
DEEPEST = 4
_LINKS = {"eth": ETHERNET, "sll": COOKED, "raw": RAW, "null": NULL}
_TRANSPORTS = {"tcp": TCP, "udp": UDP, "sctp": SCTP}
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
_FLAGS = {
    "tcp.flags.fin": protocols.TCP_FIN,
    "tcp.flags.syn": protocols.TCP_SYN,
    "tcp.flags.reset": protocols.TCP_RST,
    "tcp.flags.push": protocols.TCP_PSH,
    "tcp.flags.ack": protocols.TCP_ACK,
}
# Without these nothing is known of a segment.
_NEEDED_FLAGS = ("tcp.flags.syn", "tcp.flags.ack", "tcp.flags.reset")


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


class _Dissection:
    """The headers of one packet, read from the outermost to the innermost."""

    def __init__(self, fields: Fields, addresses: PrintedAddresses, chain: list[str]) -> None:
        self._fields = fields
        self._addresses = addresses
        self._chain = chain
        self._totals = Counter(chain)
        self._seen: Counter[str] = Counter()
        self._place = 0
        # Whether what is read stands in an ICMP error: of that only the outermost packet matters.
        self._is_quoted = False

    def fill(self, packet: PrintedPacket) -> None:
        """Fill in the link header, and the ARP or IP packet in it."""
        while (layer := self._layer()) is not None and layer not in ("arp", *IP):
            self._enter(layer)
            if layer in _LINKS:
                packet.link_type = _LINKS[layer]
            if layer == "eth":
                packet.eth_src, packet.eth_dst = self._mac("eth.src"), self._mac("eth.dst")
                packet.ethertype = number_in(self._value("eth.type"))
            elif layer == "sll":
                self._cooked(packet)
            elif layer == "vlan":
                packet.vlan = number_in(self._value("vlan.id"))
                packet.ethertype = number_in(self._value("vlan.etype"))
        if layer == "arp":
            self._enter(layer)
            if packet.ethertype != ETHERTYPE_REVERSE_ARP:
                packet.ethertype, packet.body = ETHERTYPE_ARP, self._arp(packet)
        elif layer is not None:
            packet.body = self._datagram(layer, 0)
            packet.ethertype = ETHERTYPE_OF[packet.body.version]
            packet.understood = packet.body.understood

    def _layer(self) -> str | None:
        return self._chain[self._place] if self._place < len(self._chain) else None

    def _enter(self, layer: str) -> None:
        self._seen[layer] += 1
        self._place += 1

    def _value(self, name: str) -> str | None:
        """A field of the header that was entered last of its protocol."""
        layer = name.partition(".")[0]
        values = self._fields.get(name)
        if values is None or len(values) != self._totals[layer]:
            return None
        return values[self._seen[layer] - 1]

    def _number(self, name: str) -> int | None:
        return number_in(self._value(name))

    def _mac(self, name: str) -> int | None:
        text = self._value(name)
        return None if text is None else mac_of(text)

    def _address(self, name: str, version: int) -> int | None:
        text = self._value(name)
        return None if text is None else self._addresses.of(text, version)

    def _cooked(self, packet: PrintedPacket) -> None:
        packet.eth_src, packet.ethertype = self._mac("sll.src.eth"), self._number("sll.etype")
        packet.ifindex = self._number("sll.ifindex")
        if packet.ifindex is not None:
            packet.link_type = COOKED2
            # Each is an interface of its own, whose name nobody says.
            packet.device = packet.device or "?"
        packet_type = self._value("sll.pkttype") or ""
        packet.direction, packet.many = _PACKET_TYPES.get(packet_type, (None, None))
        packet.foreign = packet_type == _TO_OTHER

    def _arp(self, packet: PrintedPacket) -> Arp:
        found = Arp(
            self._number("arp.opcode"),
            self._mac("arp.src.hw_mac"),
            self._address("arp.src.proto_ipv4", 4),
            self._mac("arp.dst.hw_mac"),
            self._address("arp.dst.proto_ipv4", 4),
        )
        if found.opcode == ARP_REPLY:
            found.target_mac = packet.eth_dst if found.target_mac is None else found.target_mac
            if found.target_mac is None or (found.sender_mac is None and packet.eth_src is None):
                # Where the MACs of askers are not printed, an answer is for the one that waits, as in tcpdump's text.
                found.target_ip = None
        return found

    def _datagram(self, layer: str, depth: int) -> Datagram:
        self._enter(layer)
        version = 4 if layer == "ip" else 6
        found = Datagram(version, self._address(f"{layer}.src", version), self._address(f"{layer}.dst", version))
        found.ttl = self._number("ip.ttl" if version == 4 else "ipv6.hlim")
        found.length = self._number("ip.len" if version == 4 else "ipv6.plen")
        found.protocol = self._number("ip.proto" if version == 4 else "ipv6.nxt")
        if version == 4:
            found.ident = self._number("ip.id")
        while (self._layer() or "").startswith("ipv6."):
            self._place += 1
            found.protocol = self._number("ipv6.fraghdr.nxt")
        inside = self._layer()
        if inside in ("icmp", "icmpv6"):
            found.upper = self._icmp(inside, depth)
        elif inside in _TRANSPORTS:
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
            flags = self._number("ip.flags")
            # Three bits, which older versions shift to where they are on the wire.
            datagram.df = truth_in(self._value("ip.flags.df")) if flags is None else bool(flags & 0x4042)
            datagram.mf = truth_in(self._value("ip.flags.mf")) if flags is None else bool(flags & 0x2021)
            offset = self._number("ip.frag_offset")
        else:
            datagram.mf = truth_in(self._value("ipv6.fraghdr.more"))
            datagram.ident = self._number("ipv6.fraghdr.ident")
            offset = self._number("ipv6.fraghdr.offset")
        if not offset:
            datagram.offset = offset
        elif datagram.upper is None:
            datagram.later = True
        else:
            datagram.df = datagram.mf = datagram.length = None

    def _icmp(self, layer: str, depth: int) -> Icmp:
        before = self._fields.get(f"{layer}.type", [])[: self._seen[layer]]
        self._enter(layer)
        icmp_type = self._value(f"{layer}.type")
        message = Icmp(number_in(icmp_type), self._number(f"{layer}.code"))
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
                self._fields.get(f"icmpv6.nd.{which}.target_address"),
                self._fields.get("icmpv6.opt.linkaddr"),
            )
            message.target = self._addresses.of(target[0], 6) if target else None
            message.mac = mac_of(macs[0]) if macs else None
        inside = self._layer()
        if icmp_type in _ERRORS[layer] and inside in IP and depth < DEEPEST:
            self._is_quoted = True
            quoted = self._datagram(inside, depth + 1)
            # Of a datagram without its ends nobody knows whose it was.
            message.quoted = quoted if quoted.src is not None and quoted.dst is not None else None
        return message

    def _of_types(self, layer: str, name: str, types: set[str], before: list[str]) -> int | None:
        """A field that only messages of some types have, of the message entered last."""
        values = self._fields.get(name, [])
        total = sum(each in types for each in self._fields[f"{layer}.type"])
        return number_in(values[sum(each in types for each in before)]) if len(values) == total else None

    def _transport(self, layer: str, depth: int) -> Transport | PrintedTunnel:
        self._enter(layer)
        found = Transport(_TRANSPORTS[layer], self._number(f"{layer}.srcport"), self._number(f"{layer}.dstport"))
        inside = self._layer()
        if layer == "tcp":
            self._segment(found)
        elif layer == "sctp":
            found.flags = number_in(self._fields.get("sctp.chunk_type", [None])[0])
        elif inside == "vxlan" and depth < DEEPEST and not self._is_quoted:
            return self._vxlan(depth)
        else:
            length = self._number("udp.length")
            found.size = None if length is None else max(length - 8, 0)
            if inside == "dns" and DNS_PORT in (found.src_port, found.dst_port):
                self._enter("dns")
                found.dns = self._dns()
        return found

    def _segment(self, found: Transport) -> None:
        flags = self._number("tcp.flags")
        if flags is None and all(truth_in(self._value(name)) is not None for name in _NEEDED_FLAGS):
            flags = sum(bit for name, bit in _FLAGS.items() if truth_in(self._value(name)))
        found.flags = None if flags is None else flags & 0x1FF
        whole = self._number("tcp.seq_raw"), self._number("tcp.ack_raw")
        found.whole = None not in whole
        found.seq, found.ack = whole if found.whole else (self._number("tcp.seq"), self._number("tcp.ack"))
        if found.flags is not None and not found.flags & protocols.TCP_ACK:
            found.ack = None
        found.size, found.header = self._number("tcp.len"), self._number("tcp.hdr_len")
        found.window = self._number("tcp.window_size_value")

    def _dns(self) -> Dns | None:
        ident, response = self._number("dns.id"), truth_in(self._value("dns.flags.response"))
        if ident is None or response is None:
            return None
        if response:
            code = self._number("dns.flags.rcode")
            return Dns(ident, code=code) if code is not None else None
        names, types = self._fields.get("dns.qry.name", []), self._fields.get("dns.qry.type", [])
        return Dns(ident, name=names[0] if names else None, record_type=number_in(types[0]) if types else None)

    def _vxlan(self, depth: int) -> PrintedTunnel:
        self._enter("vxlan")
        tunnel = PrintedTunnel(self._number("vxlan.vni") or 0)
        while (layer := self._layer()) is not None and layer not in IP:
            self._enter(layer)
            if layer == "eth":
                tunnel.src_mac, tunnel.dst_mac = self._mac("eth.src"), self._mac("eth.dst")
            if layer == "arp":
                return tunnel
        if layer is not None:
            tunnel.inner = self._datagram(layer, depth + 1)
        return tunnel
