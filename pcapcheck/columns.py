"""The one table of columns: what rules may name, what exports hold, what ``pcapcheck rules fields`` prints.

A *late* column is known only once the whole capture has been read: what kind of interface it was, which end a
frame came from, whether a missing answer proves anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pcapcheck import values
from pcapcheck.networks import EVIDENCE
from pcapcheck.table_names import ADDRESSES as ADDRESSES
from pcapcheck.table_names import ANSWERS as ANSWERS
from pcapcheck.table_names import ARP as ARP
from pcapcheck.table_names import CONNECTIONS as CONNECTIONS
from pcapcheck.table_names import DNS as DNS
from pcapcheck.table_names import ECHO as ECHO
from pcapcheck.table_names import FRAMES as FRAMES
from pcapcheck.table_names import HOPS as HOPS
from pcapcheck.table_names import PATHS as PATHS
from pcapcheck.table_names import STATE as STATE
from pcapcheck.table_names import TABLES as TABLES
from pcapcheck.values import Value


@dataclass(frozen=True)
class Type:
    """How the values of a column are written in rules and printed in reports; ``written`` tells it to people."""

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
    "RFC 3339, UTC unless it says otherwise, or seconds since 1970: 2026-01-31T16:22:59.584Z",
    ordered=True,
)
BOOL = Type("boolean", values.parse_bool, _yes_no, "true or false")
TEXT = Type("text", str, _text, "any text")
ENUM = Type("word", str, str, "one of the words that the column lists")


@dataclass(frozen=True)
class Column:
    """A column: its type, the words it may hold where it is an enumeration, one line of help.

    ``key``: frames of one group share it. ``shared``: so do rows that are counted together while they stream by.
    ``why_absent`` says why a row may not have it, where "it was not captured" would mislead.
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
        """Whether conditions on it are judged at the end: late columns, and those that a frame group shares."""
        return self.late or self.key

    @property
    def absence(self) -> str:
        """Why a row does not have it."""
        return self.why_absent or f"{self.name} was not captured"

    def parse(self, text: str) -> Value:
        """The value that ``text`` means in this column; ValueError says what was expected."""
        if self.words and text not in self.words:
            raise ValueError(f"{text!r} is not one of: {', '.join(self.words)}")
        return self.type.parse(text)

    def show(self, value: Value | None) -> str:
        if value is None:
            return "(none)"
        if isinstance(value, (tuple, frozenset)):
            return ", ".join(self.type.show(part) for part in sorted(value)) or "none"
        return self.type.show(value)


# A pod link is one of Calico's (links/capture_points.py).
KINDS = ("pod-link", "host-nic", "tunnel", "unknown")
SIDES = ("pod", "node")
ENDS = ("cali", "pod")
SIDE_EVIDENCE = ("direction", "gateway-arp", "ttl", "proxy-mac", "arp")
CARRIES = ("other", "arp", "nd", "ip-unicast", "ip-multicast", "undecoded")
CASTS = ("broadcast", "unicast")
DIRECTIONS = ("in", "out")
OUTCOMES = ("replied", "error", "unanswered", "in-flight", "evicted")
ENCAPS = ("none", "ipip", "vxlan", "wireguard")
# A tunnel into which nobody can look.
OPAQUE = "wireguard"
PACKETS = ("request", "reply", "error", "tcp", "udp", "fragment", "other")
ECHOES = PACKETS[:2]
BETWEEN = ("node", "tunnel", "network", "unknown")
GATEWAY_ROUTES = ("elsewhere", "local", "back", "dead-end", "none")
ERRORS = ("none", "unreachable", "too-big", "time-exceeded", "other")
# By number (IANA, DNS RCODEs).
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
# Tables of questions that a pod's link may have kept the answers of.
ASKED = (ARP, ECHO, CONNECTIONS, DNS)

COLUMNS: dict[str, dict[str, Column]] = {table: {} for table in TABLES}


