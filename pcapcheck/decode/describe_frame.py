"""A frame in words, for people who look at evidence. It is decoded by dpkt; the columns have their own decoder."""

from __future__ import annotations

import socket

import dpkt

from pcapcheck.decode.dns_words import dns_in_words
from pcapcheck.protocols import (
    DNS_PORT,
    ICMP_ECHO_REQUEST,
    ICMPV6_ECHO_REQUEST,
    NEIGHBOR_ADVERTISEMENT,
    NEIGHBOR_SOLICITATION,
    name_protocol,
)
from pcapcheck.values import clean

ETHERNET, COOKED, COOKED2 = 1, 113, 276
RAW = (12, 14, 101, 228, 229)


def describe(data: bytes, link_type: int) -> str:
    """One line such as ``aa:64:43:69:fd:8d > ff:ff:ff:ff:ff:ff  who-has 169.254.1.1 tell 100.79.126.235``."""
    try:
        return clean(_describe(data, link_type))
    except (dpkt.Error, RecursionError, ValueError, IndexError, AttributeError, KeyError, TypeError):
        # dpkt raises many errors of its own; a frame that it cannot decode is still evidence.
        return f"{len(data)} bytes that cannot be decoded further"


def _describe(data: bytes, link_type: int) -> str:
    if link_type == ETHERNET:
        frame = dpkt.ethernet.Ethernet(data)
        return f"{_mac(frame.src)} > {_mac(frame.dst)}  {_packet(frame.data)}"
    if link_type == COOKED:
        cooked = dpkt.sll.SLL(data)
        return f"{_mac(cooked.hdr[: cooked.hlen])} (no destination)  {_packet(cooked.data)}"
    if link_type == COOKED2:
        cooked = dpkt.sll2.SLL2(data)
        return f"{_mac(cooked.hdr[: cooked.hlen])} (no destination)  {_packet(cooked.data)}"
    if link_type in RAW:
        return _packet(dpkt.ip6.IP6(data) if data[0] >> 4 == 6 else dpkt.ip.IP(data))
    return f"{len(data)} bytes"


def _packet(packet: object) -> str:
    if isinstance(packet, dpkt.arp.ARP):
        sender, target = socket.inet_ntoa(packet.spa), socket.inet_ntoa(packet.tpa)
        if packet.op == dpkt.arp.ARP_OP_REQUEST:
            return f"who-has {target} tell {sender}"
        return f"{sender} is-at {_mac(packet.sha)}"
    if isinstance(packet, dpkt.ip.IP):
        head = f"{socket.inet_ntoa(packet.src)} > {socket.inet_ntoa(packet.dst)} ttl {packet.ttl}"
        return f"{head} {_upper(packet.data, packet.p)}"
    if isinstance(packet, dpkt.ip6.IP6):
        source, destination = (socket.inet_ntop(socket.AF_INET6, address) for address in (packet.src, packet.dst))
        return f"{source} > {destination} hlim {packet.hlim} {_upper(packet.data, packet.nxt)}"
    return f"{type(packet).__name__.lower()}"


def _upper(payload: object, protocol: int) -> str:
    if isinstance(payload, dpkt.icmp.ICMP):
        inner = payload.data
        if isinstance(inner, dpkt.icmp.ICMP.Echo):
            return f"echo {'request' if payload.type == ICMP_ECHO_REQUEST else 'reply'} id {inner.id} seq {inner.seq}"
        return f"ICMP type {payload.type} code {payload.code}"
    if isinstance(payload, dpkt.icmp6.ICMP6):
        inner = payload.data
        if isinstance(inner, dpkt.icmp6.ICMP6.Echo):
            return f"echo {'request' if payload.type == ICMPV6_ECHO_REQUEST else 'reply'} id {inner.id} seq {inner.seq}"
        names = {NEIGHBOR_SOLICITATION: "neighbour solicitation", NEIGHBOR_ADVERTISEMENT: "neighbour advertisement"}
        return names.get(payload.type, f"ICMPv6 type {payload.type} code {payload.code}")
    if isinstance(payload, (dpkt.tcp.TCP, dpkt.udp.UDP, dpkt.sctp.SCTP)):
        return f"{type(payload).__name__} {payload.sport} > {payload.dport}{_dns(payload)}"
    return name_protocol(protocol)


def _dns(payload: object) -> str:
    """What a message of DNS asks or answers; over TCP it begins with its length (RFC 1035, section 4.2.2)."""
    if DNS_PORT not in (getattr(payload, "sport", 0), getattr(payload, "dport", 0)):
        return ""
    message = bytes(getattr(payload, "data", b""))
    if isinstance(payload, dpkt.tcp.TCP):
        size, message = int.from_bytes(message[:2], "big"), message[2:]
        # The middle of a message, or several.
        message = message if size == len(message) else b""
    words = dns_in_words(message)
    return f" {words}" if words else ""


def _mac(data: bytes) -> str:
    return data.hex(":") or "no MAC"
