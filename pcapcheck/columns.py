"""The table of columns: what rules may name, what exports hold, what ``pcapcheck rules fields`` prints.

A *late* column is known only after the whole capture has been read: the kind of a capture point, the end that a
frame came from, whether a missing answer proves anything.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck import values
from pcapcheck.networks import EVIDENCE
from pcapcheck.table_names import (
    ADDRESSES,
    ANSWERS,
    ARP,
    CONNECTIONS,
    DNS,
    ECHO,
    FRAMES,
    HOPS,
    PATHS,
    STATE,
    TABLES,
    TRANSFERS,
)
from pcapcheck.values import Value


class Type(Struct, frozen=True):
    """How rules write the values of a column and reports print them; ``written`` explains it to people."""

    name: str
    parse: Callable[[str], Value]
    show: Callable[[Value], str]
    written: str
    ordered: bool = False


def _text(value: Value) -> str:
    return values.clean(str(value))


def _yes_no(value: Value) -> str:
    return "yes" if value else "no"


NUMBER = Type("number", values.parse_number, str, "a whole number: 64, 0x40", ordered=True)
MAC = Type("MAC", values.parse_mac, values.format_mac, "six pairs of hex digits: ee:ee:ee:ee:ee:ee")  # type: ignore[arg-type]
ADDRESS = Type("address", values.parse_address, values.format_address, "IPv4 or IPv6: 10.244.1.10, fd00::10")  # type: ignore[arg-type]
DURATION = Type(
    "duration",
    values.parse_duration,
    values.format_duration,  # type: ignore[arg-type]
    "a number with ns, us (or µs), ms, s, m or h: 100ms, 1.5s; at most a year",
    ordered=True,
)
TIME = Type(
    "time",
    values.parse_time,
    values.format_time,  # type: ignore[arg-type]
    "RFC 3339, UTC unless an offset is given, or seconds since 1970: 2026-01-31T16:22:59.584Z",
    ordered=True,
)
BOOL = Type("boolean", values.parse_bool, _yes_no, "true or false")
TEXT = Type("text", str, _text, "any text")
ENUM = Type("word", str, str, "a word that the column lists")


# What texts show for a column that a row lacks.
ABSENT = "(none)"


class Column(Struct, frozen=True):
    """A column: its type, the words of an enumeration, one line of help.

    ``key``: all frames of a group share its value. ``shared``: all rows that are counted together share its value.
    ``why_absent`` says why a row may lack it, where "was not captured" would mislead.
    """

    table: str
    name: str
    type: Type
    help: str
    attribute: str = ""
    words: tuple[str, ...] = ()
    late: bool = False
    key: bool = False
    shared: bool = False
    why_absent: str = ""

    @property
    def deferred(self) -> bool:
        """Whether conditions on it are judged at the end: it is late, or a frame group shares it."""
        return self.late or self.key

    @property
    def absence(self) -> str:
        """Why a row lacks it."""
        return self.why_absent or f"{self.name} was not captured"

    def parse(self, text: str) -> Value:
        """The value that ``text`` stands for in this column. Raises ValueError, which says what was expected."""
        if self.words and text not in self.words:
            raise ValueError(f"{text!r} is not one of: {', '.join(self.words)}")
        return self.type.parse(text)

    def show(self, value: Value | None) -> str:
        if value is None:
            return ABSENT
        if isinstance(value, (tuple, frozenset)):
            return ", ".join(self.type.show(part) for part in sorted(value)) or "none"
        return self.type.show(value)


# The kinds of capture points. A pod link is one of Calico's (links/capture_points.py).
KINDS = ("pod-link", "host-nic", "tunnel", "unknown")
SIDES = ("pod", "node")
ENDS = ("cali", "pod")
SIDE_EVIDENCE = ("direction", "gateway-arp", "ttl", "proxy-mac", "arp")
CARRIES = ("other", "arp", "nd", "ip-unicast", "ip-multicast", "undecoded")
CASTS = ("broadcast", "unicast")
DIRECTIONS = ("in", "out")
OUTCOMES = ("replied", "error", "unanswered", "in-flight", "evicted")
ENCAPS = ("none", "ipip", "vxlan", "wireguard")
CHECKSUMS = ("ok", "wrong", "not-filled-in", "unknown")
# The tunnel whose content cannot be read.
OPAQUE = "wireguard"
PACKETS = ("request", "reply", "error", "tcp", "udp", "fragment", "other")
ECHOES = PACKETS[:2]
BETWEEN = ("node", "tunnel", "network", "unknown")
GATEWAY_ROUTES = ("elsewhere", "local", "back", "dead-end", "none")
ERRORS = ("none", "unreachable", "too-big", "time-exceeded", "other")
# How promptly DNS was answered (exchanges/pairing_layout.py).
PROMPTNESS = ("at-once", "late", "to-a-repeat")
# In the order of their numbers (IANA, DNS RCODEs).
RCODES = (
    "noerror",
    "formerr",
    "servfail",
    "nxdomain",
    "notimp",
    "refused",
    "yxdomain",
    "yxrrset",
    "nxrrset",
    "notauth",
    "notzone",
    "other",
)
# What became of a TCP connection (exchanges/transfer_layout.py).
TRANSFER_OUTCOMES = ("closed", "open", "in-flight", "one-sided", "stalled", "reset")
TRANSFER_SIDES = ("asker", "asked")
BEGUN = ("midstream", "handshake")
# Tables of questions whose answers pass the pod link.
ASKED = (ARP, ECHO, CONNECTIONS, DNS)


class Columns(dict[str, Column]):
    """The columns of one table by name, in the order in which they are shown."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table


