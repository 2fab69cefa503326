"""One mapping for all that is redacted together, and the table of what became of what."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pcapcheck.redaction.address_mapping import AddressMapping
from pcapcheck.redaction.name_mapping import NameMapping
from pcapcheck.redaction.redaction_key import keyed_hash
from pcapcheck.values import format_mac

# The sizes of the payloads' beginnings that are compared where packets are followed.
FINGERPRINT_BYTES = 16
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
        image = self._seen4.get(address)
        if image is None:
            image = self._seen4[address] = self.addresses.ipv4(address)
        return image

    def ipv6(self, address: int) -> int:
        image = self._seen6.get(address)
        if image is None:
            image = self._seen6[address] = self.addresses.ipv6(address)
        return image

    def network4(self, address: int, size: int) -> int:
        """The same for the address of a network with ``size`` bits."""
        image = self._networks4[address, size] = self.addresses.network4(address, size)
        return image

    def network6(self, address: int, size: int) -> int:
        """The same for IPv6."""
        image = self._networks6[address, size] = self.addresses.network6(address, size)
        return image

    def mac(self, mac: int) -> int:
        image = self._macs.get(mac)
        if image is None:
            image = self._macs[mac] = self.addresses.mac(mac)
        return image

    def name(self, name: str) -> str:
        image = self._names.get(name)
        if image is None:
            image = self._names[name] = self.names.name(name)
        return image

    def link(self, name: str) -> str:
        """The name of the node's end of a pod's link: a prefix, such as ``cali``, and hex digits, possibly cut."""
        image = self._names.get(name)
        if image is None:
            prefix = next(prefix for prefix in LINK_PREFIXES if name.startswith(prefix))
            image = self._names[name] = prefix + self.names.link_hash(name.removeprefix(prefix))
        return image

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