def _define(tables: str, name: str, type_: Type, help_: str, attribute: str = "", **more: object) -> None:
    for table in tables.split():
        column = Column(table, name, type_, help_, attribute or name.replace(".", "_"), **more)  # type: ignore[arg-type]
        COLUMNS[table][name] = column


_COOKED = (
    "a cooked capture (-i any) holds no destination MACs, nor does tcpdump's text without -e; "
    "capture on the cali interfaces themselves, printed with -e"
)
_WITHOUT_E = "tcpdump's text shows no MACs without -e; print it with -e"
_ANNOUNCED = "two answers give different MACs, and in a text without -e either may be an announcement; print it with -e"
_WITHOUT_V = "tcpdump's text shows no TTLs without -v; print it with -v"
_EXCHANGES = f"{ARP} {ANSWERS} {ECHO} {CONNECTIONS} {DNS}"
_ALL = f"{FRAMES} {_EXCHANGES}"

_define(_ALL, "interface", TEXT, "name of the capture point", late=True)
_define(_ALL, "kind", ENUM, "what the capture point is", words=KINDS, late=True)
_define(
    _ALL,
    "calico",
    ENUM,
    "by what it is shown to be a pod link of Calico; absent where nothing shows it, so on links of other networks",
    words=EVIDENCE,
    late=True,
    why_absent="nothing shows that this is a pod link of Calico",
)
_define(_ALL, "end", ENUM, "the end of the pod link at which it was recorded", words=ENDS, late=True)
_define(FRAMES, "side", ENUM, "the end of the pod link that sent the frame", words=SIDES, late=True)
_define(_EXCHANGES, "asker_side", ENUM, "the end of the pod link that asked", "side", words=SIDES, late=True)
_define(_ALL, "side_evidence", ENUM, "by what the side is known", words=SIDE_EVIDENCE, late=True)
_define(
    _ALL, "pod.mac", MAC, "MACs from which the link's pod sends; in tables only those of the row's own pod", late=True
)
_define(_ALL, "pod.ip", ADDRESS, "addresses of the link's pod; in tables only those of the row's own pod", late=True)
_define(_ALL, "node.interface", TEXT, "name of the link's cali interface on the node", late=True)