COLUMNS = {table: Columns(table) for table in TABLES}
# Packets of the same path share all other columns of ``paths`` and ``hops``.
_VARYING = ("time", "last_seen", "length", "duration", "latency", "to.frame")


def _define(tables: str, name: str, type_: Type, help_: str, attribute: str = "", **more: object) -> None:
    for table in tables.split():
        column = Column(table, name, type_, help_, attribute or name.replace(".", "_"), **more)  # type: ignore[arg-type]
        shared = table in (PATHS, HOPS) and name not in _VARYING
        COLUMNS[table][name] = replace(column, shared=True) if shared else column


_COOKED = (
    "a cooked capture (-i any) holds no destination MACs, nor does tcpdump's text without -e; "
    "capture on the cali interfaces themselves, printed with -e"
)
_WITHOUT_E = "tcpdump's text shows no MACs without -e; print it with -e"
_ANNOUNCED = "two answers give different MACs, and in a text without -e either may be an announcement; print it with -e"
_WITHOUT_V = "tcpdump's text shows no TTLs without -v; print it with -v"
_WITHOUT_TIMES = "the text shows no times; print it without -t"
_EXCHANGES = f"{ARP} {ANSWERS} {ECHO} {CONNECTIONS} {DNS}"
_ALL = f"{FRAMES} {_EXCHANGES} {TRANSFERS}"

_define(_ALL, "interface", TEXT, "name of the capture point", late=True)
_define(_ALL, "kind", ENUM, "kind of the capture point", words=KINDS, late=True)
_define(
    _ALL,
    "calico",
    ENUM,
    "evidence that this is a Calico pod link; absent if there is none, as on links of other networks",
    words=EVIDENCE,
    late=True,
    why_absent="nothing shows that this is a pod link of Calico",
)
_define(_ALL, "end", ENUM, "end of the pod link where it was recorded", words=ENDS, late=True)
_define(FRAMES, "side", ENUM, "end of the pod link that sent the frame", words=SIDES, late=True)
_define(_EXCHANGES, "asker_side", ENUM, "end of the pod link that asked", "side", words=SIDES, late=True)
_define(
    TRANSFERS,
    "sender_side",
    ENUM,
    "end of the pod link that sent the data that got stuck, or the RST; if nothing is wrong, that of the asker",
    "side",
    words=SIDES,
    late=True,
)
_define(_ALL, "side_evidence", ENUM, "evidence for the side", words=SIDE_EVIDENCE, late=True)
_define(
    _ALL,
    "pod.mac",
    MAC,
    "MACs that the link's pod sends from; in exported tables, only those of the row's own pod",
    late=True,
)
_define(
    _ALL,
    "pod.ip",
    ADDRESS,
    "addresses of the link's pod; in exported tables, only those of the row's own pod",
    late=True,
)
_define(_ALL, "node.interface", TEXT, "name of the link's cali interface on the node", late=True)

