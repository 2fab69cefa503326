"""Words of tcpdump for addresses and ports as numbers."""

from __future__ import annotations

import re
import socket
from functools import lru_cache

from pcapcheck.values import address_of_name, parse_address, parse_mac

MAC = r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}"
# The maker of a card, printed without -n: (oui Unknown).
OUI = r"(?: \(oui [^)]{0,60}\))?"
BROADCAST = 0xFFFFFFFFFFFF
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_WITH_PORT = re.compile(r"(.+)\.([A-Za-z0-9_*-]+)")


def mac_of(text: str) -> int | None:
    """A MAC as tcpdump prints it; old versions leave leading zeros out. Without -n ff:ff:ff:ff:ff:ff is Broadcast."""
    if text == "Broadcast":
        return BROADCAST
    try:
        return parse_mac(":".join(part.zfill(2) for part in text.split(":")))
    except ValueError:
        return None


@lru_cache(maxsize=1 << 12)
def address_of(text: str, family: int) -> int | None:
    """An address, or the stand-in for a host's name; None where the text is neither."""
    try:
        address = parse_address(text.partition("%")[0])
    except ValueError:
        # A word of digits and dots is no name: a piece of an address.
        named = _NAME.fullmatch(text) and not re.fullmatch(r"[\d.]*", text) and ":" not in text
        return address_of_name(text, family) if named else None
    return address if family == (6 if ":" in text else 4) else None


def family_of(text: str) -> int | None:
    """4 or 6 by the look of an address, with or without a port; None of a name."""
    if _IPV4.match(text):
        return 4
    return 6 if text.count(":") > 1 else None


def split_port(text: str, protocol: str) -> tuple[str, int | None]:
    """An endpoint as host and port: the last label is the port, by number or by name."""
    match = _WITH_PORT.fullmatch(text)
    if match is None or _IPV4.fullmatch(text):
        return text, None
    return match[1], port_of(match[2], protocol)


@lru_cache(maxsize=1 << 10)
def port_of(text: str, protocol: str) -> int | None:
    """A port's number; None of a name that this machine does not know."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 6 and int(text) < 1 << 16 else None
    try:
        return socket.getservbyname(text, protocol)
    except (OSError, ValueError):
        return None