_define(FRAMES, "frame.number", NUMBER, "number of the frame, from 1, as Wireshark counts")
_define(FRAMES, "frame.time", TIME, "when it was recorded")
_define(FRAMES, "frame.len", NUMBER, "length on the wire, bytes")
_define(FRAMES, "frame.cap_len", NUMBER, "bytes captured")
_define(FRAMES, "direction", ENUM, "as the recording interface saw it", words=DIRECTIONS, key=True)
_define(
    FRAMES, "carries", ENUM, "what the frame carries; nd includes multicast listener discovery", words=CARRIES, key=True
)
_define(FRAMES, "sll.ifindex", NUMBER, "number of the interface in a cooked (-i any) capture", key=True)
_define(FRAMES, "eth.src", MAC, "source MAC", key=True)
_define(FRAMES, "eth.dst", MAC, "destination MAC; cooked captures have none", key=True)
_define(FRAMES, "eth.type", NUMBER, "ethertype behind all VLAN tags")
_define(FRAMES, "vlan.id", NUMBER, "VLAN of the innermost tag")
_define(FRAMES, "arp.opcode", NUMBER, "1 request, 2 reply")
_define(FRAMES, "arp.src.hw_mac", MAC, "ARP sender MAC")
_define(FRAMES, "arp.src.proto_ipv4", ADDRESS, "ARP sender IP")
_define(FRAMES, "arp.dst.hw_mac", MAC, "ARP target MAC")
_define(FRAMES, "arp.dst.proto_ipv4", ADDRESS, "ARP target IP")
_define(FRAMES, "ip.version", NUMBER, "4 or 6")
_define(FRAMES, "ip.src", ADDRESS, "source address, inside a tunnel the inner one")
_define(FRAMES, "ip.dst", ADDRESS, "destination address")
_define(FRAMES, "ip.ttl", NUMBER, "TTL, or hop limit")
_define(FRAMES, "ip.id", NUMBER, "identification; in IPv6 only of fragments")
_define(FRAMES, "ip.proto", NUMBER, "protocol behind IPv6 extension headers")
_define(FRAMES, "ip.len", NUMBER, "total length (IPv4), payload length (IPv6)")
_define(FRAMES, "ip.frag_offset", NUMBER, "offset of a fragment, bytes")
_define(FRAMES, "ip.flags.df", NUMBER, "don't fragment")
_define(FRAMES, "ip.flags.mf", NUMBER, "more fragments")
_define(FRAMES, "icmp.type", NUMBER, "ICMP or ICMPv6 type (see ip.version)")
_define(FRAMES, "icmp.code", NUMBER, "ICMP or ICMPv6 code")
_define(FRAMES, "icmp.ident", NUMBER, "echo identifier")
_define(FRAMES, "icmp.seq", NUMBER, "echo sequence number")
_define(FRAMES, "icmp.mtu", NUMBER, "next-hop MTU of a frag-needed or packet-too-big error")
_define(FRAMES, "quoted.src", ADDRESS, "source of the datagram quoted inside an error")
_define(FRAMES, "quoted.dst", ADDRESS, "its destination")
_define(FRAMES, "quoted.proto", NUMBER, "its protocol")
_define(FRAMES, "quoted.ttl", NUMBER, "its TTL")
_define(FRAMES, "quoted.icmp.type", NUMBER, "its ICMP type")
_define(FRAMES, "quoted.icmp.ident", NUMBER, "its echo identifier")
_define(FRAMES, "quoted.icmp.seq", NUMBER, "its echo sequence number")
_define(FRAMES, "quoted.srcport", NUMBER, "its TCP or UDP source port")
_define(FRAMES, "quoted.dstport", NUMBER, "its TCP or UDP destination port")
_define(FRAMES, "nd.target", ADDRESS, "target of a neighbour solicitation or advertisement")
_define(FRAMES, "nd.mac", MAC, "link-layer address option of one")
_define(
    FRAMES,
    "encap",
    ENUM,
    "the tunnel around the datagram; then ip.*, icmp.* and what follows are the inner one's",
    words=ENCAPS[1:],
    why_absent="no tunnel was around it",
)
_define(FRAMES, "outer.src", ADDRESS, "source of the datagram around it", why_absent="no tunnel was around it")
_define(FRAMES, "outer.dst", ADDRESS, "its destination", why_absent="no tunnel was around it")
_define(FRAMES, "vxlan.vni", NUMBER, "VXLAN network identifier")
_define(FRAMES, "inner.eth.src", MAC, "source MAC inside VXLAN: the sending node's VTEP")
_define(FRAMES, "inner.eth.dst", MAC, "destination MAC inside VXLAN: the receiving node's VTEP")
_define(FRAMES, "tcp.srcport", NUMBER, "TCP source port")
_define(FRAMES, "tcp.dstport", NUMBER, "TCP destination port")
_define(FRAMES, "tcp.flags", NUMBER, "TCP flags, 12 bits")
_define(FRAMES, "udp.srcport", NUMBER, "UDP source port")
_define(FRAMES, "udp.dstport", NUMBER, "UDP destination port")

