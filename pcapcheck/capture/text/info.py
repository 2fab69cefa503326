"""What tshark says in the column Info of ARP, ICMP, ICMPv6, TCP, UDP and DNS (its packet-arp.c, packet-icmp.c …)."""

from __future__ import annotations

import re

from pcapcheck.capture.text.dns import OTHER_CODE, type_number
from pcapcheck.capture.text.dns import PORT as DNS_PORT
from pcapcheck.capture.text.names import MAC, address_of, mac_of, port_of
from pcapcheck.capture.text.printed_packet import Arp, Datagram, Dns, Icmp, Transport

TCP, UDP = 6, 17

_ARROW = "(?:→|->|>)"
_HOST = r"([^\s?(]{1,280})"
_WHO_HAS = re.compile(rf"Who has {_HOST}\? +(?:Tell {_HOST}|\((ARP Probe)\))")
_IS_AT = re.compile(rf"{_HOST} is at ({MAC}|\S+)")
_CLAIM = re.compile(rf"(?:Gratuitous ARP|ARP Announcement) for {_HOST}(?: \((Request|Reply)\))?")
_INVERSE = re.compile(rf"Who is ({MAC})\? +Tell ({MAC})")
_OTHER_ARP = re.compile(r"Unknown ARP opcode 0x([0-9a-f]{1,4})|(ARP NAK)")

_ECHO = re.compile(
    r"Echo \(ping\) (?P<kind>request|reply)(?: +id=0x(?P<ident>[0-9a-f]{1,4}), seq=(?P<seq>\d{1,5}))?"
    r"(?:/\d+)?(?:, (?:ttl|hop limit)=(?P<ttl>\d{1,3}))?"
)
_NUMBERED = re.compile(
    r"(?P<what>Timestamp|Information|Address mask) (?P<kind>request|reply) +id=0x(?P<ident>[0-9a-f]{1,4}), "
    r"seq=(?P<seq>\d{1,5})(?:/\d+)?(?:, ttl=(?P<ttl>\d{1,3}))?"
)
_NUMBERED_TYPES = {"Timestamp": (13, 14), "Information": (15, 16), "Address mask": (17, 18)}
_MESSAGE = re.compile(r"([A-Z][\w -]*?) *(?:\((.*?)\) *(?:\[.*)?)?$")
_DISCOVERY = re.compile(
    rf"Neighbor (?P<what>Solicitation for|Advertisement) {_HOST}(?: \([a-z, ]*\))?(?: (?:from|is at) (?P<mac>{MAC}))?"
)
# Words of a message -> its type, and the words in the parenthesis by code; None where there are none.
_UNREACHABLE = (
    "Network unreachable",
    "Host unreachable",
    "Protocol unreachable",
    "Port unreachable",
    "Fragmentation needed",
    "Source route failed",
    "Destination network unknown",
    "Destination host unknown",
    "Source host isolated",
    "Network administratively prohibited",
    "Host administratively prohibited",
    "Network unreachable for TOS",
    "Host unreachable for TOS",
    "Communication administratively filtered",
    "Host precedence violation",
    "Precedence cutoff in effect",
)
_ICMP: dict[str, tuple[int, tuple[str, ...]]] = {
    "Destination unreachable": (3, _UNREACHABLE),
    "Source quench": (4, ("flow control",)),
    "Redirect": (
        5,
        ("Redirect for network", "Redirect for host", "Redirect for TOS and network", "Redirect for TOS and host"),
    ),
    "Router advertisement": (9, ()),
    "Mobile IP Advertisement": (9, ()),
    "Router solicitation": (10, ()),
    "Time-to-live exceeded": (11, ("Time to live exceeded in transit", "Fragment reassembly time exceeded")),
    "Parameter problem": (12, ("Pointer indicates the error", "Required option missing")),
    "Photuris": (40, ()),
    "Extended Echo request": (42, ()),
    "Extended Echo reply": (43, ()),
}
_ICMP6: dict[str, tuple[int, tuple[str, ...]]] = {
    "Destination Unreachable": (
        1,
        (
            "no route to destination",
            "Administratively prohibited",
            "Beyond scope of source address",
            "Address unreachable",
            "Port unreachable",
            "Source address failed ingress/egress policy",
            "Reject route to destination",
        ),
    ),
    "Packet Too Big": (2, ()),
    "Time Exceeded": (3, ("hop limit exceeded in transit", "fragment reassembly time exceeded")),
    "Parameter Problem": (
        4,
        (
            "erroneous header field encountered",
            "unrecognized Next Header type encountered",
            "unrecognized IPv6 option encountered",
        ),
    ),
    "Multicast Listener Query": (130, ()),
    "Multicast Listener Report": (131, ()),
    "Multicast Listener Done": (132, ()),
    "Router Solicitation": (133, ()),
    "Router Advertisement": (134, ()),
    "Redirect": (137, ()),
    "Multicast Listener Report Message v2": (143, ()),
}
# What is said behind the words of messages without a code.
_BEHIND = re.compile(r" (?:from|for|is|with) .*|\[.*")
_NO_CODE = {2: 0}

