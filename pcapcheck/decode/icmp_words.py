"""ICMP errors in words (the table of them is in ``protocols``)."""

from __future__ import annotations

from pcapcheck.protocols import ICMP_ERRORS, NO_PORT, NO_PROTOCOL, PROHIBITED, icmp_error_meaning
from pcapcheck.values import format_address

# Linux sends at most one a second to a host (net.ipv4.icmp_ratelimit, net.ipv6.icmp.ratelimit), echoes of errors apart.
RATE_LIMITED = "ICMP errors are rate limited"


def name(family: int, icmp_type: int, code: int) -> str:
    """What an ICMP error is called."""
    known = ICMP_ERRORS.get((family, icmp_type, code))
    return "ICMP error" if known is None else known.name


def in_words(family: int, icmp_type: int, code: int, mtu: int | None = None) -> str:
    """An ICMP error with its type and code, and the MTU that it holds: host unreachable (3/1)."""
    size = f", MTU {mtu}" if mtu else ""
    return f"{name(family, icmp_type, code)} ({icmp_type}/{code}){size}"


def done(family: int, icmp_type: int, code: int) -> str:
    """What was done to the packet, where there is a word for it: refused or prohibited; else nothing."""
    means = icmp_error_meaning(family, icmp_type, code)
    if means == PROHIBITED:
        return "prohibited"
    return "refused" if means in (NO_PORT, NO_PROTOCOL) else ""


def ended_by(family: int, icmp_type: int, code: int, source: int, mtu: int | None = None) -> str:
    """What ended it, and who sent that: refused by 10.0.0.11 (port unreachable, 3/3)."""
    word = done(family, icmp_type, code)
    if word:
        return f"{word} by {format_address(source)} ({name(family, icmp_type, code)}, {icmp_type}/{code})"
    return f"ended by {in_words(family, icmp_type, code, mtu)} from {format_address(source)}"
