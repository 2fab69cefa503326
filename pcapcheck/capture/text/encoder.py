"""Printed frames: the headers that a line of tcpdump describes, as bytes for the decoding loop.

A header of our own before them (``capture.printed_layout``) says which of their fields are present.
"""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache

from pcapcheck import protocols
from pcapcheck.capture import printed_layout as layout
from pcapcheck.capture.text.dns_bytes import dns_bytes, dns_over_tcp_bytes
from pcapcheck.capture.text.printed_packet import (
    Arp,
    Datagram,
    Icmp,
    PrintedPacket,
    PrintedTunnel,
    Transport,
)
from pcapcheck.capture.text.recognition import is_known_again
from pcapcheck.capture.text.segment import SHORTEST
from pcapcheck.protocols import ICMP, ICMPV6, IPIP, IPV6, SCTP, TCP, TCP_ACK, TCP_OPTION_MSS, UDP
from pcapcheck.values import is_ipv4

# Its payload is not looked at.
NOBODYS = protocols.EXPERIMENT
ABSENT = -1
WORD = 0xFFFFFFFF
_HEAD = struct.Struct(">IIqqHHII")
_IPV4, _IPV4_ENDS = struct.Struct(">BBHHHBBH"), struct.Struct(">BBHHHBBHII")
_TCP = struct.Struct(">HHIIHHI")
_ECHO = struct.Struct(">BBHHH")
_ONE_OR_MANY = {None: 0, False: layout.PRESENT_CAST, True: layout.PRESENT_CAST | layout.PRESENT_MANY}
# Types with an identifier and a sequence number: echoes, time stamps and their like.
_NUMBERED = {
    4: (
        protocols.ICMP_ECHO_REPLY,
        protocols.ICMP_ECHO_REQUEST,
        protocols.ICMP_TIMESTAMP_REQUEST,
        protocols.ICMP_TIMESTAMP_REPLY,
        protocols.ICMP_INFORMATION_REQUEST,
        protocols.ICMP_INFORMATION_REPLY,
        protocols.ICMP_MASK_REQUEST,
        protocols.ICMP_MASK_REPLY,
    ),
    6: (protocols.ICMPV6_ECHO_REQUEST, protocols.ICMPV6_ECHO_REPLY),
}


def encode(packet: PrintedPacket) -> bytes:
    """The printed frame: our header, then ARP or IP headers with what the text holds of them."""
    body = b""
    present = _ONE_OR_MANY[packet.many] | (layout.PRESENT_OTHER if packet.foreign else 0)
    source = None
    if isinstance(packet.body, Arp):
        body, more = _arp(packet.body)
        present |= more
        source = packet.body.sender_ip
    elif packet.body is not None:
        body, more = _datagram(packet.body)
        present |= more
        # A name that several hosts share ("bogon") does not distinguish them.
        source = None if packet.body.src == packet.body.dst else packet.body.src
    head = _HEAD.pack(
        present,
        0 if packet.ifindex is None else packet.ifindex + 1 & WORD,
        stand_in(None if source is None else int(source)) if packet.eth_src is None else packet.eth_src,
        ABSENT if packet.eth_dst is None else packet.eth_dst,
        packet.ethertype or 0,
        0 if packet.vlan is None else packet.vlan + 1,
        min(packet.length or 0, WORD),
        packet.checksums,
    )
    return head + body


@lru_cache(maxsize=1 << 12)
def stand_in(address: int | None) -> int:
    """A number that stands for a sender without a MAC; ABSENT if its address does not identify it either."""
    if address is None:
        return ABSENT
    if is_ipv4(address):
        return layout.NO_MAC | address & WORD if address & WORD else ABSENT
    digest = hashlib.sha256(address.to_bytes(16, "big")).digest()
    return 1 << 62 | int.from_bytes(digest[:8], "big") >> 2 if address else ABSENT


def _arp(arp: Arp) -> tuple[bytes, int]:
    if arp.opcode is None:
        return b"", 0
    present = 0
    for value, bit in (
        (arp.sender_mac, layout.PRESENT_SENDER_MAC),
        (arp.sender_ip, layout.PRESENT_SENDER_IP),
        (arp.target_mac, layout.PRESENT_TARGET_MAC),
        (arp.target_ip, layout.PRESENT_TARGET_IP),
    ):
        present |= bit if value is not None else 0
    body = struct.pack(">HHBBH", 1, protocols.ETHERTYPE_IPV4, 6, 4, arp.opcode & 0xFFFF)
    for mac, address in ((arp.sender_mac, arp.sender_ip), (arp.target_mac, arp.target_ip)):
        body += (mac or 0).to_bytes(6, "big") + struct.pack(">I", (address or 0) & WORD)
    return body, present