_define(FRAMES, "frame.number", NUMBER, "frame number, counted from 1 as in Wireshark")
_define(FRAMES, "frame.time", TIME, "time of recording")
_define(FRAMES, "frame.len", NUMBER, "length on the wire, in bytes")
_define(FRAMES, "frame.cap_len", NUMBER, "bytes captured")
_define(FRAMES, "direction", ENUM, "direction as seen by the recording interface", words=DIRECTIONS, key=True)
_define(
    FRAMES, "carries", ENUM, "payload of the frame; nd includes multicast listener discovery", words=CARRIES, key=True
)
_define(FRAMES, "sll.ifindex", NUMBER, "interface number in a cooked capture (-i any)", key=True)
_define(FRAMES, "eth.src", MAC, "source MAC", key=True)
_define(FRAMES, "eth.dst", MAC, "destination MAC; cooked captures have none", key=True)
_define(FRAMES, "eth.type", NUMBER, "EtherType after all VLAN tags")
_define(FRAMES, "vlan.id", NUMBER, "VLAN ID of the innermost tag")
_define(FRAMES, "arp.opcode", NUMBER, "1 request, 2 reply")
_define(FRAMES, "arp.src.hw_mac", MAC, "ARP sender MAC")
_define(FRAMES, "arp.src.proto_ipv4", ADDRESS, "ARP sender IP")
_define(FRAMES, "arp.dst.hw_mac", MAC, "ARP target MAC")
_define(FRAMES, "arp.dst.proto_ipv4", ADDRESS, "ARP target IP")
_define(FRAMES, "ip.version", NUMBER, "4 or 6")
_define(FRAMES, "ip.src", ADDRESS, "source address; of a tunnelled packet, the inner one")
_define(FRAMES, "ip.dst", ADDRESS, "destination address, likewise")
_define(FRAMES, "ip.ttl", NUMBER, "TTL, or hop limit")
_define(FRAMES, "ip.id", NUMBER, "identification; in IPv6, only of fragments")
_define(FRAMES, "ip.proto", NUMBER, "protocol number, after IPv6 extension headers")
_define(FRAMES, "ip.len", NUMBER, "total length (IPv4), payload length (IPv6)")
_define(FRAMES, "ip.frag_offset", NUMBER, "fragment offset, in bytes")
_define(FRAMES, "ip.flags.df", NUMBER, "don't-fragment flag, 0 or 1")
_define(FRAMES, "ip.flags.mf", NUMBER, "more-fragments flag, 0 or 1")
_define(FRAMES, "icmp.type", NUMBER, "ICMP or ICMPv6 type (see ip.version)")
_define(FRAMES, "icmp.code", NUMBER, "ICMP or ICMPv6 code")
_define(FRAMES, "icmp.ident", NUMBER, "echo identifier")
_define(FRAMES, "icmp.seq", NUMBER, "echo sequence number")
_define(FRAMES, "icmp.mtu", NUMBER, "next-hop MTU of a frag-needed or packet-too-big error")
_define(FRAMES, "quoted.src", ADDRESS, "source address of the packet quoted in an ICMP error")
_define(FRAMES, "quoted.dst", ADDRESS, "destination address of the quoted packet")
_define(FRAMES, "quoted.proto", NUMBER, "protocol number of the quoted packet")
_define(FRAMES, "quoted.ttl", NUMBER, "TTL of the quoted packet")
_define(FRAMES, "quoted.icmp.type", NUMBER, "ICMP type of the quoted packet")
_define(FRAMES, "quoted.icmp.ident", NUMBER, "echo identifier of the quoted packet")
_define(FRAMES, "quoted.icmp.seq", NUMBER, "echo sequence number of the quoted packet")
_define(FRAMES, "quoted.srcport", NUMBER, "TCP or UDP source port of the quoted packet")
_define(FRAMES, "quoted.dstport", NUMBER, "TCP or UDP destination port of the quoted packet")
_define(FRAMES, "nd.target", ADDRESS, "target of a neighbour solicitation or advertisement")
_define(FRAMES, "nd.mac", MAC, "link-layer address option of a neighbour solicitation or advertisement")
_define(
    FRAMES,
    "encap",
    ENUM,
    "tunnel that carries the packet; ip.*, icmp.* and so on then describe the inner packet",
    words=ENCAPS[1:],
    why_absent="no tunnel was around it",
)
_define(FRAMES, "outer.src", ADDRESS, "source address of the outer packet", why_absent="no tunnel was around it")
_define(FRAMES, "outer.dst", ADDRESS, "destination address of the outer packet", why_absent="no tunnel was around it")
_define(FRAMES, "vxlan.vni", NUMBER, "VXLAN network identifier (VNI)")
_define(FRAMES, "inner.eth.src", MAC, "source MAC inside VXLAN: the sending node's VTEP")
_define(FRAMES, "inner.eth.dst", MAC, "destination MAC inside VXLAN: the receiving node's VTEP")
_define(
    FRAMES,
    "ip.checksum",
    ENUM,
    "header checksum of IPv4; of a tunnelled packet, the inner one",
    words=CHECKSUMS,
    why_absent="only IPv4 has one",
)
_define(
    FRAMES,
    "checksum",
    ENUM,
    "checksum of ICMP, TCP or UDP; of a tunnelled packet, the inner one; not-filled-in: left to a card",
    words=CHECKSUMS,
)
_define(
    FRAMES,
    "outer.ip.checksum",
    ENUM,
    "header checksum of the outer packet",
    words=CHECKSUMS,
    why_absent="no tunnel was around it",
)
_define(
    FRAMES,
    "outer.checksum",
    ENUM,
    "checksum of the outer UDP datagram of VXLAN; ok if none was made",
    words=CHECKSUMS,
    why_absent="no tunnel was around it",
)
_define(FRAMES, "tcp.srcport", NUMBER, "TCP source port")
_define(FRAMES, "tcp.dstport", NUMBER, "TCP destination port")
_define(FRAMES, "tcp.flags", NUMBER, "TCP flags, 12 bits")
_define(FRAMES, "udp.srcport", NUMBER, "UDP source port")
_define(FRAMES, "udp.dstport", NUMBER, "UDP destination port")

_define(f"{ARP} {ANSWERS}", "family", NUMBER, "4: ARP, 6: neighbour discovery")
_define(f"{ARP} {ANSWERS}", "protocol", TEXT, "protocol in words: ARP or neighbour solicitation")
_define(f"{ARP} {ANSWERS}", "asker_ip", ADDRESS, "address of the asker")
_define(f"{ARP} {ANSWERS}", "asker_mac", MAC, "MAC of the asker")
_define(f"{ARP} {ANSWERS}", "target", ADDRESS, "address asked for")
_define(ARP, "first_time", TIME, "time of the first request")
_define(ARP, "attempts", NUMBER, "number of requests")
_define(
    ARP,
    "cast",
    ENUM,
    "how the latest request was sent; solicited-node multicast counts as broadcast",
    words=CASTS,
    why_absent="a cooked capture (-i any) does not say it of outgoing requests, nor does tcpdump's text without -e; "
    "capture on the cali interface itself, printed with -e",
)
_define(ARP, "answered", BOOL, "whether an answer came; absent if silence proves nothing", late=True)
_define(ARP, "outcome", ENUM, "outcome", words=("answered", *OUTCOMES[2:]))
_define(
    ARP,
    "latency_first",
    DURATION,
    "time from the first request to the first answer",
    why_absent="no answer came, or the text shows no times (-t)",
)
_define(
    ARP,
    "latency",
    DURATION,
    "time from the latest request to the first answer",
    why_absent="no answer came, or two requests were under way so that it may belong to either",
)
_define(ARP, "reply_mac", MAC, "MACs in the answers", why_absent=_ANNOUNCED)
_define(ARP, "reply_eth_src", MAC, "source MACs of the frames that carried the answers")
_define(ARP, "answering_macs", NUMBER, "number of different MACs in the answers", why_absent=_ANNOUNCED)
_define(ARP, "answers", NUMBER, "number of answers", "answer_count")

