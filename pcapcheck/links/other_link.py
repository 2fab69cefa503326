"""Is a capture point a pod link of another network than Calico, and which network is that?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import NODE_KINDS, CapturePoint
from pcapcheck.links.link_networks import ELSE, LinkNetworks, looks_like_one_of_several
from pcapcheck.links.pod_like import may_be_pod_link
from pcapcheck.networks import CALICO, Likeness, Network, by_device, by_mac, network_of


def find_likeness(point: CapturePoint) -> Likeness | None:
    """Another network, by the interface's name or by MACs that it gives to its links."""
    network = by_device(point.name)
    if network is not None:
        return Likeness(network)
    sources, destinations = point.macs
    found = by_mac(sources | destinations | point.gateway.macs) if point.kind == "unknown" else None
    return Likeness(*found) if found else None


def find_other_network(
    point: CapturePoint,
    by_name: str | None,
    networks: LinkNetworks,
    claims: Sequence[Claim],
    asked: Iterable[tuple[int, int]],
    pairs: Iterable[tuple[int, int, int]],
) -> Network | None:
    """The network other than Calico's that it is a pod link of; its likeness becomes what shows that."""
    if networks.named not in (None, CALICO):
        named = network_of(str(networks.named))
        if not may_be_pod_link(point, by_name, named, claims):
            return None
        point.likeness = Likeness(named, by="--pack")
        return named
    shared = networks.share_the_gateway
    if shared and point.likeness is None and point.gateway.askers and may_be_pod_link(point, by_name, None, claims):
        point.likeness = Likeness(network_of(shared), by=ELSE)
    likeness = point.likeness
    if likeness is None or point.kind in NODE_KINDS or likeness.network.has_device(point.name):
        return None
    if likeness.network.may_be:
        likeness = looks_like_one_of_several(likeness, point.name, point.groups, claims, asked, networks.shown, pairs)
        point.likeness = likeness
    return None if likeness.network.may_be else likeness.network
