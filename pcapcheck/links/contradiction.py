"""Contradiction: does what is seen on a link speak against the network that somebody named with --pack?

Names that one plugin alone gives, MACs that one network alone gives, the address that pods have for their gateway, and
whether a link ends in a bridge each leave some networks. If all of it fits others and not the named one, that is not
what the link is of: its rules would blame a pod for what its own network does. Where the evidence speaks against itself
a name may be wrong, and whoever named a network decides.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.link_networks import is_usual, looks_like_one_of_several
from pcapcheck.networks import CALICO, NETWORK_IDS, Likeness, by_link, by_mac, is_of_another, network_of
from pcapcheck.values import is_ipv4

# A link that may be of any network: what is heard decides by itself.
ANY_VETH = Likeness(network_of("veth"))
WITH_VIRTUAL_GATEWAY = frozenset(id_ for id_ in NETWORK_IDS if id_ == CALICO or network_of(id_).virtual_gateway)
ALL = frozenset(NETWORK_IDS)
# In bridge mode its pods have their subnet's gateway (azure-container-networking, bridge_endpointclient_linux.go).
AZURE = "azure-cni"
BRIDGED = frozenset(id_ for id_ in NETWORK_IDS if id_ != CALICO and network_of(id_).is_bridged)


def contradicts(
    named: str,
    point: CapturePoint,
    by_name: str | None,
    proxy_mac: int,
    claims: Sequence[Claim],
    asked: Collection[tuple[int, int]],
    pairs: Sequence[tuple[int, int, int]],
) -> bool:
    """Whether the link shows another network than the ``named`` one (an id), and nothing of that.

    ``by_name`` is the kind that its name says, ``claims`` are those made there; ``asked`` are frame groups with the
    addresses that they asked for, ``pairs`` with senders and receivers.
    """
    left = [_by_name(point, by_name), _by_macs(point, proxy_mac), _by_gateway(point, claims, asked)]
    if left[0] == ALL:
        # How pods reach each other says less than a name.
        left.append(_by_neighbours(point, claims, asked, pairs))
    fitting = ALL.intersection(*left)
    supported = any(named in some for some in left if some != ALL)
    return named not in fitting and (bool(fitting) or not supported)


def _by_name(point: CapturePoint, by_name: str | None) -> frozenset[str]:
    """The networks that give their links such names. Several plugins call theirs veth, and some may be set to."""
    network = by_link(point.name) if point.named_by and is_of_another(point.name) else None
    if network is not None:
        return ALL if network.may_be else frozenset({network.id})
    return frozenset({CALICO}) if by_name == "pod-link" else ALL


def _by_macs(point: CapturePoint, proxy_mac: int) -> frozenset[str]:
    """The networks that give such MACs to the node's ends."""
    sources, destinations = point.macs
    macs = sources | destinations | point.gateway.macs
    if proxy_mac in macs:
        return frozenset({CALICO})
    given = by_mac(macs)
    return frozenset({given[0].id}) if given else ALL


def _by_gateway(point: CapturePoint, claims: Sequence[Claim], asked: Collection[tuple[int, int]]) -> frozenset[str]:
    """The networks whose pods have such a gateway: 169.254.1.1, or one that answered and hands on what it is sent.

    A pod that asks for 169.254.1.1 may be one of AWS or Azure too, which has lost its entry.
    """
    if point.gateway.is_virtual:
        return WITH_VIRTUAL_GATEWAY
    answered = {claim.ip: claim.mac for claim in claims if not claim.own}
    gateways = {
        answered[target]: target
        for number, target in asked
        if number in point.groups and target in answered and is_ipv4(target) and is_usual(target)
    }
    through = any(
        group.carries == IP_UNICAST
        and group.dst in gateways
        and group.ip_dst is not None
        and group.ip_dst != gateways[group.dst]
        for group in point.groups.values()
    )
    return (ALL - WITH_VIRTUAL_GATEWAY) | {AZURE} if through else ALL


def _by_neighbours(
    point: CapturePoint,
    claims: Sequence[Claim],
    asked: Collection[tuple[int, int]],
    pairs: Sequence[tuple[int, int, int]],
) -> frozenset[str]:
    """The networks whose pods reach each other so: over a bridge, or through a gateway that has a usual address.

    Where one asks for a neighbour that is no usual gateway, that may be a node that asks for its pod (AWS), or a pod
    that asks for a gateway with an address of any kind (Cilium).
    """
    found = looks_like_one_of_several(ANY_VETH, "", point.groups, claims, asked, frozenset(), pairs).network
    if found.may_be:
        return ALL
    if not found.is_bridged:
        return ALL - BRIDGED
    return ALL - {id_ for id_ in ALL - BRIDGED - {CALICO} if network_of(id_).usual_gateway}
