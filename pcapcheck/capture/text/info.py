"""What tshark says in the column Info of ARP, ICMP, ICMPv6, TCP, UDP and DNS (its packet-arp.c, packet-icmp.c …)."""

from __future__ import annotations

import re

from pcapcheck import protocols
from pcapcheck.capture.text.dns import OTHER_CODE, type_number
from pcapcheck.capture.text.names import MAC, PrintedAddresses, mac_of, port_of
from pcapcheck.capture.text.printed_packet import Arp, Datagram, Dns, Icmp, Transport
from pcapcheck.capture.text.segment import WORD
from pcapcheck.protocols import SCTP, TCP, UDP

_ARROW = "(?:→|->|>)"
_HOST = r"([^\s?(]{1,280})"
_WHO_HAS = re.compile(rf"Who has {_HOST}\? +(?:Tell {_HOST}|\((ARP Probe)\))")
_IS_AT = re.compile(rf"{_HOST} is at ({MAC}|\S+)")
_CLAIM = re.compile(rf"(?:Gratuitous ARP|ARP Announcement) for {_HOST}(?: \((Request|Reply)\))?")
_INVERSE = re.compile(rf"Who is ({MAC})\? +Tell ({MAC})")
_OTHER_ARP = re.compile(r"Unknown ARP opcode 0x([0-9a-f]{1,4})|(ARP NAK)")

_ECHO = re.compile(
    r"Echo \(ping\) (?P<role>request|reply)(?: +id=0x(?P<ident>[0-9a-f]{1,4}), seq=(?P<seq>\d{1,5}))?"
    r"(?:/\d+)?(?:, (?:ttl|hop limit)=(?P<ttl>\d{1,3}))?"
)
_NUMBERED = re.compile(
    r"(?P<what>Timestamp|Information|Address mask) (?P<role>request|reply) +id=0x(?P<ident>[0-9a-f]{1,4}), "
    r"seq=(?P<seq>\d{1,5})(?:/\d+)?(?:, ttl=(?P<ttl>\d{1,3}))?"
)
_NUMBERED_TYPES = {
    "Timestamp": (protocols.ICMP_TIMESTAMP_REQUEST, protocols.ICMP_TIMESTAMP_REPLY),
    "Information": (protocols.ICMP_INFORMATION_REQUEST, protocols.ICMP_INFORMATION_REPLY),
    "Address mask": (protocols.ICMP_MASK_REQUEST, protocols.ICMP_MASK_REPLY),
}
_MESSAGE = re.compile(r"([A-Z][\w -]*?) *(?:\((.*?)\) *(?:\[.*)?)?$")
_DISCOVERY = re.compile(
    rf"Neighbor (?P<what>Solicitation for|Advertisement) {_HOST}(?: \([a-z, ]*\))?(?: (?:from|is at) (?P<mac>{MAC}))?"
)
# Words of a message -> its type.
_TYPES = {
    4: {
        "Destination unreachable": protocols.ICMP_UNREACHABLE,
        "Source quench": protocols.ICMP_SOURCE_QUENCH,
        "Redirect": protocols.ICMP_REDIRECT,
        "Router advertisement": protocols.ICMP_ROUTER_ADVERTISEMENT,
        "Mobile IP Advertisement": protocols.ICMP_ROUTER_ADVERTISEMENT,
        "Router solicitation": protocols.ICMP_ROUTER_SOLICITATION,
        "Time-to-live exceeded": protocols.ICMP_TIME_EXCEEDED,
        "Parameter problem": protocols.ICMP_PARAMETER_PROBLEM,
        "Photuris": protocols.ICMP_PHOTURIS,
        "Extended Echo request": protocols.ICMP_EXTENDED_ECHO_REQUEST,
        "Extended Echo reply": protocols.ICMP_EXTENDED_ECHO_REPLY,
    },
    6: {
        "Destination Unreachable": protocols.ICMPV6_UNREACHABLE,
        "Packet Too Big": protocols.ICMPV6_TOO_BIG,
        "Time Exceeded": protocols.ICMPV6_TIME_EXCEEDED,
        "Parameter Problem": protocols.ICMPV6_PARAMETER_PROBLEM,
        "Multicast Listener Query": protocols.MLD_QUERY,
        "Multicast Listener Report": protocols.MLD_REPORT,
        "Multicast Listener Done": protocols.MLD_DONE,
        "Router Solicitation": protocols.ROUTER_SOLICITATION,
        "Router Advertisement": protocols.ROUTER_ADVERTISEMENT,
        "Redirect": protocols.ICMPV6_REDIRECT,
        "Multicast Listener Report Message v2": protocols.MLD2_REPORT,
    },
}
# Version of IP, type and the words in the parenthesis -> code; errors have theirs in the table of them.
_CODES_IN_WORDS = {
    **{
        (version, icmp_type, error.tshark): code
        for (version, icmp_type, code), error in protocols.ICMP_ERRORS.items()
        if error.tshark
    },
    (4, protocols.ICMP_SOURCE_QUENCH, "flow control"): 0,
    (4, protocols.ICMP_REDIRECT, "Redirect for network"): 0,
    (4, protocols.ICMP_REDIRECT, "Redirect for host"): 1,
    (4, protocols.ICMP_REDIRECT, "Redirect for TOS and network"): 2,
    (4, protocols.ICMP_REDIRECT, "Redirect for TOS and host"): 3,
    # It has only this code, and no words for it.
    (6, protocols.ICMPV6_TOO_BIG, ""): 0,
}
# What is said after the words of messages without a code.
_BEHIND = re.compile(r" (?:from|for|is|with) .*|\[.*")

