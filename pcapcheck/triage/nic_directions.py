"""Directions on a NIC: whether a frame came in or left, where its capture does not say so.

Nothing is guessed: if neither the other frames nor a node's state tell which machine recorded it, the answer is None.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.machines import Machines, own_addresses
from pcapcheck.values import Value

if TYPE_CHECKING:
    from pcapcheck.nodestate.host import Host
    from pcapcheck.triage.state_evidence.situation import Situation


class NicDirections:
    """Which way the frames of an observation went; ``situation`` holds what is known of their nodes."""

    def __init__(self, judgement: Judgement, situation: Situation | None) -> None:
        self._judgement = judgement
        self._situation = situation

    def came_in(self, capture: int, row: FrameRow) -> bool | None:
        """Whether a frame came from the network, or to a pod from its node; False where it was sent there."""
        point = self._judgement.facts.point(capture, row.group)
        if point is None:
            return None
        group = point.groups[row.group]
        if point.kind == "pod-link":
            side = point.sides.of(group)[0]
            return None if side is None else side == NODE
        if point.kind not in NODE_KINDS and not row.encap:
            return None
        known = self._judgement.followed.hosts.came_in(point.capture_point, group)
        return known if known is not None else self._by_state(point, row)

    def _by_state(self, point: PointFacts, row: FrameRow) -> bool | None:
        """By the MACs of the described node that recorded it, else by its addresses."""
        node = self._node(point)
        if node is None:
            return None
        macs = {device.mac for device in node.links.values() if device.mac}
        by_mac = _direction(macs.__contains__, row.eth_src, row.eth_dst)
        if by_mac is not None:
            return by_mac
        src, dst = (row.outer_src, row.outer_dst) if row.encap else (row.ip_src, row.ip_dst)
        return _direction(own_addresses(node).__contains__, src, dst)

    def _node(self, point: PointFacts) -> Host | None:
        """The described node of the name that the capture's file has; the only one, if no name tells them apart."""
        if self._machines is None:
            return None
        name, nodes = self._machines.hosts.name(point.key), self._machines.state.nodes
        if name is None:
            return nodes[0] if len(nodes) == 1 else None
        return self._machines.named(name)

    @cached_property
    def _machines(self) -> Machines | None:
        if self._situation is None:
            return None
        return Machines.of(self._situation.state, self._judgement.followed.hosts, self._judgement.points)


def _direction(is_own: Callable[[Value | None], bool], src: Value | None, dst: Value | None) -> bool | None:
    """Whether what goes from one to the other comes to their owner."""
    comes, leaves = is_own(dst), is_own(src)
    return None if comes == leaves else comes
