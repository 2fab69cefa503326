"""The usual gateway: who asks for it on pod links of networks whose gateway's address no rule names.

Whoever hands out addresses takes the first of the pods' subnet as the gateway's, unless somebody says otherwise
(containernetworking/plugins, plugins/ipam/host-local/backend/allocator/range.go, Canonicalize). So who asks for an
address that ends in 1, from another one, is a pod, and who has it is the node.

Where the gateway is an address of the plugin's own that nobody has, like fe80::1 on AWS, who asks for it is a pod too.
Elsewhere an end of the link that asks for an address that nobody there has, while the other end asks for this one's
own, is a pod in search of its gateway: a node asks for its pods alone. So is one that is alone there: inside a pod,
which would answer its node; where its frames come in to the node; or if it asks for a neighbour, as pods do for the
gateway of their subnet. (A node asks from the address of its first interface, as Cilium's routes to endpoints name no
source: cilium/cilium, pkg/datapath/linux/route; kernel, net/ipv4/devinet.c, inet_select_addr.) And who has an address
and is sent packets for another is a gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.link_networks import is_usual
from pcapcheck.networks import Network
from pcapcheck.values import is_ipv4

# What its interface is called inside every pod.
OF_PODS = "eth0"


def add_usual_gateway(
    capture_point: CapturePoint, network: Network, claims: Sequence[Claim], asked: Iterable[tuple[int, int]]
) -> None:
    """Add who asked for the gateway, and who answered, unless the gateway that rules name was asked for.

    ``claims`` are those made there, ``asked`` the frame groups of its capture with the addresses that they asked for.
    """
    talk, groups = capture_point.gateway, capture_point.groups
    if talk.askers:
        return
    wanted = [(group, target) for group, target in asked if group in groups and groups[group].src]
    if network.virtual_gateway and not any(target in network.gateways for _, target in wanted):
        return
    own: dict[int, set[int]] = {}
    for claim in claims:
        if claim.own or not network.usual_gateway:
            own.setdefault(claim.mac, set()).add(claim.ip)
    answers = {claim.ip: claim.mac for claim in claims if not claim.own}
    gateways: set[int] = set()
    if network.virtual_gateway:
        pods = [(group, target) for group, target in wanted if target in network.gateways]
    elif network.usual_gateway:
        gateways = {mac for mac, ips in own.items() if any(map(is_usual, ips))}
        pods = [(group, target) for group, target in wanted if is_usual(target) and groups[group].src not in gateways]
    else:
        pods = _in_search(capture_point, wanted, own)
    talk.seekers = {group for group, _ in wanted} - {group for group, _ in pods}
    for number, target in pods:
        talk.askers.setdefault(number, set()).update(own.get(groups[number].src or 0, ()))
        if target in answers:
            talk.answered.add(number)
            gateways.add(answers[target])
    if not network.is_bridged:
        gateways |= _forwarding(capture_point, claims)
    talk.macs |= gateways
    talk.answerers |= {number for number, group in groups.items() if group.src in gateways}


def _forwarding(capture_point: CapturePoint, claims: Sequence[Claim]) -> set[int]:
    """The MAC that has an address and is sent packets for another: the gateway's, if that is true of one alone."""
    claimed: dict[int, set[int]] = {}
    for claim in claims:
        claimed.setdefault(claim.mac, set()).add(claim.ip)
    found = {
        group.dst
        for group in capture_point.groups.values()
        if group.carries == IP_UNICAST
        and group.dst in claimed
        and group.ip_dst is not None
        and is_ipv4(group.ip_dst)
        and group.ip_dst not in claimed[group.dst]
    }
    return found if len(found) == 1 else set()


def _in_search(
    capture_point: CapturePoint, wanted: list[tuple[int, int]], own: dict[int, set[int]]
) -> list[tuple[int, int]]:
    """The groups that ask for what nobody here has, if those of the other end ask for what this end has."""
    held = set[int]().union(*own.values())
    in_vain = [(group, target) for group, target in wanted if target not in held]
    askers = {capture_point.groups[group].src for group, _ in in_vain}
    others = {target for group, target in wanted if capture_point.groups[group].src not in askers}
    if len(askers) != 1:
        return []
    addresses = own.get(next(iter(askers)) or 0, set())
    if others:
        return in_vain if others <= addresses else []
    is_alone = {group.src for group in capture_point.groups.values()} == askers
    return in_vain if is_alone and _asks_as_a_pod(capture_point, in_vain, addresses) else []


def _asks_as_a_pod(capture_point: CapturePoint, asked: list[tuple[int, int]], addresses: set[int]) -> bool:
    """Whether who asks is a pod, where nobody else is heard; ``addresses`` are its own."""
    directions = {capture_point.groups[group].direction for group, _ in asked}
    if directions != {None}:
        # On the node they come in. What goes out may be a pod's own, or its node's.
        return directions == {"in"}
    if capture_point.named_by and capture_point.name == OF_PODS:
        return True
    return all(is_ipv4(target) and any(own >> 8 == target >> 8 for own in addresses) for _, target in asked)