_define(ANSWERS, "time", TIME, "time of the answer")
_define(ANSWERS, "latency", DURATION, "time since the latest request")
_define(ANSWERS, "reply_mac", MAC, "MAC in the answer")
_define(ANSWERS, "reply_eth_src", MAC, "source MAC of the frame that carried the answer")

_define(ECHO, "family", NUMBER, "4: ICMP, 6: ICMPv6", shared=True)
_define(ECHO, "time", TIME, "time of the request")
_define(ECHO, "src", ADDRESS, "address of the asker")
_define(ECHO, "dst", ADDRESS, "address that was asked")
_define(ECHO, "ident", NUMBER, "identifier")
_define(ECHO, "seq", NUMBER, "sequence number")
_define(
    ECHO,
    "unicast",
    BOOL,
    "whether a single host was asked: no multicast or broadcast address, nor, without a reply, the gateway, "
    "whose address no host has",
    shared=True,
)
_define(ECHO, "outcome", ENUM, "outcome of the request", words=OUTCOMES, shared=True)
_define(ECHO, "replied", BOOL, "whether a reply came; absent if silence proves nothing", late=True)
_define(ECHO, "rtt", DURATION, "time from the request to its first reply", why_absent="no reply came")
_define(ECHO, "replies", NUMBER, "number of replies")
_define(ECHO, "requests", NUMBER, "number of times that this request was recorded")
_define(ECHO, "ttl", NUMBER, "TTL of the request")
_define(ECHO, "ttl_whole", BOOL, "whether the request's TTL is an initial TTL of hosts (64, 128, 255)", late=True)
_define(ECHO, "reply_ttl", NUMBER, "TTL of the first reply", why_absent="no reply came")
_define(ECHO, "eth_src", MAC, "source MAC of the request")
_define(ECHO, "eth_dst", MAC, "destination MAC of the request")
_define(ECHO, "reply_eth_src", MAC, "source MAC of the first reply")
_define(ECHO, "reply_eth_dst", MAC, "destination MAC of the first reply")
_NEITHER = "neither a reply nor an error came; whether one would have been recorded is not known"
_define(
    ECHO,
    "error",
    ENUM,
    "ICMP error that ended it",
    words=ERRORS,
    shared=True,
    why_absent=_NEITHER,
)
_define(ECHO, "refusal", TEXT, "ICMP error in words, with its type, code and sender")
_define(ECHO, "error_type", NUMBER, "ICMP type of that error")
_define(ECHO, "error_code", NUMBER, "ICMP code of that error")
_define(ECHO, "error_from", ADDRESS, "sender of that error")
_define(ECHO, "error_mtu", NUMBER, "MTU in that error")

_define(
    f"{ECHO} {CONNECTIONS}",
    "fate",
    TEXT,
    "outcome as the end of a sentence: get no reply, is refused by 10.0.0.1",
)

_define(
    f"{ECHO} {CONNECTIONS} {DNS}",
    "ending",
    TEXT,
    "what came instead of an answer: no reply, refused by 10.0.0.1 (port unreachable, 3/3)",
)

_PORT_NAME = "the text names the port by a service that is not known here; print it again with tcpdump -nn"
_define(CONNECTIONS, "family", NUMBER, "4 or 6", shared=True)
_define(CONNECTIONS, "time", TIME, "time of the first SYN")
_define(CONNECTIONS, "src", ADDRESS, "address of the asker")
_define(CONNECTIONS, "dst", ADDRESS, "address that was asked")
_define(CONNECTIONS, "src_port", NUMBER, "asker's port", why_absent=_PORT_NAME)
_define(CONNECTIONS, "dst_port", NUMBER, "destination port", why_absent=_PORT_NAME)
_define(CONNECTIONS, "outcome", ENUM, "outcome; an RST counts as a reply", words=OUTCOMES, shared=True)
_define(
    CONNECTIONS,
    "answered",
    BOOL,
    "whether a SYN-ACK or an RST came; absent if silence proves nothing",
    late=True,
)
_define(
    CONNECTIONS,
    "latency",
    DURATION,
    "time from the first SYN to the answer",
    "rtt",
    why_absent="neither SYN-ACK nor RST came",
)
_define(CONNECTIONS, "attempts", NUMBER, "number of SYNs", "requests")
_define(CONNECTIONS, "ttl", NUMBER, "TTL of the first SYN")
_define(CONNECTIONS, "eth_src", MAC, "source MAC of the first SYN")
_define(CONNECTIONS, "eth_dst", MAC, "destination MAC of the first SYN")
_define(CONNECTIONS, "error", ENUM, "ICMP error that ended it", words=ERRORS, shared=True, why_absent=_NEITHER)
_define(CONNECTIONS, "refusal", TEXT, "ICMP error in words, with its type, code and sender")
_define(CONNECTIONS, "error_type", NUMBER, "ICMP type of that error")
_define(CONNECTIONS, "error_code", NUMBER, "ICMP code of that error")
_define(CONNECTIONS, "error_from", ADDRESS, "sender of that error")

