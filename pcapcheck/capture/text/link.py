"""The link header of a line of tcpdump, and the network packet after it.

With -e: MACs, ethertype and length on Ethernet (print-ether.c), direction and MAC on cooked captures (print-sll.c),
which since version 2 name the interface even without -e; "ip:" on a raw link, "AF IPv4 (2)" on a loopback.
"""

from __future__ import annotations

import re

from pcapcheck.capture.text.arp_lines import arp
from pcapcheck.capture.text.link_types import COOKED, COOKED2, DIRECTIONS, ETHERNET, FOREIGN, NULL, RAW
from pcapcheck.capture.text.names import MAC, OUI, PrintedAddresses, mac_of
from pcapcheck.capture.text.network import Lines, datagram, without_name
from pcapcheck.capture.text.printed_packet import PrintedPacket
from pcapcheck.capture.text.usual_lines import name_group
from pcapcheck.protocols import (
    ETHERTYPE_ARP,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_REVERSE_ARP,
    OLD_VLAN_TAGS,
    REVERSE_ARP_REPLY,
    REVERSE_ARP_REQUEST,
    VLAN_TAGS,
)

TAGS = VLAN_TAGS + OLD_VLAN_TAGS

# No link header: the name of the protocol begins the line.
_NAMED = re.compile(r"IP6? (?!\(oui )|ARP, ")
# MACs, with a name or a group in words instead where there was no -n.
_ETHERNET = re.compile(rf"({MAC}|Broadcast|[\w.-]{{2,40}}(?= \(oui )){OUI} > ({MAC}|[\w.:-]{{2,40}}){OUI}, ?(?=\S)")
# tcpdump 3 printed less between: aa:bb:… Broadcast arp 42: arp who-has …
_OLD_ETHERNET = re.compile(rf"({MAC}) ({MAC}|Broadcast) (ip|arp|0800|0806) (\d+): ")
_TYPE = re.compile(
    r"(?:ethertype (?P<name>[\w .-]{1,40}?) \(0x(?P<type>[0-9a-f]{4})\)|(?P<short>IPv4|IPv6|ARP|802\.1Q[\w-]*)"
    r"|(?P<other>802\.3|[\w .-]{1,40}?(?: \(0x[0-9a-f]{4}\))?))"
    r"(?:, length (?P<length>\d+))?[,:] ?"
)
_TAG = re.compile(r"vlan (\d+), p \d+(?:, DEI)?, (?=ethertype|802\.3)")
# tcpdump 4.9 and before print no number behind the name.
_AFTER_TAG = re.compile(r"ethertype (?:[\w .-]{1,40}? \(0x([0-9a-f]{4})\)|(IPv4|IPv6|ARP)(?=,)),? ?")
# What of -e is left where somebody shortened a line: two MACs, and surely ARP.
_SHORT_ARP = re.compile(rf"({MAC}) > ({MAC}|Broadcast)[ ,.…]{{1,8}}(?:ARP,? )?(?=Request who-has |Reply \S+ is-at )")
# Tags of switches' own kinds, which tcpdump prints in words before the ethertype (its print-dsa.c).
_DSA = re.compile(r"(?:Forward|To CPU|From CPU|To Sniffer), .{1,120}?ethertype [\w .-]{1,40}? \(0x([0-9a-f]{4})\),? ?")
_SNAP = re.compile(r".{0,200}?oui Ethernet \(0x000000\), ethertype [\w .-]{1,40}? \(0x([0-9a-f]{4})\), length \d+: ")
_COOKED2 = re.compile(r"(\S{1,20})\s+(In|Out|B|M|P)\s+(?=\S)")
_COOKED = re.compile(r"(In|Out|B|M|P)\s+(?=[0-9A-Fa-f]{1,2}:|ethertype|\S+ > \S+:|Request |Reply )")
_COOKED_TYPE = re.compile(
    rf"(?:ifindex (?P<ifindex>\d+) )?(?:(?P<mac>{MAC}){OUI} ?)?"
    r"(?:ethertype [\w .-]{1,40}? \(0x(?P<type>[0-9a-f]{4})\), length (?P<length>\d+): ?)?"
)
_RAW = re.compile(r"ip6?: ?")
_NULL = re.compile(r"AF [\w-]+ \((\d+)\), length (\d+): ?")
# A record whose lengths contradict each other.
INVALID = "[Invalid header: "
_SHORT_TYPES = {"IPv4": ETHERTYPE_IPV4, "IPv6": ETHERTYPE_IPV6, "ARP": ETHERTYPE_ARP}
_ARP_NAME = re.compile(r"(?:ARP, ?|(?=arp (?:who-has|reply) ))")
_RARP = re.compile(r"(?:Reverse ARP|RARP)\b")
_SOME_ARP = re.compile(r"(?:Ethernet \(len|Request who-|Reply \S+ is-at|Announcement |Probe |Inverse |arp )")
_SOME_IP = re.compile(r"\(|truncated-ip|\S{1,280} > \S{1,280}:(?:\s|$)")
# What is neither ARP nor IP: a name of a protocol, then how long it is.
_OTHER = re.compile(
    rf"(?!{MAC})[A-Za-z0-9][\w./ -]{{0,60}}[,:(].{{0,2000}}?\blength:? \d+"
    r"|(?:LLDP|STP|CDPv\d|LACP|MPLS|PPPoE|EAPOL|EAP packet|IPX|IS-IS|DTPv\d|UDLDv\d|VTPv\d|CFMv\d|AoE|SLARP|Loopback)\b"
    r"|\s*\[\|"
)
# A packet without the name of its protocol, as OpenBSD's tcpdump prints it, and as it is where somebody took that off
# together with the time: only words that tcpdump writes tell it from prose.
_BARE4 = (
    r"\d{1,3}(?:\.\d{1,3}){3}(?:\.[\w-]{1,20})? > \d{1,3}(?:\.\d{1,3}){3}(?:\.[\w-]{1,20})?: "
    r"(?=Flags \[|ICMP (?:echo |host |net |time |redirect |[\d.]{7,15} )|icmp: |UDP, length \d|udp \d"
    r"|[SFRP.]{1,4} (?:\d+:\d+\(\d+\)|ack \d)|\d{1,5}[-+*%$|]{0,6} (?:\[[^\]]{1,20}\] )?[A-Z])"
    # Of hosts' names, only errors.
    r"|(?!IP6?\d)[\w.-]{1,280} > [\w.-]{1,280}: "
    r"(?=ICMP [^,]{1,300}\b(?:unreachable|time exceeded)\b[^,]{0,80}, length \d)"
)
_END6 = r"(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\.[\w-]{1,20})?"
_BARE6 = (
    rf"{_END6} > {_END6}: "
    r"(?=Flags \[|(?:\[icmp6 sum ok\] )?ICMP6, |UDP, length \d|\d{1,5}[-+*%$|]{0,6} (?:\[[^\]]{1,20}\] )?[A-Z])"
)
BARE = rf"(?:{_BARE4}|{_BARE6})"
_BARE = re.compile(BARE)


