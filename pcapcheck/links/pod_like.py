"""Does a pod speak here? What an interface hears shows it, where a name does not: eth0 in a pod, a number of -i any.

A pod sends from one address, with the TTL that hosts set. Who forwards what pods send, as a node does on its NIC, sends
from several addresses and with decremented TTLs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import TTL_DECREMENTED
from pcapcheck.exchanges.claims import Claim
from pcapcheck.values import is_ipv4, is_multicast_mac

IP = "ip-unicast"


def may_be_of_a_pod(groups: Collection[FrameGroup], claims: Iterable[Claim], is_bridged: bool) -> bool:
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


def _addresses(groups: Iterable[FrameGroup], claims: Iterable[Claim]) -> dict[int, set[int]]:
    """The IPv4 addresses that MACs send from or claim."""
    found: dict[int, set[int]] = {}
    for claim in claims:
        if is_ipv4(claim.ip):
            found.setdefault(claim.mac, set()).add(claim.ip)
    for group in groups:
        if group.src is not None and group.carries == IP and group.ip_src is not None and is_ipv4(group.ip_src):
            found.setdefault(group.src, set()).add(group.ip_src)
    return found


def _forwards(mac: int, own: set[int], groups: Iterable[FrameGroup]) -> bool:
    """Whether packets come from a machine with a decremented TTL, or go to it for other addresses than its own."""
    return any(
        (group.src == mac and group.ttl == TTL_DECREMENTED)
        or (group.dst == mac and group.ip_dst is not None and group.ip_dst not in own)
        for group in groups
        if group.carries == IP
    )


def _concerns(mac: int, group: FrameGroup) -> bool:
    """Whether frames for one machine are from or for this one; where destinations are unknown, directions show it."""
    if group.dst is None:
        return group.src == mac or group.direction == "out"
    return mac in (group.src, group.dst) or is_multicast_mac(group.dst)
