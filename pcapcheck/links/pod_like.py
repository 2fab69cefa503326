"""Does a pod speak here? What an interface hears shows it, where a name does not: eth0 in a pod, a number of -i any.

A pod sends from one address, with the TTL that hosts set. Who forwards what pods send, as a node does on its NIC, sends
from several addresses and with decremented TTLs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pcapcheck.calico import is_machines_own
from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import TTL_DECREMENTED
from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.networks import Network, by_device
from pcapcheck.values import is_ipv4, is_multicast_mac


def may_be_pod_link(point: CapturePoint, by_name: str | None, network: Network | None, claims: Sequence[Claim]) -> bool:
    """Whether a link may be a pod's where somebody says which network it is of (None: Calico's).

    Inside a pod it is called eth0, as NICs are, and of a machine's interfaces that only have numbers, some are no
    pods'. ``by_name`` is the kind that the name says, ``claims`` are those made there.
    """
    device = by_device(point.name) if point.named_by else None
    if by_name == "host-nic" or (point.key[2] is not None and not point.named_by):
        if point.named_by and is_machines_own(point.name):
            return False
        is_bridged = network is not None and network.is_bridged
        return bool(point.gateway.askers) or _may_be_of_a_pod(point.groups.values(), claims, is_bridged)
    if network is not None and not network.is_bridged and not point.named_by and _is_crowded(point):
        return False
    return by_name != "tunnel" and (device is None or device.has_link(point.name))


def _is_crowded(point: CapturePoint) -> bool:
    """Whether more than two machines are heard, which a pod's link does not have: links in one recording."""
    return len(point.macs[0] - {None}) > 2


def _may_be_of_a_pod(groups: Collection[FrameGroup], claims: Sequence[Claim], is_bridged: bool) -> bool:
    """Whether what was heard at a capture point may be that of one pod's link, ``is_bridged``: of one in a bridge.

    ``claims`` are those of the capture point. Between a pod and its node there are two machines; what others on a
    bridge say to all is heard by a pod too, but what is for one is the pod's own.
    """
    addresses = _addresses(groups, claims)
    macs = {group.src for group in groups if group.src is not None}
    pods = {mac for mac in macs if len(addresses.get(mac, ())) == 1 and not _forwards(mac, addresses[mac], groups)}
    if not is_bridged:
        return len(macs) <= 2 and bool(pods)
    return any(all(_concerns(mac, group) for group in groups) for mac in pods)


def _addresses(groups: Iterable[FrameGroup], claims: Sequence[Claim]) -> dict[int, set[int]]:
    """The IPv4 addresses that MACs send from or claim."""
    found: dict[int, set[int]] = {}
    for claim in claims:
        if is_ipv4(claim.ip):
            found.setdefault(claim.mac, set()).add(claim.ip)
    for group in groups:
        if group.src is not None and group.carries == IP_UNICAST and group.ip_src is not None and is_ipv4(group.ip_src):
            found.setdefault(group.src, set()).add(group.ip_src)
    return found


def _forwards(mac: int, own: set[int], groups: Iterable[FrameGroup]) -> bool:
    """Whether packets come from a machine with a decremented TTL, or go to it for other addresses than its own."""
    return any(
        (group.src == mac and group.ttl == TTL_DECREMENTED)
        or (group.dst == mac and group.ip_dst is not None and group.ip_dst not in own)
        for group in groups
        if group.carries == IP_UNICAST
    )


def _concerns(mac: int, group: FrameGroup) -> bool:
    """Whether frames for one machine are from or for this one; where destinations are unknown, directions show it."""
    if group.dst is None:
        return group.src == mac or group.direction == "out"
    return mac in (group.src, group.dst) or is_multicast_mac(group.dst)
