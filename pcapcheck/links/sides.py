"""Sides: which end of a pod link, the pod or the node, each frame came from.

The evidence, strongest first: the recorded direction together with the end at which it was recorded; who asks for
the gateway and who answers; TTLs as hosts set them against decremented ones, and who says that hosts cannot be reached;
last, the proxy MAC. What speaks against itself is left undecided: a pod that routes (a VPN, containers in a container)
sends decremented TTLs too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec import Struct, field

from pcapcheck.capture.printed_layout import NO_MAC
from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import TTL_DECREMENTED, TTL_ORIGINAL
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.values import is_ipv4, is_multicast_address, is_multicast_mac, is_name

POD, NODE = "pod", "node"
OPPOSITE = {POD: NODE, NODE: POD}
# The first ten bits of such addresses (RFC 4291, section 2.5.6).
LINK_LOCAL = 0xFE80 >> 6

# Frames of one party came from the same end: all of one direction where directions were recorded, else of one MAC, or
# of one address where there are no MACs.
Party = str | int


class Sides(Struct):
    """Who sent what on one pod link: for each party its side and the evidence for it.

    ``folded``: several pods ask here, so several links (or a bridge) are in one recording. ``crowded``: more than two
    machines send at a time, so it is no plain veth pair.
    """

    parties: dict[Party, tuple[str, str]] = field(default_factory=dict)
    by_direction: bool = False
    folded: bool = False
    crowded: bool = False

    def of(self, group: FrameGroup) -> tuple[str, str] | tuple[None, None]:
        """The side that a group's frames came from and by what it is known, or nothing."""
        party = group.direction if self.by_direction else group.sender
        return self.parties.get(party, (None, None)) if party is not None else (None, None)


class Trace(Struct):
    """What one party sent that shows who it is."""

    first: int | None = None
    last: int | None = None
    routes: bool = False
    original: bool = False
    from_proxy: bool = False
    to_proxy: bool = False

    def overlaps(self, other: Trace) -> bool:
        """Whether both were heard over the same time; True where the capture has no times."""
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return True
        return self.first <= other.last and other.first <= self.last


def find_sides(
    capture_point: CapturePoint, end: str | None, proxy_mac: int, at_home: frozenset[int] = frozenset()
) -> Sides:
    """Decide the sides of one pod link from the evidence of the whole capture.

    ``at_home`` are the addresses that a state gives to the pod of the link.
    """
    sides = Sides(by_direction=capture_point.by_direction)
    every = _traces(capture_point, sides, proxy_mac)
    traces = {party: trace for party, trace in every.items() if not _is_address(party)}
    by_address = {party: trace for party, trace in every.items() if _is_address(party)}
    _decide_by_machine(capture_point, end, sides, traces)
    if by_address:
        _decide_by_address(capture_point, sides, by_address)
    if at_home and not (sides.parties or sides.by_direction or sides.folded or sides.crowded):
        _decide_by_state(capture_point, sides, at_home)
    return sides


def _decide_by_state(capture_point: CapturePoint, sides: Sides, at_home: Container[int]) -> None:
    """What the pod's own address sends comes from the pod, and what is sent to it from the node.

    A pod that was recreated with another address shows neither.
    """
    found: dict[Party, set[str]] = {}
    for group in capture_point.groups.values():
        party = _party(group, sides)
        if party is not None and group.carries == "ip-unicast":
            found.setdefault(party, set()).update(
                side for side, ip in ((POD, group.ip_src), (NODE, group.ip_dst)) if ip in at_home
            )
    for party, known in found.items():
        if len(known) == 1:
            sides.parties[party] = (known.pop(), "state")


