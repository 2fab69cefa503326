"""Spots: the frame groups of an observation by number, each with the capture point where it was recorded."""

from __future__ import annotations

import numpy as np

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import ABSENT
from pcapcheck.links.facts import Facts
from pcapcheck.paths.path import Spot
from pcapcheck.paths.sighting_columns import Numbering


class Spots:
    """The spots of an observation by number, and which of them are on one link."""

    def __init__(self, numbering: Numbering, groups: dict[int, list[FrameGroup]], facts: Facts) -> None:
        self.spots: list[Spot | None] = []
        points: dict[tuple[int, int, int | None], int] = {}
        self.point_of = np.zeros(len(numbering.spots), np.int64)
        # Source and destination MACs, where frames show them.
        self.macs = np.full((2, len(numbering.spots)), ABSENT, np.int64)
        # 1 for spots on a pod's link, seen from its node.
        self.on_pod_link = np.zeros(len(numbering.spots), np.int64)
        for number, (capture, group) in enumerate(numbering.spots):
            point = facts.point(capture, group)
            self.spots.append(Spot(capture, group, groups[capture][group], point) if point else None)
            shown = groups[capture][group]
            self.macs[:, number] = [ABSENT if mac is None else mac for mac in (shown.src, shown.dst)]
            # Frames of too many senders share group 0, which belongs to no capture point.
            key = point.key if point else (capture, -1, group)
            self.point_of[number] = points.setdefault(key, len(points))
            self.on_pod_link[number] = point is not None and point.kind == "pod-link" and point.end != "pod"

    def __getitem__(self, number: int) -> Spot:
        spot = self.spots[number]
        if spot is None:
            raise KeyError(number)
        return spot
