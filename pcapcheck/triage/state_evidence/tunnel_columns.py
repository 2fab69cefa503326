"""Columns of tunnels: whether the devices of two nodes are set up for each other."""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.kernel_log import BAD_CHECKSUM
from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.protocols import KERNEL_VXLAN_PORT, VXLAN_PORT
from pcapcheck.triage import tunnel_ends
from pcapcheck.triage.drops import FITS, MAY_FIT, NONE_FITS
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.quoting import QuotedValue, quoted, quotes
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence
from pcapcheck.triage.tunnel_device import device_state
from pcapcheck.values import as_number

# How many lines of a log are quoted.
SHOWN = 2


def _vni_differs(evidence: StateEvidence) -> QuotedValue | None:
    """By the device of the node that the packets are addressed to, else of the node that dst is on."""
    if evidence.elsewhere:
        return None
    seen, to = evidence.packet_evidence.get("vni"), evidence.packet_evidence.get("vni.to")
    near, far = _ends(evidence)
    far = tunnel_ends.node_at(evidence.state, as_number(to)) or far
    return quoted(tunnel_ends.identifiers_differ(near, far, as_number(seen)))


def _vxlan_port_differs(evidence: StateEvidence) -> QuotedValue | None:
    return None if evidence.elsewhere else quoted(tunnel_ends.ports_differ(*_ends(evidence)))


def _tunnel_device(evidence: StateEvidence) -> QuotedValue | None:
    """For the node at the far end, to which the packets are addressed or where they were seen to arrive."""
    name, to = evidence.packet_evidence.get("tunnel"), evidence.packet_evidence.get("outer.dst")
    if evidence.elsewhere or not isinstance(name, str):
        return None
    near, far = _ends(evidence)
    arrived = evidence.crossing.node if evidence.crossing is not None and not evidence.crossing.sends else None
    node = tunnel_ends.node_at(evidence.state, as_number(to)) or arrived or far
    return None if node is None or node is near else quoted(device_state(node, name))


def _vtep(evidence: StateEvidence) -> QuotedValue | None:
    near, far = _ends(evidence)
    target = evidence.pod if evidence.lost_replies else evidence.dst
    if near is not None and near is far:
        return None
    astray = evidence.packet_evidence.get("astray") is True
    return quoted(tunnel_ends.far_end(near, far, target, spoken=evidence.far_spoken, astray=astray))


def _checksum_offload(evidence: StateEvidence) -> QuotedValue | None:
    for name in ("vxlan.calico", "vxlan-v6.calico"):
        features = evidence.node.features.get(name, {}) if evidence.node is not None else {}
        feature = features.get("tx-checksum-ip-generic")
        if feature is not None:
            return Quoted(feature.on, quotes(feature.line))
    return None


def _tunnel_checksums(evidence: StateEvidence) -> QuotedValue | None:
    """By the log of any host; it is about these packets if it names the ends of their tunnel."""
    ends = {as_number(evidence.packet_evidence.get(name)) for name in ("outer.src", "outer.dst")}
    logged = [
        entry
        for host in evidence.state.hosts
        for entry in host.log
        if entry.event == BAD_CHECKSUM and entry.port in (VXLAN_PORT, KERNEL_VXLAN_PORT)
    ]
    if not logged:
        return None
    these = [entry for entry in logged if ends == set(entry.addresses)]
    fits = MAY_FIT if None in ends else FITS if these else NONE_FITS
    return Quoted(fits, quotes(*(entry.line for entry in (these or logged)[:SHOWN])))


def _ends(evidence: StateEvidence) -> tuple[Host | None, Host | None]:
    """The node that sent the lost packets, and the node that they were going to."""
    there = evidence.dst_link.node if evidence.dst_link is not None and not evidence.dst_is_foreign else None
    return (there, evidence.node) if evidence.lost_replies else (evidence.node, there)


TUNNEL_COLUMNS: ColumnFunctions = {
    "state.vni_differs": _vni_differs,
    "state.vxlan_port_differs": _vxlan_port_differs,
    "state.tunnel_device": _tunnel_device,
    "state.vtep": _vtep,
    "state.checksum_offload": _checksum_offload,
    "state.tunnel_checksums": _tunnel_checksums,
}