_define(f"{ARP} {ANSWERS}", "family", NUMBER, "4: ARP, 6: neighbour discovery")
_define(f"{ARP} {ANSWERS}", "protocol", TEXT, "the same in words: ARP, or neighbour solicitation")
_define(f"{ARP} {ANSWERS}", "asker_ip", ADDRESS, "who asked")
_define(f"{ARP} {ANSWERS}", "asker_mac", MAC, "with which MAC")
_define(f"{ARP} {ANSWERS}", "target", ADDRESS, "the address asked for")
_define(ARP, "first_time", TIME, "when it was first asked")
_define(ARP, "attempts", NUMBER, "how many requests went out")
_define(
    ARP,
    "cast",
    ENUM,
    "how the latest request was sent; solicited-node multicast counts as broadcast",
    words=CASTS,
    why_absent="a cooked capture (-i any) does not say it of outgoing requests, nor does tcpdump's text without -e; "
    "capture on the cali interface itself, printed with -e",
)
_define(ARP, "answered", BOOL, "whether an answer came; absent where its absence proves nothing", late=True)
_define(ARP, "outcome", ENUM, "what became of it", words=("answered", *OUTCOMES[2:]))
_define(
    ARP,
    "latency_first",
    DURATION,
    "from the first request to the first answer",
    why_absent="no answer came, or the text shows no times (-t)",
)
_define(
    ARP,
    "latency",
    DURATION,
    "from the latest request to the first answer",
    why_absent="no answer came, or two requests were under way so that it may belong to either",
)
_define(ARP, "reply_mac", MAC, "the MACs in the answers", why_absent=_ANNOUNCED)
_define(ARP, "reply_eth_src", MAC, "the MACs that sent the answers' frames")
_define(ARP, "answering_macs", NUMBER, "how many different MACs the answers gave", why_absent=_ANNOUNCED)
_define(ARP, "answers", NUMBER, "how many answers came", "answer_count")

_define(ANSWERS, "time", TIME, "when the answer came")
_define(ANSWERS, "latency", DURATION, "since the latest request")
_define(ANSWERS, "reply_mac", MAC, "the MAC in the answer")
_define(ANSWERS, "reply_eth_src", MAC, "the MAC that sent its frame")

_define(ECHO, "family", NUMBER, "4: ICMP, 6: ICMPv6", shared=True)
_define(ECHO, "time", TIME, "when the request was recorded")
_define(ECHO, "src", ADDRESS, "who asked")
_define(ECHO, "dst", ADDRESS, "who was asked")
_define(ECHO, "ident", NUMBER, "identifier")
_define(ECHO, "seq", NUMBER, "sequence number")
_define(
    ECHO,
    "unicast",
    BOOL,
    "whether one host was asked, not a group, nor in vain the gateway, whose address nobody has",
    shared=True,
)
_define(ECHO, "outcome", ENUM, "what became of the request", words=OUTCOMES, shared=True)
_define(ECHO, "replied", BOOL, "whether a reply came; absent where its absence proves nothing", late=True)
_define(ECHO, "rtt", DURATION, "from the request to its first reply", why_absent="no reply came")
_define(ECHO, "replies", NUMBER, "how many replies came")
_define(ECHO, "requests", NUMBER, "how often this very request was recorded")
_define(ECHO, "ttl", NUMBER, "TTL of the request")
_define(ECHO, "ttl_whole", BOOL, "whether the request's TTL is one that hosts begin with (64, 128, 255)", late=True)
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
    "the ICMP error that ended it",
    words=ERRORS,
    shared=True,
    why_absent=_NEITHER,
)
_define(ECHO, "refusal", TEXT, "the error in words, with its type, code and sender")
_define(ECHO, "error_type", NUMBER, "its ICMP type")
_define(ECHO, "error_code", NUMBER, "its ICMP code")
_define(ECHO, "error_from", ADDRESS, "who sent it")
_define(ECHO, "error_mtu", NUMBER, "the MTU it gave")

_define(
    f"{ECHO} {CONNECTIONS}",
    "fate",
    TEXT,
    "what became of it, as a sentence goes on: get no reply, is refused by 10.0.0.1",
)

_define(
    f"{ECHO} {CONNECTIONS} {DNS}",
    "ending",
    TEXT,
    "what came instead of an answer: no reply, refused by 10.0.0.1 (port unreachable, 3/3)",
)

