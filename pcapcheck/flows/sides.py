"""Sides: which end of a pod link, the pod or the node, each frame came from.

The evidence, strongest first: the recorded direction together with the end at which it was recorded; who asks for
the gateway and who answers; TTLs as hosts set them against decremented ones; last, the proxy MAC. What speaks
against itself is left undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pcapcheck.decode.frames import FrameGroup
from pcapcheck.decode.layout import TTL_DECREMENTED, TTL_ORIGINAL
from pcapcheck.flows.points import CapturePoint

POD, NODE = "pod", "node"
OPPOSITE = {POD: NODE, NODE: POD}

# Frames of one party came from the same end: all of one direction where directions were recorded, else of one MAC.
Party = str | int


@dataclass
class Sides:
    """Who sent what on one pod link: for each party its side and the evidence for it."""

    parties: dict[Party, tuple[str, str]] = field(default_factory=dict)
    by_direction: bool = False
    folded: bool = False

    def of(self, group: FrameGroup) -> tuple[str, str] | tuple[None, None]:
        """The side that a group's frames came from and by what it is known, or nothing."""
        party = group.direction if self.by_direction else group.src
        return self.parties.get(party, (None, None)) if party is not None else (None, None)


def find_sides(point: CapturePoint, end: str | None, proxy_mac: int) -> Sides:
    """Decide the sides of one pod link from the evidence of the whole capture."""
    groups = point.groups
    sides = Sides(by_direction=point.by_direction)
    present = sorted({party for group in groups.values() if (party := _party(group, sides)) is not None}, key=str)
    askers = {party for number in point.gateway.askers if (party := _party(groups[number], sides)) is not None}
    answerers = {party for number in point.gateway.answerers if (party := _party(groups[number], sides)) is not None}
    sides.folded = not sides.by_direction and _folded(askers, groups.values())
    named: dict[Party, str] = {}
    if sides.by_direction and end is not None:
        named = {"in": POD, "out": NODE} if end == "cali" else {"in": NODE, "out": POD}
    heard: dict[Party, str] = {party: POD for party in askers - answerers}
    heard.update({party: NODE for party in answerers - askers})
    if any(named.get(party, side) != side for party, side in heard.items()):
        return sides
    decided = {party: (side, "direction") for party, side in named.items()}
    decided.update({party: (side, "gateway-arp") for party, side in heard.items() if party not in decided})
    undecided = [party for party in present if party not in decided and party not in askers & answerers]
    if undecided and len(present) == 2 and len(decided) == 1:
        _decide_other(decided, present)
    elif undecided:
        _decide_by_ttl(decided, undecided, present, groups.values(), sides, proxy_mac)
        if len(present) == 2 and len(decided) == 1:
            _decide_other(decided, present)
    if not decided:
        _decide_by_proxy_mac(decided, present, groups.values(), sides, proxy_mac)
    sides.parties = decided
    return sides


def _party(group: FrameGroup, sides: Sides) -> Party | None:
    return group.direction if sides.by_direction else group.src


def _decide_other(decided: dict[Party, tuple[str, str]], present: list[Party]) -> None:
    """A link has two ends: what does not come from the one comes from the other."""
    ((known, (side, evidence)),) = decided.items()
    other = next((party for party in present if party != known), None)
    if other is not None:
        decided[other] = (OPPOSITE[side], evidence)


def _decide_by_ttl(
    decided: dict[Party, tuple[str, str]],
    undecided: list[Party],
    present: list[Party],
    groups: Iterable[FrameGroup],
    sides: Sides,
    proxy_mac: int,
) -> None:
    """Who sends decremented TTLs forwards, so it is the node; a pod sends TTLs as hosts set them.

    A lone sender of original TTLs is the pod unless it sends from the proxy MAC (then the node itself asks).
    """
    decremented: set[Party] = set()
    original: set[Party] = set()
    proxies: set[Party] = set()
    for group in groups:
        party = _party(group, sides)
        if party is None:
            continue
        if group.ttl == TTL_DECREMENTED:
            decremented.add(party)
        elif group.ttl == TTL_ORIGINAL:
            original.add(party)
        if group.src == proxy_mac:
            proxies.add(party)
    if len(present) > 1 and decremented >= set(present):
        return
    for party in undecided:
        if party in decremented:
            decided[party] = (NODE, "ttl")
        elif party in original and len(present) == 2 and decremented:
            decided[party] = (POD, "ttl")
        elif party in original and len(present) == 1 and party not in proxies:
            decided[party] = (POD, "ttl")


def _decide_by_proxy_mac(
    decided: dict[Party, tuple[str, str]],
    present: list[Party],
    groups: Iterable[FrameGroup],
    sides: Sides,
    proxy_mac: int,
) -> None:
    senders = {_party(group, sides) for group in groups if group.src == proxy_mac}
    for party in present:
        if party in senders:
            decided[party] = (NODE, "proxy-mac")
    if len(present) == 2 and len(decided) == 1:
        _decide_other(decided, present)


def _folded(askers: set[Party], groups: Iterable[FrameGroup]) -> bool:
    """Whether two machines ask for the gateway over the same time: a bridge, or several links in one recording."""
    spans: dict[Party, tuple[int, int]] = {}
    for group in groups:
        if group.src in askers and group.src is not None and group.first is not None and group.last is not None:
            first, last = spans.get(group.src, (group.first, group.last))
            spans[group.src] = (min(first, group.first), max(last, group.last))
    ordered = sorted(spans.values())
    return any(later[0] <= earlier[1] for earlier, later in zip(ordered, ordered[1:], strict=False))
