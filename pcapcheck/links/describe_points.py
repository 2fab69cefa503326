"""Describe capture points once whole captures are read: kind, end, sides, pod, and where silence proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.exchanges.claims import Claim
from pcapcheck.exchanges.expiry import pings_expired, probes_unanswered
from pcapcheck.exchanges.paired_kinds import KINDS
from pcapcheck.links.capture_points import CapturePoint, PointKey, capture_points_of
from pcapcheck.links.facts import Facts
from pcapcheck.links.find_sides import find_sides
from pcapcheck.links.fuller_recordings import without_the_gaps
from pcapcheck.links.link_networks import LinkNetworks
from pcapcheck.links.numbered_nics import is_numbered
from pcapcheck.links.point_end import find_end
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.point_kind import decide_kind
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.links.recorded_elsewhere import with_recorded_elsewhere
from pcapcheck.links.same_pod import homes_of_pods, network_of_pods
from pcapcheck.links.sides import POD, Sides, both_ways
from pcapcheck.links.silence import silence_of
from pcapcheck.links.twins import recorded_twice
from pcapcheck.links.usual_gateway import add_usual_gateway
from pcapcheck.networks import CALICO, NETWORKS, NOTHING_KNOWN, KnownNetwork, network_of
from pcapcheck.table_names import DNS, ECHO
from pcapcheck.values import LINK_LOCAL6, is_ipv4, is_link_local, is_multicast_address, is_name

# This share of DNS responses says what is usual; the rest may be names that a server has to ask for far away.
USUAL = 0.95
# The networks whose links have the same names.
SEVERAL = frozenset(id_ for network in NETWORKS for id_ in network.may_be)
# Of a network that leaves the MACs of its nodes' ends to chance.
NO_MAC = -1


def describe_points(captures: list[Capture], reading: Reading, known: KnownNetwork = NOTHING_KNOWN) -> Facts:
    """The facts about all capture points; ``known`` is what a node's state says of the network."""
    has_no_name = any(capture.exchanges.gateway_talk for capture in captures)
    found: list[tuple[CapturePoint, Capture]] = []
    for capture in captures:
        given = reading.scope.names_for(capture.path)
        capture_points = capture_points_of(
            capture.number, capture.source, capture.interfaces, capture.groups, given, reading.prefix
        )
        for capture_point in capture_points.values():
            capture_point.name_by_number(known.devices)
            _add_gateway_talk(capture_point, capture, reading, has_no_name)
            found.append((capture_point, capture))
    networks = reading.networks.beside([point.name for point, _ in found if point.named_by], known, reading.prefix)
    unnamed = replace(networks, named=None)
    by_themselves = _shown_by_themselves(found, reading, known, unnamed) if networks.named else set()
    described = {}
    for point, capture in found:
        here = unnamed if point.key[0] in by_themselves and is_numbered(point) else networks
        described[point.key] = _describe(point, capture, reading, known, here)
    shown = {point.network for point in described.values() if point.network in SEVERAL}
    if len(shown) == 1:
        # Links with such names are of one plugin on a node.
        alike = replace(networks, shown=networks.shown | {str(*shown)})
        for capture_point, capture in found:
            if capture_point.likeness is not None and capture_point.likeness.network.may_be:
                described[capture_point.key] = _describe(capture_point, capture, reading, known, alike)
    homes = homes_of_pods(described.values())
    for capture_point, capture in found if homes else ():
        network = network_of_pods(capture_point, homes) if capture_point.is_nameless else None
        if network is not None:
            of_pod = replace(networks, of_pod=network)
            described[capture_point.key] = _describe(capture_point, capture, reading, known, of_pod)
    beside_calico = _captures_of_calico(described)
    for capture_point, capture in found:
        if capture_point.kind == "unknown" and is_numbered(capture_point) and capture.number in beside_calico:
            beside = replace(unnamed, beside_calico=True)
            described[capture_point.key] = _describe(capture_point, capture, reading, known, beside)
    reading.scope.check_names(point.capture_point for point in described.values())
    judged = reading.scope.select(list(described.values()), reading.prefix)
    twice = list(recorded_twice(captures, [point for key, point in described.items() if key in judged]))
    judged -= {point.key for point, _ in twice}
    described = without_the_gaps(described.values(), judged, captures)
    described = with_recorded_elsewhere(described, captures)
    points = {key: replace(point, judged=key in judged) for key, point in described.items()}
    return Facts(points, known=known, twice=[(points[point.key], points[original.key]) for point, original in twice])