_PORT_NAME = "the text names the port by a service that is not known here; print it again with tcpdump -nn"
_define(CONNECTIONS, "family", NUMBER, "4 or 6", shared=True)
_define(CONNECTIONS, "time", TIME, "when the first SYN was recorded")
_define(CONNECTIONS, "src", ADDRESS, "who asked")
_define(CONNECTIONS, "dst", ADDRESS, "who was asked")
_define(CONNECTIONS, "src_port", NUMBER, "the asker's port", why_absent=_PORT_NAME)
_define(CONNECTIONS, "dst_port", NUMBER, "port that was asked", why_absent=_PORT_NAME)
_define(CONNECTIONS, "outcome", ENUM, "what became of it; an RST is a reply too", words=OUTCOMES, shared=True)
_define(
    CONNECTIONS,
    "answered",
    BOOL,
    "whether a SYN-ACK or an RST came; absent where its absence proves nothing",
    late=True,
)
_define(
    CONNECTIONS,
    "latency",
    DURATION,
    "from the first SYN to the answer",
    "rtt",
    why_absent="neither SYN-ACK nor RST came",
)
_define(CONNECTIONS, "attempts", NUMBER, "how many SYNs went out", "requests")
_define(CONNECTIONS, "ttl", NUMBER, "TTL of the first SYN")
_define(CONNECTIONS, "eth_src", MAC, "source MAC of the first SYN")
_define(CONNECTIONS, "eth_dst", MAC, "destination MAC of the first SYN")
_define(CONNECTIONS, "error", ENUM, "the ICMP error that ended it", words=ERRORS, shared=True, why_absent=_NEITHER)
_define(CONNECTIONS, "refusal", TEXT, "the error in words, with its type, code and sender")
_define(CONNECTIONS, "error_type", NUMBER, "its ICMP type")
_define(CONNECTIONS, "error_code", NUMBER, "its ICMP code")
_define(CONNECTIONS, "error_from", ADDRESS, "who sent it")

_define(DNS, "family", NUMBER, "4 or 6", shared=True)
_define(DNS, "time", TIME, "when the first query was recorded")
_define(DNS, "src", ADDRESS, "who asked")
_define(DNS, "dst", ADDRESS, "the server that was asked")
_define(
    DNS,
    "src_port",
    NUMBER,
    "the asker's port, at the latest attempt",
    why_absent="the text shows no port number",
)
_define(DNS, "dns.id", NUMBER, "identifier of the message, at the latest attempt", "ident")
_define(DNS, "outcome", ENUM, "what became of it", words=OUTCOMES, shared=True)
_define(DNS, "answered", BOOL, "whether a response came; absent where its absence proves nothing", late=True)
_define(
    DNS, "rcode", ENUM, "code of the response", words=RCODES, shared=True, why_absent="no response came, or it was cut"
)
_define(DNS, "latency", DURATION, "from the first query to the response", "rtt", why_absent="no response came")
_define(DNS, "attempts", NUMBER, "how often it was asked", "requests")
_define(DNS, "fate", TEXT, "what became of it in words, with the ICMP error that ended it")
_define(DNS, "ttl", NUMBER, "TTL of the first query")
_define(DNS, "eth_src", MAC, "source MAC of the first query")
_define(DNS, "eth_dst", MAC, "destination MAC of the first query")
_define(DNS, "error", ENUM, "the ICMP error that ended it", words=ERRORS, shared=True, why_absent=_NEITHER)
_define(DNS, "refusal", TEXT, "the error in words, with its type, code and sender")
_define(DNS, "error_type", NUMBER, "its ICMP type")
_define(DNS, "error_code", NUMBER, "its ICMP code")
_define(DNS, "error_from", ADDRESS, "who sent it")

