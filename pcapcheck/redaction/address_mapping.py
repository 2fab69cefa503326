"""The mapping of addresses and MACs: keyed, and so that what rules and causes rest on stays true.

Leading bits that two addresses share are shared afterwards. Addresses with a meaning of their own stay; private ones
stay private. The last 24 bits of IPv6 addresses and of MACs are mapped alike, wherever they stand: a solicited-node
group (RFC 4291, section 2.7.1) repeats those of an address, and an interface identifier may repeat a MAC (section 2.5.1
and appendix A).
"""

from __future__ import annotations

import ipaddress

from pcapcheck.networks import NETWORKS, SERVICE_NETWORKS
from pcapcheck.redaction.permutations import PrefixPermutation, RangePermutation

# Of IPv4: this network, loopback, link-local (with 169.254.1.1 and the node-local DNS), multicast, reserved and
# broadcast (RFC 6890); the private networks (RFC 1918, RFC 6598) and those that services usually have.
_KEPT4 = ((0, 8), (127, 8), (0xA9FE, 16), (0xE, 4), (0xF, 4))
_PRIVATE4 = ((10, 8), (0xAC1, 12), (0xC0A8, 16), (0x191, 10))
_SERVICES4 = tuple(
    (int(network.network_address) >> (32 - network.prefixlen), network.prefixlen)
    for network in map(ipaddress.IPv4Network, SERVICE_NETWORKS)
)
# Of the first 64 bits of IPv6: link-local, multicast, discard-only (RFC 6666); unique local and global unicast lead.
_KEPT6 = ((0x3FA, 10), (0xFF, 8), (1 << 56, 64))
_LED6 = ((0x7E, 7), (0xFD, 8), (1, 3))
_LONG = (1 << 64) - 1
_MAPPED = 0xFFFF
# RFC 6052: IPv4 addresses behind a translator.
_TRANSLATED = 0x64FF9B << 64
_SOLICITED = 0xFF0200000000000000000001FF
_SOLICITED_MAC = 0x3333FF
PROXY_MAC = 0xEEEEEEEEEEEE
_LAST24 = 0xFFFFFF
# The sizes of networks that have an address of their own and one for all.
_WIDEST, _NARROWEST = 8, 30
# No card's, and those that networks give to their ends of pod links.
_KEPT_MACS = frozenset({0, PROXY_MAC, *(mac for network in NETWORKS for mac in network.macs)})
# The universal/local bit and the group bit of a MAC's first byte.
_LOCAL = 1 << 41
_GROUP = 1 << 40
# The interface identifiers of a network itself and of its first address.
_FIRST = (0, 1)


