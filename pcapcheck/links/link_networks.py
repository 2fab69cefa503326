"""Link networks: which network other than Calico's a capture point's link is of, by the link's own evidence.

Names of links are often those of one plugin alone. Those that begin with veth are not: there what is heard on the link
decides. On a port of a bridge more than two machines speak; behind the ptp plugin even neighbours of one subnet are
reached through the gateway, which a bridge's pods never do (containernetworking/plugins, plugins/main/ptp/ptp.go and
plugins/main/bridge/bridge.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from pcapcheck.calico import find_cali_name, is_calico_tunnel
from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.exchanges.claims import Claim
from pcapcheck.networks import CALICO, KnownNetwork, Likeness, by_device, network_of
from pcapcheck.values import is_ipv4, is_name

LAST_OCTET, LAST_HALF = 0xFF, 0xFFFF
# What shows a network where the link itself does not.
ELSE = "what else was given"
# Docker calls its links so (libnetwork: GenerateIfaceName, seven digits); the plugins' names have eight.
DOCKERS = re.compile(r"veth[0-9a-f]{7}")


class LinkNetworks(Struct, frozen=True):
    """The networks that rules are about (ids), the one that somebody named, and those that others than the link show.

    ``shown`` comes from the names of other capture points and from a node's state. ``shows_calico``: a name is
    Calico's, or the state shows it. ``of_pod`` is the network of the pod whose link this is seen to be by other links.
    ``beside_calico``: the other links of the capture are Calico's, and no other network's.
    """

    judged: frozenset[str] = frozenset({CALICO})
    named: str | None = None
    shown: frozenset[str] = frozenset()
    shows_calico: bool = False
    of_pod: str | None = None
    beside_calico: bool = False

    def beside(self, names: Iterable[str], known: KnownNetwork, prefix: str) -> LinkNetworks:
        """The same where capture points have these names, and this is known of a node's state."""
        given = list(names)
        found = {network.id for name in given if (network := by_device(name)) is not None and not network.may_be}
        calico = known.calico or any(find_cali_name(name, prefix) or is_calico_tunnel(name) for name in given)
        return LinkNetworks(self.judged, self.named, known.others | found, calico)

    @property
    def share_the_gateway(self) -> str | None:
        """The network (id) whose pods reach 169.254.1.1 too, where that is shown and Calico is not."""
        shared = (id_ for id_ in sorted(self.shown) if id_ and network_of(id_).virtual_gateway)
        return None if self.shows_calico else next(shared, None)


def looks_like_one_of_several(
    likeness: Likeness,
    name: str,
    groups: Mapping[int, FrameGroup],
    claims: Sequence[Claim],
    asked: Iterable[tuple[int, int]],
    shown: frozenset[str],
    pairs: Iterable[tuple[int, int, int]] = (),
) -> Likeness:
    """Which of the networks that give their links such names it is; the same likeness if nothing shows it.

    ``claims`` are those that were heard on the link, ``asked`` the addresses that frame groups asked for. ``pairs`` are
    some senders and receivers of packets of frame groups: a group itself keeps but its first.
    """
    if DOCKERS.fullmatch(name):
        return likeness
    for id_ in ("flannel", "bridge", "ptp"):
        if id_ in shown:
            return Likeness(network_of(id_), by=ELSE)
    if len({group.src for group in groups.values() if group.src}) > 2:
        return Likeness(network_of("bridge"), by="more than two machines on it")
    if _ask_for_each_other(groups, claims, asked):
        return Likeness(network_of("bridge"), by="a pod that asks for another")
    if _is_routed(groups, claims, pairs):
        return Likeness(network_of("ptp"), by="neighbours that are reached through the gateway")
    return likeness


def _ask_for_each_other(
    groups: Mapping[int, FrameGroup], claims: Sequence[Claim], asked: Iterable[tuple[int, int]]
) -> bool:
    """Whether one of two neighbours asks for the other, and neither has an address that gateways have."""
    own: dict[int, set[int]] = {}
    for claim in claims:
        own.setdefault(claim.mac, set()).add(claim.ip)
    return any(
        is_ipv4(asker) and asker >> 8 == target >> 8 and not is_usual(target)
        for number, target in asked
        if number in groups and not any(map(is_usual, own.get(groups[number].src or 0, ())))
        for asker in own.get(groups[number].src or 0, ())
    )


def _is_routed(
    groups: Mapping[int, FrameGroup], claims: Sequence[Claim], pairs: Iterable[tuple[int, int, int]]
) -> bool:
    """Whether a neighbour is reached through the gateway: an address that is nearer to the pod's than the gateway's is.

    The pod's subnet holds the gateway's address, and so all that is nearer. On a bridge the pod would ask for it.
    Who asks says its address as well as who answers: a gateway that asks for the pod first is asked by nobody.
    """
    known = {claim.mac: claim.ip for claim in claims if is_ipv4(claim.ip) and (is_usual(claim.ip) or not claim.own)}
    first = ((number, group.ip_src, group.ip_dst) for number, group in groups.items())
    for number, pod, peer in chain(first, pairs):
        group = groups.get(number)
        if group is None or group.carries != IP_UNICAST or group.dst is None:
            continue
        gateway = known.get(group.dst)
        if gateway is None or pod is None or peer is None or not is_ipv4(pod) or not is_ipv4(peer):
            continue
        if peer not in (gateway, pod) and (pod ^ peer).bit_length() <= (pod ^ gateway).bit_length():
            return True
    return False


def is_usual(address: int) -> bool:
    """Whether an address may be a gateway that nobody chose: the first of a subnet.

    Source: containernetworking/plugins, plugins/ipam/host-local/backend/allocator/range.go, Canonicalize.
    """
    if is_name(address):
        return False
    return address & (LAST_OCTET if is_ipv4(address) else LAST_HALF) == 1
