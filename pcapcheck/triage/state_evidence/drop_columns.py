"""Columns of what counts or logs what it drops: whether it dropped the packets."""

from __future__ import annotations

from pcapcheck.nodestate.readers.per_processor import CONNTRACK
from pcapcheck.nodestate.readers.sysctls import value_of
from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.pod_link_columns import dst_neighbour, pod_neighbour
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence


def _conntrack_full(evidence: StateEvidence) -> QuotedValue | None:
    """For the node, at the time when its state was taken (kernel: nf_conntrack_core.c, __nf_conntrack_alloc)."""
    held, most = (
        evidence.node.sysctls.get(f"net.netfilter.nf_conntrack_{name}") if evidence.node is not None else None
        for name in ("count", "max")
    )
    count, limit = value_of(held), value_of(most)
    if held is None or most is None or count is None or not limit:
        return None
    return Quoted(count >= limit, quotes(held.line, most.line))


def _conntrack_drops(evidence: StateEvidence) -> QuotedValue | None:
    first = evidence.packet_evidence.get("lost.first")
    return evidence.drops.tracking(first_only=first if isinstance(first, bool) else None) if evidence.drops else None


def _conntrack_invalid(evidence: StateEvidence) -> QuotedValue | None:
    """For the node, since it was set up: whether packets belonged to no connection that it knew.

    Kernel: nf_conntrack_core.c, nf_conntrack_in; such packets are not translated back.
    """
    counters = evidence.node.counters if evidence.node is not None else ()
    counted = [counter for counter in counters if (counter.source, counter.name) == (CONNTRACK, "invalid")]
    if not counted:
        return None
    most = max(counted, key=lambda counter: counter.value)
    return Quoted(most.value > 0, quotes(most.line))


def _conntrack_liberal(evidence: StateEvidence) -> QuotedValue | None:
    """For the node: whether only resets outside a connection's window are invalid, not its other segments.

    Kernel: nf_conntrack_proto_tcp.c, tcp_in_window.
    """
    set_to = (
        evidence.node.sysctls.get("net.netfilter.nf_conntrack_tcp_be_liberal") if evidence.node is not None else None
    )
    value = value_of(set_to)
    return None if set_to is None or value is None else Quoted(value > 0, quotes(set_to.line))


def _neighbours_full(evidence: StateEvidence) -> QuotedValue | None:
    """For the receiver's node, which asks for it; not if it has the receiver's MAC."""
    back = evidence.lost_replies
    known = pod_neighbour(evidence) if back else dst_neighbour(evidence)
    return evidence.drops.neighbours(known=known.source_lines if known else ()) if evidence.drops else None


def _queue_drops(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.drops.queues() if evidence.drops else None


def _netem_drops(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.drops.emulators() if evidence.drops else None


def _policer_drops(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.drops.policers() if evidence.drops else None


def _damaged_frames(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.drops.damages() if evidence.drops else None


def _card_failed(evidence: StateEvidence) -> QuotedValue | None:
    return evidence.drops.cards() if evidence.drops else None


def _checksum_errors(evidence: StateEvidence) -> QuotedValue | None:
    asked = evidence.packet_evidence.get("asked")
    return evidence.drops.checksums(asked) if evidence.drops and isinstance(asked, str) else None


def _listen_overflows(evidence: StateEvidence) -> QuotedValue | None:
    is_tcp = evidence.packet_evidence.get("asked") == "tcp"
    return evidence.drops.listen_queues() if evidence.drops and is_tcp else None


DROP_COLUMNS: ColumnFunctions = {
    "state.conntrack_full": _conntrack_full,
    "state.conntrack_drops": _conntrack_drops,
    "state.conntrack_invalid": _conntrack_invalid,
    "state.conntrack_liberal": _conntrack_liberal,
    "state.neighbours_full": _neighbours_full,
    "state.queue_drops": _queue_drops,
    "state.netem_drops": _netem_drops,
    "state.policer_drops": _policer_drops,
    "state.damaged_frames": _damaged_frames,
    "state.card_failed": _card_failed,
    "state.checksum_errors": _checksum_errors,
    "state.listen_overflows": _listen_overflows,
}