_TIMELESS = "the text shows no times, by which data that is sent again differs from a frame recorded twice"
_define(TRANSFERS, "family", NUMBER, "4 or 6", shared=True)
_define(TRANSFERS, "time", TIME, "time of the first segment recorded")
_define(TRANSFERS, "src", ADDRESS, "address of the asker: who opened it, else who has the higher port")
_define(TRANSFERS, "dst", ADDRESS, "address that was asked")
_define(TRANSFERS, "src_port", NUMBER, "asker's port", why_absent=_PORT_NAME)
_define(TRANSFERS, "dst_port", NUMBER, "port that was asked", why_absent=_PORT_NAME)
_define(TRANSFERS, "eth_src", MAC, "source MAC of the asker's first segment, or of the other side's if there is none")
_define(TRANSFERS, "eth_dst", MAC, "destination MAC of that segment")
_define(
    TRANSFERS,
    "outcome",
    ENUM,
    "stalled: data was sent four times or more over three seconds or more, and never acknowledged; reset: an RST broke "
    "it off while data was under way; in-flight: the latest data is not acknowledged; one-sided: one direction was not "
    "recorded; closed, or open: all data was acknowledged",
    words=TRANSFER_OUTCOMES,
    shared=True,
)
_define(TRANSFERS, "has_data", BOOL, "whether data was sent over it, in either direction", shared=True)
_define(TRANSFERS, "progresses", BOOL, "whether its data arrives; absent if that is not known", late=True)
_define(TRANSFERS, "begun", ENUM, "where the recording of it begins", words=BEGUN, shared=True)
_define(TRANSFERS, "duration", DURATION, "time from its first segment to its last", why_absent=_WITHOUT_TIMES)
for _side, _who in (("asker", "the asker"), ("asked", "whoever was asked")):
    _define(TRANSFERS, f"{_side}.segments", NUMBER, f"segments from {_who}; a frame recorded twice counts twice")
    _define(TRANSFERS, f"{_side}.bytes", NUMBER, f"bytes of data in segments from {_who}, also those sent again")
    _define(
        TRANSFERS, f"{_side}.resent", NUMBER, f"segments with data that {_who} had sent before", why_absent=_TIMELESS
    )
    _define(TRANSFERS, f"{_side}.resent_bytes", NUMBER, "bytes of data in them", why_absent=_TIMELESS)
    _define(
        TRANSFERS,
        f"{_side}.unacked",
        NUMBER,
        f"bytes from {_who} that were never acknowledged",
        why_absent="nothing from the other side was recorded",
    )
    _define(
        TRANSFERS,
        f"{_side}.largest_unacked",
        NUMBER,
        "bytes of data in the largest segment that was never acknowledged; larger than the MTU if it was recorded "
        "before a card or the kernel cut it into segments",
        why_absent="all was acknowledged, or the largest of it is not known",
    )
    _define(TRANSFERS, f"{_side}.zero_windows", NUMBER, f"times that {_who} had no room for more data")
    _define(
        TRANSFERS,
        f"{_side}.mss",
        NUMBER,
        f"largest segment that {_who} takes, as its SYN says",
        why_absent="its SYN was not recorded, or says nothing of it",
    )
    _define(
        TRANSFERS,
        f"{_side}.ttl",
        NUMBER,
        f"TTL of the latest segment from {_who} that is no RST",
        why_absent=_WITHOUT_V,
    )
    _define(TRANSFERS, f"{_side}.finished", BOOL, f"whether {_who} said that it has no more data (FIN)")
# Connections with which something is wrong are never counted together.
_FINE = "it was neither stalled nor reset"
_define(
    TRANSFERS,
    "sender",
    ADDRESS,
    "whose data got stuck, or in whose name the RST that broke it off was sent",
    shared=True,
    why_absent=_FINE,
)
_define(TRANSFERS, "sender_port", NUMBER, "port of that address", shared=True, why_absent=_FINE)
_define(TRANSFERS, "receiver", ADDRESS, "address that this data, or this RST, was for", shared=True, why_absent=_FINE)
_define(TRANSFERS, "receiver_port", NUMBER, "port of that address", shared=True, why_absent=_FINE)
_define(
    TRANSFERS, "sent_by", ENUM, "which of the two the sender is", words=TRANSFER_SIDES, shared=True, why_absent=_FINE
)
_STUCK = "no data got stuck"
_define(TRANSFERS, "attempts", NUMBER, "times that the data was sent that got stuck", shared=True, why_absent=_STUCK)
_define(TRANSFERS, "lasted", DURATION, "time over which it was sent", shared=True, why_absent=_STUCK)
_define(TRANSFERS, "size", NUMBER, "bytes of it", shared=True, why_absent=_STUCK)
_define(TRANSFERS, "fate", TEXT, "what became of it, in words", shared=True, why_absent=_STUCK)
_define(TRANSFERS, "resets", NUMBER, "number of RSTs")
_define(
    TRANSFERS,
    "reset_midway",
    BOOL,
    "whether an RST broke it off while data was under way",
    shared=True,
    why_absent="only one direction of the connection was recorded; capture both (without -Q)",
)
_define(
    TRANSFERS,
    "reset_ttl",
    NUMBER,
    "TTL of that RST",
    shared=True,
    why_absent="no RST broke it off, or its text shows no TTL",
)
_define(
    TRANSFERS,
    "reset_forged",
    BOOL,
    "whether no other segment from the RST's address had its TTL: then a node or firewall sent it in that name",
    shared=True,
    why_absent="no RST broke it off, or there is no other TTL to compare its own with",
)