_define(ADDRESSES, "interface", TEXT, "name of the capture point")
_define(ADDRESSES, "node.interface", TEXT, "name of the link's cali interface on the node")
_define(ADDRESSES, "kind", ENUM, "what the capture point is", words=KINDS)
_define(ADDRESSES, "calico", ENUM, "by what it is shown to be a pod link of Calico", words=EVIDENCE)
_define(ADDRESSES, "ip", ADDRESS, "the address claimed")
_define(ADDRESSES, "mac", MAC, "the MAC that claimed it")
_define(ADDRESSES, "side", ENUM, "the end of the pod link that this MAC sends from", words=SIDES)
_define(ADDRESSES, "first_time", TIME, "first claim")
_define(ADDRESSES, "last_time", TIME, "last claim")
_define(ADDRESSES, "proxied", BOOL, "whether the node merely answered for the pod's own address (proxy ARP)")
_define(
    ADDRESSES,
    "claimants",
    NUMBER,
    "MACs that claim the address on its node at overlapping times; absent where links are folded or their ends unknown",
    why_absent="several links are folded into one recording, its text shows no MACs of those who ask, or nothing tells "
    "which end of another link claims the address too; "
    "capture each cali interface by itself, printed with -e",
)
_define(ADDRESSES, "other_claimants", MAC, "those other MACs")
_define(ADDRESSES, "other_interfaces", TEXT, "other pod links of the same node on which some of them claim it")
_define(ADDRESSES, "others", TEXT, "the other MACs in words, with those links")

_UNSEEN = (
    "the receiver's link is not known, or was not being recorded for the next half second; capture both cali "
    "interfaces over the same time, best into one file (dumpcap -i … -i …)"
)
_BOTH = f"{PATHS} {HOPS}"
_define(_BOTH, "packet", ENUM, "what it is; request and reply are those of echoes", words=PACKETS)
_define(_BOTH, "family", NUMBER, "4 or 6")
# Of packets that took the same way all other columns are alike.
_VARYING = ("time", "last_seen", "length", "duration", "latency", "to.frame")
_define(_BOTH, "time", TIME, "when it was seen first, by the clock of the first capture")
_define(_BOTH, "src", ADDRESS, "its source where it was seen first")
_define(_BOTH, "dst", ADDRESS, "its destination there")
_define(_BOTH, "interface", TEXT, "name of the capture point where it was seen first")
_define(_BOTH, "node.interface", TEXT, "name of that link's cali interface on the node")
_define(_BOTH, "rewritten", BOOL, "whether addresses or the ICMP identifier changed on the way (NAT)")
_define(
    _BOTH,
    "calico",
    ENUM,
    "by what Calico is shown anywhere in the observation: a pod link, a tunnel, a node's state",
    words=EVIDENCE,
    why_absent="nothing shows Calico in any of the captures",
)
_define(_BOTH, "encap", TEXT, "the tunnels that it went through, or none")
_define(PATHS, "points", TEXT, "names of the capture points that saw it, in order; a link seen twice counts once")
_define(PATHS, "ttls", TEXT, "its TTL at each of them, inside a tunnel the inner one")
_define(PATHS, "sightings", NUMBER, "how many capture points that are")
_define(PATHS, "first.kind", ENUM, "what the first of them is", words=KINDS)
_define(
    PATHS, "receiver", ADDRESS, "whom it was for in the end; of a reply to a translated request, the pod that asked"
)
_define(
    PATHS,
    "receiver.recorded",
    BOOL,
    "whether a link of its receiver was recorded, or the device on its node that takes it out of its tunnel",
)
_define(PATHS, "fate", TEXT, "where such packets were seen last and what they never reached, in words")
_define(PATHS, "last.interface", TEXT, "name of the last of them")
_define(PATHS, "last_seen", TEXT, "the last of them in words, with the frame there")
_define(
    PATHS,
    "missing",
    TEXT,
    "the receiver's links that were being recorded and do not show it",
    why_absent="no link is known that had to show it",
)
_define(
    PATHS,
    "entered",
    BOOL,
    "whether a pod sent it, as its own link shows",
    why_absent="it is unknown which end sent it",
)
_define(
    PATHS,
    "left",
    BOOL,
    "whether it was seen leaving the node that it entered, or answered",
    why_absent=_UNSEEN,
)
_define(
    PATHS,
    "delivered",
    BOOL,
    "whether it was seen on the link of the pod that it was for, or answered",
    why_absent=_UNSEEN,
)
_define(PATHS, "answered", BOOL, "of an echo request: whether its reply was seen anywhere")
_define(PATHS, "for_node", BOOL, "whether it was for the node itself, which need not send it on")
_define(PATHS, "length", NUMBER, "length of the datagram, bytes")
_define(PATHS, "duration", DURATION, "from the first to the last sighting")

