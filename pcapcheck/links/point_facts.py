"""Links: what is known of each capture point once the whole capture was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from pcapcheck.brief import Brief
from pcapcheck.columns import ARP, ASKED
from pcapcheck.decode.decoder import COOKED, FrameGroup
from pcapcheck.links.capture_points import CapturePoint, PointKey
from pcapcheck.links.sides import LINK_LOCAL, NODE, POD, Sides, both_ways, find_sides
from pcapcheck.networks import NOTHING_KNOWN, KnownNetwork
from pcapcheck.values import is_multicast_address

# Words of a capture filter that may let a request through and not its answer.
_ONE_SIDED = re.compile(r"\b(src|dst|inbound|outbound|less|greater|len|broadcast|multicast|gateway|grep)\b|\[")

# What stands for the name of a cali interface that is not known: words to fill in, which nobody takes for a name.
UNNAMED = "<the cali interface>"
# What Linux interfaces are called; anything else may stand in a capture but must not get into a command.
INTERFACE_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,15}")


@dataclass(repr=False)
class PointFacts(Brief):
    """One capture point, described. ``silence`` says, per table, why a missing answer proves nothing there.

    ``pods`` are the addresses of each MAC that pods send from; None stands for MACs that the recording does not show.
    ``pod_heard`` is when the pod was heard first (nanoseconds). ``strangers`` are MACs that sent here without its being
    known from which end. ``alternatives`` describe the link under each assumption of which end is the pod's, where
    nothing tells. ``pings_expired`` are the frame groups whose requests expired and were no traceroute's, of a text
    that does not show TTLs.
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
    pings_expired: frozenset[int] = frozenset()
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
    def node_interface(self) -> str:
        """The link's name on the node, or a stand-in that says what to fill in.

        A recording inside the pod, or without an interface's name, does not tell it.
        """
        by_state = self.capture_point.named_by == "state"
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


def describe_point(
    capture_point: CapturePoint,
    proxy_mac: int,
    prefix: str,
    filter_used: str | None,
    known: KnownNetwork = NOTHING_KNOWN,
) -> PointFacts:
    """Decide kind, end, sides and the pod's addresses of one capture point; ``known`` is what a node's state says."""
    capture_point.decide_kind(proxy_mac, prefix, known)
    point = PointFacts(capture_point)
    if capture_point.kind == "pod-link":
        point.end = capture_point.decide_end(prefix)
        point.sides = find_sides(capture_point, point.end, proxy_mac)
        if point.end is None and point.sides.by_direction:
            pod_directions = [party for party, (side, _) in point.sides.parties.items() if side == POD]
            if len(pod_directions) == 1:
                point.end = "cali" if pod_directions[0] == "in" else "pod"
        _find_pod(point)
        for assumed in both_ways(capture_point, point.sides):
            alternative = PointFacts(
                capture_point, point.end, assumed, silence=point.silence, pings_expired=point.pings_expired
            )
            _find_pod(alternative)
            point.alternatives.append(alternative)
    likeness = capture_point.likeness
    if likeness is not None and likeness.network.bypasses:
        reason = f"{capture_point.name} looks like {likeness.network.title}'s, where replies may go to the pod past it"
        point.silence |= dict.fromkeys(ASKED, reason)
    one_sided = _one_sided(filter_used or capture_point.interface.filter)
    if one_sided:
        point.silence |= dict.fromkeys(ASKED, one_sided)
    if (point.sides.folded or point.sides.crowded) and capture_point.link_type != COOKED:
        point.silence[ARP] = (
            "more than one machine asks here (a bridge, or several links in one recording), "
            "so an answer may have gone another way; capture each cali interface by itself"
        )
    return point


def _find_pod(point: PointFacts) -> None:
    """The pod's MACs are those it sends from; its addresses those it asks or sends from."""
    macs: set[int] = set()
    strangers: set[int] = set()
    pods: dict[int | None, set[int]] = {}
    for number, group in point.groups.items():
        side = point.sides.of(group)[0]
        if side is None and group.src:
            strangers.add(group.src)
        if side != POD:
            continue
        if group.src:
            macs.add(group.src)
        ips = pods.setdefault(group.src or None, set())
        ips |= point.capture_point.gateway.askers.get(number, set())
        if group.carries == "ip-unicast" and group.source is not None and not is_multicast_address(group.source):
            ips.add(group.source)
    point.pod_macs = frozenset(macs)
    times = [group.first for group in point.groups.values() if group.src in macs and group.first is not None]
    point.pod_heard = min(times, default=None)
    point.strangers = frozenset(strangers)
    point.pods = {mac: frozenset(ip for ip in ips if ip >> 118 != LINK_LOCAL) for mac, ips in pods.items()}
    point.pod_ips = frozenset().union(*point.pods.values())


def _one_sided(text: str | None) -> str | None:
    if text and _ONE_SIDED.search(text):
        return f"the capture filter {text!r} may have kept the answers out; capture without it"
    return None
