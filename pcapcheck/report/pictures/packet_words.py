"""What a frame is, in the few words that stand at an arrow."""

from __future__ import annotations

from pcapcheck import protocols
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.values import format_address, format_mac

# Of ICMP and ICMPv6, by IP version.
REQUEST = {4: protocols.ICMP_ECHO_REQUEST, 6: protocols.ICMPV6_ECHO_REQUEST}
REPLY = {4: protocols.ICMP_ECHO_REPLY, 6: protocols.ICMPV6_ECHO_REPLY}
ERRORS = {
    (4, protocols.ICMP_UNREACHABLE): "unreachable",
    (4, protocols.ICMP_TIME_EXCEEDED): "time exceeded",
    (6, protocols.ICMPV6_UNREACHABLE): "unreachable",
    (6, protocols.ICMPV6_TOO_BIG): "packet too big",
    (6, protocols.ICMPV6_TIME_EXCEEDED): "time exceeded",
}
NEIGHBOURS = {
    protocols.NEIGHBOR_SOLICITATION: "neighbour solicitation",
    protocols.NEIGHBOR_ADVERTISEMENT: "neighbour advertisement",
}
# What a packet is to its exchange. ON_LINK: no router forwards it (ARP, neighbour discovery). PASSING: anything else.
ON_LINK, QUESTION, ANSWER, ERROR, PASSING = "on-link", "question", "answer", "error", "passing"
FLAGS = (
    (protocols.TCP_SYN, "SYN"),
    (protocols.TCP_FIN, "FIN"),
    (protocols.TCP_RST, "RST"),
    (protocols.TCP_ACK, "ACK"),
)


def kind_of(frame: FrameRow) -> str:
    """What a frame is to its exchange: ON_LINK, QUESTION, ANSWER, ERROR or PASSING."""
    if frame.arp_opcode is not None:
        return ON_LINK
    icmp, flags = frame.icmp_type, frame.tcp_flags
    if isinstance(icmp, int):
        version = _version(frame)
        if version == 6 and icmp in NEIGHBOURS:
            return ON_LINK
        if (version, icmp) in ERRORS:
            return ERROR
        return {REQUEST[version]: QUESTION, REPLY[version]: ANSWER}.get(icmp, PASSING)
    if isinstance(flags, int) and flags & protocols.TCP_SYN:
        return ANSWER if flags & protocols.TCP_ACK else QUESTION
    if frame.udp_dstport == protocols.DNS_PORT:
        return QUESTION
    return ANSWER if frame.udp_srcport == protocols.DNS_PORT else PASSING


def words_of(frame: FrameRow) -> str:
    """As in ``who-has 169.254.1.1``, ``echo request id 15 seq 0``, ``SYN 40012 → 443``, ``DNS query``."""
    if frame.arp_opcode is not None:
        return _arp(frame)
    if isinstance(frame.icmp_type, int):
        return _icmp(frame, frame.icmp_type)
    set_flags = frame.tcp_flags
    if isinstance(set_flags, int):
        flags = [name for bit, name in FLAGS if set_flags & bit]
        ports = _ports(frame.tcp_srcport, frame.tcp_dstport)
        if flags in ([], ["ACK"]):
            # It neither opens nor ends a connection, and may carry data: its length says whether.
            return f"TCP {ports}, {frame.frame_len} bytes"
        return f"{'-'.join(flags)} {ports}"
    if frame.udp_dstport is not None:
        if frame.udp_dstport == protocols.DNS_PORT:
            return f"DNS query from port {frame.udp_srcport}"
        if frame.udp_srcport == protocols.DNS_PORT:
            return f"DNS response to port {frame.udp_dstport}"
        return f"UDP {_ports(frame.udp_srcport, frame.udp_dstport)}"
    return protocols.name_protocol(frame.ip_proto) if isinstance(frame.ip_proto, int) else "frame"


def _arp(frame: FrameRow) -> str:
    sender, target = frame.arp_src_proto_ipv4, frame.arp_dst_proto_ipv4
    if frame.arp_opcode == protocols.ARP_REQUEST and isinstance(target, int):
        return f"who-has {format_address(target)}"
    mac = frame.arp_src_hw_mac
    if frame.arp_opcode == protocols.ARP_REPLY and isinstance(sender, int) and isinstance(mac, int):
        return f"{format_address(sender)} is-at {format_mac(mac)}"
    return "ARP"


def _icmp(frame: FrameRow, icmp: int) -> str:
    version = _version(frame)
    if version == 6 and icmp in NEIGHBOURS:
        target = frame.nd_target
        return f"{NEIGHBOURS[icmp]}{f' {format_address(target)}' if isinstance(target, int) else ''}"
    if icmp in (REQUEST[version], REPLY[version]):
        what = "request" if icmp == REQUEST[version] else "reply"
        return f"echo {what} id {frame.icmp_ident} seq {frame.icmp_seq}"
    name = ERRORS.get((version, icmp))
    mtu = f", MTU {frame.icmp_mtu}" if frame.icmp_mtu else ""
    return f"ICMP error: {name}{mtu}" if name else f"ICMP type {icmp} code {frame.icmp_code}"


def _version(frame: FrameRow) -> int:
    return 6 if frame.ip_version == 6 else 4


def _ports(source: object, destination: object) -> str:
    return f"{source} → {destination}"
