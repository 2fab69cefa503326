"""The sides of a link by addresses, where the text of a capture shows no MACs.

Whoever asks for the gateway is the pod; what has another address comes from the node, on whosever behalf, unless it
is for others than the pod, for whom the node has no reason to send it here: then the pod sends what is not its own.
Else whoever says that an address is at another MAC than the proxy's is the pod: a node asks for none but its pods,
and answers with its own. Else who only sets TTLs as hosts do is the pod, if there is but one, and others show
decremented ones. A machine's link-local address says nothing about its other addresses.
"""

from __future__ import annotations

from collections.abc import Container

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.party_signs import PartySigns, most_at_once
from pcapcheck.links.sides import NODE, POD, DecidedSides, Party, Sides
from pcapcheck.values import LINK_LOCAL6, is_ipv4, is_multicast_address, is_name


def decide_by_address(capture_point: CapturePoint, sides: Sides, addresses: dict[Party, PartySigns]) -> None:
    """The sides of addresses, each version of IP by itself."""
    gateway = capture_point.gateway
    # On a bridge another pod's broadcast is heard too, but its answer is not.
    asked = gateway.answered if gateway.others_answer else gateway.askers
    asking_ips = {ip for number in asked for ip in gateway.askers.get(number, ())}
    # A text may show the MAC of a party only in the frames in which it asks: its address is known all the same.
    known = {
        number for number, group in capture_point.groups.items() if group.by_address and group.address in asking_ips
    }
    askers = sides.parties_of(capture_point, {*asked, *known}) & addresses.keys()
    sides.crowded = sides.crowded or (gateway.others_answer and bool(gateway.askers))
    for parties in _by_version(capture_point).values():
        asking = parties & askers
        sides.folded = sides.folded or most_at_once(addresses[party] for party in asking) > 1
        if asking or sides.crowded:
            sides.parties.update(_by_gateway(capture_point, sides, parties, asking, asking_ips))
        elif len(gateway.others) == 1:
            pods = {party for party in parties if _address_of(capture_point, party) in gateway.others}
            sides.parties.update(_pods_and_others(sides, pods, parties, "arp"))
        elif seeking := _seeking(capture_point, sides, parties):
            sides.parties.update(dict.fromkeys(seeking, (NODE, "arp")))
        else:
            sides.parties.update(_by_ttl(sides, parties, addresses))
    sides.parties.update(dict.fromkeys(askers, (POD, "gateway-arp")))


def _by_version(capture_point: CapturePoint) -> dict[int, set[Party]]:
    """The parties by the version of IP of their addresses, without those that are link-local."""
    versions: dict[int, set[Party]] = {}
    for group in capture_point.groups.values():
        if group.by_address and group.sender is not None:
            ip = group.address
            if ip is None or ip >> 118 != LINK_LOCAL6:
                versions.setdefault(4 if ip is None or is_ipv4(ip) else 6, set()).add(group.sender)
    return versions


def _pods_and_others(sides: Sides, pods: set[Party], parties: set[Party], evidence: str) -> DecidedSides:
    """Pods, and the others as the node's, unless more than one pod or two machines are heard."""
    decided: DecidedSides = dict.fromkeys(pods, (POD, evidence))
    if not sides.folded and not sides.crowded:
        decided.update(dict.fromkeys(parties - pods, (NODE, evidence)))
    return decided


def _by_gateway(
    capture_point: CapturePoint, sides: Sides, parties: set[Party], asking: set[Party], asking_ips: Container[int]
) -> DecidedSides:
    """Whoever asks for the gateway is the pod; so is who sends past it on its link."""
    decided = _pods_and_others(sides, asking, parties, "gateway-arp")
    if asking and not sides.folded and not sides.crowded:
        borrowed = {party for party in parties - asking if _sends_past(capture_point, party, asking_ips)}
        decided.update(dict.fromkeys(borrowed, (POD, "destination")))
    return decided


def _seeking(capture_point: CapturePoint, sides: Sides, parties: set[Party]) -> set[Party]:
    """Who asks for others than the gateway, on a link of Calico: its pods ask for nobody else."""
    if not capture_point.calico:
        return set()
    return sides.parties_of(capture_point, capture_point.gateway.seekers) & parties


def _by_ttl(sides: Sides, parties: set[Party], addresses: dict[Party, PartySigns]) -> DecidedSides:
    """The only one that sets TTLs as hosts do is the pod, if another shows decremented ones."""
    pods = {party for party in parties if addresses[party].original and not addresses[party].routes}
    if len(pods) != 1 or not any(addresses[party].routes for party in parties):
        return {}
    return _pods_and_others(sides, pods, parties, "ttl")


def _sends_past(capture_point: CapturePoint, party: Party, pod_ips: Container[int]) -> bool:
    """Whether all that an address sends on a pod's link is for hosts that are not the pod."""
    sent = [
        group
        for group in capture_point.groups.values()
        if group.by_address and group.sender == party and group.carries == IP_UNICAST
    ]
    return bool(sent) and all(
        group.ip_dst is not None
        and group.ip_dst not in pod_ips
        and not is_name(group.ip_dst)
        and not is_multicast_address(group.ip_dst)
        and group.ip_dst >> 118 != LINK_LOCAL6
        for group in sent
    )


def _address_of(capture_point: CapturePoint, party: Party) -> int | None:
    return next(
        (group.address for group in capture_point.groups.values() if group.by_address and group.sender == party), None
    )
