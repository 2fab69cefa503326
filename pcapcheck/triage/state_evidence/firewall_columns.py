"""Columns of firewalls: whether a rule could have stopped the packets."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.triage.firewall.answer import REJECTS
from pcapcheck.triage.firewall.firewalls import ttl_rules
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence


def _dst_firewall(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.dst_firewall() if evidence.firewalls else None


def _node_firewall(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.node_firewall() if evidence.firewalls else None


def _rate_rule(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.rate_rule() if evidence.firewalls else None


def _node_arp_rules(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.asking.node() if evidence.asking else None


def _dst_arp_rules(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.asking.receiver() if evidence.asking else None


def _node_rejects(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.node_rejects() if evidence.firewalls else None


def _reset_rule(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.resets.of(REJECTS) if evidence.resets else None


def _no_endpoints(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.no_endpoints() if evidence.firewalls else None


def _policy(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.policy() if evidence.firewalls else None


def _tunnel_source(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.firewalls.tunnel_source() if evidence.firewalls else None


def _node_ttl_rule(evidence: StateEvidence) -> QuotedValue | None:
    lines = ttl_rules(evidence.node)
    return Quoted(True, quotes(*lines[:2])) if lines else None


FIREWALL_COLUMNS: ColumnFunctions = {
    "state.dst_firewall": _dst_firewall,
    "state.node_firewall": _node_firewall,
    "state.rate_rule": _rate_rule,
    "state.node_arp_rules": _node_arp_rules,
    "state.dst_arp_rules": _dst_arp_rules,
    "state.node_rejects": _node_rejects,
    "state.reset_rule": _reset_rule,
    "state.no_endpoints": _no_endpoints,
    "state.policy": _policy,
    "state.tunnel_source": _tunnel_source,
    "state.node_ttl_rule": _node_ttl_rule,
}
