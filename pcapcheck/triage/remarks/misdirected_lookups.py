"""Remarks on routes that were looked up for a pod of this very host and lead to a router elsewhere.

A link-local address is never routed on (RFC 3927, section 2.6.2), and a host reaches its own pods by their links: where
``ip route get`` answers with a router, the pod's own route is gone, and the default route took its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.node_facts import Lookup
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, is_within, parse_network

LINK_LOCAL = (parse_network("169.254.0.0/16"),)
# What clouds, resolvers on the node and Calico's pods have there: metadata and time services, NodeLocal DNSCache and
# that of kubespray, the pods' gateway.
KNOWN = tuple(
    map(parse_network, ("169.254.169.0/24", "169.254.170.0/24", "169.254.20.0/24", "169.254.25.0/24", "169.254.1.1/32"))
)
MOST = 3


def misdirected_lookup_remarks(state: State) -> list[Remark]:
    """A remark per such address, the first few of them."""
    found = (remark for host in state.hosts if host.role != POD for remark in _of(host, state))
    return [remark for _, remark in zip(range(MOST), found, strict=False)]


def _of(host: Host, state: State) -> Iterator[Remark]:
    # A later answer, as after the repair, is the one that holds.
    latest = {lookup.target: lookup for lookup in host.lookups if lookup.iif is None and lookup.source is None}
    for lookup in latest.values():
        if lookup.via is None or lookup.fails:
            continue
        whose = _pod_here(host, state, lookup)
        if whose is None and is_within(lookup.target, LINK_LOCAL) and not is_within(lookup.target, KNOWN):
            whose = "an address that is never routed on"
        if whose is not None:
            yield _remark(host, lookup, whose)


def _pod_here(host: Host, state: State, lookup: Lookup) -> str | None:
    """The pod that has the address, if it runs on this host."""
    for pod in state.pods:
        if pod.ip == lookup.target and pod.holds_address and host.name is not None and pod.node == host.name:
            return f"the address of {clean(pod.label)}, which runs there"
    return None


def _remark(host: Host, lookup: Lookup, whose: str) -> Remark:
    target = format_address(lookup.target)
    router = format_address(lookup.via) if lookup.via is not None else "a router"
    by = f" by {clean(lookup.dev)}" if lookup.dev else ""
    sentence = f"{host.label} sends what is for {target} to {router}{by}"
    return Remark(
        f"{sentence}, although that is {whose}: the pod's own route is missing, so answers to it leave the host and "
        f"are lost (ip route show {target}: it should lead out of the pod's link; ip rule); the plugin's agent writes "
        "it when the pod is made, so look into its log, and make the pod again",
        lines=(quote(lookup.line),),
        short=f"{sentence}, although that is {whose}",
        warning=f"{sentence}, although that is {whose}",
    )
