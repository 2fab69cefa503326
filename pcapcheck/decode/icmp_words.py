"""ICMP errors in words: one table by family, type and code of what each is called and what it means.

Sources: RFC 792 (types 3, 11 and 12), RFC 1122 section 3.2.2.1 (codes 6 to 12 of type 3), RFC 1812 section 5.2.7.1
(codes 13 to 15), RFC 4443 section 3 (ICMPv6 types 1 to 4), RFC 6550 section 20.13 (code 7), RFC 8883 (further codes of
type 4).
"""

from __future__ import annotations

from pcapcheck.values import format_address

# What an error means.
NET, HOST, PORT, PROTOCOL = "net-unreachable", "host-unreachable", "port-unreachable", "protocol-unreachable"
PROHIBITED, TOO_BIG, EXPIRED, REASSEMBLY, OTHER = "prohibited", "too-big", "expired", "reassembly", "other"

ERRORS: dict[tuple[int, int, int], tuple[str, str]] = {
    (4, 3, 0): ("network unreachable", NET),
    (4, 3, 1): ("host unreachable", HOST),
    (4, 3, 2): ("protocol unreachable", PROTOCOL),
    (4, 3, 3): ("port unreachable", PORT),
    (4, 3, 4): ("fragmentation needed", TOO_BIG),
    (4, 3, 5): ("source route failed", OTHER),
    (4, 3, 6): ("destination network unknown", NET),
    (4, 3, 7): ("destination host unknown", HOST),
    (4, 3, 8): ("source host isolated", OTHER),
    (4, 3, 9): ("network prohibited", PROHIBITED),
    (4, 3, 10): ("host prohibited", PROHIBITED),
    (4, 3, 11): ("network unreachable for this type of service", NET),
    (4, 3, 12): ("host unreachable for this type of service", HOST),
    (4, 3, 13): ("administratively prohibited", PROHIBITED),
    (4, 3, 14): ("host precedence violation", PROHIBITED),
    (4, 3, 15): ("precedence cutoff", PROHIBITED),
    (4, 11, 0): ("TTL exceeded", EXPIRED),
    (4, 11, 1): ("reassembly time exceeded", REASSEMBLY),
    (4, 12, 0): ("parameter problem", OTHER),
    (4, 12, 1): ("required option missing", OTHER),
    (4, 12, 2): ("bad length", OTHER),
    (6, 1, 0): ("no route to destination", NET),
    (6, 1, 1): ("administratively prohibited", PROHIBITED),
    (6, 1, 2): ("beyond scope of source address", OTHER),
    (6, 1, 3): ("address unreachable", HOST),
    (6, 1, 4): ("port unreachable", PORT),
    (6, 1, 5): ("source address failed policy", PROHIBITED),
    (6, 1, 6): ("reject route to destination", PROHIBITED),
    (6, 1, 7): ("error in source routing header", OTHER),
    (6, 2, 0): ("packet too big", TOO_BIG),
    (6, 3, 0): ("hop limit exceeded", EXPIRED),
    (6, 3, 1): ("reassembly time exceeded", REASSEMBLY),
    (6, 4, 0): ("erroneous header field", OTHER),
    (6, 4, 1): ("unrecognized next header", OTHER),
    (6, 4, 2): ("unrecognized IPv6 option", OTHER),
    (6, 4, 3): ("incomplete header chain in the first fragment", OTHER),
}

# Those that only routers send: others come from hosts and firewalls as well.
FROM_ROUTERS = {(4, 3, 0), (4, 3, 1), (4, 3, 4), (4, 11, 0), (6, 1, 0), (6, 1, 3), (6, 2, 0), (6, 3, 0)}
# Linux sends at most one a second to a host (net.ipv4.icmp_ratelimit, net.ipv6.icmp.ratelimit), echoes of errors apart.
RATE_LIMITED = "ICMP errors are rate limited"


def meaning(family: int, kind: int, code: int) -> str:
    """What an error means."""
    return ERRORS.get((family, kind, code), ("", OTHER))[1]


def name(family: int, kind: int, code: int) -> str:
    """What people call it."""
    return ERRORS.get((family, kind, code), ("ICMP error", OTHER))[0]


def in_words(family: int, kind: int, code: int, mtu: int | None = None) -> str:
    """An ICMP error with its type and code, and the MTU that it tells: host unreachable (3/1)."""
    told = f", MTU {mtu}" if mtu else ""
    return f"{name(family, kind, code)} ({kind}/{code}){told}"


def done(family: int, kind: int, code: int) -> str:
    """What was done to the packet, where there is a word for it: refused or prohibited; else nothing."""
    means = meaning(family, kind, code)
    if means == PROHIBITED:
        return "prohibited"
    return "refused" if means in (PORT, PROTOCOL) else ""


def ended_by(family: int, kind: int, code: int, source: int, mtu: int | None = None) -> str:
    """By what and by whom something was ended: refused by 10.0.0.11 (port unreachable, 3/3)."""
    word = done(family, kind, code)
    if word:
        return f"{word} by {format_address(source)} ({name(family, kind, code)}, {kind}/{code})"
    return f"ended by {in_words(family, kind, code, mtu)} from {format_address(source)}"