def _datagram(datagram: Datagram) -> tuple[bytes, int]:
    """The headers of a datagram, and which fields of the innermost one are present."""
    payload, protocol, present = _upper(datagram)
    inside = datagram.upper.inner if isinstance(datagram.upper, PrintedTunnel) else None
    if inside is None:
        present |= _fields_present(datagram)
        present |= layout.PRESENT_PROTO if protocol != NOBODYS else 0
    if datagram.later:
        payload = b""
    return (_ipv4 if datagram.version == 4 else _ipv6)(datagram, protocol, payload), present


def _fields_present(datagram: Datagram) -> int:
    present = 0 if datagram.ttl is None else layout.PRESENT_TTL
    present |= 0 if datagram.ident is None else layout.PRESENT_ID
    present |= 0 if datagram.offset is None else layout.PRESENT_FRAGMENT
    present |= 0 if datagram.df is None else layout.PRESENT_DF
    present |= 0 if datagram.mf is None else layout.PRESENT_MF
    return present | (0 if datagram.length is None else layout.PRESENT_LENGTH)


def _ipv4(datagram: Datagram, protocol: int, payload: bytes) -> bytes:
    size = datagram.length
    if size is None and (carried := _carried(datagram)) is not None:
        size = 20 + carried
    offset = datagram.offset // 8 if datagram.offset else int(datagram.later)
    fragment = (0x4000 if datagram.df else 0) | (0x2000 if datagram.mf else 0) | offset & 0x1FFF
    size, ttl, ident = min(size or 0, 0xFFFF), min(datagram.ttl or 0, 255), (datagram.ident or 0) & 0xFFFF
    if datagram.src is None or datagram.dst is None:
        return _IPV4.pack(0x45, 0, size, ident, fragment, ttl, protocol, 0)
    ends = datagram.src & WORD, datagram.dst & WORD
    return _IPV4_ENDS.pack(0x45, 0, size, ident, fragment, ttl, protocol, 0, *ends) + payload


def _ipv6(datagram: Datagram, protocol: int, payload: bytes) -> bytes:
    size = datagram.length
    if size is None:
        carried = _carried(datagram)
        size = 0xFFFF if carried is None else carried
    if datagram.offset is not None or datagram.later:
        fragment = (datagram.offset or 8 * datagram.later) & 0xFFF8 | int(datagram.mf or False)
        payload = struct.pack(">BBHI", protocol, 0, fragment, (datagram.ident or 0) & WORD) + payload
        protocol = protocols.FRAGMENT_HEADER
    head = struct.pack(">IHBB", 6 << 28, min(size, 0xFFFF), protocol, min(datagram.ttl or 0, 255))
    if datagram.src is None or datagram.dst is None:
        return head
    return head + datagram.src.to_bytes(16, "big") + datagram.dst.to_bytes(16, "big") + payload


def _carried(datagram: Datagram) -> int | None:
    """How many bytes a datagram carries, if its ICMP message or its TCP segment says so."""
    if isinstance(datagram.upper, Icmp):
        return datagram.upper.size
    if isinstance(datagram.upper, Transport) and datagram.upper.protocol == TCP and datagram.upper.size is not None:
        return _tcp_header(datagram.upper) + datagram.upper.size
    return None


def _tcp_header(segment: Transport) -> int:
    """The bytes of a segment's header; 20 if its options are not known."""
    return segment.header or SHORTEST


def _upper(datagram: Datagram) -> tuple[bytes, int, int]:
    """What a datagram carries: bytes, protocol, and which fields are present."""
    upper = datagram.upper
    if isinstance(upper, Icmp):
        body, present = _icmp(upper, datagram.version)
        present |= layout.PRESENT_WHOLE if is_known_again(datagram) else 0
        return body, ICMP if datagram.version == 4 else ICMPV6, present
    if isinstance(upper, Transport):
        body, present = _transport(upper)
        if upper.protocol != TCP and is_known_again(datagram):
            present |= layout.PRESENT_WHOLE
        return body, upper.protocol, present
    if isinstance(upper, PrintedTunnel):
        return _tunnel(upper)
    return b"", NOBODYS if datagram.protocol is None else datagram.protocol & 0xFF, 0


