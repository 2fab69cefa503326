"""Sides: which end of a pod link, the pod or the node, each frame came from.

The evidence, strongest first: the recorded direction together with the end at which it was recorded; who asks for
the gateway and who answers; TTLs as hosts set them against decremented ones; last, the proxy MAC. What speaks
against itself is left undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pcapcheck.decode.frames import COOKED, FrameGroup
from pcapcheck.decode.layout import TTL_DECREMENTED, TTL_ORIGINAL
from pcapcheck.flows.points import CapturePoint

POD, NODE = "pod", "node"
OPPOSITE = {POD: NODE, NODE: POD}

# Frames of one party came from the same end: all of one direction where directions were recorded, else of one MAC.
Party = str | int


@dataclass
class Sides:
    """Who sent what on one pod link: for each party its side and the evidence for it.

    ``folded``: several pods ask here, so several links (or a bridge) are in one recording. ``crowded``: more than two
    machines send at a time, so it is no plain veth pair.
    """

    parties: dict[Party, tuple[str, str]] = field(default_factory=dict)
    by_direction: bool = False
    folded: bool = False
    crowded: bool = False

    def of(self, group: FrameGroup) -> tuple[str, str] | tuple[None, None]:
        """The side that a group's frames came from and by what it is known, or nothing."""
        party = group.direction if self.by_direction else group.src
        return self.parties.get(party, (None, None)) if party is not None else (None, None)


def find_sides(point: CapturePoint, end: str | None, proxy_mac: int) -> Sides:
    """Decide the sides of one pod link from the evidence of the whole capture."""
    groups = point.groups
    sides = Sides(by_direction=point.by_direction)
    present = sorted({party for group in groups.values() if (party := _party(group, sides)) is not None}, key=str)
    if not sides.by_direction:
        spans = _spans(groups.values())
        sides.folded = _most_at_once([spans[mac] for mac in _sources(groups, point.gateway.askers) if mac in spans]) > 1
        sides.crowded = point.link_type != COOKED and _most_at_once(list(spans.values())) > 2
    # On a bridge another pod's broadcast is heard too, but its answer is not.
    asking = point.gateway.answered if sides.crowded else set(point.gateway.askers)
    askers = {party for number in asking if (party := _party(groups[number], sides)) is not None}
    answerers = {party for number in point.gateway.answerers if (party := _party(groups[number], sides)) is not None}
    named: dict[Party, str] = {}
    if sides.by_direction and end is not None:
        named = {"in": POD, "out": NODE} if end == "cali" else {"in": NODE, "out": POD}
    heard: dict[Party, str] = dict.fromkeys(askers - answerers, POD)
    heard.update(dict.fromkeys(answerers - askers, NODE))
    if any(named.get(party, side) != side for party, side in heard.items()):
        return sides
    decided = {party: (side, "direction") for party, side in named.items()}
    decided.update({party: (side, "gateway-arp") for party, side in heard.items() if party not in decided})
    undecided = [party for party in present if party not in decided and party not in askers & answerers]
    if undecided and len(present) == 2 and len(decided) == 1:
        _decide_other(decided, present)
    elif undecided and not sides.crowded and point.link_type != COOKED:
        # Where several links meet, whoever decrements a TTL may be the node on another link, or a router behind it.
        _decide_by_ttl(decided, undecided, present, groups.values(), sides, proxy_mac)
        if len(present) == 2 and len(decided) == 1:
            _decide_other(decided, present)
    if not decided:
        _decide_by_proxy_mac(decided, present, groups.values(), sides, proxy_mac)
    sides.parties = decided
    return sides


def both_ways(point: CapturePoint, sides: Sides) -> list[Sides]:
    """Where nothing tells which of two machines is the pod: one assumption each way, else nothing."""
    macs = sorted({group.src for group in point.groups.values() if group.src is not None})
    if sides.parties or sides.by_direction or len(macs) != 2:
        return []
    return [
        Sides({pod: (POD, "assumed"), node: (NODE, "assumed")}, False, sides.folded, sides.crowded)
        for pod, node in (macs, macs[::-1])
    ]


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
        elif party in original and (
            (len(present) == 2 and decremented) or (len(present) == 1 and party not in proxies)
        ):
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


def _sources(groups: dict[int, FrameGroup], numbers: Iterable[int]) -> set[int]:
    return {mac for number in numbers if (mac := groups[number].src) is not None}


def _spans(groups: Iterable[FrameGroup]) -> dict[int, tuple[int, int]]:
    """From when to when each MAC was heard."""
    spans: dict[int, tuple[int, int]] = {}
    for group in groups:
        if group.src is not None and group.first is not None and group.last is not None:
            first, last = spans.get(group.src, (group.first, group.last))
            spans[group.src] = (min(first, group.first), max(last, group.last))
    return spans


def _most_at_once(spans: list[tuple[int, int]]) -> int:
    """How many of these spans overlap at most: a pod made anew has a new MAC, but not while the old one sends."""
    changes = sorted([(first, 0) for first, _ in spans] + [(last, 1) for _, last in spans])
    open_now = most = 0
    for _, closes in changes:
        open_now += -1 if closes else 1
        most = max(most, open_now)
    return most
