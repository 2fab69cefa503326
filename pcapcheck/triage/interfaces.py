"""Names of interfaces that commands need: the node's network card, and pods' links that only a list of pods shows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pcapcheck.calico import cali_name, parse_pod
from pcapcheck.links.point_facts import INTERFACE_NAME, UNNAMED, PointFacts
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.values import Value

if TYPE_CHECKING:
    from pcapcheck.nodestate.host import Host
    from pcapcheck.triage.pods import Pods


def recorded_nic(judgement: Judgement, point: PointFacts | None) -> str | None:
    """The card that was recorded on the host of a pod's link; None if it is not known to be one."""
    nics = [
        point.capture_point for point in judgement.points if point.kind == "host-nic" and point.capture_point.named_by
    ]
    here = [
        capture_point for capture_point in nics if point is not None and capture_point.key[0] == point.key[0]
    ] or nics
    names = {capture_point.name for capture_point in here if INTERFACE_NAME.fullmatch(capture_point.name)}
    return names.pop() if len(names) == 1 else None


def default_nic(node: Host | None) -> str | None:
    """By which card a node's default route leads; None if that is not shown, or several do."""
    routes = node.routes if node is not None else []
    names = {route.dev for route in routes if route.is_default and route.table == "main" and route.dev}
    return names.pop() if len(names) == 1 else None


def name_links(packet_evidence: dict[str, Value | None], pods: Pods | None, prefix: str) -> None:
    """Fill in names of links that neither captures nor state show: Calico derives them from the pods' names."""
    for address, column in (("pod", "interface"), ("dst", "dst.interface")):
        held = packet_evidence.get(address)
        if pods is None or not isinstance(held, int) or packet_evidence.get(column) not in (None, UNNAMED):
            continue
        name = pods.by_address(held)
        # If two pods have an address, neither is meant.
        if name is None or " " in name:
            continue
        # A list of pods may be anybody's: what Kubernetes would not take as a name has no cali interface.
        with suppress(ValueError):
            packet_evidence[column] = cali_name(*parse_pod(name), prefix)
