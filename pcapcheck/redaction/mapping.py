"""One mapping for all that is redacted together, and the table of what became of what."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import TypeVar

from pcapcheck.decode.frame_layout import DIGEST_BYTES
from pcapcheck.redaction.address_mapping import AddressMapping
from pcapcheck.redaction.name_mapping import NameMapping
from pcapcheck.redaction.redaction_key import keyed_hash
from pcapcheck.values import format_mac

K = TypeVar("K")
V = TypeVar("V")
# As much of a payload as is compared where packets are followed.
FINGERPRINT_BYTES = DIGEST_BYTES
# As many of each kind are remembered; beyond that they are worked out each time, and missing in the table.
MOST_SEEN = 1 << 20
# What names of pod links begin with, the longer first.
LINK_PREFIXES = ("vethwepl", "azveth", "veth", "cali", "azv", "eni", "gke", "lxc", "tap")
ADDRESS, NETWORK, MAC, NAME = "address", "network", "MAC", "name"


class Mapping:
    """What addresses, MACs and names become, with a record of those that were seen."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.addresses = AddressMapping(key)
        self.names = NameMapping(key)
        self._seen4: dict[int, int] = {}
        self._seen6: dict[int, int] = {}
        self._networks4: dict[tuple[int, int], int] = {}
        self._networks6: dict[tuple[int, int], int] = {}
        self._macs: dict[int, int] = {}
        self._names: dict[str, str] = {}

    def ipv4(self, address: int) -> int:
        """What an IPv4 address becomes."""
        return _kept(self._seen4, address, self.addresses.ipv4)

    def ipv6(self, address: int) -> int:
        """What an IPv6 address becomes."""
        return _kept(self._seen6, address, self.addresses.ipv6)

    def network4(self, address: int, size: int) -> int:
        """What the address of a network with ``size`` bits becomes."""
        return _kept(self._networks4, (address, size), lambda network: self.addresses.network4(*network))

    def network6(self, address: int, size: int) -> int:
        """The same for IPv6."""
        return _kept(self._networks6, (address, size), lambda network: self.addresses.network6(*network))

    def mac(self, mac: int) -> int:
        """What a MAC becomes."""
        return _kept(self._macs, mac, self.addresses.mac)

    def name(self, name: str) -> str:
        """What a name becomes."""
        return _kept(self._names, name, self.names.name)

    def link(self, name: str) -> str:
        """The name of the node's end of a pod's link: a prefix, such as ``cali``, and hex digits, possibly cut."""
        return _kept(self._names, name, self._link)

    def _link(self, name: str) -> str:
        prefix = next(prefix for prefix in LINK_PREFIXES if name.startswith(prefix))
        return prefix + self.names.link_hash(name.removeprefix(prefix))

    def fingerprint(self, payload: bytes) -> bytes:
        """What stands in place of a payload: alike for alike beginnings, then zeros."""
        if not payload.strip(b"\0"):
            return payload
        head = payload[:FINGERPRINT_BYTES]
        return keyed_hash(self._key, "payload", head, FINGERPRINT_BYTES)[: len(head)] + bytes(len(payload) - len(head))

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Kind, what it was and what it became, of all that changed."""
        for address, image in sorted(self._seen4.items()):
            yield ADDRESS, str(ipaddress.IPv4Address(address)), str(ipaddress.IPv4Address(image))
        for address, image in sorted(self._seen6.items()):
            yield ADDRESS, str(ipaddress.IPv6Address(address)), str(ipaddress.IPv6Address(image))
        for (address, size), image in sorted(self._networks4.items()):
            yield NETWORK, f"{ipaddress.IPv4Address(address)}/{size}", f"{ipaddress.IPv4Address(image)}/{size}"
        for (address, size), image in sorted(self._networks6.items()):
            yield NETWORK, f"{ipaddress.IPv6Address(address)}/{size}", f"{ipaddress.IPv6Address(image)}/{size}"
        for mac, image in sorted(self._macs.items()):
            yield MAC, format_mac(mac), format_mac(image)
        for name, changed in sorted(self._names.items()):
            yield NAME, name, changed

    def counts(self) -> dict[str, int]:
        """How many of each kind changed."""
        found = dict.fromkeys((ADDRESS, NETWORK, MAC, NAME), 0)
        for kind, was, became in self.rows():
            found[kind] += was != became
        return found

    @property
    def is_complete(self) -> bool:
        """Whether the table holds all that was seen."""
        seen = (self._seen4, self._seen6, self._networks4, self._networks6, self._macs, self._names)
        return all(len(table) < MOST_SEEN for table in seen)


def _kept(seen: dict[K, V], key: K, work_out: Callable[[K], V]) -> V:
    image = seen.get(key)
    if image is None:
        image = work_out(key)
        if len(seen) < MOST_SEEN:
            seen[key] = image
    return image
