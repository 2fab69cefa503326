"""What kind of interface a capture point is; of a pod link, its network too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from pcapcheck.calico import kind_of_name
from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.calico_link import name_calico_link, shown_calico
from pcapcheck.links.capture_points import NODE_KINDS, CapturePoint
from pcapcheck.links.link_networks import ELSE, LinkNetworks
from pcapcheck.links.numbered_nics import leads_to_routers
from pcapcheck.links.other_link import find_likeness, find_other_network
from pcapcheck.links.pod_like import may_be_pod_link
from pcapcheck.networks import CALICO, NOTHING_KNOWN, PACK, KnownNetwork, Likeness, network_of


def decide_kind(
    point: CapturePoint,
    proxy_mac: int,
    prefix: str,
    known: KnownNetwork = NOTHING_KNOWN,
    networks: LinkNetworks = LinkNetworks(),  # noqa: B008 (it cannot change)
    claims: Sequence[Claim] = (),
    asked: Collection[tuple[int, int]] = (),
    pairs: Iterable[tuple[int, int, int]] = (),
) -> None:
    """A pod link is one that something shows to be of a network that rules are about; names show the other kinds.

    Rules are about pod links of their own network. So that no network is held to what another does, this is the one
    place where a capture point becomes one. What somebody named is not what it is if everything there shows another
    network. ``claims`` are those made there, ``asked`` the frame groups of its capture
    with the addresses that they asked for, ``pairs`` its groups with senders and receivers.
    """
    by_name = kind_of_name(point.name, prefix) if point.named_by else None
    point.calico = point.contradicts = None
    if networks.named is not None:
        # Loaded only where somebody named a network.
        from pcapcheck.links.contradiction import contradicts

        pairs = list(pairs)
        network = None if networks.named == CALICO else network_of(networks.named)
        if may_be_pod_link(point, by_name, network, claims) and contradicts(
            networks.named, point, by_name, proxy_mac, claims, asked, pairs
        ):
            point.contradicts, networks = networks.named, replace(networks, named=None)
    if networks.named in (None, CALICO):
        point.calico = shown_calico(point, by_name, proxy_mac, known, networks)
        if point.calico is None and networks.named == CALICO and may_be_pod_link(point, by_name, None, claims):
            point.calico = PACK
    if networks.of_pod is not None:
        point.calico, point.kind, point.network = None, "pod-link", networks.of_pod
        point.likeness = Likeness(network_of(networks.of_pod), by=ELSE)
        return
    if point.calico:
        point.kind, point.network = "pod-link", CALICO
        name_calico_link(point, prefix, known)
        return
    point.kind = by_name if by_name in NODE_KINDS else "unknown"
    point.likeness = find_likeness(point)
    other = find_other_network(point, by_name, networks, claims, asked, pairs)
    if other is not None:
        point.network = other.id
        point.kind = "pod-link" if other.id in networks.judged else point.kind
    elif networks.beside_calico and leads_to_routers(point, claims):
        point.kind = "host-nic"
