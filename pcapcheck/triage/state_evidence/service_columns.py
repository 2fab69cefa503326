"""Columns of services: whether the address that was asked is of one, and who is behind it."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.triage import back_ends, service_evidence
from pcapcheck.triage.case_columns import THERE
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quoted, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence


def _dst_service(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(service_evidence.is_service(evidence.state, evidence.dst))


def _dst_service_empty(evidence: StateEvidence) -> QuotedValue | None:
    return quoted(service_evidence.is_empty(evidence.state, evidence.dst, evidence.port))


def _back_end(evidence: StateEvidence) -> QuotedValue | None:
    standing = back_ends.standing(evidence.back_ends)
    if standing is None:
        return None
    shown = [one for one in evidence.back_ends if one.there is (standing == THERE)]
    return Quoted(standing, quotes(*(line for one in shown[:2] for line in one.lines)))


def _dst_answers_pings(evidence: StateEvidence) -> QuotedValue | None:
    nodes = [evidence.node] if evidence.node is not None else evidence.state.nodes
    return quoted(service_evidence.answers_pings(nodes, evidence.dst))


SERVICE_COLUMNS: ColumnFunctions = {
    "state.dst_service": _dst_service,
    "state.dst_service_empty": _dst_service_empty,
    "state.back_end": _back_end,
    "state.dst_answers_pings": _dst_answers_pings,
}