def _decide_by_machine(capture_point: CapturePoint, end: str | None, sides: Sides, traces: dict[Party, Trace]) -> None:
    """The sides of directions or MACs."""
    if not sides.by_direction:
        asking = [traces[mac] for mac in _parties(capture_point, sides, capture_point.gateway.askers) if mac in traces]
        # On a port of a bridge the broadcasts of all pods are heard.
        sides.folded = not capture_point.is_bridged and _most_at_once(asking) > 1
        sides.crowded = capture_point.link_type != COOKED and _most_at_once(traces.values()) > 2
    decided: dict[Party, tuple[str, str]] = {}
    if sides.by_direction and end is not None:
        pod, node = ("out", "in") if end == POD else ("in", "out")
        decided = {pod: (POD, "direction"), node: (NODE, "direction")}
    elif capture_point.is_bridged:
        decided = _decide_by_unicast(capture_point, sides)
    if capture_point.is_bridged and (decided or sides.by_direction):
        # Whoever asks for the gateway may be another pod, whose request the bridge sends out of every port.
        sides.parties = decided
        return
    # On a bridge another pod's broadcast is heard too, but its answer is not.
    askers = traces.keys() & _parties(
        capture_point, sides, capture_point.gateway.answered if sides.crowded else capture_point.gateway.askers
    )
    answerers = traces.keys() & _parties(capture_point, sides, capture_point.gateway.answerers)
    for party, side in [(party, POD) for party in askers - answerers] + [(party, NODE) for party in answerers - askers]:
        if decided.setdefault(party, (side, "gateway-arp"))[0] != side:
            return
    # Where several links meet, whoever routes may be the node on another link, or a router behind it.
    is_link = not sides.crowded and capture_point.link_type != COOKED
    contradictory = bool(askers & answerers)
    if is_link:
        _decide_others(decided, traces)
        if not contradictory:
            contradictory = not _decide_by_routing(decided, traces)
            _decide_others(decided, traces)
    if not decided and not contradictory and capture_point.asks_gateway_alone:
        # A pod asks for nobody but the gateway.
        seekers = traces.keys() & _parties(capture_point, sides, capture_point.gateway.seekers)
        decided = dict.fromkeys(seekers, (NODE, "arp")) if len(seekers) == 1 else {}
        if is_link:
            _decide_others(decided, traces)
    if not decided and not contradictory:
        decided = {party: (NODE, "proxy-mac") for party, trace in traces.items() if trace.from_proxy}
        if is_link:
            _decide_others(decided, traces)
    sides.parties = decided


def _decide_by_unicast(capture_point: CapturePoint, sides: Sides) -> dict[Party, tuple[str, str]]:
    """On a port of a bridge, the pod is the one that all unicast frames are from or to; all others are behind it."""
    groups = list(capture_point.groups.values())
    single = [group for group in groups if group.src and group.dst is not None and not is_multicast_mac(group.dst)]
    if single or not sides.by_direction:
        common = set.intersection(*({group.src, group.dst} for group in single)) if single else set()
        if len(common) > 1:
            # Two machines alone talk to each other: the pod is the one that asked for the gateway.
            common &= {capture_point.groups[number].src for number in capture_point.gateway.askers}
        if len(common) != 1:
            return {}
        # A port may send a pod's own broadcasts back to it (hairpin mode).
        pods = {_party(group, sides) for group in (single if sides.by_direction else groups) if group.src in common}
    else:
        pods = _alone_in_a_direction(groups)
    parties = {party for group in groups if (party := _party(group, sides)) is not None}
    return {party: (POD if party in pods else NODE, "unicast") for party in parties} if pods else {}


def _alone_in_a_direction(groups: list[FrameGroup]) -> set[Party | None]:
    """The direction in which but one machine is heard, if more are in the other: what all others say."""
    heard: dict[str | None, set[int | None]] = {}
    for group in groups:
        heard.setdefault(group.direction, set()).add(group.src)
    alone: set[Party | None] = {direction for direction, macs in heard.items() if len(macs) == 1}
    return alone if len(alone) == 1 and len(heard) > 1 else set()