def _shown_by_themselves(
    found: list[tuple[CapturePoint, Capture]], reading: Reading, known: KnownNetwork, networks: LinkNetworks
) -> set[int]:
    """The captures of ``-i any`` in which links show by themselves that they are of the network that somebody named.

    So --pack need not decide there, and what shows nothing, like a NIC with one host behind it, is none of them.
    """
    named = reading.networks.named
    return {
        point.key[0]
        for point, capture in found
        if is_numbered(point) and _describe(point, capture, reading, known, networks).network == named
    }


def _captures_of_calico(described: dict[PointKey, PointFacts]) -> set[int]:
    """The captures whose pods' links are Calico's, and whose other interfaces look like no other network's."""
    networks: dict[int, set[str | None]] = {}
    for key, point in described.items():
        likeness = point.capture_point.likeness
        networks.setdefault(key[0], set()).add(point.network or (likeness.network.id if likeness else None))
    return {number for number, shown in networks.items() if shown - {None} == {CALICO}}


def _add_gateway_talk(capture_point: CapturePoint, capture: Capture, reading: Reading, has_no_name: bool) -> None:
    """Add who asks for the gateway and who answers; ``has_no_name``: some capture shows the gateway by its address."""

    def maybe_gateway(address: int) -> bool:
        """A name may be the gateway's, unless its address shows which machine that is."""
        return is_name(address) and not has_no_name

    talk = capture.exchanges.gateway_talk.get((capture_point.interface.number, capture_point.key[2]))
    if talk:
        capture_point.gateway = talk
    gateway = capture_point.gateway
    claims = capture.exchanges.claims.at(capture_point.key[1:])
    gateway.macs = {claim.mac for claim in claims if claim.ip in reading.gateways}
    gateway.others_answer = _others_answer(claims, capture_point, reading.gateways)
    gateway.others = {
        claim.ip
        for claim in claims
        if claim.mac not in {reading.proxy_mac, *gateway.macs} and not maybe_gateway(claim.ip)
    } - reading.gateways
    gateway.seekers = {
        group
        for group, target in capture.exchanges.asked
        if group in capture_point.groups and not maybe_gateway(target)
    }
    gateway.is_virtual = bool(gateway.askers) and all(map(is_link_local, reading.gateways))
    gateway.icmp_error_groups = capture.exchanges.paired.ending_errors.groups & capture_point.groups.keys()


def _others_answer(claims: list[Claim], capture_point: CapturePoint, gateways: frozenset[int]) -> bool:
    known = capture_point.gateway.macs
    askers = {ip for asking in capture_point.gateway.askers.values() for ip in asking}
    return any(not claim.own and claim.mac not in known and claim.ip not in gateways | askers for claim in claims)