def parse(lines: list[str], addresses: PrintedAddresses) -> PrintedPacket | None:
    """The packet that these lines, without their stamp, describe; None if it is not known."""
    rest = Lines(lines, frame, addresses)
    packet = frame(rest.take().strip(), rest)
    if packet is not None:
        name_group(packet, addresses)
    return packet


def frame(text: str, lines: Lines) -> PrintedPacket | None:
    """The frame that a text describes; further lines come from ``lines``."""
    packet = PrintedPacket()
    if _NAMED.match(text):
        return _named(packet, text, lines)
    if (match := _ETHERNET.match(text)) is not None:
        packet.link_type = ETHERNET
        packet.eth_src, packet.eth_dst = mac_of(match[1]), mac_of(match[2])
        return _ethernet(packet, text[match.end() :], lines)
    if (match := _SHORT_ARP.match(text)) is not None:
        packet.link_type, packet.ethertype = ETHERNET, ETHERTYPE_ARP
        packet.eth_src, packet.eth_dst = mac_of(match[1]), mac_of(match[2])
        return _with_arp(packet, text[match.end() :], lines)
    if (match := _COOKED2.match(text)) is not None and not text.startswith(("IP ", "IP6 ", "ARP")):
        packet.link_type, packet.device = COOKED2, match[1]
        return _cooked(packet, match[2], text[match.end() :], lines)
    if (match := _COOKED.match(text)) is not None:
        packet.link_type = COOKED
        return _cooked(packet, match[1], text[match.end() :], lines)
    if (match := _OLD_ETHERNET.match(text)) is not None:
        packet.link_type, packet.length = ETHERNET, int(match[4])
        packet.eth_src, packet.eth_dst = mac_of(match[1]), mac_of(match[2])
        packet.ethertype = ETHERTYPE_ARP if match[3] in ("arp", "0806") else ETHERTYPE_IPV4
        return _network(packet, text[match.end() :], lines)
    if (match := _RAW.match(text)) is not None:
        packet.link_type = RAW
        return _guess(packet, text[match.end() :], lines)
    if (match := _NULL.match(text)) is not None:
        packet.link_type, packet.length = NULL, int(match[2])
        packet.ethertype = ETHERTYPE_IPV4 if match[1] == "2" else ETHERTYPE_IPV6
        return _network(packet, text[match.end() :], lines)
    return _named(packet, text, lines)