def _decide_by_address(capture_point: CapturePoint, sides: Sides, traces: dict[Party, Trace]) -> None:
    """The sides of addresses, where the text of a capture shows no MACs.

    Whoever asks for the gateway is the pod; what has another address comes from the node, on whosever behalf, unless it
    is for others than the pod, for whom the node has no reason to send it here: then the pod sends what is not its own.
    Else whoever says that an address is at another MAC than the proxy's is the pod: a node asks for none but its pods,
    and answers with its own. Else who only sets TTLs as hosts do is the pod, if there is but one, and others show
    decremented ones. A machine's link-local address says nothing about its other addresses.
    """
    # On a bridge another pod's broadcast is heard too, but its answer is not.
    asked = capture_point.gateway.answered if capture_point.gateway.others_answer else capture_point.gateway.askers
    # A text may show the MAC of a party only in the frames in which it asks: its address is known all the same.
    asking_ips = {ip for number in asked for ip in capture_point.gateway.askers.get(number, ())}
    known = {
        number for number, group in capture_point.groups.items() if group.by_address and group.address in asking_ips
    }
    askers = _parties(capture_point, sides, {*asked, *known}) & traces.keys()
    seekers = _parties(capture_point, sides, capture_point.gateway.seekers)
    sides.crowded = sides.crowded or (capture_point.gateway.others_answer and bool(capture_point.gateway.askers))
    families: dict[int, set[Party]] = {}
    for group in capture_point.groups.values():
        if group.by_address and group.sender is not None:
            ip = group.address
            if ip is None or ip >> 118 != LINK_LOCAL:
                families.setdefault(4 if ip is None or is_ipv4(ip) else 6, set()).add(group.sender)
    for parties in families.values():
        asking = parties & askers
        pods, evidence = asking, "gateway-arp"
        if _most_at_once(traces[party] for party in asking) > 1:
            sides.folded = True
        elif not asking and not sides.crowded and len(capture_point.gateway.others) == 1:
            pods, evidence = (
                {party for party in parties if _address_of(capture_point, party) in capture_point.gateway.others},
                "arp",
            )
        elif not asking and not sides.crowded and capture_point.calico and seekers & parties:
            # A Calico pod asks for nobody but the gateway.
            sides.parties.update(dict.fromkeys(seekers & parties, (NODE, "arp")))
            continue
        elif not asking and not sides.crowded:
            pods, evidence = {party for party in parties if traces[party].original and not traces[party].routes}, "ttl"
            if len(pods) != 1 or not any(traces[party].routes for party in parties):
                continue
        sides.parties.update(dict.fromkeys(pods, (POD, evidence)))
        if not sides.folded and not sides.crowded:
            borrowed = {party for party in parties - pods if asking and _sends_past(capture_point, party, asking_ips)}
            sides.parties.update(dict.fromkeys(parties - pods, (NODE, evidence)))
            sides.parties.update(dict.fromkeys(borrowed, (POD, "destination")))
    sides.parties.update(dict.fromkeys(askers, (POD, "gateway-arp")))


def _sends_past(capture_point: CapturePoint, party: Party, pod_ips: Container[int]) -> bool:
    """Whether all that an address sends on a pod's link is for hosts that are not the pod."""
    sent = [
        group
        for group in capture_point.groups.values()
        if group.by_address and group.sender == party and group.carries == "ip-unicast"
    ]
    return bool(sent) and all(
        group.ip_dst is not None
        and group.ip_dst not in pod_ips
        and not is_name(group.ip_dst)
        and not is_multicast_address(group.ip_dst)
        and group.ip_dst >> 118 != LINK_LOCAL
        for group in sent
    )


def _address_of(capture_point: CapturePoint, party: Party) -> int | None:
    return next(
        (group.address for group in capture_point.groups.values() if group.by_address and group.sender == party), None
    )


def _is_address(party: Party) -> bool:
    return isinstance(party, int) and party >= NO_MAC