def _describe(
    capture_point: CapturePoint, capture: Capture, reading: Reading, known: KnownNetwork, networks: LinkNetworks
) -> PointFacts:
    """Decide kind, end, sides, the pod's addresses and the silence of one capture point."""
    claims, given_mac = capture.exchanges.claims.at(capture_point.key[1:]), NO_MAC
    asked, pairs = capture.exchanges.asked, _pairs(capture_point, capture)
    decide_kind(capture_point, reading.proxy_mac, reading.prefix, known, networks, claims, asked, pairs)
    point = PointFacts(capture_point)
    assumptions: list[Sides] = []
    if capture_point.kind == "pod-link":
        if capture_point.network != CALICO:
            network = network_of(str(capture_point.network))
            add_usual_gateway(capture_point, network, claims, capture.exchanges.asked)
            given_mac = next(iter(network.macs), NO_MAC)
        end = find_end(capture_point, reading.prefix)
        at_home = frozenset(ip for ip, name in known.homes.items() if name == capture_point.name)
        own_mac = reading.proxy_mac if capture_point.network == CALICO else given_mac
        sides = find_sides(capture_point, end, own_mac, at_home)
        if end is None and sides.by_direction:
            pod_directions = [party for party, (side, _) in sides.parties.items() if side == POD]
            if len(pod_directions) == 1:
                end = capture_point.node_end if pod_directions[0] == "in" else POD
        point = _with_pod(capture_point, end, sides)
        assumptions = both_ways(capture_point, sides)
    silence = silence_of(point, capture, reading, known)
    latencies = {
        group: latency
        for (table, group), sums in capture.tallies.items()
        if table == DNS and (latency := sums.durations.quantile(USUAL)) is not None
    }
    printed = capture_point.interface.printed
    probes = frozenset[int]()
    tallies = (capture.tallies.get((ECHO, group)) for group in capture_point.groups)
    if any(sums is not None and sums.outcomes["unanswered"] for sums in tallies):
        # Bins take memory once they are looked up.
        probes = probes_unanswered(capture.exchanges.paired.settled(ECHO).of_groups(capture_point.groups))
    return replace(
        point,
        silence=silence,
        dns_latencies=latencies,
        pings_expired=pings_expired(capture.exchanges.paired) if printed else frozenset(),
        probes_unanswered=probes,
        alternatives=[
            replace(
                _with_pod(capture_point, point.end, assumed),
                silence=silence,
                dns_latencies=latencies,
                probes_unanswered=probes,
            )
            for assumed in assumptions
        ],
    )


def _pairs(capture_point: CapturePoint, capture: Capture) -> Iterator[tuple[int, int, int]]:
    """Senders and receivers of some questions that were heard there, with their frame groups."""
    for kind in KINDS:
        for some in capture.exchanges.paired.settled(kind.table).of_groups(capture_point.groups):
            for row in some.telling:
                yield row.group, row.src, row.dst


def _foreign_sources(capture_point: CapturePoint, sides: Sides) -> set[int]:
    """Of a text without MACs the sources of a link's pod that are not its own addresses.

    With another of that version of IP it asks for its gateway, and nobody sends to these. (With MACs, the first source
    counts.)
    """
    asking = {ip for ips in capture_point.gateway.askers.values() for ip in ips}
    if not asking or sides.folded or sides.crowded:
        return set()
    versions = set(map(is_ipv4, asking))
    groups = capture_point.groups.values()
    sources = {group.source for group in groups if group.by_address and sides.of(group)[0] == POD}
    return {
        ip
        for ip in sources - asking - {group.ip_dst for group in groups if sides.of(group)[0] != POD}
        if ip is not None and not is_name(ip) and is_ipv4(ip) in versions
    }


def _with_pod(capture_point: CapturePoint, end: str | None, sides: Sides) -> PointFacts:
    """A pod link with its pod, which has the MACs that it sends from and the addresses that it asks or sends from."""
    macs: set[int] = set()
    strangers: set[int] = set()
    pods: dict[int | None, set[int]] = {}
    for number, group in capture_point.groups.items():
        side = sides.of(group)[0]
        if side is None and group.src:
            strangers.add(group.src)
        if side != POD:
            continue
        if group.src:
            macs.add(group.src)
        ips = pods.setdefault(group.src or None, set())
        ips |= capture_point.gateway.askers.get(number, set())
        if group.carries == IP_UNICAST and group.source is not None and not is_multicast_address(group.source):
            ips.add(group.source)
    times = [group.first for group in capture_point.groups.values() if group.src in macs and group.first is not None]
    foreign = _foreign_sources(capture_point, sides)
    own = {mac: frozenset(ip for ip in ips - foreign if ip >> 118 != LINK_LOCAL6) for mac, ips in pods.items()}
    return PointFacts(
        capture_point,
        end,
        sides,
        pod_macs=frozenset(macs),
        pod_ips=frozenset[int]().union(*own.values()),
        pods=own,
        pod_heard=min(times, default=None),
        strangers=frozenset(strangers),
    )