_define(HOPS, "to.interface", TEXT, "name of the pod link where it was seen next")
_define(HOPS, "to.frame", TEXT, "which frame that was")
_define(HOPS, "ttl", NUMBER, "TTL on the first link", why_absent=_WITHOUT_V)
_define(HOPS, "to.ttl", NUMBER, "TTL on the next", why_absent=_WITHOUT_V)
_define(HOPS, "ttl_lost", NUMBER, "by how much it is less there", why_absent=_WITHOUT_V)
_define(
    HOPS,
    "between",
    ENUM,
    "what lies between the links: one node, or two with a tunnel or a network",
    words=BETWEEN,
    why_absent="the clocks of the two files differ, and nothing else shows whether both are from one node; "
    "record both interfaces into one file (dumpcap -i … -i …)",
)
_define(HOPS, "eth.src", MAC, "source MAC on the first link", why_absent=_WITHOUT_E)
_define(HOPS, "eth.dst", MAC, "destination MAC on the first link", why_absent=_COOKED)
_define(HOPS, "to.eth.src", MAC, "source MAC on the next", why_absent=_WITHOUT_E)
_define(HOPS, "to.eth.dst", MAC, "destination MAC on the next", why_absent=_COOKED)
_define(HOPS, "latency", DURATION, "time from one to the other, by one clock")