def _cooked(packet: PrintedPacket, word: str, text: str, lines: Lines) -> PrintedPacket | None:
    packet.direction, packet.many = DIRECTIONS[word]
    packet.foreign = word == FOREIGN
    match = _COOKED_TYPE.match(text)
    assert match is not None
    if match["mac"] or match["type"] or match["ifindex"]:
        packet.ifindex = int(match["ifindex"]) if match["ifindex"] else None
        packet.eth_src = mac_of(match["mac"]) if match["mac"] else None
        packet.length = int(match["length"]) if match["length"] else None
        text = text[match.end() :]
        if match["type"]:
            packet.ethertype = int(match["type"], 16)
            return _tagged(packet, text, lines)
    return _guess(packet, text, lines)


def _ethernet(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    match = _TYPE.match(text)
    if match is None:
        return None
    # What IEEE 802.3 calls length is not that of the frame.
    packet.length = int(match["length"]) if match["length"] and match["other"] != "802.3" else None
    text = text[match.end() :]
    if match["type"]:
        packet.ethertype = int(match["type"], 16)
    elif match["short"]:
        packet.ethertype = _SHORT_TYPES.get(match["short"], TAGS[0])
    else:
        return _snap(packet, text, lines)
    return _tagged(packet, text, lines)


def _tagged(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    """Pass over VLAN tags to what they carry."""
    while packet.ethertype in TAGS and (tag := _TAG.match(text)) is not None:
        packet.vlan = int(tag[1]) & 0xFFF
        text = text[tag.end() :]
        after = _AFTER_TAG.match(text)
        if after is None:
            packet.ethertype = None
            return _snap(packet, text, lines)
        packet.ethertype = int(after[1], 16) if after[1] else _SHORT_TYPES[after[2]]
        text = text[after.end() :]
    if (tag := _DSA.match(text)) is not None:
        packet.ethertype = int(tag[1], 16)
        text = text[tag.end() :]
    if packet.ethertype in TAGS:
        # With -q neither the tag nor what it carries is named.
        packet.ethertype = None
        return _guess(packet, text, lines)
    return _network(packet, text, lines)


def _snap(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    """IEEE 802.3: what a SNAP header names, anything else is neither ARP nor IP."""
    match = _SNAP.match(text)
    if match is None:
        return packet
    packet.ethertype = int(match[1], 16)
    return _network(packet, text[match.end() :], lines)


def _network(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    """What a known ethertype carries."""
    if packet.ethertype == ETHERTYPE_ARP:
        return _with_arp(packet, _ARP_NAME.sub("", text, count=1), lines)
    if packet.ethertype in (ETHERTYPE_IPV4, ETHERTYPE_IPV6):
        version = 4 if packet.ethertype == ETHERTYPE_IPV4 else 6
        return _with_datagram(packet, without_name(text), lines, version)
    return packet


def _named(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    """A packet that begins with the name of its protocol, as it does without -e."""
    if text.startswith(("IP ", "IP6 ", "IP(", "IP6(")):
        version = 6 if text.startswith("IP6") else 4
        packet.ethertype = ETHERTYPE_IPV4 if version == 4 else ETHERTYPE_IPV6
        return _with_datagram(packet, text[3 if version == 6 else 2 :], lines, version)
    match = _ARP_NAME.match(text)
    if match or text.strip().startswith("[|arp]"):
        packet.ethertype = ETHERTYPE_ARP
        return _with_arp(packet, text[match.end() :] if match else text, lines)
    if _BARE.match(text):
        version = 6 if ":" in text[: text.index(" > ")] else 4
        packet.ethertype = ETHERTYPE_IPV4 if version == 4 else ETHERTYPE_IPV6
        return _with_datagram(packet, text, lines, version)
    if _RARP.match(text) or _OTHER.match(text) or text.startswith(INVALID):
        return packet
    return None


def _guess(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    """A packet whose protocol is not named."""
    if _SOME_ARP.match(text):
        packet.ethertype = ETHERTYPE_ARP
        return _with_arp(packet, text, lines)
    if _SOME_IP.match(text):
        found = datagram(text, lines)
        if found is not None:
            packet.ethertype = ETHERTYPE_IPV4 if found.version == 4 else ETHERTYPE_IPV6
            packet.body = found
            packet.understood = found.understood
            return packet
    return _named(packet, text, lines)


def _with_arp(packet: PrintedPacket, text: str, lines: Lines) -> PrintedPacket | None:
    packet.body = lines.addresses.remembering(arp)(text)
    if packet.body is not None and packet.body.opcode in (REVERSE_ARP_REQUEST, REVERSE_ARP_REPLY):
        # Reverse ARP looks the same but for its ethertype.
        packet.ethertype, packet.body = ETHERTYPE_REVERSE_ARP, None
        return packet
    return packet if packet.body is not None else None


def _with_datagram(packet: PrintedPacket, text: str, lines: Lines, version: int) -> PrintedPacket | None:
    found = datagram(text, lines, version)
    if found is None:
        return None
    packet.body, packet.understood = found, found.understood
    return packet
