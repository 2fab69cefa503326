"""Calico's WorkloadEndpoints (``calicoctl get wep -o yaml`` or ``json``): pods, their nodes and addresses."""

from __future__ import annotations

from collections.abc import Mapping

from pcapcheck.nodestate.numbers import network
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import PodEntry
from pcapcheck.values import clean

ENDPOINT = "WorkloadEndpoint"


def pod_of_endpoint(document: Mapping[str, object], line: Line) -> PodEntry | None:
    """The pod that an endpoint is of, with the first of its addresses; None of another workload."""
    spec, metadata = document.get("spec"), document.get("metadata")
    if not isinstance(spec, Mapping) or not isinstance(metadata, Mapping):
        return None
    name, namespace, node, networks = (
        spec.get("pod"),
        metadata.get("namespace"),
        spec.get("node"),
        spec.get("ipNetworks"),
    )
    if not isinstance(name, str) or not name:
        return None
    first = networks[0] if isinstance(networks, list) and networks else None
    held = network(first) if isinstance(first, str) else None
    return PodEntry(
        clean(name),
        line,
        clean(namespace) if isinstance(namespace, str) else None,
        held[0] if held else None,
        node if isinstance(node, str) else None,
    )
