"""Columns of routes: where those of a node lead with the packets, and what it forwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from pcapcheck.calico import is_shortened, kind_of_name
from pcapcheck.networks import CALICO_PROTOCOLS
from pcapcheck.nodestate.host_routes import NOWHERE, lost_way, way_to_pod
from pcapcheck.nodestate.node_facts import BgpSession
from pcapcheck.nodestate.policy_routing import RoutedPacket, diversion
from pcapcheck.nodestate.pools import pool_of
from pcapcheck.nodestate.source_lines import Line, Quoted, Sourced
from pcapcheck.nodestate.state import PodLink
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.triage.node_loop import loop_of
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quoted, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence
from pcapcheck.values import format_address, is_ipv4

# A time before a line, as ``ip -t`` and ``-ts`` print it.
STAMP = re.compile(r"\[(\d{4}-\d\d-\d\dT[\d:.]+)\]")
DAY = 86_400 * 10**9
MOST_QUOTED = 3
# Modes of VXLAN in which Felix, not BIRD, sets the routes of a pool (felix/dataplane/linux/vxlan_mgr.go).
BY_FELIX = ("always", "crosssubnet")


def _pod_route(evidence: StateEvidence) -> QuotedValue | None:
    return None if evidence.pod_is_foreign else _route(evidence, evidence.link, evidence.row, evidence.pod)


def _dst_route(evidence: StateEvidence) -> QuotedValue | None:
    """Only for a pod on the same node: the route to another node leads elsewhere."""
    node = evidence.dst_link.node if evidence.dst_link is not None else None
    if node is None or evidence.dst_is_foreign or (evidence.node is not None and node is not evidence.node):
        return None
    return _known(_route(evidence, evidence.dst_link, evidence.dst_row, evidence.dst))


def _far_route(evidence: StateEvidence) -> QuotedValue | None:
    """The same on dst's node, if that is another."""
    node = evidence.dst_node
    if node is None or node is evidence.node or evidence.dst_is_foreign or evidence.dst is None:
        return None
    if evidence.dst_link is None or evidence.dst_link.node is None:
        # Nothing is known about its link: only whether any route can lead to it.
        way = lost_way(node, evidence.dst)
        return quoted(way)
    if evidence.node is None and not evidence.is_apart:
        return None
    return _known(_route(evidence, evidence.dst_link, evidence.dst_row, evidence.dst))


def _route_deleted(evidence: StateEvidence) -> QuotedValue | None:
    """For a pod that is still there: when the pod and its link go, the route should go too.

    Not if the route is there again, nor if it went on another day than the packets.
    """
    removed = evidence.node.removed if evidence.node is not None else {}
    for link, route in ((evidence.link, _pod_route(evidence)), (evidence.dst_link, _dst_route(evidence))):
        line = removed.get(link.cali_name) if link is not None and link.cali_name else None
        if line is None or (route is not None and route[0] == "own-interface"):
            continue
        if not _at_that_time(evidence, line):
            continue
        return Quoted(True, quotes(line))
    return None


def _policy_rule(evidence: StateEvidence) -> QuotedValue | None:
    if evidence.packet_evidence.get("gateway") == "unanswered":
        return _gateway_rule(evidence)
    return quoted(evidence.crossing.diverted()) if evidence.crossing else None


def _gateway_rule(evidence: StateEvidence) -> QuotedValue | None:
    """For the pod's question for its gateway, which is routed as a packet of the pod to the gateway would be.

    Kernel: net/ipv4/arp.c, arp_process (ip_route_input from the asker), then arp_fwd_proxy.
    """
    node = evidence.node
    asked = _asked_gateway(evidence)
    if node is None or asked is None:
        return None
    found = diversion(node, asked)
    if found is None:
        whole = "rules4" in node.whole
        line = node.lacks("rules4", "no rule that takes the pod's packets from the main table") if whole else None
        return Quoted(False, quotes(line)) if line is not None else None
    if not found.certain or not (found.ends or found.route is not None):
        return None
    leads_back = found.route is not None and found.route.dev == evidence.interface
    dead = found.ends or (found.route is not None and found.route.leads_nowhere)
    return Quoted(dead or leads_back, quotes(*found.lines))


def _asked_gateway(evidence: StateEvidence) -> RoutedPacket | None:
    """The pod's question for its gateway, as the packet that it is routed as."""
    pod, gateway = evidence.pod, evidence.ground.gateway
    if pod is None or is_ipv4(pod) is not is_ipv4(gateway):
        return None
    return RoutedPacket(pod, gateway, evidence.interface)


def _own_table(evidence: StateEvidence) -> QuotedValue | None:
    """Of a question for the gateway only: what is sent on by a table of its own mostly arrives."""
    asked = _asked_gateway(evidence) if evidence.packet_evidence.get("gateway") == "unanswered" else None
    found = diversion(evidence.node, asked) if evidence.node is not None and asked is not None else None
    if found is None or not found.certain or found.ends:
        return None
    return Quoted(True, quotes(*found.lines))


