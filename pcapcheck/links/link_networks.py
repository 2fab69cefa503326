"""Link networks: which network other than Calico's a capture point's link is of, by the link's own evidence.

Names of links are often those of one plugin alone. Those that begin with veth are not: there what is heard on the link
decides. On a port of a bridge more than two machines speak; behind the ptp plugin even neighbours of one subnet are
reached through the gateway, which a bridge's pods never do (containernetworking/plugins, plugins/main/ptp/ptp.go and
plugins/main/bridge/bridge.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.exchanges.claims import Claim
from pcapcheck.networks import CALICO, Likeness, Network, by_device, network_of
from pcapcheck.values import is_ipv4

# Docker calls its links so (libnetwork: GenerateIfaceName, seven digits); the plugins' names have eight.
DOCKERS = re.compile(r"veth[0-9a-f]{7}")


class LinkNetworks(Struct, frozen=True):
    """The networks that rules are about (ids), the one that somebody named, and those that others than the link show.

    ``shown`` comes from the names of other capture points and from a node's state.
    """

    judged: frozenset[str] = frozenset({CALICO})
    named: str | None = None
    shown: frozenset[str] = frozenset()

    def beside(self, names: Iterable[str], described: frozenset[str]) -> LinkNetworks:
        """The same where capture points have these names, and a node's state describes these networks."""
        found = {network.id for name in names if (network := by_device(name)) is not None and not network.may_be}
        return LinkNetworks(self.judged, self.named, described | found)


def looks_like_one_of_several(
    likeness: Likeness, name: str, groups: Iterable[FrameGroup], claims: list[Claim], shown: frozenset[str]
) -> Likeness:
    """Which of the networks that give their links such names it is; the same likeness if nothing shows it.

    ``claims`` are those that were heard on the link.
    """
    if DOCKERS.fullmatch(name):
        return likeness
    for id_ in ("flannel", "bridge", "ptp"):
        if id_ in shown:
            return Likeness(network_of(id_), by="what else was given")
    heard = list(groups)
    if len({group.src for group in heard if group.src}) > 2:
        return Likeness(network_of("bridge"), by="more than two machines on it")
    if _is_routed(heard, claims):
        return Likeness(network_of("ptp"), by="neighbours that are reached through the gateway")
    return likeness


def _is_routed(groups: list[FrameGroup], claims: list[Claim]) -> bool:
    """Whether a neighbour is reached through the gateway: an address that is nearer to the pod's than the gateway's is.

    The pod's subnet holds the gateway's address, and so all that is nearer. On a bridge the pod would ask for it.
    """
    answered = {claim.mac: claim.ip for claim in claims if not claim.own and is_ipv4(claim.ip)}
    for group in groups:
        gateway = answered.get(group.dst) if group.dst is not None else None
        pod, peer = group.ip_src, group.ip_dst
        if group.carries != "ip-unicast" or gateway is None or pod is None or peer is None or not is_ipv4(pod):
            continue
        if peer not in (gateway, pod) and (pod ^ peer).bit_length() <= (pod ^ gateway).bit_length():
            return True
    return False


def named_network(name: str) -> Network | None:
    """The network that somebody named; None if that is Calico's."""
    return None if name == CALICO else network_of(name)
