"""Columns of the pod's link on its node: its settings, MACs and neighbours."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.calico import kind_of_name
from pcapcheck.columns import COLUMNS
from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.nodestate.state import PodLink
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.unresolved_pods import FAILED
from pcapcheck.table_names import STATE
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, cell, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence


class Cell(Struct, frozen=True):
    """A column that the table ``state`` has too, by the attribute of its rows.

    It is about the pod's link, or the receiver's (``of_dst``). ``inside``: it is about the pod itself, so what
    the state says of another instance of it does not count.
    """

    attribute: str
    of_dst: bool = False
    inside: bool = False

    def __call__(self, evidence: StateEvidence) -> QuotedValue | None:
        foreign = evidence.dst_is_foreign if self.of_dst else evidence.pod_is_foreign
        return None if self.inside and foreign else cell(self._row(evidence), self.attribute)

    def lacking(self, evidence: StateEvidence) -> str | None:
        """What it takes to know it for a link that the state shows; None if that is not known."""
        row = self._row(evidence)
        if row is None or getattr(row, self.attribute) is not None:
            return None
        column = next(column for column in COLUMNS[STATE].values() if column.attribute == self.attribute)
        return row.lacking.get(column.name) or column.absence

    def _row(self, evidence: StateEvidence) -> StateRow | None:
        return evidence.dst_row if self.of_dst else evidence.row


def pod_neighbour(evidence: StateEvidence) -> QuotedValue | None:
    return None if evidence.pod_is_foreign else _neighbour(evidence.link, evidence.pod)


def dst_neighbour(evidence: StateEvidence) -> QuotedValue | None:
    return None if evidence.dst_is_foreign else _neighbour(evidence.dst_link, evidence.dst)


def _bridge(evidence: StateEvidence) -> QuotedValue | None:
    return None if evidence.cali is None else Quoted(evidence.cali.master is not None, quotes(evidence.cali.line))


def _managed(evidence: StateEvidence) -> QuotedValue | None:
    listed = evidence.node.managed if evidence.node is not None else []
    for device in listed:
        if device.owned and kind_of_name(device.dev, evidence.ground.prefix) in ("pod-link", "tunnel"):
            return Quoted(True, quotes(device.line))
    return Quoted(False, quotes(listed[0].line)) if listed else None


def _ebpf(evidence: StateEvidence) -> QuotedValue | None:
    """For the node that sent the lost packets, or the replies to them."""
    node = evidence.dst_node if evidence.lost_replies else evidence.node
    if node is None:
        return None
    if node.ebpf is not None:
        return Quoted(True, quotes(node.ebpf))
    whole = "links" in node.whole
    return Quoted(False, quotes(node.lacks("links", "no bpfin.cali"))) if whole else None


def _neighbour(link: PodLink | None, address: int | None) -> QuotedValue | None:
    """The MAC that the node holds for this address on this link."""
    if link is None or link.node is None or address is None or not link.ips:
        return None
    held = [
        entry
        for entry in link.node.neighbours_of(address)
        if entry.dev == link.cali_name and entry.mac is not None and entry.state not in FAILED
    ]
    macs = tuple(entry.mac for entry in held if entry.mac is not None)
    return Quoted(macs, quotes(*(entry.line for entry in held))) if macs else None


POD_LINK_COLUMNS: ColumnFunctions = {
    "state.proxy_arp": Cell("proxy_arp"),
    "state.forwarding": Cell("forwarding"),
    "state.rp_filter": Cell("rp_filter"),
    "state.proxy_delay": Cell("proxy_delay"),
    "state.gateway_route": Cell("gateway_route"),
    "state.gateway6": Cell("gateway6"),
    "state.cali_mac": Cell("cali_mac"),
    "state.gateway_neighbour": Cell("gateway_mac", inside=True),
    "state.pod_mac": Cell("pod_mac", inside=True),
    "state.dst_mac": Cell("pod_mac", of_dst=True, inside=True),
    "state.pod_neighbour": pod_neighbour,
    "state.dst_neighbour": dst_neighbour,
    "state.bridge": _bridge,
    "state.managed": _managed,
    "state.ebpf": _ebpf,
}
