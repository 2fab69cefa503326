"""Names of interfaces that commands need: the node's network card, and pods' links that only a list of pods tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.calico import cali_name, parse_pod
from pcapcheck.links.point_facts import INTERFACE_NAME, UNNAMED, PointFacts
from pcapcheck.nodestate.host import Host
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.values import Value

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods


def recorded_nic(result: Judgement, point: PointFacts | None) -> str | None:
    """The card that was recorded on the host of a pod's link; None where it is not known to be one."""
    nics = [one.capture_point for one in result.points if one.kind == "host-nic" and one.capture_point.named_by]
    here = [one for one in nics if point is not None and one.key[0] == point.key[0]] or nics
    names = {one.name for one in here if INTERFACE_NAME.fullmatch(one.name)}
    return names.pop() if len(names) == 1 else None


def default_nic(node: Host | None) -> str | None:
    """By which card a node's default route leads; None where that is not told, or several do."""
    routes = node.routes if node is not None else []
    names = {one.dev for one in routes if one.is_default and one.table == "main" and one.dev}
    return names.pop() if len(names) == 1 else None


def name_links(packet_evidence: dict[str, Value | None], pods: Pods | None, prefix: str) -> None:
    """Fill in names of links that neither captures nor state tell: Calico makes them of the pods' names."""
    for address, column in (("pod", "interface"), ("dst", "dst.interface")):
        held = packet_evidence.get(address)
        if pods is None or not isinstance(held, int) or packet_evidence.get(column) not in (None, UNNAMED):
            continue
        name = pods.by_address(held)
        # Of an address that two pods have neither is meant.
        if name is not None and " " not in name:
            packet_evidence[column] = cali_name(*parse_pod(name), prefix)
