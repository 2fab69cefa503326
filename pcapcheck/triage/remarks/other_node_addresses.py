"""Remarks on nodes that Calico knows by another address than Kubernetes: it took that of another card.

Calico finds a node's address by itself, and by default takes the first that it finds (node/pkg/lifecycle/startup;
IP_AUTODETECTION_METHOD). Tunnels and BGP then run between addresses that may not reach each other.
"""

from __future__ import annotations

from pcapcheck.nodestate.node_facts import NodeAddresses
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, is_ipv4

MOST_NAMED = 3


def other_node_address_remarks(state: State) -> list[Remark]:
    """One remark for all such nodes."""
    other = list({node.name: node for node in state.node_addresses if _others(node)}.values())
    if not other:
        return []
    first = other[0]
    count = len(other) - 1
    more = f", and so for {count} more node{'s' if count > 1 else ''}" if count else ""
    sentence = (
        f"Calico knows {clean(first.name)} by {_in_words(_others(first))}, which is none of the addresses that "
        f"Kubernetes has of it ({_in_words(first.known)}){more}"
    )
    return [
        Remark(
            f"{sentence}: if that was not meant, it took the address of another card; set IP_AUTODETECTION_METHOD of "
            "calico-node (kubernetes-internal-ip, interface=NAME or can-reach=ADDRESS)",
            lines=tuple(quote(node.line) for node in other[:MOST_NAMED]),
            short=sentence,
        )
    ]


def _others(node: NodeAddresses) -> frozenset[int]:
    """Calico's addresses that Kubernetes does not list, where it lists others of their family."""
    families = {is_ipv4(ip) for ip in node.known}
    return frozenset(ip for ip in node.own - node.known if is_ipv4(ip) in families)


def _in_words(addresses: frozenset[int]) -> str:
    return ", ".join(map(format_address, sorted(addresses)[:MOST_NAMED]))
