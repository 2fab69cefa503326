"""The sides of a link by the address that a node's state gives to its pod."""

from __future__ import annotations

from collections.abc import Container

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.sides import NODE, POD, Party, Sides


def decide_by_state(capture_point: CapturePoint, sides: Sides, at_home: Container[int]) -> None:
    """What the pod's own address sends comes from the pod, and what is sent to it from the node.

    A pod that was recreated with another address shows neither.
    """
    found: dict[Party, set[str]] = {}
    for group in capture_point.groups.values():
        party = sides.party_of(group)
        if party is not None and group.carries == IP_UNICAST:
            found.setdefault(party, set()).update(
                side for side, ip in ((POD, group.ip_src), (NODE, group.ip_dst)) if ip in at_home
            )
    for party, known in found.items():
        if len(known) == 1:
            sides.parties[party] = (known.pop(), "state")
