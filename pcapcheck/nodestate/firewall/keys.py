"""Keys of nftables' conditions (``ip saddr``, ``tcp dport``, ``meta mark`` …): the field of each, and its values.

Sources: nft(8), and what nft 1.0 prints of rules that it was given.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import UNKNOWN, Match, Span, spans_of
from pcapcheck.nodestate.numbers import mac
from pcapcheck.protocols import (
    ARP_NAK,
    ARP_REPLY,
    ARP_REQUEST,
    INVERSE_ARP_REPLY,
    INVERSE_ARP_REQUEST,
    PROTOCOL_NAMES,
    REVERSE_ARP_REPLY,
    REVERSE_ARP_REQUEST,
)

# ARP is family 0: it is neither version of IP.
ARP_FAMILY = 0
FAMILY_NAMES = {
    **{"ipv4": 4, "ip": 4, "0x0800": 4, "ipv6": 6, "ip6": 6, "0x86dd": 6},
    **{"arp": ARP_FAMILY, "0x0806": ARP_FAMILY, "0x800": 4},
}
OPERATIONS = {
    "request": ARP_REQUEST,
    "reply": ARP_REPLY,
    "rrequest": REVERSE_ARP_REQUEST,
    "rreply": REVERSE_ARP_REPLY,
    "inrequest": INVERSE_ARP_REQUEST,
    "inreply": INVERSE_ARP_REPLY,
    "nak": ARP_NAK,
}
STATES = ("new", "established", "related", "invalid", "untracked")


class Key(Struct, frozen=True):
    """A field of the packet by its key. ``implied`` must hold too: only TCP packets have ``tcp dport``.

    ``span`` reads a value as numbers, if it is not a name.
    """

    about: str
    text: str
    span: Callable[[str], Span | None] | None = None
    implied: tuple[Match, ...] = ()


# What no packet of another host has where it is forwarded (kernel: nft_meta_skuid breaks off without a socket).
HAS_SOCKET = Match("socket", "a socket of the host")


def protocol_is(name: str) -> Match:
    return Match("protocol", name, spans_of([PROTOCOL_NAMES[name]]))


def family_is(family: int) -> Match:
    return Match("family", f"IPv{family}", spans_of([family]))


def span_of(read: Callable[[str], int | None]) -> Callable[[str], Span | None]:
    """Read a value, or a range of values with a dash between them."""

    def span(text: str) -> Span | None:
        value = read(text)
        if value is not None:
            return value, value
        first, dash, last = text.partition("-")
        low, high = read(first), read(last)
        return (low, high) if dash and low is not None and high is not None else None

    return span


def operation(text: str) -> int | None:
    """ARP operations by name (RFC 826), as nft and arptables write them."""
    return OPERATIONS.get(text.lower(), rule_values.integer(text))


_ports, _protocols = span_of(rule_values.port), span_of(rule_values.protocol)
_numbers = span_of(rule_values.integer)
_four, _six = (family_is(4),), (family_is(6),)
_arp = (Match("family", "ARP", spans_of([ARP_FAMILY])),)
PORTED = ("tcp", "udp", "sctp", "dccp", "udplite")
KEYS: dict[tuple[str, ...], Key] = {
    ("ip", "saddr"): Key("saddr", "source", rule_values.address_span, _four),
    ("ip", "daddr"): Key("daddr", "destination", rule_values.address_span, _four),
    ("ip6", "saddr"): Key("saddr", "source", rule_values.address_span, _six),
    ("ip6", "daddr"): Key("daddr", "destination", rule_values.address_span, _six),
    ("ip", "protocol"): Key("protocol", "protocol", _protocols, _four),
    ("ip6", "nexthdr"): Key("protocol", "protocol", _protocols, _six),
    ("meta", "l4proto"): Key("protocol", "protocol", _protocols),
    ("meta", "nfproto"): Key("family", "family", span_of(FAMILY_NAMES.get)),
    ("meta", "protocol"): Key("family", "family", span_of(FAMILY_NAMES.get)),
    ("ether", "type"): Key("family", "family", span_of(FAMILY_NAMES.get)),
    ("icmp", "type"): Key(
        "icmp_type", "ICMP type", span_of(lambda text: rule_values.icmp_type(text, 4)), (*_four, protocol_is("icmp"))
    ),
    ("icmpv6", "type"): Key(
        "icmp_type", "ICMP type", span_of(lambda text: rule_values.icmp_type(text, 6)), (*_six, protocol_is("icmpv6"))
    ),
    ("ip6", "hoplimit"): Key("hop_limit", "hop limit", _numbers, _six),
    ("ip", "ttl"): Key("hop_limit", "TTL", _numbers, _four),
    ("arp saddr", "ether"): Key("src_mac", "sender's MAC", span_of(mac), _arp),
    ("ether", "saddr"): Key("src_mac", "source MAC", span_of(mac)),
    ("icmpv6", "taddr"): Key("nd_target", "target", rule_values.address_span, (*_six, protocol_is("icmpv6"))),
    ("arp", "operation"): Key("arp_operation", "ARP operation", span_of(operation), _arp),
    ("arp saddr", "ip"): Key("saddr", "sender", rule_values.address_span, _arp),
    ("arp daddr", "ip"): Key("daddr", "target", rule_values.address_span, _arp),
    ("arp", "htype"): Key("arp_htype", "hardware type", _numbers, _arp),
    ("arp", "ptype"): Key("arp_ptype", "protocol type", span_of(FAMILY_NAMES.get), _arp),
    ("arp", "hlen"): Key("arp_hlen", "hardware length", _numbers, _arp),
    ("arp", "plen"): Key("arp_plen", "protocol length", _numbers, _arp),
    ("icmp", "code"): Key("icmp_code", "ICMP code", _numbers, (*_four, protocol_is("icmp"))),
    ("icmpv6", "code"): Key("icmp_code", "ICMP code", _numbers, (*_six, protocol_is("icmpv6"))),
    ("meta", "iifname"): Key("iif", "incoming interface"),
    ("meta", "oifname"): Key("oif", "outgoing interface"),
    ("meta", "iif"): Key("iif", "incoming interface"),
    ("meta", "oif"): Key("oif", "outgoing interface"),
    ("meta", "mark"): Key("mark", "mark", _numbers),
    ("fib daddr", "type"): Key("dst_type", "type of the destination"),
    ("fib saddr", "type"): Key("src_type", "type of the source"),
    ("fib saddr . iif", "oif"): Key("way_back", "way back by the incoming interface"),
    ("fib saddr", "oif"): Key("any_way_back", "way back"),
    ("meta", "pkttype"): Key("pkttype", "type of the frame"),
    ("meta", "skuid"): Key("owner", "owner of the socket", None, (HAS_SOCKET,)),
    ("meta", "skgid"): Key("owner", "owner of the socket", None, (HAS_SOCKET,)),
    ("ct", "state"): Key("ct_state", "state of the connection"),
    ("ct", "direction"): Key("ct_direction", "direction of the connection"),
    ("th", "sport"): Key("sport", "source port", _ports),
    ("th", "dport"): Key("dport", "destination port", _ports),
    ("tcp", "flags"): Key("tcp_flags", "TCP flags", None, (protocol_is("tcp"),)),
    **{
        (name, end): Key(end, f"{'source' if end == 'sport' else 'destination'} port", _ports, (protocol_is(name),))
        for name in PORTED
        for end in ("sport", "dport")
    },
}
# Keys that stand without their ``meta``.
BARE = {"iifname", "oifname", "iif", "oif", "mark", "l4proto", "nfproto", "pkttype", "skuid", "skgid"}
# Keys that are known only by their number of words.
FIRST_WORDS = {
    *("ip", "ip6", "meta", "ct", "tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6", "igmp", "ether"),
    *("vlan", "arp", "rt", "esp", "ah", "comp", "frag", "hbh", "dst", "mh", "exthdr", "socket", "osf", "ipsec"),
    *("gre", "geneve", "vxlan", "iifgroup", "oifgroup", "iiftype", "oiftype", "skuid", "skgid", "cgroup", "pkttype"),
    *("rtclassid", "cpu", "day", "hour", "time", "length", "random", "priority", "secmark"),
}
ALONE = {
    *("iifgroup", "oifgroup", "iiftype", "oiftype", "skuid", "skgid", "cgroup", "pkttype", "rtclassid", "cpu"),
    *("day", "hour", "time", "length", "random", "priority", "secmark"),
}


def unknown(text: str) -> Match:
    return Match(UNKNOWN, text)
