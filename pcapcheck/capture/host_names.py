"""Names of hosts that stand where addresses should be (tcpdump without -n), and the addresses that stand for them."""

from __future__ import annotations

from array import array
from collections.abc import Callable

from pcapcheck.values import MAPPED, NamedAddress, address_of, halves_of

# Of 240.0.0.0/4, which is reserved (RFC 1112, section 4), and of 100::/64, which is for discarding (RFC 6666); for
# groups of 235.0.0.0/8 (IANA: reserved) and ff0f::/64 (RFC 4291, section 2.7: a scope that is reserved).
_PREFIXES = {
    (4, False): (MAPPED | 0xF0000000, 0x0FFFFFFF),
    (4, True): (MAPPED | 0xEB000000, 0x00FFFFFF),
    (6, False): (0x100 << 112, 0x0FFFFFFF),
    (6, True): (0xFF0F << 112, 0x0FFFFFFF),
}
MOST_NAMES = 1 << 16


def bare_name(name: str) -> str:
    """A name without what makes no other name: its case and the root's dot (RFC 4343, RFC 1034)."""
    return name.rstrip(".").lower()


class HostNames:
    """The names of hosts in the captures of one observation."""

    def __init__(self) -> None:
        self._by_address: dict[int, NamedAddress] = {}
        self._by_name: dict[tuple[str, int, bool], NamedAddress] = {}
        # What captures call the addresses that they show (name resolution blocks); of several names the first.
        self.resolved: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._by_address)

    def stand_in(self, name: str, family: int, group: bool = False) -> NamedAddress | None:
        """The address that stands for a host's name: the same in every run, unless names collide.

        ``group``: a multicast address. None if there are more than MOST_NAMES.
        """
        key = bare_name(name), family, group
        known = self._by_name.get(key)
        if known is not None or len(self._by_address) >= MOST_NAMES:
            return known
        import hashlib  # Only texts show names, and OpenSSL comes with it.

        prefix, room = _PREFIXES[family, group]
        offset = int.from_bytes(hashlib.sha256(key[0].encode()).digest()[:4], "big")
        while (address := prefix | offset % room) in self._by_address:
            offset += 1
        known = self._by_address[address] = self._by_name[key] = NamedAddress(address, name.rstrip("."))
        return known

    def resolve(self, address: int, name: str) -> None:
        """Note what a capture calls an address."""
        if len(self.resolved) < MOST_NAMES:
            self.resolved.setdefault(address, name)

    @property
    def halves(self) -> array[int]:
        """The addresses that stand for names, in order, each as two signed halves."""
        return array("q", [half for halves in sorted(map(halves_of, self._by_address)) for half in halves])

    def address_of(self, high: int, low: int) -> int:
        """The address of the two halves in frame rows, with its name if it stands for one."""
        address = address_of(high, low)
        return self._by_address.get(address, address)


def stand_ins(address_of: Callable[[int, int], int]) -> array[int]:
    """The addresses that stand for names to a function that knows them: ``HostNames.halves``, else none."""
    names = getattr(address_of, "__self__", None)
    return names.halves if isinstance(names, HostNames) else array("q")
