"""Sides: which end of a pod link, the pod or the node, each frame came from."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import CapturePoint

POD, NODE = "pod", "node"
OPPOSITE = {POD: NODE, NODE: POD}

# Frames of one party came from the same end: all of one direction where directions were recorded, else of one MAC, or
# of one address where there are no MACs.
Party = str | int
# The side of each party and the evidence for it.
DecidedSides = dict[Party, tuple[str, str]]


class Sides(Struct):
    """Who sent what on one pod link: for each party its side and the evidence for it.

    ``folded``: several pods ask here, so several links (or a bridge) are in one recording. ``crowded``: more than two
    machines send at a time, so it is no plain veth pair.
    """

    parties: DecidedSides = field(default_factory=dict)
    by_direction: bool = False
    folded: bool = False
    crowded: bool = False

    def of(self, group: FrameGroup) -> tuple[str, str] | tuple[None, None]:
        """The side that a group's frames came from and by what it is known, or nothing."""
        party = self.party_of(group)
        return self.parties.get(party, (None, None)) if party is not None else (None, None)

    def party_of(self, group: FrameGroup) -> Party | None:
        """Who sent a group's frames, as far as the capture shows it."""
        # The loopback interface has the MAC 0.
        return group.direction if self.by_direction else group.sender or None

    def parties_of(self, capture_point: CapturePoint, numbers: Iterable[int]) -> set[Party]:
        """Who sent the frames of the groups with these numbers."""
        return {party for number in numbers if (party := self.party_of(capture_point.groups[number])) is not None}


def both_ways(capture_point: CapturePoint, sides: Sides) -> list[Sides]:
    """If nothing shows which of two machines is the pod: an assumption for each, else nothing."""
    parties = sorted({group.sender for group in capture_point.groups.values() if group.sender})
    if sides.parties or sides.by_direction or len(parties) != 2:
        return []
    return [
        Sides({pod: (POD, "assumed"), node: (NODE, "assumed")}, False, sides.folded, sides.crowded)
        for pod, node in (parties, parties[::-1])
    ]