_POD = (
    "the state shows nothing from inside the pod; add ip addr, ip route and ip neigh from there (pcapcheck node-script)"
)
_NODE = "the state shows nothing of the node; add ip link, ip route and the sysctls from there (pcapcheck node-script)"
_define(STATE, "interface", TEXT, "name of the link's cali interface on the node", why_absent=_NODE)
_define(STATE, "node", TEXT, "name of the node", why_absent="the state does not name the node")
_define(STATE, "pod", TEXT, "NAMESPACE/POD, or the pod's addresses where it is not named")
_define(STATE, "pod.ip", ADDRESS, "addresses of the pod", why_absent="the pod's address is missing from the state")
_define(
    STATE,
    "calico",
    ENUM,
    "by what the pod link is shown to be Calico's; absent where nothing shows it, so on nodes of other networks",
    words=EVIDENCE,
    why_absent="nothing shows that this is a pod link of Calico",
)
_define(STATE, "machine", BOOL, "whether a virtual machine is behind a bridge inside the pod (KubeVirt)")
_define(STATE, "ebpf", BOOL, "whether the node shows Calico's eBPF data plane", why_absent=_NODE)
_define(
    STATE, "host_address", BOOL, "whether each address of the pod is a /32 or a /128, and it has one", why_absent=_POD
)
_define(STATE, "default_route", BOOL, "whether the pod has an IPv4 default route", why_absent=_POD)
_define(STATE, "default_via", ADDRESS, "the gateway of that route", why_absent=_POD)
_define(STATE, "addresses_found", TEXT, "the pod's addresses with their prefixes, or that it has none", why_absent=_POD)
_define(STATE, "default_found", TEXT, "that route in words, or that there is none", why_absent=_POD)
_define(
    STATE,
    "gateway_on_link",
    BOOL,
    "whether the pod reaches its gateway directly, by a /32 of scope link",
    why_absent=_POD,
)
_define(
    STATE,
    "gateway_mac",
    MAC,
    "the MAC that the pod holds for its gateway, of IPv4 or of IPv6",
    why_absent="the pod's MAC for its gateway is missing from the state; "
    "add ip neigh from inside the pod, after a ping",
)
_define(
    STATE,
    "node_mac",
    MAC,
    "the MACs that the node holds for the pod",
    why_absent="the node's MAC for the pod is missing from the state; add ip neigh from the node, after a ping",
)
_NEIGHBOURS = "the node's neighbour entry for the pod is missing from the state; add ip neigh from the node"
_define(
    STATE,
    "node_resolved",
    BOOL,
    "whether the node has a MAC for each address of the pod that it asked for",
    why_absent=_NEIGHBOURS,
)
_define(STATE, "unresolved", ADDRESS, "the addresses that it has none for", why_absent=_NEIGHBOURS)
_define(STATE, "unresolved_state", TEXT, "the state of that entry: FAILED or INCOMPLETE", why_absent=_NEIGHBOURS)
_define(STATE, "pod.mac", MAC, "the pod's own MAC", why_absent=_POD)
_define(STATE, "pod.index", NUMBER, "number of the pod's end", why_absent=_POD)
_define(STATE, "pod.peer_index", NUMBER, "number that the pod's end names as its other end", why_absent=_POD)
_define(STATE, "cali.index", NUMBER, "number of the cali interface", why_absent=_NODE)
_define(STATE, "cali.peer_index", NUMBER, "number that the cali interface names as its other end", why_absent=_NODE)
_define(STATE, "cali.mac", MAC, "MAC of the cali interface", why_absent=_NODE)
_define(STATE, "cali.mtu", NUMBER, "MTU of the cali interface", why_absent=_NODE)
_define(STATE, "pod.mtu", NUMBER, "MTU of the pod's end", why_absent=_POD)
_define(
    STATE,
    "tunnel.mtu",
    NUMBER,
    "smallest MTU of the node's tunnels in use",
    why_absent="the node shows no tunnel in use",
)
_define(STATE, "tunnel", TEXT, "name of that tunnel", why_absent="the node shows no tunnel in use")
_define(
    STATE,
    "mtu_fits",
    BOOL,
    "whether the cali interface's MTU is at most that tunnel's",
    why_absent="the node shows no tunnel in use, or not the MTUs",
)
_define(
    STATE,
    "proxy_arp",
    BOOL,
    "whether the node answers for others there: net.ipv4.conf.all or the interface's proxy_arp",
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
    STATE, "host_route", BOOL, "whether the node routes each address of the pod out of its cali", why_absent=_ROUTES
)
_define(STATE, "host_route_dev", TEXT, "where it routes them", why_absent=_ROUTES)
_define(STATE, "host_route_found", TEXT, "the same in words", why_absent=_ROUTES)
_define(STATE, "unrouted", ADDRESS, "the address that has no such route", why_absent=_ROUTES)
_define(
    STATE,
    "rp_filter",
    NUMBER,
    "reverse-path check of the cali interface: the larger of all's and its own",
    why_absent="rp_filter of the interface and of all is missing from the state; add sysctl of both",
)
_define(
    STATE,
    "reverse_path",
    BOOL,
    "whether what the pod sends passes the reverse-path check",
    why_absent="rp_filter of the interface and of all and the route to the pod are missing from the state",
)
_define(
    STATE,
    "gateway_route",
    ENUM,
    "where the node's lookup of the pods' gateway leads: elsewhere than back into this link, to the node itself, back, "
    "to a blackhole or the like, nowhere",
    words=GATEWAY_ROUTES,
    why_absent="the node's way to the gateway is missing from the state; add ip route get 169.254.1.1 from the node",
)
_define(
    STATE,
    "gateway_route_dev",
    TEXT,
    "the interface there",
    why_absent="the node's route to the gateway is missing from the state",
)
_define(
    STATE,
    "gateway_found",
    TEXT,
    "the same in words",
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
    "the cali name that follows from the pod's name",
    why_absent="the pod's name and namespace are missing from the state; add kubectl get pods -A -o wide",
)

for _table in (PATHS, HOPS):
    for _name, _column in COLUMNS[_table].items():
        COLUMNS[_table][_name] = replace(_column, shared=_name not in _VARYING)
