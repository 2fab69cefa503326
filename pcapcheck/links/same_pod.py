"""Same pod: a capture point without a telling name is a pod's link if its pod was heard on a link that has one.

Inside every pod the interface is called eth0, and with ``-i any`` interfaces are numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.networks import CALICO, network_of
from pcapcheck.values import is_multicast_mac


def homes_of_pods(points: Iterable[PointFacts]) -> dict[int, str]:
    """The networks (ids) other than Calico's by the MACs of their pods, as their links show them."""
    return {
        mac: point.network
        for point in points
        if point.kind == "pod-link" and point.network is not None and point.network != CALICO
        for mac in point.pod_macs
    }


def network_of_pods(capture_point: CapturePoint, homes: Mapping[int, str]) -> str | None:
    """The network (its id) of the pod that all unicast frames here are from or to; ``homes`` are those of all pods."""
    every = [{group.src, group.dst} for group in capture_point.groups.values() if group.src]
    ends = [end for end in every if not any(mac is not None and is_multicast_mac(mac) for mac in end)]
    if not ends or any(None in end for end in ends):
        # A cooked capture has no destinations, and a pod that lacks its gateway's MAC sends to all: a pod's MAC is on
        # its own link alone, unless that ends in a bridge.
        ends = ends or every
        there = {homes[mac] for end in ends for mac in end if mac is not None and mac in homes}
        networks = {id_ for id_ in there if not network_of(id_).is_bridged}
    else:
        common = set.intersection(*ends) if ends else set()
        networks = {id_ for mac in common if (id_ := homes.get(mac or 0)) is not None}
    return networks.pop() if len(networks) == 1 else None
