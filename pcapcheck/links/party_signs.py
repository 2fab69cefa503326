"""What the parties of a link sent that shows who they are."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pcapcheck.decode.frame_layout import TTL_DECREMENTED, TTL_ORIGINAL
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.sides import Party, Sides


class PartySigns(Struct):
    """When one party was heard (nanoseconds since the epoch), and what it did.

    ``routes``: it sent decremented TTLs, or ICMP errors as routers do; ``original``: TTLs as hosts set them.
    ``from_proxy``, ``to_proxy``: it sent from or to the proxy MAC.
    """

    first: int | None = None
    last: int | None = None
    routes: bool = False
    original: bool = False
    from_proxy: bool = False
    to_proxy: bool = False

    def overlaps(self, other: PartySigns) -> bool:
        """Whether both were heard over the same time; True where the capture has no times."""
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return True
        return self.first <= other.last and other.first <= self.last


def signs_of_parties(capture_point: CapturePoint, sides: Sides, proxy_mac: int) -> dict[Party, PartySigns]:
    """What each party of a link sent that shows who it is."""
    found: dict[Party, PartySigns] = {}
    for number, group in capture_point.groups.items():
        party = sides.party_of(group)
        if party is None:
            continue
        signs = found.setdefault(party, PartySigns(group.first, group.last))
        if group.first is not None and group.last is not None:
            signs.first = min(signs.first or group.first, group.first)
            signs.last = max(signs.last or group.last, group.last)
        signs.routes = signs.routes or group.ttl == TTL_DECREMENTED or number in capture_point.gateway.icmp_error_groups
        signs.original = signs.original or group.ttl == TTL_ORIGINAL
        signs.from_proxy = signs.from_proxy or group.src == proxy_mac
        signs.to_proxy = signs.to_proxy or group.dst == proxy_mac
    return found


def most_at_once(parties: Iterable[PartySigns]) -> int:
    """The largest number of these that were heard at the same time."""
    spans = [(signs.first, signs.last) for signs in parties if signs.first is not None and signs.last is not None]
    changes = sorted([(first, 0) for first, _ in spans] + [(last, 1) for _, last in spans])
    open_now = most = 0
    for _, closes in changes:
        open_now += -1 if closes else 1
        most = max(most, open_now)
    return most
