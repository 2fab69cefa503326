"""Columns of sizes: whether packets fit the interfaces on their path."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import Line, Quoted
from pcapcheck.nodestate.state import PodLink
from pcapcheck.triage.path_mtus import limits_on_way
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, cell, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence

# The least that IPv4 and TCP add to data (RFC 9293, section 3.7.1).
HEADERS = 40


def _mtu_fits(evidence: StateEvidence) -> QuotedValue | None:
    """Whether what was lost fits every interface on its path, as far as the state shows them.

    Only limits that no packet contradicts: neither one as large that passed, nor a router that names another limit.
    """
    asked, answered = (evidence.link, evidence.dst_link, evidence.dst), (evidence.dst_link, evidence.link, evidence.pod)
    here, there, address = answered if evidence.lost_replies else asked
    limits = [] if evidence.dst_is_foreign else limits_on_way(here, there, address)
    size, passed = evidence.packet_evidence.get("size"), evidence.packet_evidence.get("size.arrived")
    if isinstance(stalled := evidence.packet_evidence.get("size.stalled"), int):
        # What else was lost may be smaller, or a frame that is cut into such segments.
        size = stalled + HEADERS
    said = evidence.packet_evidence.get("refused.mtu")
    for limit in limits:
        lost = not isinstance(size, int) or size > limit.mtu
        if lost and (not isinstance(passed, int) or passed <= limit.mtu) and said in (None, limit.mtu):
            narrower = _sends_more(here, limit.mtu)
            if narrower is not None:
                return Quoted(False, quotes(*narrower, *limit.lines))
    fits = cell(evidence.row, "mtu_fits")
    return fits if fits is not None and fits.value else None


def _dst_mtu_differs(evidence: StateEvidence) -> QuotedValue | None:
    row = evidence.dst_row
    if row is None or evidence.dst_is_foreign or row.cali_mtu is None or row.pod_mtu is None:
        return None
    size = evidence.packet_evidence.get("size")
    if row.cali_mtu != row.pod_mtu and isinstance(size, int) and size <= min(row.cali_mtu, row.pod_mtu):
        # A packet this small passes both.
        return None
    return Quoted(
        row.cali_mtu != row.pod_mtu,
        (
            *row.source_lines.get("cali.mtu", ()),
            *row.source_lines.get("pod.mtu", ()),
        ),
    )


def _sends_more(link: PodLink | None, mtu: int) -> tuple[Line, ...] | None:
    """The line of a pod's link that lets larger packets pass than this; nothing if its MTU is not shown."""
    ends = (link.cali, link.inner_end) if link is not None else ()
    shown = [end for end in ends if end is not None and end.mtu is not None]
    larger = [end for end in shown if (end.mtu or 0) > mtu]
    return (larger[0].line,) if larger else None if shown else ()


MTU_COLUMNS: ColumnFunctions = {
    "state.mtu_fits": _mtu_fits,
    "state.dst_mtu_differs": _dst_mtu_differs,
}
