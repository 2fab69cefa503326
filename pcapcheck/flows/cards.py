"""Cards: the MACs under which machines speak on their network cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.flows.addresses import Claim
from pcapcheck.flows.links import Link
from pcapcheck.flows.read import Capture


def claims_on_cards(links: Iterable[Link], captures: Iterable[Capture]) -> Iterator[Claim]:
    """The addresses that spoke ARP, or neighbour discovery, on network cards, with their MACs."""
    cards = {
        (one.point.key[0], one.point.interface.number, one.point.key[2])
        for one in links
        if one.point.kind == "host-nic"
    }
    for capture in captures if cards else ():
        yield from (one for one in capture.exchanges.claims.all() if (capture.number, *one.point) in cards)


def heard_on_cards(links: Iterable[Link], captures: Iterable[Capture]) -> dict[int, set[int]]:
    """The MACs under which addresses spoke for themselves on network cards."""
    heard: dict[int, set[int]] = {}
    for claim in claims_on_cards(links, captures):
        if claim.own:
            heard.setdefault(claim.ip, set()).add(claim.mac)
    return heard
