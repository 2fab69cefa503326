"""Capture points: where frames were recorded, and what kind of interface that was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pcapcheck.capture.record import Interface
from pcapcheck.capture.rotation import Captured, bare_name
from pcapcheck.decode.frames import COOKED, FrameGroup
from pcapcheck.values import clean
from pcapcheck.workload import find_cali_name, kind_of_name

# (number of the capture in the observation, number of the interface in it, ifindex inside a cooked capture)
PointKey = tuple[int, int, int | None]


@dataclass
class GatewayTalk:
    """What a point heard about the gateway, by frame group.

    ``askers`` asked for it, from these addresses; ``answered`` are those of them who got an answer; ``answerers``
    gave one. ``refusers`` told others by ICMP that a packet goes no further, as routers do. ``others_answer``: somebody
    who never asked answers for an address with a MAC that is not the gateway's, so there are more than two machines.
    """

    askers: dict[int, set[int]] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    answerers: set[int] = field(default_factory=set)
    refusers: set[int] = field(default_factory=set)
    others_answer: bool = False


@dataclass
class CapturePoint:
    """One interface as one capture recorded it. ``name`` comes from the user, the capture or the file name.

    ``file`` is what the capture is called among others.
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

    @property
    def number(self) -> int:
        """By which --interface names it: the ifindex in a cooked capture, else the number in the file."""
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
        """Whether a frame's sender is told by its direction. Without an ifindex a cooked capture mixes links."""
        return self.link_type != COOKED and all(group.direction is not None for group in self.groups.values())

    @property
    def shows_no_macs(self) -> bool:
        """Whether this is a text that tells senders by their addresses alone."""
        return self.interface.printed and all(group.src is None for group in self.groups.values())

    def decide_kind(self, proxy_mac: int, prefix: str) -> None:
        """Name first, then traffic: who asks for the gateway is a pod; only a cali sends from the proxy MAC.

        Inside a pod the interface is called eth0 like many a NIC, so there what it sends or receives decides.
        """
        by_name = kind_of_name(self.name, prefix) if self.named_by else None
        from_proxy = any(group.src == proxy_mac for group in self.groups.values())
        to_proxy = any(group.dst == proxy_mac for group in self.groups.values())
        if by_name in ("pod-link", "tunnel"):
            self.kind = by_name
        elif (
            self.gateway.askers
            or (from_proxy and (by_name is None or self.name == "eth0"))
            or (to_proxy and by_name is None)
        ):
            self.kind = "pod-link"
        else:
            self.kind = by_name or "unknown"

    def decide_end(self, prefix: str) -> str | None:
        """cali or pod: the end of the pod link at which this was recorded, from its name or the gateway's request."""
        if self.kind != "pod-link":
            return None
        if find_cali_name(self.name, prefix):
            return "cali"
        # What a file is called does not tell where -i any was recorded.
        if self.named_by and kind_of_name(self.name, prefix) == "host-nic":
            return "pod" if self.named_by != "file name" or not self.by_direction else self._end_by_gateway()
        return self._end_by_gateway()

    def _end_by_gateway(self) -> str | None:
        directions = {self.groups[group].direction for group in self.gateway.askers}
        return {"in": "cali", "out": "pod"}.get(directions.pop() or "") if len(directions) == 1 else None


def points_of(
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
    points: dict[PointKey, CapturePoint] = {}
    # Group 0 holds frames of too many senders, of whichever interfaces.
    numbered = [(number, group) for number, group in enumerate(groups) if group.count and number]
    single = len({group.point for _, group in numbered}) == 1
    for number, group in numbered:
        key = (capture, group.interface, group.ifindex)
        if key not in points:
            interface = interfaces[group.interface]
            name, named_by = _name(source, interface, group.ifindex, given, single, prefix)
            points[key] = CapturePoint(key, source.path, clean(source.short_name), interface, name, named_by)
        points[key].groups[number] = group
    return points


def _name(
    source: Captured, interface: Interface, ifindex: int | None, given: dict[int | None, str], single: bool, prefix: str
) -> tuple[str, str]:
    """A point's name and where it comes from ('' where it is no interface's name but a stand-in)."""
    path = source.path
    which = ifindex if ifindex is not None else interface.number
    if which in given:
        return clean(given[which]), "user"
    if None in given and single:
        return clean(given[None]), "user"
    if ifindex is not None and not single and not (interface.printed and interface.name):
        return f"ifindex {ifindex}", ""
    if interface.name and interface.name != "any":
        return clean(find_cali_name(interface.name, prefix) or interface.name), "capture"
    if single:
        whole = bare_name(path)
        stem = whole.split(".")[0]
        # node-1_eth0.pcap, worker2-vxlan.calico.pcap: the interface stands last.
        last = re.split(r"[-_]", whole)[-1]
        for candidate in (find_cali_name(path.name, prefix), stem, whole, last):
            if candidate and kind_of_name(candidate, prefix):
                return candidate, "file name"
    return (f"interface {interface.number}" if not single else clean(source.short_name)), ""
