"""Losses: where packets that had to be seen further on were seen last, and what they never reached."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.path import Path, PathStep

# What comes back, of the packets that are followed.
REQUEST, REPLY = "request", "reply"
# Places, in the order in which a packet passes them.
IN_NODE, BETWEEN, AT_NIC, DECAPSULATION, TO_POD_LINK, AT_POD = PLACES = (
    "in-node",
    "between-nodes",
    "at-nic",
    "decapsulation",
    "to-pod-link",
    "at-pod",
)


class PathLoss(Struct, frozen=True):
    """Packets of one path that got no further than its last step.

    ``missing`` are the links that were being recorded and had to show them next. ``arrived``: they had come to
    the node of the receiver by then; None if nothing shows it. ``back``: they answer something. ``source`` is
    the address that answers came from where it is not the one that was asked.
    ``flooded``: their last sighting is on a card whose MAC they do not have, where a switch sent them with the others.
    """

    path: Path
    missing: tuple[PointFacts, ...]
    arrived: bool | None
    back: bool = False
    source: int | None = None
    flooded: bool = False

    @property
    def last(self) -> PathStep:
        return self.path.steps[-1]

    @property
    def direction(self) -> str:
        return REPLY if self.back or self.path.packet == REPLY else REQUEST

    @property
    def devices(self) -> list[PointFacts]:
        """Those of ``missing`` that are a tunnel's: packets come out of them before they reach a pod's link."""
        return [point for point in self.missing if point.kind == "tunnel"]

    @property
    def is_beyond(self) -> bool:
        """Whether they were seen last on an interface without a name that they left the first pod's link for."""
        return self.last.spot.point.kind == "unknown" and len(self.path.steps) > 1

    @property
    def _goes_to_pod(self) -> bool:
        """Whether they were seen last on their receiver's link.

        Where a text shows neither MACs nor TTLs, what came from another pod's link goes to this one's.
        """
        spot, first = self.last.spot, self.path.steps[0].spot
        side_unknown = spot.side is None and spot.point.capture_point.interface.printed
        return spot.side == NODE or (side_unknown and first.point is not spot.point and first.point.kind == "pod-link")

    @property
    def place(self) -> str:
        """Which part of the path they were lost on."""
        capture_point = self.last.spot.point.capture_point
        if capture_point.kind not in NODE_KINDS and not self.is_beyond:
            return AT_POD if self._goes_to_pod else IN_NODE
        if self.arrived is False or (self.arrived is None and len(self.path.steps) > 1):
            return BETWEEN
        if self.last.encap == "none":
            return TO_POD_LINK
        return DECAPSULATION if self.devices else AT_NIC


class LastSeen(Struct, frozen=True):
    """Where the packet of a failing row, or the reply to it, was seen last.

    ``capture`` is a number, ``frame`` the frame there. ``host`` is None where nobody names the machine; ``never`` are
    the interfaces that were being recorded and had to show it next. ``source`` as of ``PathLoss``. ``between`` are its
    addresses there, which translation may have changed.
    """

    direction: str
    capture: int
    frame: int
    host: str | None
    interface: str
    kind: str
    encap: str
    arrived: bool | None
    place: str | None
    never: tuple[str, ...]
    source: int | None = None
    between: tuple[int, int] | None = None


def loss_of(path: Path, missing: list[PointFacts], hosts: Hosts, flooded: bool = False) -> PathLoss:
    """``missing`` are the links that had to show packets of this path and do not."""
    if flooded:
        return PathLoss(path, tuple(missing), False, flooded=True)
    number = len(path.steps) - 1
    # What is translated back further on came to the node that does so.
    arrived = True if path.meant is not None else hosts.arrives(path, number)
    here = path.steps[number].spot.point.key
    if arrived is None and any(hosts.same(here, point.key) for point in missing):
        # Towards the pod of this very node it does not leave it.
        arrived = True
    return PathLoss(path, tuple(missing), arrived)