_define(DNS, "family", NUMBER, "4 or 6", shared=True)
_define(DNS, "time", TIME, "time of the first query")
_define(DNS, "src", ADDRESS, "address of the asker")
_define(DNS, "dst", ADDRESS, "address of the server")
_define(
    DNS,
    "src_port",
    NUMBER,
    "asker's port in the latest attempt",
    why_absent="the text shows no port number",
)
_define(DNS, "dns.id", NUMBER, "message identifier in the latest attempt", "ident")
_define(DNS, "outcome", ENUM, "outcome", words=OUTCOMES, shared=True)
_define(DNS, "answered", BOOL, "whether a response came; absent if silence proves nothing", late=True)
_define(DNS, "rcode", ENUM, "response code", words=RCODES, shared=True, why_absent="no response came, or it was cut")
_define(DNS, "latency", DURATION, "time from the first query to the response", "rtt", why_absent="no response came")
_define(
    DNS,
    "latency_p95",
    DURATION,
    "latency that 95 of 100 responses to the same asker do not exceed",
    late=True,
)
_define(
    DNS,
    "promptness",
    ENUM,
    "at-once: the response came within a second of the first query; late: it came later; to-a-repeat: it came later, "
    "and the query had been repeated",
    words=PROMPTNESS,
    shared=True,
    why_absent="no response came, or the text shows no times",
)
_define(DNS, "attempts", NUMBER, "number of queries", "requests")
_define(DNS, "fate", TEXT, "outcome in words, with the ICMP error that ended it")
_define(DNS, "ttl", NUMBER, "TTL of the first query")
_define(DNS, "eth_src", MAC, "source MAC of the first query")
_define(DNS, "eth_dst", MAC, "destination MAC of the first query")
_define(DNS, "error", ENUM, "ICMP error that ended it", words=ERRORS, shared=True, why_absent=_NEITHER)
_define(DNS, "refusal", TEXT, "ICMP error in words, with its type, code and sender")
_define(DNS, "error_type", NUMBER, "ICMP type of that error")
_define(DNS, "error_code", NUMBER, "ICMP code of that error")
_define(DNS, "error_from", ADDRESS, "sender of that error")

_define(ADDRESSES, "interface", TEXT, "name of the capture point")
_define(ADDRESSES, "node.interface", TEXT, "name of the link's cali interface on the node")
_define(ADDRESSES, "kind", ENUM, "kind of the capture point", words=KINDS)
_define(ADDRESSES, "calico", ENUM, "evidence that this is a Calico pod link", words=EVIDENCE)
_define(ADDRESSES, "ip", ADDRESS, "address claimed")
_define(ADDRESSES, "mac", MAC, "MAC that claimed it")
_define(ADDRESSES, "side", ENUM, "end of the pod link that this MAC sends from", words=SIDES)
_define(ADDRESSES, "first_time", TIME, "time of the first claim")
_define(ADDRESSES, "last_time", TIME, "time of the last claim")
_define(ADDRESSES, "proxied", BOOL, "whether the claim is only the node's proxy ARP answer for the pod's own address")
_define(
    ADDRESSES,
    "claimants",
    NUMBER,
    "number of MACs that claim the address on its node at overlapping times; absent if several links are folded into "
    "one recording or their ends are unknown",
    why_absent="several links are folded into one recording, its text shows no MACs of those who ask, or nothing tells "
    "which end of another link claims the address too; "
    "capture each cali interface by itself, printed with -e",
)
_define(ADDRESSES, "other_claimants", MAC, "the other MACs among them")
_define(ADDRESSES, "other_interfaces", TEXT, "other pod links of the node where those MACs claim it")
_define(ADDRESSES, "others", TEXT, "the other MACs in words, with those links")