class AddressMapping:
    """Maps IPv4 addresses of 32 bits, IPv6 addresses of 128 and MACs of 48."""

    def __init__(self, key: bytes) -> None:
        # The first address of a subnet is the gateway that nobody chose: it stays the first.
        self._ipv4 = PrefixPermutation(key, "ipv4", 32, _KEPT4, (*_PRIVATE4, *_SERVICES4), tail=8)
        self._upper6 = PrefixPermutation(key, "ipv6", 64, _KEPT6, _LED6)
        # The first 40 bits of an interface identifier are mostly zeros where people gave it.
        self._middle6 = PrefixPermutation(key, "identifier", 40, led=[(0, 40)])
        self._last = PrefixPermutation(key, "last24", 24, led=[(PROXY_MAC & _LAST24, 24)])
        self._makers = [RangePermutation(key, "maker", 1 << 22, str(bits)) for bits in range(4)]
        # Networks that were printed with their size, and what their own and their broadcast addresses become.
        self._networks: set[tuple[int, int]] = set()
        self._edges: dict[int, int] | None = None

    def learn_network(self, address: int, size: int) -> None:
        """Note a network of IPv4, by an address in it: its own address and its broadcast address stay such."""
        if _WIDEST <= size <= _NARROWEST:
            self._networks.add((size, address >> (32 - size)))
            self._edges = None

    def ipv4(self, address: int) -> int:
        """What an IPv4 address becomes."""
        if self._edges is None:
            self._edges = self._edges_of_networks()
        if address in self._edges:
            return self._edges[address]
        image = self._ipv4.image(address)
        # An address that would get an edge's image gets what the edge itself would have got.
        while image in self._edges.values():
            image = self._ipv4.image(next(edge for edge, of in self._edges.items() if of == image))
        return image

    def _edges_of_networks(self) -> dict[int, int]:
        """The first and last addresses of the known networks; one of two that would become the same is left out."""
        edges: dict[int, int] = {}
        taken: set[int] = set()
        for size, bits in sorted(self._networks, reverse=True):
            hosts = (1 << (32 - size)) - 1
            network = bits << (32 - size)
            image = self._ipv4.image(network)
            for edge, of in ((network, image & ~hosts), (network | hosts, image | hosts)):
                if image != network and edge not in edges and of not in taken:
                    edges[edge] = of
                    taken.add(of)
        return edges

    def network4(self, address: int, size: int) -> int:
        """What the address of a network becomes: no bit beyond its size is set."""
        return self._ipv4.image(address) >> (32 - size) << (32 - size)

    def network6(self, address: int, size: int) -> int:
        """The same for IPv6."""
        return self.ipv6(address) >> (128 - size) << (128 - size)

    def ipv6(self, address: int) -> int:
        """What an IPv6 address becomes."""
        upper, lower = address >> 64, address & _LONG
        if address >> 24 == _SOLICITED:
            return _SOLICITED << 24 | self._last.image(address & _LAST24)
        if upper == 0:
            # Unspecified and loopback stay; what holds an IPv4 address is mapped like that.
            return lower >> 32 << 32 | self.ipv4(lower & 0xFFFFFFFF) if lower >> 32 == _MAPPED else address
        if address >> 32 == _TRANSLATED:
            return address >> 32 << 32 | self.ipv4(address & 0xFFFFFFFF)
        if upper >> 56 == 0xFF or upper == 1 << 56:
            return address
        return self._upper6.image(upper) << 64 | self._identifier(lower)

    def _identifier(self, lower: int) -> int:
        """The lower half: of a MAC, in step with it; a network's own stays (RFC 4291, section 2.6.1), and the first."""
        if lower in _FIRST:
            return lower
        if lower >> 24 & 0xFFFF == 0xFFFE:
            mac = self.mac((lower >> 40 << 24 | lower & _LAST24) ^ _LOCAL)
            return (mac ^ _LOCAL) >> 24 << 40 | 0xFFFE << 24 | mac & _LAST24
        image = self._halves(lower)
        # What would get one of those gets what that would have got.
        while image in _FIRST:
            image = self._halves(image)
        return image

    def _halves(self, lower: int) -> int:
        return self._middle6.image(lower >> 24) << 24 | self._last.image(lower & _LAST24)

    def last24(self, bits: int) -> int:
        """What the last 24 bits of a MAC become."""
        return self._last.image(bits)

    def mac(self, mac: int) -> int:
        """What a MAC becomes; that of a group stays, but for the end of a solicited-node group's."""
        if mac in _KEPT_MACS:
            return mac
        if mac & _GROUP:
            is_solicited = mac >> 24 == _SOLICITED_MAC
            return mac >> 24 << 24 | self._last.image(mac & _LAST24) if is_solicited else mac
        return self._of_maker(mac)

    def _of_maker(self, mac: int) -> int:
        maker = mac >> 24
        bits = maker >> 16 & 3
        rest = self._makers[bits].image(maker >> 18 << 16 | maker & 0xFFFF)
        image = (rest >> 16 << 18 | bits << 16 | rest & 0xFFFF) << 24 | self._last.image(mac & _LAST24)
        # What would get a kept one's image gets what that would have got.
        return self._of_maker(image) if image in _KEPT_MACS else image
