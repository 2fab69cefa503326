"""Where traffic is recorded: one pod's link, a bridge of many pods, or all links of a node."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.benchmarks.rounds import Sent, Varying
from tests.support.wire import BROADCAST, NODE, ethernet, mac

ETHERNET, COOKED2 = 1, 276
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
FIRST_INDEX = 10  # ifindex of the first pod's link
GAP = 500  # microseconds


class Host(NamedTuple):
    """A pod, or a host elsewhere, which has no link here."""

    mac: str
    address: str
    link: int | None


OUTSIDE = Host(NODE, "10.244.9.11", None)


def pod(number: int) -> Host:
    """The pod of that number and its link."""
    return Host(
        f"5a:8a:00:00:{number >> 8:02x}:{number & 255:02x}", f"10.244.{1 + number // 200}.{1 + number % 200}", number
    )


@dataclass(frozen=True)
class Place:
    """Where it is recorded: a link type, and the pods whose links that sees."""

    pods: list[Host]
    link_type: int = ETHERNET
    both_links: bool = False

    @property
    def network(self) -> int:
        """Where a network header begins."""
        return 14 if self.link_type == ETHERNET else 20

    def frame(self, from_pod: bool, host: Host, ethertype: int, packet: bytes, dst: str = NODE) -> bytes:
        """A packet as that pod's link carries it, from the pod or to it."""
        src, dst = (host.mac, dst) if from_pod else (NODE, host.mac if dst == NODE else dst)
        if self.link_type == ETHERNET:
            return ethernet(src, dst, ethertype, packet)
        # The kernel's packet types: 0 to this host, 1 broadcast, 4 outgoing.
        kind = 4 if not from_pod else 1 if dst == BROADCAST else 0
        index = FIRST_INDEX + (host.link or 0)
        return struct.pack(">HHIHBB", ethertype, 0, index, 1, kind, 6) + mac(src) + bytes(2) + packet


POD_LINK = Place([pod(0)])
BRIDGE = Place([pod(number) for number in range(1000)])
NODE_LINKS = Place([pod(number) for number in range(100)], COOKED2, both_links=True)


@dataclass(frozen=True)
class Exchange:
    """One exchange of a round, between a pod and its peer."""

    place: Place
    number: int

    @property
    def pod(self) -> Host:
        return self.place.pods[self.number % len(self.place.pods)]

    @property
    def peer(self) -> Host:
        """Another pod of a node whose links are all recorded, else a host elsewhere."""
        if not self.place.both_links:
            return OUTSIDE
        pods = self.place.pods
        return pods[(self.number * 37 + 1 + self.number // len(pods)) % len(pods)]

    def there(
        self, packet: bytes, *varying: Varying, gap: int = GAP, peer: Host | None = None, wrong_by: int = 0
    ) -> Iterator[Sent]:
        """An IPv4 packet from the pod to its peer, on each recorded link."""
        return self._sightings(self.pod, peer or self.peer, packet, varying, gap, wrong_by)

    def back(
        self, packet: bytes, *varying: Varying, gap: int = GAP, peer: Host | None = None, wrong_by: int = 0
    ) -> Iterator[Sent]:
        """An IPv4 packet from the peer to the pod."""
        return self._sightings(peer or self.peer, self.pod, packet, varying, gap, wrong_by)

    def on_link(self, from_pod: bool, ethertype: int, packet: bytes, *varying: Varying, gap: int, dst: str) -> Sent:
        """A packet that does not leave the pod's link, such as ARP; to ``dst``."""
        frame = self.place.frame(from_pod, self.pod, ethertype, packet, dst)
        return Sent(frame, self.place.network, self.number, varying, gap)

    def _sightings(
        self, src: Host, dst: Host, packet: bytes, varying: tuple[Varying, ...], gap: int, wrong_by: int
    ) -> Iterator[Sent]:
        varying = (IP_ID, *varying)
        network = self.place.network
        if src.link is not None:
            yield Sent(self.place.frame(True, src, IPV4, packet), network, self.number, varying, gap, wrong_by)
        if dst.link is not None:
            routed = packet[:8] + bytes([packet[8] - 1]) + packet[9:]
            yield Sent(self.place.frame(False, dst, IPV4, routed), network, self.number, varying, gap, wrong_by)


# The identification of an IPv4 header is the exchange's number.
IP_ID = Varying(4, 2, lambda numbers: numbers)