_UNSEEN = (
    "the receiver's link is not known, or was not being recorded for the next half second; capture both cali "
    "interfaces over the same time, best into one file (dumpcap -i … -i …)"
)
_BOTH = f"{PATHS} {HOPS}"
_define(_BOTH, "packet", ENUM, "type of packet; request and reply are ICMP echoes", words=PACKETS)
_define(_BOTH, "family", NUMBER, "4 or 6")
_define(_BOTH, "time", TIME, "time of its first sighting, by the clock of the first capture")
_define(_BOTH, "src", ADDRESS, "source address at its first sighting")
_define(_BOTH, "dst", ADDRESS, "destination address there")
_define(_BOTH, "interface", TEXT, "name of the capture point of its first sighting")
_define(_BOTH, "node.interface", TEXT, "name of that link's cali interface on the node")
_define(_BOTH, "rewritten", BOOL, "whether addresses or the ICMP identifier changed along the path (NAT)")
_define(
    _BOTH,
    "calico",
    ENUM,
    "evidence of Calico anywhere in the observation: a pod link, a tunnel, a node's state",
    words=EVIDENCE,
    why_absent="nothing shows Calico in any of the captures",
)
_define(_BOTH, "encap", TEXT, "tunnels that it went through, or none")
_define(
    PATHS, "points", TEXT, "names of the capture points that saw it, in order; a link that saw it twice counts once"
)
_define(PATHS, "ttls", TEXT, "its TTL at each of them; in a tunnel, the inner TTL")
_define(PATHS, "sightings", NUMBER, "number of those capture points")
_define(PATHS, "first.kind", ENUM, "kind of the first of them", words=KINDS)
_define(PATHS, "receiver", ADDRESS, "final receiver; of a reply to a translated request, the pod that asked")
_define(
    PATHS,
    "receiver.recorded",
    BOOL,
    "whether a link of its receiver was recorded, or the device on the receiver's node that decapsulates it",
)
_define(PATHS, "fate", TEXT, "last sighting of such packets and what they never reached, in words")
_define(PATHS, "last.interface", TEXT, "name of the last of those capture points")
_define(PATHS, "last_seen", TEXT, "last sighting in words, with the frame")
_define(
    PATHS,
    "missing",
    TEXT,
    "links of the receiver that were being recorded and do not show it",
    why_absent="no link is known that had to show it",
)
_define(
    PATHS,
    "entered",
    BOOL,
    "whether a pod sent it, as that pod's link shows",
    why_absent="it is unknown which end sent it",
)
_define(
    PATHS,
    "left",
    BOOL,
    "whether it was seen leaving the node that it entered, or was answered",
    why_absent=_UNSEEN,
)
_define(
    PATHS,
    "delivered",
    BOOL,
    "whether it was seen on its receiver's pod link, or was answered",
    why_absent=_UNSEEN,
)
_define(PATHS, "answered", BOOL, "whether its reply was seen anywhere; only of echo requests")
_define(PATHS, "for_node", BOOL, "whether it was for the node itself, which need not forward it")
_define(
    PATHS,
    "asked",
    ADDRESS,
    "of an answer to what was asked of a service or a node's port, and translated: that address",
    why_absent="it was not seen to come back from a translated address",
)
_define(
    PATHS,
    "translated_back",
    BOOL,
    "whether such an answer came back from the address that was asked, not from the back end's own",
    why_absent="it was not seen to come back from a translated address",
)
_define(
    PATHS,
    "source_translated",
    BOOL,
    "whether what a pod asked left by a NIC with another source address (SNAT); false only if it had to",
    why_absent="nothing shows that it had to leave the node with another source address",
)
_define(PATHS, "length", NUMBER, "length of the IP packet, in bytes")
_define(PATHS, "duration", DURATION, "time from the first to the last sighting")

_define(HOPS, "to.interface", TEXT, "name of the next pod link")
_define(HOPS, "to.frame", TEXT, "its frame there")
_define(HOPS, "ttl", NUMBER, "TTL on the first link", why_absent=_WITHOUT_V)
_define(HOPS, "to.ttl", NUMBER, "TTL on the next link", why_absent=_WITHOUT_V)
_define(HOPS, "ttl_lost", NUMBER, "decrease of the TTL between the two", why_absent=_WITHOUT_V)
_define(
    HOPS,
    "between",
    ENUM,
    "what lies between the links: a node, or two nodes with a tunnel or a network",
    words=BETWEEN,
    why_absent="the clocks of the two files differ, and nothing else shows whether both are from one node; "
    "record both interfaces into one file (dumpcap -i … -i …)",
)
_define(HOPS, "eth.src", MAC, "source MAC on the first link", why_absent=_WITHOUT_E)
_define(HOPS, "eth.dst", MAC, "destination MAC on the first link", why_absent=_COOKED)
_define(HOPS, "to.eth.src", MAC, "source MAC on the next link", why_absent=_WITHOUT_E)
_define(HOPS, "to.eth.dst", MAC, "destination MAC on the next link", why_absent=_COOKED)
_define(HOPS, "latency", DURATION, "time from the first link to the next, by one clock")

