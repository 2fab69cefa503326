"""Claims: which MACs claimed an address for themselves in ARP or neighbour discovery."""

from __future__ import annotations

from dataclasses import dataclass, field

from pcapcheck.brief import Brief
from pcapcheck.exchanges.arp_message import ArpMessage

MOST_CLAIMS = 1 << 16


@dataclass(slots=True)
class Claim:
    """One MAC's claim of one address at one capture point. ``own``: claimed unasked or in a request."""

    point: tuple[int, int | None]
    ip: int
    mac: int
    first_time: int | None
    last_time: int | None
    own: bool = False
    count: int = 0
    frames: list[int] = field(default_factory=list)


@dataclass(repr=False)
class Claims(Brief):
    """Gathers the claims of one capture; probes claim nothing (RFC 5227)."""

    missed: int = 0
    # By capture point, addresses that were claimed in a text without MACs.
    without_mac: set[tuple[tuple[int, int | None], int]] = field(default_factory=set)
    _claims: dict[tuple[object, ...], Claim] = field(default_factory=dict)

    def feed(self, message: ArpMessage) -> None:
        if message.is_probe or message.sender_ip is None:
            return
        if message.sender_mac is None:
            if message.printed and len(self.without_mac) < MOST_CLAIMS:
                self.without_mac.add((message.point, message.sender_ip))
            return
        key = (message.point, message.sender_ip, message.sender_mac)
        claim = self._claims.get(key)
        if claim is None:
            if len(self._claims) >= MOST_CLAIMS:
                self.missed += 1
                return
            claim = Claim(message.point, message.sender_ip, message.sender_mac, message.time, message.time)
            self._claims[key] = claim
        claim.count += 1
        claim.own = claim.own or not message.is_reply
        if message.time is not None:
            claim.first_time = min(claim.first_time or message.time, message.time)
            claim.last_time = max(claim.last_time or message.time, message.time)
        if len(claim.frames) < 8:
            claim.frames.append(message.number)

    def all(self) -> list[Claim]:
        return list(self._claims.values())
