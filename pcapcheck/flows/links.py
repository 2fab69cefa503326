"""What is known of each capture point once the whole capture was read: the late columns, and why one is absent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pcapcheck.columns import ARP, ECHO
from pcapcheck.decode.frames import COOKED, COOKED2, FrameGroup
from pcapcheck.flows.points import CapturePoint, PointKey
from pcapcheck.flows.sides import POD, Sides, both_ways, find_sides
from pcapcheck.values import Value, is_group_address

# Words of a capture filter that may let a request through and not its answer.
_ONE_SIDED = re.compile(r"\b(src|dst|inbound|outbound|less|greater|len|broadcast|multicast|gateway)\b|\[")


@dataclass
class Link:
    """One capture point, described. ``silence`` says, per table, why a missing answer proves nothing there.

    ``alternatives`` describe it under each assumption of which end is the pod's, where nothing tells.
    """

    point: CapturePoint
    end: str | None = None
    sides: Sides = field(default_factory=Sides)
    pod_macs: frozenset[int] = frozenset()
    pod_ips: frozenset[int] = frozenset()
    pod_name: str | None = None
    silence: dict[str, str] = field(default_factory=dict)
    judged: bool = True
    alternatives: list[Link] = field(default_factory=list)

    @property
    def heard_both_ends(self) -> bool:
        """Whether frames of two senders, or of both directions, were recorded: multicast counts."""
        if self.sides.by_direction:
            return len({group.direction for group in self.point.groups.values()}) > 1
        return len({group.src for group in self.point.groups.values() if group.src is not None}) > 1


def describe_link(point: CapturePoint, proxy_mac: int, prefix: str, filter_used: str | None) -> Link:
    """Decide kind, end, sides and the pod's addresses of one capture point."""
    point.decide_kind(proxy_mac, prefix)
    link = Link(point)
    if point.kind == "pod-link":
        link.end = point.decide_end(prefix)
        link.sides = find_sides(point, link.end, proxy_mac)
        if link.end is None and link.sides.by_direction:
            link.end = {(POD, "in"): "cali", (POD, "out"): "pod"}.get(_pod_direction(link.sides))
        _find_pod(link)
        for assumed in both_ways(point, link.sides):
            alternative = Link(point, link.end, assumed, silence=link.silence)
            _find_pod(alternative)
            link.alternatives.append(alternative)
    one_sided = _one_sided(filter_used or point.interface.filter)
    if one_sided:
        link.silence[ARP] = link.silence[ECHO] = one_sided
    if (link.sides.folded or link.sides.crowded) and point.link_type != COOKED:
        link.silence[ARP] = (
            "more than one machine asks here (a bridge, or several links in one recording), "
            "so an answer may have gone another way; capture each cali interface by itself"
        )
    return link


def _pod_direction(sides: Sides) -> tuple[str, str]:
    pods = [party for party, (side, _) in sides.parties.items() if side == POD]
    return POD, str(pods[0]) if len(pods) == 1 else ""


def _find_pod(link: Link) -> None:
    """The pod's MACs are those it sends from; its addresses those it asks or sends from."""
    macs: set[int] = set()
    ips: set[int] = set()
    sources: set[int] = set()
    for number, group in link.point.groups.items():
        if link.sides.of(group)[0] != POD:
            continue
        if group.src is not None:
            macs.add(group.src)
        ips |= link.point.gateway.askers.get(number, set())
        if group.carries == "ip-unicast" and group.source is not None and not is_group_address(group.source):
            sources.add(group.source)
    link.pod_macs = frozenset(macs)
    link.pod_ips = frozenset(ip for ip in (ips | sources) if ip >> 118 != 0xFE80 >> 6)


def _one_sided(text: str | None) -> str | None:
    if text and _ONE_SIDED.search(text):
        return f"the capture filter {text!r} may have kept the answers out; capture without it"
    return None


class Facts:
    """Late columns by capture and frame group, for every row of an exchange or frame table.

    ``assume`` picks which alternative stands for a link whose ends cannot be told.
    """

    def __init__(self, links: dict[PointKey, Link], assume: int | None = None) -> None:
        self.links = links
        self._assumed: dict[int, Facts] = {}
        self._by_group: dict[tuple[int, int], tuple[Link, FrameGroup]] = {}
        for link in links.values():
            described = link if assume is None or not link.alternatives else link.alternatives[assume]
            for number, group in link.point.groups.items():
                self._by_group[link.point.key[0], number] = (described, group)

    def assuming(self, way: int) -> Facts:
        """The same with an assumption about each link whose ends cannot be told."""
        if way not in self._assumed:
            self._assumed[way] = Facts(self.links, way)
        return self._assumed[way]

    def link(self, capture: int, group: int) -> Link | None:
        found = self._by_group.get((capture, group))
        return found[0] if found else None

    def value(self, name: str, capture: int, number: int, table: str, outcome: str) -> Value | None:
        """The value of a late column (or of a column that all frames of a group share), or None."""
        found = self._by_group.get((capture, number))
        if found is None:
            return None
        link, group = found
        match name:
            case "interface":
                return link.point.name
            case "kind":
                return link.point.kind
            case "end":
                return link.end
            case "side":
                return link.sides.of(group)[0]
            case "side_evidence":
                return link.sides.of(group)[1]
            case "pod_mac":
                return link.pod_macs or None
            case "pod_ip":
                return link.pod_ips or None
            case "answered" | "replied":
                return self._came(link, table, outcome)
            case "eth_src":
                return group.src
            case "eth_dst":
                return group.dst
            case "direction":
                return group.direction
            case "carries":
                return group.carries
            case "sll_ifindex":
                return group.ifindex
        raise KeyError(name)

    @staticmethod
    def _came(link: Link, table: str, outcome: str) -> bool | None:
        if outcome in ("answered", "replied"):
            return True
        if outcome == "error" or (outcome == "unanswered" and table not in link.silence):
            return False
        return None

    def reason(self, name: str, capture: int, number: int, table: str, outcome: str) -> str:
        """Why a column is absent, in words that say what to do about it."""
        found = self._by_group.get((capture, number))
        if found is None:
            return "too many different frames to tell apart"
        link, group = found
        if name in ("answered", "replied"):
            if outcome == "in-flight":
                return "still in flight when the capture ended; let it run on for a second or two"
            if outcome == "evicted":
                return "dropped to keep memory bounded"
            return link.silence.get(table, "unknown")
        if name in ("side", "side_evidence"):
            return (
                f"which end of {link.point.name} is the pod's cannot be told; flush the pod's neighbour entry "
                "(ip neigh flush dev eth0) and capture again"
            )
        if name == "eth_dst" and link.point.link_type in (COOKED, COOKED2):
            return "a cooked capture (-i any) holds no destination MACs; capture on the cali interface itself"
        if name in ("eth_src", "eth_dst") and group.src is None:
            return "this link type has no MAC addresses; capture on the cali interface itself"
        if name == "pod_mac":
            return f"the pod on {link.point.name} sent nothing, so its MAC is not known; make it send and capture again"
        return f"{name.replace('_', '.', 1)} was not captured"