def _way(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(evidence.crossing.way()) if evidence.crossing else None


def _next_hop(evidence: StateEvidence) -> QuotedValue | None:
    hop = evidence.crossing.hop() if evidence.crossing else None
    return quoted(Sourced(hop.state, hop.lines)) if hop else None


def _next_hops(evidence: StateEvidence) -> QuotedValue | None:
    found = evidence.crossing.decision if evidence.crossing else None
    if found is None or not found.hops or evidence.crossing is None or evidence.crossing.home is not None:
        return None
    return Quoted(len(found.hops), quotes(*(hop.line for hop in found.hops[:2])))


def _source_check(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(evidence.crossing.source_check()) if evidence.crossing else None


def _way_back_differs(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(evidence.crossing.way_back_differs()) if evidence.crossing else None


def _forwards(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(evidence.crossing.forwards()) if evidence.crossing else None


def _loop(evidence: StateEvidence) -> QuotedValue | None:
    back = evidence.lost_replies
    node = evidence.dst_link.node if back and evidence.dst_link is not None else evidence.node
    return (
        None
        if evidence.elsewhere
        else quoted(loop_of(evidence.state.nodes, node, evidence.pod if back else evidence.dst))
    )


def _block_blackholed(evidence: StateEvidence) -> QuotedValue | None:
    """For the node that has the block: Calico puts the blackhole there only (felix/dataplane/linux; BIRD)."""
    # What was seen leaving a node fell into no blackhole there.
    own = evidence.node if not evidence.is_apart and evidence.packet_evidence.get("left") is None else None
    node = evidence.dst_node or own
    if node is None or evidence.dst is None or evidence.dst_is_foreign:
        return None
    best = next(iter(node.routes_to(evidence.dst)), None)
    if best is None or best.is_default:
        return None
    gone = best.kind == "blackhole" and not best.is_host and best.proto in CALICO_PROTOCOLS
    whole = f"routes{best.family}"
    if gone and whole not in node.whole:
        return None
    lacking = node.lacks(whole, f"no route to {format_address(evidence.dst)} alone") if gone else None
    return Quoted(gone, quotes(best.line, lacking))


def _bgp_down(evidence: StateEvidence) -> QuotedValue | None:
    """By the sessions of any node, if it is not known which two the packets are between.

    Each family of addresses has sessions of its own (BIRD and BIRD6).
    """
    pool = pool_of(evidence.state.pools, evidence.dst) if evidence.dst is not None else None
    if pool is not None and pool.vxlan in BY_FELIX:
        return None
    between = _sessions_between(evidence)
    if between is not None:
        return _sessions(between)
    down = [session for host in evidence.state.hosts for session in host.bgp]
    family = evidence.dst is None or is_ipv4(evidence.dst)
    return _sessions([session for session in down if session.address is None or is_ipv4(session.address) is family])


def _bgp_between(evidence: StateEvidence) -> QuotedValue | None:
    between = _sessions_between(evidence)
    return _sessions(between) if between is not None and _bgp_down(evidence) is not None else None


def _sessions_between(evidence: StateEvidence) -> list[BgpSession] | None:
    """Those that are down between the two nodes of the packets; None if the two are not known."""
    near, far = evidence.node, evidence.dst_link.node if evidence.dst_link is not None else None
    if near is None or far is None or not near.addresses or not far.addresses or evidence.dst is None:
        return None
    family = is_ipv4(evidence.dst)
    found = []
    for host, other in ((near, far), (far, near)):
        ends = {address.ip for address in other.addresses if is_ipv4(address.ip) is family}
        found += [session for session in host.bgp if session.address in ends]
    return found


def _sessions(down: Sequence[BgpSession]) -> QuotedValue | None:
    return Quoted(True, quotes(*(session.line for session in down[:MOST_QUOTED]))) if down else None


def _route(
    evidence: StateEvidence, link: PodLink | None, row: StateRow | None, address: int | None
) -> QuotedValue | None:
    """Where the host route to an address of a pod leads, in the words of a case."""
    if row is None or row.host_route is None:
        return None
    leads, dev, lines = row.host_route, row.host_route_dev, row.source_lines.get("host_route", ())
    if link is not None and link.node is not None and address in link.ips and len(link.ips) > 1:
        # The row is about all of the pod's addresses: what another address lacks does not concern this one.
        way = way_to_pod(link.node, replace(link, ips=[address]))
        if way.leads_there is None:
            return None
        leads, dev, lines = way.leads_there, way.dev, quotes(*way.lines)
    if leads:
        return Quoted("own-interface", lines)
    if dev is None:
        return Quoted("not-there", lines)
    if dev == NOWHERE:
        return Quoted("none", lines)
    if " " in dev:
        return Quoted("dead-end", lines)
    pod_link = kind_of_name(dev, evidence.ground.prefix) == "pod-link" or is_shortened(dev, evidence.ground.prefix)
    return Quoted(("other-pod-link" if pod_link else "elsewhere"), lines)


def _at_that_time(evidence: StateEvidence, line: Line) -> bool:
    """Whether the time in a line, if it has one, is within a day of the packets: it may be in any zone."""
    stamp = STAMP.match(line.text.strip())
    began, ended = evidence.packet_evidence.get("began"), evidence.packet_evidence.get("ended")
    if stamp is None or not isinstance(began, int) or not isinstance(ended, int):
        return True
    try:
        printed = datetime.fromisoformat(stamp[1]).replace(tzinfo=UTC).timestamp() * 1e9
    except ValueError:
        return True
    return began - DAY <= printed <= ended + DAY


def _known(way: QuotedValue | None) -> QuotedValue | None:
    """Nothing if it is only known where a route does not lead."""
    return None if way is None or way[0] == "not-there" else way


ROUTE_COLUMNS: ColumnFunctions = {
    "state.pod_route": _pod_route,
    "state.dst_route": _dst_route,
    "state.far_route": _far_route,
    "state.route_deleted": _route_deleted,
    "state.policy_rule": _policy_rule,
    "state.own_table": _own_table,
    "state.way": _way,
    "state.bgp_down": _bgp_down,
    "state.bgp_between": _bgp_between,
    "state.next_hop": _next_hop,
    "state.next_hops": _next_hops,
    "state.source_check": _source_check,
    "state.way_back_differs": _way_back_differs,
    "state.forwards": _forwards,
    "state.loop": _loop,
    "state.block_blackholed": _block_blackholed,
}
