"""Packets as tcpdump prints nearly all of them: one regular expression up to the addresses, one for what follows.

With and without MACs (-e), the header (-v) and names, on Ethernet and cooked captures. What has another shape is left
to the grammar of the other modules, which reads these lines to the same packet.
"""

from __future__ import annotations

import re

from pcapcheck.capture.text.arp_lines import arp
from pcapcheck.capture.text.link_types import COOKED, COOKED2, DIRECTIONS, ETHERNET, FOREIGN
from pcapcheck.capture.text.names import PrintedAddresses, mac_of
from pcapcheck.capture.text.printed_packet import Arp, Datagram, Icmp, PrintedPacket
from pcapcheck.capture.text.usual_contents import carry
from pcapcheck.protocols import ETHERTYPE_ARP, ETHERTYPE_OF

_MAC = r"[\da-f:]{17}"
_OUI = r"(?: \(oui [\w ]{1,40}\))?"
_TYPE = r"ethertype (IPv4 \(0x0800\)|IPv6 \(0x86dd\)|ARP \(0x0806\)), length (\d{1,7}): "
_HOST = r"[\w.:-]{2,280}"
_START = re.compile(
    rf"(?:({_MAC}){_OUI} > ({_MAC}|Broadcast){_OUI}, {_TYPE}"
    rf"|(?!IP6? |ARP)([A-Za-z?][\w.@-]{{0,19}}) +(In|Out|B|M|P) +(?:ifindex (\d{{1,9}}) ({_MAC}){_OUI} {_TYPE})?"
    rf"|(In|Out|B|M|P) +({_MAC}){_OUI} {_TYPE})?"
    r"(IP6? |ARP, )?"
    r"(?:\(tos 0x[\da-f]{1,2}, ttl (\d{1,3}), id (\d{1,5}), offset 0, flags \[(none|DF)\], "
    r"proto [A-Z]{1,8} \((\d{1,3})\), length (\d{1,5})\)$"
    r"|(?:\((?:class 0x[\da-f]{1,2}, )?(?:flowlabel 0x[\da-f]{1,5}, )?hlim (\d{1,3}), "
    r"next-header [\w-]{1,12} \((\d{1,3})\) payload length: (\d{1,5})\) )?"
    rf"({_HOST}) > ({_HOST}): )?",
    re.ASCII,
)
_ENDS = re.compile(rf" {{3,4}}({_HOST}) > ({_HOST}): ", re.ASCII)
_OPTION = re.compile(r"\t {2}(?:source|destination) link-address option \(\d\), length \d{1,3} \(\d\): "
                     rf"({_MAC})$", re.ASCII)  # fmt: skip
_ARP = re.compile(
    r"(?:Ethernet \(len 6\), IPv4 \(len 4\), )?"
    rf"(?:Request who-has [\w.-]{{1,280}}(?: \({_MAC}{_OUI}\))? tell [\w.-]{{1,280}}"
    rf"|Reply [\w.-]{{1,280}} is-at {_MAC}{_OUI}), length \d{{1,5}}$",
    re.ASCII,
)
_VERSIONS = {"IPv4 (0x0800)": 4, "IPv6 (0x86dd)": 6, "IP ": 4, "IP6 ": 6}


def awaits_ends(packet: PrintedPacket) -> bool:
    """Whether the addresses of a packet of the usual shape stand on the next line."""
    return isinstance(packet.body, Datagram) and packet.body.src is None


def name_group(packet: PrintedPacket, addresses: PrintedAddresses) -> None:
    """Make the name of a multicast packet's destination that of a group, since the link layer says that it is one."""
    group = packet.many if packet.eth_dst is None else packet.eth_dst >> 40 & 1
    if group and isinstance(packet.body, Datagram):
        packet.body.dst = addresses.as_multicast(packet.body.dst, packet.body.version)


def read_start(line: str, start: int, addresses: PrintedAddresses) -> PrintedPacket | None:
    """The packet of a line from ``start`` on; its addresses may still be missing. None if it has another shape."""
    match = _START.match(line, start)
    assert match is not None
    (
        eth_src, eth_dst, ether_type, ether_size, device, way2, ifindex, mac2, type2, size2, way1, mac1, type1, size1,
        name, ttl, ident, flags, protocol, length, hops, next_header, payload, src, dst,
    ) = match.groups()  # fmt: skip
    kind = ether_type or type2 or type1
    if kind is None:
        if name is None:
            return None
        kind = name
    elif name is not None:
        return None
    packet = PrintedPacket()
    if eth_src is not None:
        packet.link_type, packet.length = ETHERNET, int(ether_size)
        packet.eth_src, packet.eth_dst = mac_of(eth_src), mac_of(eth_dst)
        if packet.eth_src is None or packet.eth_dst is None:
            return None
    elif (way := way2 or way1) is not None:
        packet.direction, packet.many = DIRECTIONS[way]
        packet.foreign = way == FOREIGN
        packet.link_type, packet.device = COOKED if device is None else COOKED2, device
        if (mac := mac2 or mac1) is not None:
            packet.length, packet.eth_src = int(size2 or size1), mac_of(mac)
            packet.ifindex = int(ifindex) if ifindex else None
            if packet.eth_src is None:
                return None
    version = _VERSIONS.get(kind)
    if version is None:
        packet.ethertype = ETHERTYPE_ARP
        packet.body = addresses.remembering(_usual_arp)(line[match.end() :])
        return packet if packet.body is not None else None
    packet.ethertype = ETHERTYPE_OF[version]
    packet.body = found = Datagram(version)
    if ttl is not None:
        found.ttl, found.ident, found.offset, found.length = int(ttl), int(ident), 0, int(length)
        found.df, found.mf, found.protocol = flags == "DF", False, int(protocol)
        return packet if version == 4 else None
    if hops is not None:
        found.ttl, found.protocol, found.length = int(hops), int(next_header), int(payload)
        if version == 4:
            return None
    if src is None or not carry(found, src, dst, line, match.end(), addresses):
        return None
    name_group(packet, addresses)
    return packet


def add_ends(packet: PrintedPacket, line: str, addresses: PrintedAddresses) -> bool:
    """Fill in what the line after the header says; False if it has another shape."""
    match = _ENDS.match(line)
    found = packet.body
    if match is None or not isinstance(found, Datagram):
        return False
    if not carry(found, match[1], match[2], line, match.end(), addresses):
        return False
    name_group(packet, addresses)
    return True


def add_option(packet: PrintedPacket, line: str) -> bool:
    """Fill in the MAC that a further line says of neighbour discovery (-v); False if it has another shape."""
    found = packet.body
    if not isinstance(found, Datagram) or found.ttl is None or not isinstance(found.upper, Icmp):
        return False
    match = _OPTION.match(line) if found.upper.target is not None else None
    if match is None:
        return False
    if found.upper.mac is None:
        found.upper.mac = mac_of(match[1])
    return found.upper.mac is not None


def _usual_arp(text: str, addresses: PrintedAddresses) -> Arp | None:
    return arp(text, addresses) if _ARP.match(text) else None