_PORT = r"(?:[\w*-]{1,30}\()?([\w*-]{1,30})\)?"
_SEGMENT = re.compile(rf"(?:\[[^\]]{{1,80}}\] ?)*{_PORT}(?<!-) ?{_ARROW} ?{_PORT} \[([^\]]{{0,60}})\]")
_NUMBERS = re.compile(
    r" Seq=(?P<seq>\d{1,10})(?: Ack=(?P<ack>\d{1,10}))?(?: Win=(?P<window>\d{1,10}))?(?: Urg=\d{1,5})? "
    r"Len=(?P<size>\d{1,10})(?: MSS=(?P<mss>\d{1,5}))?"
)
_DATAGRAM = re.compile(rf"(?:\[[^\]]{{1,80}}\] ?)*{_PORT}(?<!-) ?{_ARROW} ?{_PORT} +Len=")
_TCP_BITS = {
    "FIN": protocols.TCP_FIN,
    "SYN": protocols.TCP_SYN,
    "RST": protocols.TCP_RST,
    "PSH": protocols.TCP_PSH,
    "ACK": protocols.TCP_ACK,
    "URG": protocols.TCP_URG,
    "ECN": protocols.TCP_ECE,
    "ECE": protocols.TCP_ECE,
    "CWR": protocols.TCP_CWR,
    "NS": protocols.TCP_AE,
    "AE": protocols.TCP_AE,
}
# The chunks that open an association or answer that (RFC 9260, section 3.2), and one that does neither: DATA.
_CHUNK = re.compile(r"[A-Z_]{3,20}")
_CHUNKS = {"INIT": protocols.SCTP_INIT, "INIT_ACK": protocols.SCTP_INIT_ACK, "ABORT": protocols.SCTP_ABORT}
OTHER_CHUNK = 0
_FRAGMENT = re.compile(r"Fragmented IP protocol \(proto=[^()]{1,60} (\d{1,3}), off=(\d{1,5}), ID=([0-9a-f]{1,4})\)")
_FRAGMENT6 = re.compile(r"IPv6 fragment \(off=(\d{1,5}) more=([yn]) ident=0x([0-9a-f]{1,8}) nxt=(\d{1,3})\)")
_QUERIES = {"DNS": protocols.DNS_PORT, "MDNS": protocols.MDNS_PORT, "LLMNR": protocols.LLMNR_PORT}
_CODES = ("", "Format error", "Server failure", "No such name", "Not implemented", "Refused", "Name exists",
          "RRset exists", "RRset does not exist", "Not authoritative", "Name out of zone")  # fmt: skip
# Standard query response 0x1234 No such name A orders.example SOA …
_DNS = re.compile(
    r"Standard query (?P<response>response )?0x(?P<ident>[0-9a-f]{1,4})(?: (?P<code>[A-Z][a-z]+(?: [A-Za-z]+){0,3}?))?"
    r"(?: (?P<type>[A-Z0-9]{1,10}) (?P<name>\S{1,1024}))?(?: |$)"
)


def arp(info: str, addresses: PrintedAddresses) -> Arp | None:
    """ARP from its Info; None if it is not understood."""
    if match := _WHO_HAS.match(info):
        sender = addresses.of("0.0.0.0" if match[3] else match[2], 4)
        return Arp(protocols.ARP_REQUEST, sender_ip=sender, target_ip=addresses.of(match[1], 4))
    if match := _CLAIM.match(info):
        address = addresses.of(match[1], 4)
        return Arp(
            protocols.ARP_REPLY if match[2] == "Reply" else protocols.ARP_REQUEST, sender_ip=address, target_ip=address
        )
    if match := _INVERSE.match(info):
        return Arp(protocols.INVERSE_ARP_REQUEST, sender_mac=mac_of(match[2]), target_mac=mac_of(match[1]))
    if match := _IS_AT.match(info):
        if re.fullmatch(MAC, match[1]):
            return Arp(protocols.INVERSE_ARP_REPLY, sender_mac=mac_of(match[1]), sender_ip=addresses.of(match[2], 4))
        return Arp(protocols.ARP_REPLY, sender_mac=mac_of(match[2]), sender_ip=addresses.of(match[1], 4))
    match = _OTHER_ARP.match(info)
    return Arp(protocols.ARP_NAK if match[2] else int(match[1], 16)) if match else None


