"""Texts as tcpdump prints them without -n: hosts' names instead of addresses, services' instead of ports."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pcapcheck.values import parse_address

GATEWAYS = ("169.254.1.1", "fe80::ecee:eeff:feee:eeee")
PORTS = {"80": "http", "443": "https", "53": "domain", "22": "ssh", "8080": "http-alt"}
# An address, and the port behind it.
_ADDRESS = re.compile(
    r"(?<![\w.:])(?P<ip>\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){1,6}:[0-9a-f]{1,4})(?P<port>\.\d{1,5})?(?![\w])"
)
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


@dataclass(frozen=True)
class Naming:
    """Which addresses get a name, in which lines, and of what kind the names are."""

    name: Callable[[str], str]
    chosen: Callable[[str, int, str], bool]
    ports: bool = True

    def __call__(self, text: str) -> str:
        return "\n".join(self._line(line) for line in text.split("\n"))

    def _line(self, line: str) -> str:
        place = -1

        def replaced(match: re.Match[str]) -> str:
            nonlocal place
            if _MAC.fullmatch(match["ip"]) or not _is_address(match["ip"]):
                return match[0]
            place += 1
            port = match["port"] or ""
            if self.ports and port[1:] in PORTS:
                port = f".{PORTS[port[1:]]}"
            host = match["ip"]
            return (self.name(host) if self.chosen(host, place, line) else host) + port

        return _ADDRESS.sub(replaced, line)


def _is_address(text: str) -> bool:
    try:
        return parse_address(text) not in (parse_address("0.0.0.0"), parse_address("::"))
    except ValueError:
        return False


def label(address: str) -> str:
    """A host's name: one label."""
    return f"web-{address.replace('.', '-').replace(':', '-').strip('-')}"


def _reversed(address: str) -> str:
    """As providers name their customers; of IPv6 something like it."""
    return label(address) if ":" in address else ".".join(reversed(address.split(".")))


def _numbered(address: str) -> int:
    return sum(map(ord, address))


def _ours(address: str, _place: int, _line: str) -> bool:
    return address not in GATEWAYS


# How texts are named, and whether the gateway's own address may be gone.
NAMINGS: dict[str, tuple[Naming, bool]] = {
    "one label": (Naming(label, _ours), False),
    "domains": (Naming(lambda ip: f"{label(ip)}.shop.svc.cluster.local", _ours), False),
    "like addresses": (Naming(lambda ip: f"{_reversed(ip)}.dialup.example", _ours), False),
    "upper case and underscores": (Naming(lambda ip: f"_WEB_{label(ip)[4:]}.Example", _ours), False),
    "with the root's dot": (Naming(lambda ip: f"{label(ip)}.example.", _ours), False),
    "very long": (Naming(lambda ip: f"{label(ip)[:60]}{('.' + 'x' * 60) * 3}", _ours), False),
    "some": (Naming(label, lambda ip, *_: ip not in GATEWAYS and _numbered(ip) % 2 == 0), False),
    "ports only": (Naming(label, lambda *_: False), False),
    "the gateway too": (Naming(label, lambda *_: True), True),
    "only the gateway": (Naming(label, lambda ip, *_: ip in GATEWAYS), True),
}
# What tcpdump does not do, or what leaves nothing to tell one host from another: only, nothing breaks.
ODD: dict[str, Naming] = {
    "the first of each line": Naming(label, lambda ip, place, _: ip not in GATEWAYS and place == 0),
    "only in ARP": Naming(label, lambda ip, _, line: ip not in GATEWAYS and "ARP" in line),
    "all alike": Naming(lambda _: "bogon", _ours),
    "shell": Naming(lambda ip: f"$(touch>{label(ip)});`x`", _ours),
}