def _seq(transport: Transport) -> int:
    """Its sequence number; of a bare ACK, where tcpdump leaves it out, one that no other segment is near."""
    if transport.seq is not None:
        return transport.seq
    return layout.UNPRINTED_SEQ if transport.flags == TCP_ACK else 0


def _transport(transport: Transport) -> tuple[bytes, int]:
    present = layout.PRESENT_SRC_PORT if transport.src_port is not None else 0
    present |= layout.PRESENT_DST_PORT if transport.dst_port is not None else 0
    ports = transport.src_port or 0, transport.dst_port or 0
    if transport.protocol == TCP and transport.flags is not None:
        if transport.size is not None and (transport.seq is not None or transport.ack is not None):
            present |= layout.PRESENT_DATA | (layout.PRESENT_WHOLE if transport.whole else 0)
        body = _TCP.pack(
            *ports,
            _seq(transport),
            transport.ack or 0,
            _tcp_header(transport) // 4 << 12 | transport.flags,
            # A window that is not printed was open.
            1 if transport.window is None else min(transport.window, 0xFFFF),
            0,
        )
        if transport.mss is not None:
            body += struct.pack(">BBH", TCP_OPTION_MSS, 4, transport.mss)
        if transport.dns is not None:
            body += dns_over_tcp_bytes((transport.dns, *transport.more_dns))
        return body, present
    body = struct.pack(">HH", *ports)
    if transport.protocol == UDP:
        size = 0 if transport.size is None else min(8 + transport.size, 0xFFFF)
        body += struct.pack(">HH", size, 0)
        if transport.payload is not None:
            present |= layout.PRESENT_DATA
            body += transport.payload
        elif transport.dns is not None:
            body += dns_bytes(transport.dns)
    elif transport.protocol == SCTP and transport.flags is not None:
        body += bytes(8) + bytes([transport.flags])
    return body, present


def _tunnel(tunnel: PrintedTunnel) -> tuple[bytes, int, int]:
    inside, present = _datagram(tunnel.inner) if tunnel.inner is not None else (b"", 0)
    version = tunnel.inner.version if tunnel.inner is not None else 4
    if tunnel.vni is None:
        return inside, IPIP if version == 4 else IPV6, present
    present |= layout.PRESENT_INNER if tunnel.src_mac is not None and tunnel.dst_mac is not None else 0
    body = struct.pack(">HHI", tunnel.src_port or 0, tunnel.dst_port or protocols.VXLAN_PORT, 0) + struct.pack(
        ">II", 8 << 24, (tunnel.vni << 8) & WORD
    )
    if tunnel.inner is not None:
        body += (tunnel.dst_mac or 0).to_bytes(6, "big") + (tunnel.src_mac or 0).to_bytes(6, "big")
        body += struct.pack(">H", protocols.ETHERTYPE_OF[version]) + inside
    return body, UDP, present | layout.PRESENT_DST_PORT | layout.PRESENT_VXLAN


def _icmp(icmp: Icmp, version: int) -> tuple[bytes, int]:
    if icmp.icmp_type is None:
        return b"", 0
    present = layout.PRESENT_CODE if icmp.code is not None else 0
    if icmp.seq is not None and icmp.icmp_type in _NUMBERED[version]:
        present |= layout.PRESENT_IDENT if icmp.ident is not None else 0
        return _ECHO.pack(icmp.icmp_type, icmp.code or 0, 0, (icmp.ident or 0) & 0xFFFF, icmp.seq & 0xFFFF), present
    head = struct.pack(">BBH", icmp.icmp_type, icmp.code or 0, 0)
    if icmp.icmp_type in _NUMBERED[version]:
        return head, present
    present |= layout.PRESENT_MTU if icmp.mtu is not None else 0
    head += struct.pack(">I", min(icmp.mtu or 0, WORD))
    if icmp.target is not None:
        head += icmp.target.to_bytes(16, "big")
        if icmp.mac is not None:
            # Option 1 of a solicitation, option 2 of an advertisement (RFC 4861, section 4.6.1).
            head += struct.pack(">BB", icmp.icmp_type - 134, 1) + icmp.mac.to_bytes(6, "big")
    elif icmp.quoted is not None:
        head += _datagram(icmp.quoted)[0]
        present |= 0 if icmp.inferred else layout.PRESENT_QUOTE
    return head, present
