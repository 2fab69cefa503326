"""What a line of tcpdump says about a packet; whatever it does not say is None.

MACs are integers of 48 bits, addresses of 128 (IPv4 as IPv4-mapped). A ``checksum`` is RIGHT, NOT_MADE, or what stands
in the field of one that is called wrong.
"""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.capture.checksum_layout import NO_SUMS
from pcapcheck.protocols import TCP

RIGHT, NOT_MADE = -1, -2
# A later fragment without -v; how long tcpdump has an SNMP message, and how long that says to be.
_PORTLESS = re.compile(r": (?:udp|tcp|ip-proto-\d{1,3})\s*$")
_SHORT_SNMP = re.compile(r"\[len(\d{1,5})<asnlen(\d{1,5})\]")


class Arp(Struct):
    """An ARP packet (RFC 826); opcode None: cut before it."""

    opcode: int | None = None
    sender_mac: int | None = None
    sender_ip: int | None = None
    target_mac: int | None = None
    target_ip: int | None = None


class Icmp(Struct):
    """An ICMP or ICMPv6 message. ``target`` and ``mac`` are those of neighbour discovery; ``size`` in bytes.

    ``about`` is the address that an error names: that of the packet which went no further; ``about_protocol`` and
    ``about_port`` are its protocol and the port that it was for, where they are named. ``inferred``: what is quoted was
    not printed.
    """

    icmp_type: int | None = None
    code: int | None = None
    ident: int | None = None
    seq: int | None = None
    mtu: int | None = None
    target: int | None = None
    mac: int | None = None
    quoted: Datagram | None = None
    about: int | None = None
    about_protocol: int | None = None
    about_port: int | None = None
    inferred: bool = False
    size: int | None = None
    checksum: int | None = None


class Dns(Struct):
    """A DNS message: a response has a code; the name and the number of the type that is asked for may be there.

    ``ident`` is None where the text leaves it out.
    """

    ident: int | None
    code: int | None = None
    name: str | None = None
    record_type: int | None = None


class Transport(Struct):
    """TCP, UDP or SCTP: ports, the flags of TCP or the first chunk of SCTP, and what DNS says.

    ``size`` is how many bytes of data TCP or UDP carry, ``header`` how many TCP's header has, ``mss``
    how many its sender takes at once. ``whole``: ``seq`` and
    ``ack`` are those on the wire, else they count from wherever the text begins. ``more_dns`` are the messages behind
    the first in one segment. ``payload`` are the first bytes that UDP carries, as on the wire.
    """

    protocol: int
    src_port: int | None = None
    dst_port: int | None = None
    flags: int | None = None
    dns: Dns | None = None
    seq: int | None = None
    ack: int | None = None
    size: int | None = None
    window: int | None = None
    header: int | None = None
    mss: int | None = None
    whole: bool = False
    checksum: int | None = None
    more_dns: tuple[Dns, ...] = ()
    payload: bytes | None = None


class PrintedTunnel(Struct):
    """IP in IP, or VXLAN where it has a network identifier; then the MACs are those inside, port and checksum UDP's."""

    vni: int | None = None
    src_port: int | None = None
    dst_port: int | None = None
    src_mac: int | None = None
    dst_mac: int | None = None
    inner: Datagram | None = None
    checksum: int | None = None


class Datagram(Struct):
    """An IP packet. ``later``: a fragment other than the first; ``length`` is the header's field.

    ``cut``: tcpdump misses bytes of it. ``checksum`` is the header's; tcpdump says nothing of one that is right.
    """

    version: int
    src: int | None = None
    dst: int | None = None
    ttl: int | None = None
    ident: int | None = None
    df: bool | None = None
    mf: bool | None = None
    offset: int | None = None
    length: int | None = None
    protocol: int | None = None
    later: bool = False
    cut: bool = False
    upper: Icmp | Transport | PrintedTunnel | None = None
    checksum: int | None = None
    understood: bool = True


class PrintedPacket(Struct):
    """A frame: its link header, and the ARP or IP packet in it.

    ``direction`` is 0 in, 1 out; ``many`` whether it was multicast, ``foreign`` whether it was for another MAC than
    that of the interface; ``device`` the interface that the line names.
    ``checksums`` is a number of ``checksum_layout``.
    """

    link_type: int | None = None
    eth_src: int | None = None
    eth_dst: int | None = None
    ethertype: int | None = None
    vlan: int | None = None
    length: int | None = None
    direction: int | None = None
    many: bool | None = None
    foreign: bool = False
    device: str | None = None
    ifindex: int | None = None
    body: Arp | Datagram | None = None
    understood: bool = True
    checksums: int = NO_SUMS


def is_cut_icmp(packet: PrintedPacket) -> bool:
    """Whether it is an ICMP message cut before its type."""
    if not packet.understood or not isinstance(packet.body, Datagram):
        return False
    return isinstance(packet.body.upper, Icmp) and packet.body.upper.icmp_type is None


def is_cut_in_tunnel(packet: PrintedPacket) -> bool:
    """Whether it is the first fragment of a tunnel's packet: more follow, or the packet inside is longer."""
    body = packet.body
    if not isinstance(body, Datagram) or not isinstance(body.upper, PrintedTunnel) or body.later:
        return False
    return bool(body.mf) or (body.upper.inner is not None and body.upper.inner.cut)


def is_cut(packet: PrintedPacket) -> bool:
    """Whether tcpdump misses bytes of it, outside of any tunnel."""
    body = packet.body
    return isinstance(body, Datagram) and body.cut and isinstance(body.upper, Transport)


def is_later_fragment(datagram: Datagram, words: str) -> bool | None:
    """Whether it is a fragment other than the first of its packet; None if it is none at all, as far as is printed.

    Without -v a later one has no ports, and of the first tcpdump may miss a part of the SNMP message (print-snmp.c).
    """
    if datagram.later or (datagram.upper is None and _PORTLESS.search(words)):
        return True
    short = _SHORT_SNMP.search(words)
    return False if datagram.mf or (short is not None and int(short[1]) < int(short[2])) else None


def is_quiet(segment: Transport) -> bool:
    """Whether it is of TCP, printed without its flags, as tcpdump -q does."""
    return segment.protocol == TCP and segment.flags is None and segment.src_port is not None


def count_present(part: object) -> int:
    """How many values of a packet, and of what it carries, are present."""
    if not isinstance(part, (PrintedPacket, Arp, Datagram, Icmp, Dns, Transport, PrintedTunnel)):
        return part is not None
    return sum(count_present(getattr(part, name)) for name in part.__struct_fields__)
