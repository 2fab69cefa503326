"""Numbers and addresses from words, without exceptions, for every reader of output."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from pcapcheck.values import is_ipv4, parse_address, parse_mac

LARGEST = 1 << 63
LIKELY = re.compile(r"[0-9a-fA-F]*[.:]")
_SHORT = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}")


def address(text: str | None) -> int | None:
    """An address, or None; a zone (``fe80::1%eth0``) is left out."""
    # Most words are no address, and an exception for each is slow.
    if not text or not LIKELY.match(text):
        return None
    try:
        return parse_address(text.partition("%")[0])
    except ValueError:
        return None


def network(text: str | None) -> tuple[int, int] | None:
    """An address with its prefix length (of its own family); without one, the whole address."""
    if not text:
        return None
    host, slash, length = text.partition("/")
    if slash and _SHORT.fullmatch(host):
        # Some print 169.254/16.
        host += ".0" * (3 - host.count("."))
    ip = address(host)
    if ip is None:
        return None
    widest = 32 if is_ipv4(ip) else 128
    bits = number(length) if slash else widest
    return None if bits is None or bits > widest else (ip, bits)


def mac(text: str | None) -> int | None:
    try:
        return parse_mac(text) if text else None
    except ValueError:
        return None


def number(text: object) -> int | None:
    """A whole number of decimal digits that fits 63 bits, or None."""
    if isinstance(text, bool) or not isinstance(text, (int, str)):
        return None
    if isinstance(text, str):
        if not (text.isascii() and text.isdecimal()) or len(text) > 19:
            return None
        text = int(text)
    return text if 0 <= text < LARGEST else None


def mask_bits(text: str) -> int | None:
    """The prefix length of a netmask like 255.255.255.192."""
    try:
        return ipaddress.ip_network(f"0.0.0.0/{text}").prefixlen
    except ValueError:
        return None


def after(words: Sequence[str], *names: str) -> str | None:
    """The word behind the first of these words, or None."""
    for at, word in enumerate(words[:-1]):
        if word in names:
            return words[at + 1]
    return None
