"""Point facts: what is known about each capture point once the whole capture was read."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cached_property

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import CapturePoint, PointKey
from pcapcheck.links.sides import NODE, POD, Sides

# Stands for the unknown name of a link's end on the node: words to fill in, which nobody takes for a name.
UNNAMED = "<the pod's link>"
# What Linux interfaces are called; anything else may stand in a capture but must not get into a command.
INTERFACE_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,15}")


class PointFacts(Brief, Struct, frozen=True, dict=True):
    """One capture point, described. ``silence`` says, per table, why a missing answer proves nothing there.

    ``pods`` are the addresses of each MAC that pods send from; None stands for MACs that the recording does not show.
    ``pod_heard`` is when the pod was heard first (nanoseconds). ``strangers`` are MACs that sent here from an
    unknown end. ``alternatives`` describe the link under each assumption about which end is the pod's, if nothing shows
    it. ``dns_latencies`` say by frame group which latency (nanoseconds) 95 of 100 responses to its DNS queries do not
    exceed. ``pings_expired`` are the frame groups whose requests expired and were no traceroute's, in a text that does
    not show TTLs; ``probes_unanswered`` those whose unanswered requests were a traceroute's; ``recorded_elsewhere``
    those of TCP whose missing data another point recorded.
    """

    capture_point: CapturePoint
    end: str | None = None
    sides: Sides = field(default_factory=Sides)
    pod_macs: frozenset[int] = frozenset()
    pod_ips: frozenset[int] = frozenset()
    pods: dict[int | None, frozenset[int]] = field(default_factory=dict)
    pod_heard: int | None = None
    strangers: frozenset[int] = frozenset()
    silence: dict[str, str] = field(default_factory=dict)
    dns_latencies: dict[int, int] = field(default_factory=dict)
    pings_expired: frozenset[int] = frozenset()
    probes_unanswered: frozenset[int] = frozenset()
    recorded_elsewhere: frozenset[int] = frozenset()
    judged: bool = True
    alternatives: list[PointFacts] = field(default_factory=list)

    @property
    def key(self) -> PointKey:
        return self.capture_point.key

    @property
    def kind(self) -> str:
        return self.capture_point.kind

    @property
    def name(self) -> str:
        return self.capture_point.name

    @property
    def groups(self) -> dict[int, FrameGroup]:
        return self.capture_point.groups

    @property
    def network(self) -> str | None:
        """The id of the network that it is a pod link of, as far as anything shows it."""
        return self.capture_point.network

    def is_held_to(self, networks: Container[str]) -> bool:
        """Whether rules for these networks are about it; what is no pod link is of no network."""
        return self.kind != "pod-link" or self.network in networks

    @cached_property
    def node_macs(self) -> frozenset[int]:
        """The MACs that the node's end sends from."""
        return frozenset(group.src for group in self.groups.values() if group.src and self.sides.of(group)[0] == NODE)

    @property
    def node_interface(self) -> str:
        """The link's name on the node, or a stand-in that says what to fill in.

        A recording inside the pod, or without an interface's name, does not tell it.
        """
        by_state = self.capture_point.named_by in ("state", "description")
        known = self.capture_point.named_by and (by_state or self.end != "pod") and self.kind == "pod-link"
        return self.name if known and INTERFACE_NAME.fullmatch(self.name) else UNNAMED

    @cached_property
    def pod_owners(self) -> dict[int, list[int | None]]:
        """The MACs of ``pods`` by address."""
        owners: dict[int, list[int | None]] = {}
        for mac, ips in self.pods.items():
            for ip in ips:
                owners.setdefault(ip, []).append(mac)
        return owners

    @cached_property
    def pod_heard_at_all(self) -> bool:
        """Whether any frame of the pod was recorded."""
        return any(self.sides.of(group)[0] == POD for group in self.groups.values())

    @cached_property
    def heard_both_ends(self) -> bool:
        """Whether frames of two senders, or of both directions, were recorded: multicast counts."""
        if self.sides.by_direction:
            return len({group.direction for group in self.groups.values()}) > 1
        if any(group.by_address for group in self.groups.values()):
            # The node sends from many addresses.
            return {POD, NODE} <= {self.sides.of(group)[0] for group in self.groups.values()}
        return len({group.src for group in self.groups.values() if group.src}) > 1
