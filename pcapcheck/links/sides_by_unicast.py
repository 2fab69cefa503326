"""The sides of a port of a bridge by its unicast frames: a broadcast of any pod comes out of every port."""

from __future__ import annotations

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.sides import NODE, POD, DecidedSides, Party, Sides
from pcapcheck.values import is_multicast_mac


def by_unicast(capture_point: CapturePoint, sides: Sides) -> DecidedSides:
    """On a port of a bridge, the pod is the one that all unicast frames are from or to; all others are behind it."""
    groups = list(capture_point.groups.values())
    single = [group for group in groups if group.src and group.dst is not None and not is_multicast_mac(group.dst)]
    if single or not sides.by_direction:
        common = set.intersection(*({group.src, group.dst} for group in single)) if single else set()
        if len(common) != 1:
            return {}
        # A port may send a pod's own broadcasts back to it (hairpin mode).
        pods = {sides.party_of(group) for group in (single if sides.by_direction else groups) if group.src in common}
    else:
        pods = _alone_in_a_direction(groups)
    parties = {party for group in groups if (party := sides.party_of(group)) is not None}
    return {party: (POD if party in pods else NODE, "unicast") for party in parties} if pods else {}


def _alone_in_a_direction(groups: list[FrameGroup]) -> set[Party | None]:
    """The direction in which but one machine is heard, if more are in the other: what all others say."""
    heard: dict[str | None, set[int | None]] = {}
    for group in groups:
        heard.setdefault(group.direction, set()).add(group.src)
    alone: set[Party | None] = {direction for direction, macs in heard.items() if len(macs) == 1}
    return alone if len(alone) == 1 and len(heard) > 1 else set()