def carried(datagram: Datagram, protocol: str, info: str, addresses: PrintedAddresses) -> bool:
    """Fill in what a datagram carries; False if it is ICMP, TCP or UDP and not understood."""
    if protocol in ("ICMP", "ICMPv6"):
        message = _discovery(info, addresses) or _message(datagram, info)
        datagram.upper = message or Icmp()
        return message is not None
    if match := _FRAGMENT.match(info):
        datagram.protocol, datagram.offset, datagram.ident = int(match[1]), int(match[2]), int(match[3], 16)
        datagram.later = datagram.offset > 0
    elif match := _FRAGMENT6.match(info):
        datagram.offset, datagram.mf, datagram.ident = int(match[1]), match[2] == "y", int(match[3], 16)
        datagram.later, datagram.protocol = datagram.offset > 0, int(match[4])
    elif match := _SEGMENT.match(info):
        bits = [_TCP_BITS.get(flag.strip(), 0) for flag in match[3].split(",")]
        datagram.upper = Transport(TCP, port_of(match[1], "tcp"), port_of(match[2], "tcp"), sum(set(bits)))
        _number(datagram.upper, info[match.end() :])
    elif match := _DATAGRAM.match(info):
        datagram.upper = Transport(UDP, port_of(match[1], "udp"), port_of(match[2], "udp"))
    elif protocol == "SCTP":
        # Its ports are not shown; the first chunk says what the packet is for.
        first = _CHUNK.match(info)
        datagram.upper = Transport(SCTP, flags=_CHUNKS.get(first[0], OTHER_CHUNK) if first else OTHER_CHUNK)
    elif protocol in _QUERIES:
        answers = info.startswith("Standard query response")
        port = _QUERIES[protocol]
        datagram.upper = Transport(UDP, port if answers else None, None if answers else port)
        datagram.upper.dns = _dns(info) if port == protocols.DNS_PORT else None
    else:
        # Of a segment that was put together with others only that is said.
        return protocol not in ("TCP", "UDP") or info.startswith("[")
    return True


def _number(segment: Transport, behind: str) -> None:
    """The numbers of a segment; tshark counts those of the sequence from the first segment that it reads."""
    match = _NUMBERS.match(behind)
    if match is None:
        return
    segment.seq = int(match["seq"]) & WORD
    segment.ack = int(match["ack"]) & WORD if match["ack"] else None
    segment.window = int(match["window"]) & WORD if match["window"] else None
    segment.size = int(match["size"]) & WORD
    segment.mss = int(match["mss"]) & 0xFFFF if match["mss"] else None


def _dns(info: str) -> Dns | None:
    match = _DNS.match(info)
    if match is None:
        return None
    record_type = type_number(match["type"]) if match["type"] else None
    message = Dns(int(match["ident"], 16), name=match["name"], record_type=record_type)
    if match["response"]:
        words = match["code"] or ""
        message.code = _CODES.index(words) if words in _CODES else OTHER_CODE
    return message


def _discovery(info: str, addresses: PrintedAddresses) -> Icmp | None:
    match = _DISCOVERY.match(info)
    if match is None:
        return None
    icmp_type = protocols.NEIGHBOR_SOLICITATION if match["what"].startswith("Sol") else protocols.NEIGHBOR_ADVERTISEMENT
    return Icmp(icmp_type, 0, target=addresses.of(match[2], 6), mac=mac_of(match["mac"]) if match["mac"] else None)


def _message(datagram: Datagram, info: str) -> Icmp | None:
    """An ICMP or ICMPv6 message, with the TTL that echoes show."""
    if match := _ECHO.match(info) or _NUMBERED.match(info):
        asks = match["role"] == "request"
        if match.re is _NUMBERED:
            icmp_type = _NUMBERED_TYPES[match["what"]][not asks]
        else:
            icmp_type = (protocols.ECHO_REQUEST if asks else protocols.ECHO_REPLY)[datagram.version]
        datagram.ttl = int(match["ttl"]) if match["ttl"] else None
        ident, seq = (int(match["ident"], 16), int(match["seq"])) if match["ident"] else (None, None)
        return Icmp(icmp_type, 0, ident, seq)
    words, inside = info, ""
    if match := _MESSAGE.match(info):
        words, inside = match[1], match[2] or ""
    types = _TYPES[datagram.version]
    known = types.get(words) or types.get(_BEHIND.sub("", info))
    return Icmp(known, _CODES_IN_WORDS.get((datagram.version, known, inside))) if known else None
