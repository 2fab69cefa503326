"""Words of firewall rules as numbers: protocols, ports, ICMP types, addresses, priorities, errors of reject."""

from __future__ import annotations

import re

from pcapcheck.capture.text.names import PORTS
from pcapcheck.nodestate.firewall.chains import Span
from pcapcheck.nodestate.numbers import address, network, number
from pcapcheck.values import is_ipv4

# IANA protocol numbers that anybody filters by.
PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "ipip": 4,
    "ipv4": 4,
    "tcp": 6,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "ospf": 89,
    "vrrp": 112,
    "sctp": 132,
    "udplite": 136,
}
# What nft and iptables call ICMP types: RFC 792, RFC 4443, RFC 4861; iptables adds codes to some.
ICMP = {
    "echo-reply": 0,
    "pong": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "ping": 8,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "time-exceeded": 11,
    "ttl-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
    "info-request": 15,
    "info-reply": 16,
    "address-mask-request": 17,
    "address-mask-reply": 18,
}
ICMPV6 = {
    "destination-unreachable": 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "ttl-exceeded": 3,
    "parameter-problem": 4,
    "echo-request": 128,
    "ping": 128,
    "echo-reply": 129,
    "pong": 129,
    "mld-listener-query": 130,
    "mld-listener-report": 131,
    "mld-listener-done": 132,
    "mld-listener-reduction": 132,
    "nd-router-solicit": 133,
    "router-solicitation": 133,
    "nd-router-advert": 134,
    "router-advertisement": 134,
    "nd-neighbor-solicit": 135,
    "neighbor-solicitation": 135,
    "neighbour-solicitation": 135,
    "nd-neighbor-advert": 136,
    "neighbor-advertisement": 136,
    "neighbour-advertisement": 136,
    "nd-redirect": 137,
    "redirect": 137,
    "router-renumbering": 138,
    "ind-neighbor-solicit": 141,
    "ind-neighbor-advert": 142,
    "mld2-listener-report": 143,
}
TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
# include/uapi/linux/netfilter_ipv4.h (NF_IP_PRI_*), as nft names them.
PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
# The errors of reject (ICMP type and code per family): nft(8) and iptables-extensions(8).
ERRORS = {
    "net-unreachable": {(4, 3, 0)},
    "host-unreachable": {(4, 3, 1)},
    "prot-unreachable": {(4, 3, 2)},
    "port-unreachable": {(4, 3, 3), (6, 1, 4)},
    "net-prohibited": {(4, 3, 9)},
    "host-prohibited": {(4, 3, 10)},
    "admin-prohibited": {(4, 3, 13), (6, 1, 1)},
    "no-route": {(4, 3, 0), (6, 1, 0)},
    "addr-unreachable": {(6, 1, 3)},
    "policy-fail": {(6, 1, 5)},
    "reject-route": {(6, 1, 6)},
}
# iptables' and ip6tables' other names for them; icmpx of nft speaks to both families at once.
ALIASES = {
    "proto-unreachable": "prot-unreachable",
    "adm-prohibited": "admin-prohibited",
    "no-route": "no-route",
    "addr-unreach": "addr-unreachable",
    "port-unreach": "port-unreachable",
    "admin-prohib": "admin-prohibited",
}
ICMPX = {"host-unreachable": {(4, 3, 1), (6, 1, 3)}, "no-route": {(4, 3, 0), (6, 1, 0)}}
# Targets of iptables behind which the chain goes on.
PASSING = {
    *("LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "CT", "NOTRACK", "CHECKSUM", "TCPMSS", "TCPOPTSTRIP", "DSCP", "TOS"),
    *("TTL", "HL", "SET", "TRACE", "CLASSIFY", "SECMARK", "CONNSECMARK", "TEE", "RATEEST", "ECN", "AUDIT", "LED"),
}
# Modules of iptables whose conditions are about lots, rates or the time of day.
RATES = ("statistic", "limit", "hashlimit", "recent", "connlimit", "quota", "time")
EVERY_MARK = 0xFFFFFFFF
_PRIORITY = re.compile(r"([a-z]+)?\s*([+-])?\s*(\d+)?")


def integer(text: str) -> int | None:
    """A number, decimal or 0x…, or None."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        return int(text, 16)
    return number(text)


def protocol(text: str) -> int | None:
    return PROTOCOLS.get(text.lower(), integer(text))


def port(text: str) -> int | None:
    return PORTS.get(text, number(text))


def icmp_type(text: str, family: int) -> int | None:
    return (ICMPV6 if family == 6 else ICMP).get(text, number(text))


def address_span(text: str) -> Span | None:
    """An address, a network or a range of addresses, or None."""
    first, dash, last = text.partition("-")
    if dash:
        low, high = address(first), address(last)
        return (low, high) if low is not None and high is not None else None
    known = network(text)
    if known is None:
        return None
    ip, bits = known
    free = (32 if is_ipv4(ip) else 128) - bits
    low = ip >> free << free
    return low, low | ((1 << free) - 1)


def errors_of(name: str, family: int | None = None) -> frozenset[tuple[int, int, int]]:
    """What a reject answers by its name, of one family where that is known; empty: a name that is not known."""
    bare = name.removeprefix("icmp6-").removeprefix("icmp-")
    found = ERRORS.get(ALIASES.get(bare, bare), set())
    return frozenset(one for one in found if family in (None, one[0]))


def priority(text: str) -> int:
    """A chain's priority: a number, a name, or a name with an offset."""
    match = _PRIORITY.fullmatch(text.strip())
    if match is None:
        return 0
    offset = int(match[3] or 0) * (-1 if match[2] == "-" else 1)
    return PRIORITIES.get(match[1] or "", 0) + offset


def target(text: str) -> tuple[int, int | None] | None:
    """An address with or without a port, as destination translation names it: 10.0.0.1:80, [fd00::1]:53.

    None for a range of either (iptables-extensions(8), nft(8)).
    """
    match = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::(\d+))?", text) or re.fullmatch(r"([0-9.]+)(?::(\d+))?", text)
    found = address(match[1] if match else text)
    if found is None:
        return None
    return found, port(match[2]) if match and match[2] else None
