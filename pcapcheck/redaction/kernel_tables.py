"""Lines of /proc/net whose addresses are hexadecimal numbers (kernel: net/ipv4/fib_trie.c, net/ipv6/addrconf.c)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from pcapcheck.redaction.mapping import Mapping

# /proc/net/route: interface, destination, gateway, flags, three counts, mask. Byte order: the machine's.
_ROUTE = re.compile(
    r"(\S+\s+)([0-9A-F]{8})(\s+)([0-9A-F]{8})(\s+[0-9A-F]{4}\s+\d+\s+\d+\s+-?\d+\s+)([0-9A-F]{8})(\b.*)"
)
# /proc/net/tcp and the like: address and port. Words of four bytes, in the machine's order.
_SOCKET4 = re.compile(r"(?<![0-9A-F])([0-9A-F]{8})(?=:[0-9A-F]{4}\b)")
_SOCKET6 = re.compile(r"(?<![0-9A-F])([0-9A-F]{32})(?=:[0-9A-F]{4}\b)")
# /proc/net/if_inet6 and ipv6_route.
_PLAIN6 = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{32})(?![0-9A-Za-z])(?: ([0-9a-f]{2}) )?")
# netstat of BSD leaves out the zeros of networks: 10.244/16, 169.254.
_SHORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})(?:/(\d{1,2}))?(\s+(?:link#\d+|\d+(?:\.\d+){3})\s+U[A-Za-z123]*\s.*)")
# tc filters: a word of the IP header and its mask.
_MATCHED = re.compile(r"(match )([0-9a-f]{8})(/[0-9a-f]{8} at (?:12|16)\b)")


def networks_of(line: str) -> list[tuple[int, int]]:
    """The IPv4 networks, as address and size, that a line of the routing table shows."""
    match = _ROUTE.fullmatch(line.rstrip())
    return [(_swapped(match[2]), _swapped(match[6]).bit_count())] if match else []


def redact_kernel_table(line: str, mapping: Mapping) -> str | None:
    """The line with other addresses, or None if it is of no such table."""
    if match := _ROUTE.fullmatch(line):
        size = _swapped(match[6]).bit_count()
        network = mapping.network4(_swapped(match[2]), size) if size else 0
        gateway = mapping.ipv4(_swapped(match[4]))
        return f"{match[1]}{_hex(network)}{match[3]}{_hex(gateway)}{match[5]}{match[6]}{match[7]}"
    if match := _SHORT.fullmatch(line):
        return _whole(match, mapping) + match[3]
    line, one = _MATCHED.subn(lambda match: f"{match[1]}{mapping.ipv4(int(match[2], 16)):08x}{match[3]}", line)
    line, two = _SOCKET4.subn(lambda match: _hex(mapping.ipv4(_swapped(match[1]))), line)
    line, three = _SOCKET6.subn(lambda match: _words(match[1], mapping.ipv6), line)
    line, four = _PLAIN6.subn(lambda match: _plain(match, mapping), line)
    return line if one + two + three + four else None


def _whole(match: re.Match[str], mapping: Mapping) -> str:
    """A network that was printed short, in full."""
    parts = [int(part) for part in match[1].split(".")]
    size = int(match[2]) if match[2] else 8 * len(parts)
    network = int.from_bytes(bytes(min(part, 255) for part in [*parts, 0, 0, 0][:4]), "big")
    return f"{ipaddress.IPv4Address(mapping.network4(network, min(size, 32)))}/{size}"


def _swapped(digits: str) -> int:
    return int.from_bytes(bytes.fromhex(digits), "little")


def _hex(address: int) -> str:
    return address.to_bytes(4, "little").hex().upper()


def _words(digits: str, image: Callable[[int], int]) -> str:
    words = bytes.fromhex(digits)
    address = b"".join(words[at : at + 4][::-1] for at in range(0, 16, 4))
    new = image(int.from_bytes(address, "big")).to_bytes(16, "big")
    return b"".join(new[at : at + 4][::-1] for at in range(0, 16, 4)).hex().upper()


def _plain(match: re.Match[str], mapping: Mapping) -> str:
    address = int(match[1], 16)
    size = int(match[2], 16) if match[2] else 128
    is_network = 0 < size < 128 and not address & ((1 << (128 - size)) - 1)
    image = mapping.network6(address, size) if is_network else mapping.ipv6(address)
    return match[0].replace(match[1], f"{image:032x}", 1)
