"""Words of tcpdump for addresses and ports as numbers."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, TypeVar

from pcapcheck.capture.host_names import HostNames
from pcapcheck.values import NamedAddress, parse_address, parse_mac

Read = TypeVar("Read")

MAC = r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5}"
# The maker of a card, printed without -n: (oui Unknown).
OUI = r"(?: \(oui [^)]{0,60}\))?"
BROADCAST = 0xFFFFFFFFFFFF
# What a resolver may hand out (RFC 1123, section 2.1; RFC 5891), with underscores. No more: it gets into commands.
_NAME = re.compile(r"\w(?:[\w.-]{0,252}\w)?\.?")
# What people write over an address or a name before they show a text: <host>, [redacted], {{ip}}, $NODE_IP, 10.1.*.*
_MASK = r"<[\w.-]{1,60}>|\[[\w.-]{1,60}\]|\{{1,2}[\w.-]{1,60}\}{1,2}|\$\w{1,60}|\*{1,40}|#{2,40}"
_MASKED = re.compile(rf"(?:[\w.-]{{0,60}}?(?:{_MASK})){{1,8}}[\w.-]{{0,60}}")
_OF_MASKS = re.compile(r"[<>\[\]{}$]")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
# With a port, but not the beginning of a name like 4.3.2.1.dialup.example.
_IPV4_END = re.compile(rf"{_IPV4.pattern}(?:\.[\w*-]{{1,20}})?")
# Names of groups: those that IANA gave them, and those that Debian's /etc/hosts has.
_GROUP = re.compile(r".+\.mcast\.net|ip6-(?:allnodes|allrouters|allhosts|mcastprefix)|broadcasthost", re.IGNORECASE)
_WITH_PORT = re.compile(r"(.+)\.([A-Za-z0-9_*-]+)")
# Services of /etc/services, which small images do not have.
PORTS = {
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "http": 80,
    "kerberos": 88,
    "pop3": 110,
    "sunrpc": 111,
    "ntp": 123,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "imap2": 143,
    "imap": 143,
    "snmp": 161,
    "bgp": 179,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "submission": 587,
    "syslog": 514,
    "ldaps": 636,
    "domain-s": 853,
    "imaps": 993,
    "pop3s": 995,
    "ms-sql-s": 1433,
    "nfs": 2049,
    "etcd-client": 2379,
    "etcd-server": 2380,
    "mysql": 3306,
    "postgresql": 5432,
    "mdns": 5353,
    "hostmon": 5355,
    "amqp": 5672,
    "redis": 6379,
    "http-alt": 8080,
    "webcache": 8080,
}


@lru_cache(maxsize=1 << 12)
def mac_of(text: str) -> int | None:
    """A MAC as tcpdump prints it; old versions leave leading zeros out. Without -n ff:ff:ff:ff:ff:ff is Broadcast."""
    if text == "Broadcast":
        return BROADCAST
    try:
        return parse_mac(":".join(part.zfill(2) for part in text.split(":")))
    except ValueError:
        return None


class PrintedAddresses:
    """The addresses of one text, which may have hosts' names in their place."""

    def __init__(self, names: HostNames) -> None:
        self.names = names
        # An address, or the stand-in for a host's name, from its text and family; None if the text is neither.
        self.of = lru_cache(maxsize=1 << 12)(partial(_address_of, names))
        self._readers: dict[Callable[..., object], Callable[[str], Any]] = {}

    def remembering(self, read: Callable[[str, PrintedAddresses], Read]) -> Callable[[str], Read]:
        """``read`` for the lines of this text, which often repeat word for word: it remembers the latest of them."""
        if read not in self._readers:
            self._readers[read] = lru_cache(maxsize=1 << 8)(lambda text: read(text, self))
        return self._readers[read]

    def as_multicast(self, address: int | None, family: int) -> int | None:
        """The destination of a multicast packet, whose name alone does not say so."""
        if not isinstance(address, NamedAddress):
            return address
        return self.names.stand_in(address.name, family, group=True)


def _address_of(names: HostNames, text: str, family: int) -> int | None:
    try:
        address = parse_address(text.partition("%")[0])
    except ValueError:
        if _MASKED.fullmatch(text):
            text = _unmasked(text)
        # A word of digits and dots is no name: a piece of an address.
        if not _NAME.fullmatch(text) or re.fullmatch(r"[\d.]*", text):
            return None
        return names.stand_in(text, family, bool(_GROUP.fullmatch(text.rstrip("."))))
    return address if family == (6 if ":" in text else 4) else None


def _unmasked(text: str) -> str:
    """What was masked, in characters that a name may have: ``<host>`` -> ``host``, ``10.1.*.*`` -> ``10.1.x.x``."""
    return re.sub(r"\*+|#+", "x", _OF_MASKS.sub("", text))


@lru_cache(maxsize=1 << 12)
def family_of(text: str) -> int | None:
    """4 or 6 by the look of an address, with or without a port; None of a name."""
    if _IPV4_END.fullmatch(text):
        return 4
    return 6 if text.count(":") > 1 else None


@lru_cache(maxsize=1 << 12)
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
        return PORTS.get(text)