_POD = (
    "the state shows nothing from inside the pod; add ip addr, ip route and ip neigh from there (pcapcheck node-script)"
)
_NODE = "the state shows nothing of the node; add ip link, ip route and the sysctls from there (pcapcheck node-script)"
_define(STATE, "interface", TEXT, "name of the link's cali interface on the node", why_absent=_NODE)
_define(STATE, "node", TEXT, "name of the node", why_absent="the state does not name the node")
_define(STATE, "pod", TEXT, "NAMESPACE/POD, or the pod's addresses if its name is unknown")
_define(STATE, "pod.ip", ADDRESS, "addresses of the pod", why_absent="the pod's address is missing from the state")
_define(
    STATE,
    "calico",
    ENUM,
    "evidence that this is a Calico pod link; absent if there is none, as on nodes of other networks",
    words=EVIDENCE,
    why_absent="nothing shows that this is a pod link of Calico",
)
_define(STATE, "machine", BOOL, "whether the pod holds a virtual machine behind a bridge (KubeVirt)")
_define(STATE, "ebpf", BOOL, "whether the node shows Calico's eBPF data plane", why_absent=_NODE)
_define(STATE, "host_address", BOOL, "whether the pod has an address and each is a /32 or a /128", why_absent=_POD)
_define(STATE, "default_route", BOOL, "whether the pod has an IPv4 default route", why_absent=_POD)
_define(STATE, "default_via", ADDRESS, "gateway of that route", why_absent=_POD)
_define(
    STATE,
    "addresses_found",
    TEXT,
    "addresses of the pod with their prefixes in words, or that there are none",
    why_absent=_POD,
)
_define(STATE, "default_found", TEXT, "default route in words, or that there is none", why_absent=_POD)
_define(
    STATE,
    "gateway_on_link",
    BOOL,
    "whether the pod reaches its gateway directly, by a /32 route of scope link",
    why_absent=_POD,
)
_define(
    STATE,
    "gateway_mac",
    MAC,
    "MAC of the pod's neighbour entry for its gateway, IPv4 or IPv6",
    why_absent="the pod's MAC for its gateway is missing from the state; "
    "add ip neigh from inside the pod, after a ping",
)
_define(
    STATE,
    "node_mac",
    MAC,
    "MACs of the node's neighbour entries for the pod",
    why_absent="the node's MAC for the pod is missing from the state; "
    "add the output of ip neigh from the node, after a ping",
)
_NEIGHBOURS = (
    "the node's neighbour entry for the pod is missing from the state; add the output of ip neigh from the node"
)
_define(
    STATE,
    "node_resolved",
    BOOL,
    "whether the node has a MAC for each address of the pod that it tried to resolve",
    why_absent=_NEIGHBOURS,
)
_define(STATE, "unresolved", ADDRESS, "addresses that it has no MAC for", why_absent=_NEIGHBOURS)
_define(STATE, "unresolved_state", TEXT, "state of their neighbour entry: FAILED or INCOMPLETE", why_absent=_NEIGHBOURS)
_define(STATE, "pod.mac", MAC, "MAC of the pod's interface", why_absent=_POD)
_define(STATE, "pod.index", NUMBER, "interface number of the pod's end", why_absent=_POD)
_define(STATE, "pod.peer_index", NUMBER, "interface number that the pod's end names as its peer", why_absent=_POD)
_define(STATE, "cali.index", NUMBER, "interface number of the cali interface", why_absent=_NODE)
_define(
    STATE, "cali.peer_index", NUMBER, "interface number that the cali interface names as its peer", why_absent=_NODE
)
_define(STATE, "cali.mac", MAC, "MAC of the cali interface", why_absent=_NODE)
_define(STATE, "cali.mtu", NUMBER, "MTU of the cali interface", why_absent=_NODE)
_define(STATE, "pod.mtu", NUMBER, "MTU of the pod's end", why_absent=_POD)
_define(
    STATE,
    "tunnel.mtu",
    NUMBER,
    "smallest MTU of the node's tunnels that are in use",
    why_absent="the node shows no tunnel in use",
)
_define(STATE, "tunnel", TEXT, "name of the tunnel with that MTU", why_absent="the node shows no tunnel in use")
_define(
    STATE,
    "mtu_fits",
    BOOL,
    "whether the MTU of the cali interface is at most that of the tunnel",
    why_absent="the state shows no tunnel in use, or lacks the MTUs",
)
_define(
    STATE,
    "proxy_arp",
    BOOL,
    "whether the node answers ARP on behalf of other hosts there: proxy_arp of all or of the interface",
    why_absent="proxy_arp of the interface and of all is missing from the state; add sysctl of both",
)
_define(
    STATE,
    "forwarding",
    BOOL,
    "whether the cali interface forwards IPv4",
    why_absent="forwarding of the interface is missing from the state; add sysctl of it",
)
_define(
    STATE,
    "proxy_delay",
    NUMBER,
    "neigh proxy_delay of the cali interface, in 1/100 s",
    why_absent="proxy_delay of the interface is missing from the state; add sysctl of it",
)
_ROUTES = "the node's routes, or some of them, are missing from the state; add ip route from the node"
_define(
    STATE,
    "host_route",
    BOOL,
    "whether the node routes each address of the pod to its cali interface",
    why_absent=_ROUTES,
)
_define(STATE, "host_route_dev", TEXT, "interface that it routes them to", why_absent=_ROUTES)
_define(STATE, "host_route_found", TEXT, "routes to the pod in words", why_absent=_ROUTES)
_define(STATE, "unrouted", ADDRESS, "address that has no such route", why_absent=_ROUTES)
_define(
    STATE,
    "rp_filter",
    NUMBER,
    "rp_filter of the cali interface: the larger of its own and that of all",
    why_absent="rp_filter of the interface and of all is missing from the state; add sysctl of both",
)
_define(
    STATE,
    "reverse_path",
    BOOL,
    "whether packets from the pod pass the reverse-path check",
    why_absent="rp_filter of the interface and of all and the route to the pod are missing from the state",
)
_define(
    STATE,
    "gateway_route",
    ENUM,
    "where the node's route lookup for the pods' gateway leads: to another interface, to the node itself, back into "
    "this link, to a blackhole or the like, nowhere",
    words=GATEWAY_ROUTES,
    why_absent="the node's way to the gateway is missing from the state; add ip route get 169.254.1.1 from the node",
)
_define(
    STATE,
    "gateway_route_dev",
    TEXT,
    "interface of that lookup",
    why_absent="the node's route to the gateway is missing from the state",
)
_define(
    STATE,
    "gateway_found",
    TEXT,
    "result of that lookup in words",
    why_absent="the node's route to the gateway is missing from the state",
)
_define(
    STATE,
    "gateway6",
    BOOL,
    "whether the cali interface has the address of the pods' IPv6 gateway",
    why_absent="the addresses of the cali interface are missing from the state; add ip addr from the node",
)
_define(
    STATE,
    "named_interface",
    TEXT,
    "name of the cali interface as derived from the pod's name",
    why_absent="the pod's name and namespace are missing from the state; add the output of kubectl get pods -A -o wide",
)
