"""Capture points: where frames were recorded, and what kind of interface that was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.calico import is_machines_own
from pcapcheck.capture.record import Interface
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.exchanges.gateway_talk import GatewayTalk
from pcapcheck.links.point_name import find_name
from pcapcheck.networks import CALICO, GATEWAY, Likeness, by_device, link_names, network_of
from pcapcheck.values import clean

# (number of the capture in the observation, number of the interface in it, ifindex inside a cooked capture)
PointKey = tuple[int, int, int | None]
# What a node has besides its pod links.
NODE_KINDS = ("host-nic", "tunnel")
# What the node's end of a pod link is called, by whether the link is Calico's.
CALI_END, NODE_END = "cali", "node"


class CapturePoint(Brief, Struct):
    """One interface as one capture recorded it. ``name`` comes from the user, the capture, the file name or the state.

    ``file`` is what the capture is called among others. ``network`` is the id of the network that it is a pod link of,
    as far as anything shows it; ``calico`` is by what it is shown to be one of Calico (None: it is not, or nothing
    shows it), ``likeness`` the other network that it looks like. ``contradicts`` is the network (id) that somebody
    named although everything there shows another. ``host`` is the machine that a bundle names.
    """

    key: PointKey
    path: Path
    file: str
    interface: Interface
    name: str
    named_by: str
    groups: dict[int, FrameGroup] = field(default_factory=dict)
    gateway: GatewayTalk = field(default_factory=GatewayTalk)
    kind: str = "unknown"
    network: str | None = None
    calico: str | None = None
    likeness: Likeness | None = None
    contradicts: str | None = None
    host: str | None = None

    @property
    def number(self) -> int:
        """What --interface calls it: the ifindex in a cooked capture, else the number in the file."""
        return self.interface.number if self.key[2] is None else self.key[2]

    @property
    def frames(self) -> int:
        return sum(group.count for group in self.groups.values())

    @property
    def first(self) -> int | None:
        return min((group.first for group in self.groups.values() if group.first is not None), default=None)

    @property
    def last(self) -> int | None:
        return max((group.last for group in self.groups.values() if group.last is not None), default=None)

    @property
    def link_type(self) -> int:
        return self.interface.link_type

    @property
    def by_direction(self) -> bool:
        """Whether a frame's direction shows its sender. Without an ifindex a cooked capture mixes links."""
        return self.link_type != COOKED and all(group.direction is not None for group in self.groups.values())

    @property
    def is_nameless(self) -> bool:
        """Whether its name leaves open what it is: inside a pod it is called eth0 like many a NIC.

        A request for the gateway alone shows Calico only as long as the pod's own link does not show another network.
        """
        open_kind = self.kind in ("unknown", "host-nic") and self.network is None
        if not (open_kind or self.calico == GATEWAY) or is_machines_own(self.name):
            return False
        return not self.named_by or by_device(self.name) is None

    @property
    def is_bridged(self) -> bool:
        """Whether this is a pod link that ends in a bridge, where more than two machines are heard."""
        return self.network is not None and self.network != CALICO and network_of(self.network).is_bridged

    @property
    def asks_gateway_alone(self) -> bool:
        """Whether this is a link of another network than Calico's on which a pod asks for nobody but its gateway."""
        return self.network not in (None, CALICO) and not self.is_bridged

    @property
    def links(self) -> str:
        """How names of such links' ends on the node begin: ``cali``, ``eni``; of no known network: ``pod's``."""
        return "pod's" if self.network is None else link_names([self.network])

    @property
    def is_bridge(self) -> bool:
        """Whether this is the bridge itself, by its name: a device that hears the frames of all its ports."""
        network = by_device(self.name) if self.kind == "unknown" else None
        return network is not None and network.is_bridged and not network.has_link(self.name)

    def name_by_number(self, devices: Mapping[tuple[int, int], str]) -> None:
        """Name what is known by its number only, if the state has a node's own interface of that number and MAC.

        Only what leaves a machine comes from its interface's own MAC.
        """
        number = self.key[2]
        if number is None or self.named_by:
            return
        leaving = {group.src for group in self.groups.values() if group.direction == "out"}
        names = {devices[number, mac] for mac in leaving if mac is not None and (number, mac) in devices}
        if len(names) == 1:
            self.name, self.named_by = names.pop(), "state"

    @property
    def node_end(self) -> str:
        """What the node's end of this link is called."""
        return CALI_END if self.network == CALICO else NODE_END

    @property
    def shows_no_macs(self) -> bool:
        """Whether this is a text that identifies senders by their addresses alone."""
        return self.interface.printed and all(group.src is None for group in self.groups.values())

    @property
    def macs(self) -> tuple[set[int | None], set[int | None]]:
        """The MACs that frames came from, and those that they were for; None: of some that is not known."""
        return {group.src for group in self.groups.values()}, {group.dst for group in self.groups.values()}


def capture_points_of(
    capture: int,
    source: Captured,
    interfaces: list[Interface],
    groups: Iterable[FrameGroup],
    given: dict[int | None, str],
    prefix: str,
) -> dict[PointKey, CapturePoint]:
    """The capture points of one capture, with the frame groups of each (by the groups' numbers).

    ``given`` holds the names that the user gave, by ifindex, or by None for the whole capture.
    """
    capture_points: dict[PointKey, CapturePoint] = {}
    # Group 0 holds frames of too many senders, of whichever interfaces.
    numbered = [(number, group) for number, group in enumerate(groups) if group.count and number]
    single = len({group.point for _, group in numbered}) == 1
    for number, group in numbered:
        key = (capture, group.interface, group.ifindex)
        if key not in capture_points:
            interface = interfaces[group.interface]
            name, named_by = find_name(source, interface, group.ifindex, given, single, prefix)
            point = CapturePoint(key, source.path, clean(source.short_name), interface, name, named_by)
            point.host = source.host
            capture_points[key] = point
        capture_points[key].groups[number] = group
    return capture_points