def both_ways(capture_point: CapturePoint, sides: Sides) -> list[Sides]:
    """If nothing shows which of two machines is the pod: an assumption for each, else nothing."""
    parties = sorted({group.sender for group in capture_point.groups.values() if group.sender})
    if sides.parties or sides.by_direction or len(parties) != 2:
        return []
    return [
        Sides({pod: (POD, "assumed"), node: (NODE, "assumed")}, False, sides.folded, sides.crowded)
        for pod, node in (parties, parties[::-1])
    ]


def _party(group: FrameGroup, sides: Sides) -> Party | None:
    # The loopback interface has the MAC 0.
    return group.direction if sides.by_direction else group.sender or None


def _parties(capture_point: CapturePoint, sides: Sides, numbers: Iterable[int]) -> set[Party]:
    return {party for number in numbers if (party := _party(capture_point.groups[number], sides)) is not None}


def _traces(capture_point: CapturePoint, sides: Sides, proxy_mac: int) -> dict[Party, Trace]:
    traces: dict[Party, Trace] = {}
    for number, group in capture_point.groups.items():
        party = _party(group, sides)
        if party is None:
            continue
        trace = traces.setdefault(party, Trace(group.first, group.last))
        if group.first is not None and group.last is not None:
            trace.first = min(trace.first or group.first, group.first)
            trace.last = max(trace.last or group.last, group.last)
        trace.routes = trace.routes or group.ttl == TTL_DECREMENTED or number in capture_point.gateway.icmp_error_groups
        trace.original = trace.original or group.ttl == TTL_ORIGINAL
        trace.from_proxy = trace.from_proxy or group.src == proxy_mac
        trace.to_proxy = trace.to_proxy or group.dst == proxy_mac
    return traces


def _decide_others(decided: dict[Party, tuple[str, str]], traces: dict[Party, Trace]) -> None:
    """A link has two ends: a party that was heard together with one end, and is not that end, is the other.

    A pod that was recreated has a new MAC, but not while the old one is still heard.
    """
    for party, trace in traces.items():
        if party in decided:
            continue
        heard = {known: decided[known] for known in decided if known in traces and known != party}
        beside = [found for known, found in heard.items() if len(traces) == 2 or traces[known].overlaps(trace)]
        if not beside or any(side != beside[0][0] for side, _ in beside):
            continue
        side, evidence = beside[0]
        # Who sends to the proxy MAC is no node: rather the same pod with another MAC, in a recording of one direction.
        if not (side == POD and trace.to_proxy and not trace.from_proxy):
            decided[party] = (OPPOSITE[side], evidence)


def _decide_by_routing(decided: dict[Party, tuple[str, str]], traces: dict[Party, Trace]) -> bool:
    """Decide by who routes: a router (decremented TTLs, ICMP errors for others) is the node, a mere host is a pod.

    False if that contradicts itself, or contradicts who sends from and to the proxy MAC.
    """
    undecided = {party: trace for party, trace in traces.items() if party not in decided}
    routers = {party for party, trace in undecided.items() if trace.routes}
    if len(routers) > 1:
        return False
    for party in routers:
        others = [trace for known, trace in traces.items() if known != party]
        if traces[party].to_proxy or any(trace.from_proxy for trace in others):
            return False
        # A lone router may be a pod that routes, unless it sends from the proxy MAC.
        if others or traces[party].from_proxy:
            decided[party] = (NODE, "ttl")
    for party, trace in undecided.items():
        if party not in routers and trace.original and (routers or len(traces) == 1):
            if trace.from_proxy:
                return not routers
            decided[party] = (POD, "ttl")
    return True


def _most_at_once(traces: Iterable[Trace]) -> int:
    """The largest number of these that were heard at the same time."""
    spans = [(trace.first, trace.last) for trace in traces if trace.first is not None and trace.last is not None]
    changes = sorted([(first, 0) for first, _ in spans] + [(last, 1) for _, last in spans])
    open_now = most = 0
    for _, closes in changes:
        open_now += -1 if closes else 1
        most = max(most, open_now)
    return most
