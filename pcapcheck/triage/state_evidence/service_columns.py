"""Columns of translation: whether the asked address is a service's, who is behind it, and what a pod's pool says."""

from __future__ import annotations

from pcapcheck.nodestate.numbers import address
from pcapcheck.nodestate.packet_facts import TrackedFlow
from pcapcheck.nodestate.pools import must_be_translated, pool_of
from pcapcheck.nodestate.readers.resolv_conf import NAMESERVER
from pcapcheck.nodestate.source_lines import Line, Quoted
from pcapcheck.protocols import DNS_PORT
from pcapcheck.triage import back_ends, service_evidence
from pcapcheck.triage.case_words import STALE, THERE, UNREPLIED
from pcapcheck.triage.local_drops import local_drops
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quoted, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence
from pcapcheck.values import is_link_local


def _dst_service(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(service_evidence.is_service(evidence.state, evidence.dst))


def _dst_service_empty(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(service_evidence.is_empty(evidence.state, evidence.dst, evidence.port))


def _back_end(evidence: StateEvidence) -> QuotedValue | None:
    standing = back_ends.standing(evidence.back_ends)
    if standing is None:
        return None
    shown = [back_end for back_end in evidence.back_ends if back_end.there is (standing == THERE)]
    return Quoted(standing, quotes(*(line for back_end in shown[:2] for line in back_end.lines)))


def _reaches_itself(evidence: StateEvidence) -> QuotedValue | None:
    found = evidence.back_ends
    if not found or evidence.pod is None:
        return None
    return Quoted({back_end.ip for back_end in found} == {evidence.pod}, quotes(*found[0].lines[:2]))


def _hairpin(evidence: StateEvidence) -> QuotedValue | None:
    """For the port that the packets were recorded on; if they were recorded elsewhere, for all that are listed."""
    nodes = [evidence.node] if evidence.node is not None else evidence.state.nodes
    links = {link.name: link for node in nodes for link in node.links.values() if link.hairpin is not None}
    here = links.get(evidence.interface or evidence.recorded_interface or "")
    ports = [here] if here is not None else list(links.values())
    if not ports or len({port.hairpin for port in ports}) > 1:
        return None
    return Quoted(bool(ports[0].hairpin), quotes(ports[0].hairpin_line or ports[0].line))


def _tracked(evidence: StateEvidence) -> QuotedValue | None:
    """For the node that translates what the pod asks, at the time when its state was taken."""
    known = back_ends.PROTOCOLS.get(str(evidence.packet_evidence.get("asked")))
    if evidence.node is None or known is None:
        return None
    ports = evidence.asker_ports
    alike = [
        flow
        for flow in evidence.node.tracked
        if (flow.protocol, flow.src, flow.dst) == (known[1], evidence.pod, evidence.dst)
        and evidence.port in (None, flow.dport)
        and (not ports or flow.sport in ports)
    ]
    for flow in alike:
        lines = _stale(evidence, flow)
        if lines:
            return Quoted(STALE, quotes(flow.line, *lines))
    return Quoted(UNREPLIED, quotes(alike[0].line)) if alike else None


def _stale(evidence: StateEvidence, flow: TrackedFlow) -> tuple[Line, ...]:
    """What shows that an entry leads to nobody: a service whose address it keeps, or a back end that is gone."""
    if flow.is_translated:
        gone = evidence.node is not None and back_ends.judged(evidence.state, evidence.node, flow.answering)
        return gone.lines if gone and gone.there is False else ()
    found = service_evidence.is_service(evidence.state, flow.dst)
    if found is not None and found.value:
        return found.source_lines
    return tuple(line for back_end in evidence.back_ends[:1] for line in back_end.lines[:1])


def _dst_answers_pings(evidence: StateEvidence) -> QuotedValue | None:
    nodes = [evidence.node] if evidence.node is not None else evidence.state.nodes
    return quoted(service_evidence.answers_pings(nodes, evidence.dst))


def _other_resolver(evidence: StateEvidence) -> QuotedValue | None:
    """For the pod whose resolv.conf names dst; a link-local server is the node's own, as NodeLocal DNSCache is."""
    link, dst = evidence.link, evidence.dst
    inside = link.inside if link is not None else None
    if inside is None or evidence.pod_is_foreign or dst is None or is_link_local(dst):
        return None
    named = [note.line for note in inside.notes if note.kind == NAMESERVER and address(note.text) == dst]
    services = evidence.state.services
    serving = [service for service in services.listed if service.port == DNS_PORT and service.protocol in (None, "udp")]
    if not named or not serving:
        return None
    behind = [endpoints for service in serving if (endpoints := services.behind(service)) is not None]
    known = {service.ip for service in serving}.union(
        *(service.servers for service in serving), *(endpoints.addresses for endpoints in behind)
    )
    return Quoted(dst not in known, quotes(named[-1], serving[0].line))


def _nat_outgoing(evidence: StateEvidence) -> QuotedValue | None:
    pool = pool_of(evidence.state.pools, evidence.pod) if evidence.pod is not None else None
    return None if pool is None else Quoted(pool.nat_outgoing, quotes(pool.line))


def _translates(evidence: StateEvidence) -> QuotedValue | None:
    pools, pod, dst = evidence.state.pools, evidence.pod, evidence.dst
    pool = pool_of(pools, pod) if pod is not None else None
    if pool is None or pod is None or dst is None:
        return None
    return Quoted(must_be_translated(pools, pod, dst), quotes(pool.line))


def _no_local_endpoint(evidence: StateEvidence) -> QuotedValue | None:
    """For the node whose address was asked, or the only one that the state describes."""
    hosts = evidence.state.hosts
    asked = [host for host in hosts if any(held.ip == evidence.dst for held in host.addresses)] or hosts
    rules = local_drops(asked[0], evidence.port) if len(asked) == 1 and evidence.port is not None else []
    hit = [rule for rule in rules if rule.packets != 0]
    return Quoted(bool(hit), quotes((hit or rules)[0].line)) if rules else None


SERVICE_COLUMNS: ColumnFunctions = {
    "state.dst_service": _dst_service,
    "state.dst_service_empty": _dst_service_empty,
    "state.no_local_endpoint": _no_local_endpoint,
    "state.back_end": _back_end,
    "state.reaches_itself": _reaches_itself,
    "state.hairpin": _hairpin,
    "state.tracked": _tracked,
    "state.dst_answers_pings": _dst_answers_pings,
    "state.nat_outgoing": _nat_outgoing,
    "state.translates": _translates,
    "state.other_resolver": _other_resolver,
}