_PORT = r"(?:[\w*-]{1,30}\()?([\w*-]{1,30})\)?"
_SEGMENT = re.compile(rf"(?:\[[^\]]{{1,80}}\] ?)*{_PORT} {_ARROW} {_PORT} \[([^\]]{{0,60}})\]")
_DATAGRAM = re.compile(rf"(?:\[[^\]]{{1,80}}\] ?)*{_PORT} {_ARROW} {_PORT} +Len=")
_TCP_BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECN": 64, "ECE": 64, "CWR": 128, "NS": 256}
_TCP_BITS |= {"AE": 256}
_FRAGMENT = re.compile(r"Fragmented IP protocol \(proto=[^()]{1,60} (\d{1,3}), off=(\d{1,5}), ID=([0-9a-f]{1,4})\)")
_FRAGMENT6 = re.compile(r"IPv6 fragment \(off=(\d{1,5}) more=([yn]) ident=0x([0-9a-f]{1,8}) nxt=(\d{1,3})\)")
_QUERIES = {"DNS": DNS_PORT, "MDNS": 5353, "LLMNR": 5355}
_CODES = ("", "Format error", "Server failure", "No such name", "Not implemented", "Refused", "Name exists",
          "RRset exists", "RRset does not exist", "Not authoritative", "Name out of zone")  # fmt: skip
# Standard query response 0x1234 No such name A orders.example SOA …
_DNS = re.compile(
    r"Standard query (?P<response>response )?0x(?P<ident>[0-9a-f]{1,4})(?: (?P<code>[A-Z][a-z]+(?: [A-Za-z]+){0,3}?))?"
    r"(?: (?P<kind>[A-Z0-9]{1,10}) (?P<name>\S{1,1024}))?(?: |$)"
)


def arp(info: str) -> Arp | None:
    """ARP from its Info; None where it is not understood."""
    if match := _WHO_HAS.match(info):
        sender = address_of("0.0.0.0" if match[3] else match[2], 4)
        return Arp(1, sender_ip=sender, target_ip=address_of(match[1], 4))
    if match := _CLAIM.match(info):
        address = address_of(match[1], 4)
        return Arp(2 if match[2] == "Reply" else 1, sender_ip=address, target_ip=address)
    if match := _INVERSE.match(info):
        return Arp(8, sender_mac=mac_of(match[2]), target_mac=mac_of(match[1]))
    if match := _IS_AT.match(info):
        if re.fullmatch(MAC, match[1]):
            return Arp(9, sender_mac=mac_of(match[1]), sender_ip=address_of(match[2], 4))
        return Arp(2, sender_mac=mac_of(match[2]), sender_ip=address_of(match[1], 4))
    match = _OTHER_ARP.match(info)
    return Arp(10 if match[2] else int(match[1], 16)) if match else None


def carried(datagram: Datagram, protocol: str, info: str) -> bool:
    """Fill in what a datagram carries; False where a message of ICMP is not understood."""
    if protocol in ("ICMP", "ICMPv6"):
        message = _discovery(info) or _message(datagram, info)
        datagram.upper = message or Icmp()
        return message is not None
    if match := _FRAGMENT.match(info):
        datagram.protocol, datagram.offset, datagram.ident = int(match[1]), int(match[2]), int(match[3], 16)
        datagram.later = datagram.offset > 0
    elif match := _FRAGMENT6.match(info):
        datagram.offset, datagram.mf, datagram.ident = int(match[1]), match[2] == "y", int(match[3], 16)
        datagram.later, datagram.protocol = datagram.offset > 0, int(match[4])
    elif match := _SEGMENT.match(info):
        bits = [_TCP_BITS.get(one.strip(), 0) for one in match[3].split(",")]
        datagram.upper = Transport(TCP, port_of(match[1], "tcp"), port_of(match[2], "tcp"), sum(set(bits)))
    elif match := _DATAGRAM.match(info):
        datagram.upper = Transport(UDP, port_of(match[1], "udp"), port_of(match[2], "udp"))
    elif protocol in _QUERIES:
        answers = info.startswith("Standard query response")
        port = _QUERIES[protocol]
        datagram.upper = Transport(UDP, port if answers else None, None if answers else port)
        datagram.upper.dns = _dns(info) if port == DNS_PORT else None
    return True


def _dns(info: str) -> Dns | None:
    match = _DNS.match(info)
    if match is None:
        return None
    told = Dns(int(match["ident"], 16), name=match["name"], kind=type_number(match["kind"]) if match["kind"] else None)
    if match["response"]:
        words = match["code"] or ""
        told.code = _CODES.index(words) if words in _CODES else OTHER_CODE
    return told


def _discovery(info: str) -> Icmp | None:
    match = _DISCOVERY.match(info)
    if match is None:
        return None
    kind = 135 if match["what"].startswith("Sol") else 136
    return Icmp(kind, 0, target=address_of(match[2], 6), mac=mac_of(match["mac"]) if match["mac"] else None)


def _message(datagram: Datagram, info: str) -> Icmp | None:
    """An ICMP or ICMPv6 message, with the TTL that echoes show."""
    if match := _ECHO.match(info) or _NUMBERED.match(info):
        asks = match["kind"] == "request"
        if match.re is _NUMBERED:
            kind = _NUMBERED_TYPES[match["what"]][not asks]
        else:
            kind = (8 if asks else 0) if datagram.version == 4 else (128 if asks else 129)
        datagram.ttl = int(match["ttl"]) if match["ttl"] else None
        ident, seq = (int(match["ident"], 16), int(match["seq"])) if match["ident"] else (None, None)
        return Icmp(kind, 0, ident, seq)
    words, inside = info, ""
    if match := _MESSAGE.match(info):
        words, inside = match[1], match[2] or ""
    table = _ICMP if datagram.version == 4 else _ICMP6
    known = table.get(words) or table.get(_BEHIND.sub("", info))
    if known is None:
        return None
    kind, codes = known
    code = codes.index(inside) if inside in codes else None
    return Icmp(kind, _NO_CODE.get(kind, code) if datagram.version == 6 else code)
