"""Objects of the kind Node, Calico's and Kubernetes': by which address Calico knows a node, and Kubernetes does.

Calico: libcalico-go/lib/apis/v3/node.go; libcalico-go/lib/backend/k8s/resources/node.go (the annotations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pcapcheck.nodestate.node_facts import NodeAddresses
from pcapcheck.nodestate.numbers import address
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

KIND = "Node"
FORM = "the cluster's Node"
ANNOTATIONS = ("projectcalico.org/IPv4Address", "projectcalico.org/IPv6Address")
OWN = ("ipv4Address", "ipv6Address")
THEIRS = ("InternalIP", "ExternalIP")
MOST_KEPT = 10_000


def read_node_object(document: Mapping[str, object], line: Line, state: State) -> None:
    """Keep the addresses of one node; it is counted, too, as an object in which nothing else is judged."""
    state.leave_unjudged(FORM, line)
    metadata, spec, status = (_part(document, name) for name in ("metadata", "spec", "status"))
    bgp, annotations = _part(spec, "bgp"), _part(metadata, "annotations")
    calico = [bgp.get(name) for name in OWN] + [annotations.get(name) for name in ANNOTATIONS]
    listed = (*_listed(spec.get("addresses")), *_listed(status.get("addresses")))
    known = frozenset(ip for kind, ip in listed if kind in THEIRS)
    own = frozenset(ip for text in calico if (ip := _address(text)) is not None)
    name = metadata.get("name")
    if own and known and isinstance(name, str) and len(state.node_addresses) < MOST_KEPT:
        state.node_addresses.append(NodeAddresses(name, own, known, line))


def _part(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = document.get(name)
    return part if isinstance(part, Mapping) else {}


def _listed(addresses: object) -> Iterator[tuple[object, int]]:
    for entry in addresses if isinstance(addresses, list) else ():
        ip = _address(entry.get("address")) if isinstance(entry, Mapping) else None
        if ip is not None:
            yield entry.get("type"), ip


def _address(text: object) -> int | None:
    """An address with or without its prefix length; a host's name is none."""
    return address(text.partition("/")[0]) if isinstance(text, str) else None
