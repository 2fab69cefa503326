"""Words of firewall rules as numbers: protocols, ports, ICMP types, addresses, priorities, errors of reject."""

from __future__ import annotations

import re

from pcapcheck import protocols
from pcapcheck.capture.text.names import PORTS
from pcapcheck.nodestate.firewall.chains import Span
from pcapcheck.nodestate.numbers import address, network, number
from pcapcheck.protocols import ICMP_ERRORS, PROTOCOL_NAMES, ErrorCode
from pcapcheck.values import is_ipv4

# ICMP types by nft's and iptables' names; iptables adds codes to some.
ICMP = {
    "echo-reply": protocols.ICMP_ECHO_REPLY,
    "pong": protocols.ICMP_ECHO_REPLY,
    "destination-unreachable": protocols.ICMP_UNREACHABLE,
    "source-quench": protocols.ICMP_SOURCE_QUENCH,
    "redirect": protocols.ICMP_REDIRECT,
    "echo-request": protocols.ICMP_ECHO_REQUEST,
    "ping": protocols.ICMP_ECHO_REQUEST,
    "router-advertisement": protocols.ICMP_ROUTER_ADVERTISEMENT,
    "router-solicitation": protocols.ICMP_ROUTER_SOLICITATION,
    "time-exceeded": protocols.ICMP_TIME_EXCEEDED,
    "ttl-exceeded": protocols.ICMP_TIME_EXCEEDED,
    "parameter-problem": protocols.ICMP_PARAMETER_PROBLEM,
    "timestamp-request": protocols.ICMP_TIMESTAMP_REQUEST,
    "timestamp-reply": protocols.ICMP_TIMESTAMP_REPLY,
    "info-request": protocols.ICMP_INFORMATION_REQUEST,
    "info-reply": protocols.ICMP_INFORMATION_REPLY,
    "address-mask-request": protocols.ICMP_MASK_REQUEST,
    "address-mask-reply": protocols.ICMP_MASK_REPLY,
}
ICMPV6 = {
    "destination-unreachable": protocols.ICMPV6_UNREACHABLE,
    "packet-too-big": protocols.ICMPV6_TOO_BIG,
    "time-exceeded": protocols.ICMPV6_TIME_EXCEEDED,
    "ttl-exceeded": protocols.ICMPV6_TIME_EXCEEDED,
    "parameter-problem": protocols.ICMPV6_PARAMETER_PROBLEM,
    "echo-request": protocols.ICMPV6_ECHO_REQUEST,
    "ping": protocols.ICMPV6_ECHO_REQUEST,
    "echo-reply": protocols.ICMPV6_ECHO_REPLY,
    "pong": protocols.ICMPV6_ECHO_REPLY,
    "mld-listener-query": protocols.MLD_QUERY,
    "mld-listener-report": protocols.MLD_REPORT,
    "mld-listener-done": protocols.MLD_DONE,
    "mld-listener-reduction": protocols.MLD_DONE,
    "nd-router-solicit": protocols.ROUTER_SOLICITATION,
    "router-solicitation": protocols.ROUTER_SOLICITATION,
    "nd-router-advert": protocols.ROUTER_ADVERTISEMENT,
    "router-advertisement": protocols.ROUTER_ADVERTISEMENT,
    "nd-neighbor-solicit": protocols.NEIGHBOR_SOLICITATION,
    "neighbor-solicitation": protocols.NEIGHBOR_SOLICITATION,
    "neighbour-solicitation": protocols.NEIGHBOR_SOLICITATION,
    "nd-neighbor-advert": protocols.NEIGHBOR_ADVERTISEMENT,
    "neighbor-advertisement": protocols.NEIGHBOR_ADVERTISEMENT,
    "neighbour-advertisement": protocols.NEIGHBOR_ADVERTISEMENT,
    "nd-redirect": protocols.ICMPV6_REDIRECT,
    "redirect": protocols.ICMPV6_REDIRECT,
    "router-renumbering": protocols.ROUTER_RENUMBERING,
    "ind-neighbor-solicit": protocols.INVERSE_SOLICITATION,
    "ind-neighbor-advert": protocols.INVERSE_ADVERTISEMENT,
    "mld2-listener-report": protocols.MLD2_REPORT,
}
TCP_FLAGS = {
    "fin": protocols.TCP_FIN,
    "syn": protocols.TCP_SYN,
    "rst": protocols.TCP_RST,
    "psh": protocols.TCP_PSH,
    "ack": protocols.TCP_ACK,
    "urg": protocols.TCP_URG,
    "ecn": protocols.TCP_ECE,
    "cwr": protocols.TCP_CWR,
}
# include/uapi/linux/netfilter_ipv4.h (NF_IP_PRI_*), as nft names them.
PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
# The answers of nft's icmpx, for both versions of IP at once; its no-route is IPv4's net-unreachable.
ICMPX = {"host-unreachable": {(4, 3, 1), (6, 1, 3)}, "no-route": {(4, 3, 0), (6, 1, 0)}}
# The errors of reject by name.
ERRORS: dict[str, set[ErrorCode]] = {
    known.reject: {code for code, other in ICMP_ERRORS.items() if other.reject == known.reject}
    for known in ICMP_ERRORS.values()
    if known.reject
} | {"no-route": ICMPX["no-route"]}
# iptables' and ip6tables' other names for them.
ALIASES = {
    "proto-unreachable": "prot-unreachable",
    "adm-prohibited": "admin-prohibited",
    "addr-unreach": "addr-unreachable",
    "port-unreach": "port-unreachable",
    "admin-prohib": "admin-prohibited",
}
# Targets of iptables after which the chain goes on.
PASSING = {
    *("LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "CT", "NOTRACK", "CHECKSUM", "TCPMSS", "TCPOPTSTRIP", "DSCP", "TOS"),
    *("TTL", "HL", "SET", "TRACE", "CLASSIFY", "SECMARK", "CONNSECMARK", "TEE", "RATEEST", "ECN", "AUDIT", "LED"),
}
# Modules of iptables with conditions on chance, rates or the time of day.
RATES = ("statistic", "limit", "hashlimit", "recent", "connlimit", "quota", "time")
EVERY_MARK = 0xFFFFFFFF
_PRIORITY = re.compile(r"([a-z]+)?\s*([+-])?\s*(\d+)?")


def integer(text: str) -> int | None:
    """A number, decimal or 0x…, or None."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        return int(text, 16)
    return number(text)


def protocol(text: str) -> int | None:
    return PROTOCOL_NAMES.get(text.lower(), integer(text))


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


def errors_of(name: str, family: int | None = None) -> frozenset[ErrorCode]:
    """The errors of a reject by name, for one family if that is known; empty: an unknown name."""
    bare = name.removeprefix("icmp6-").removeprefix("icmp-")
    found = ERRORS.get(ALIASES.get(bare, bare), set())
    return frozenset(error for error in found if family in (None, error[0]))


def priority(text: str) -> int:
    """A chain's priority: a number, a name, or a name with an offset."""
    match = _PRIORITY.fullmatch(text.strip())
    if match is None:
        return 0
    offset = int(match[3] or 0) * (-1 if match[2] == "-" else 1)
    return PRIORITIES.get(match[1] or "", 0) + offset


def target(text: str) -> tuple[int, int | None] | None:
    """An address with or without a port, as destination translation writes it: 10.0.0.1:80, [fd00::1]:53.

    None for a range of either (iptables-extensions(8), nft(8)).
    """
    match = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::(\d+))?", text) or re.fullmatch(r"([0-9.]+)(?::(\d+))?", text)
    found = address(match[1] if match else text)
    if found is None:
        return None
    return found, port(match[2]) if match and match[2] else None
