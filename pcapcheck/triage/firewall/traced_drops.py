"""Drops that netfilter's traces on a node show, of packets like those that were lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.nodestate.firewall.keys import ARP_FAMILY
from pcapcheck.nodestate.packet_facts import DROPPED, TracedPacket
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.owner import CALICO, NODE, OF_CALICO
from pcapcheck.triage.firewall.stage import Stage


def traced_drops(stages: Iterable[Stage]) -> Iterator[tuple[str, Line]]:
    """Of each drop of the packets of some stages, on the hosts that they passed: whose the chain is, and the line."""
    for stage in stages:
        for traced in stage.host.traces:
            if traced.verdict == DROPPED and _is_like(traced, stage.packet) and (whose := _owner(traced)) is not None:
                yield whose, traced.line


def _is_like(traced: TracedPacket, packet: LostPacket) -> bool:
    """Whether it is one of these packets; where nothing is known of their ends, it is not."""
    if packet.family == ARP_FAMILY or (traced.src, traced.dst, traced.protocol) != (
        packet.src,
        packet.dst,
        packet.protocol,
    ):
        return False
    return not packet.dports or traced.dport is None or traced.dport in packet.dports


def _owner(traced: TracedPacket) -> str | None:
    if OF_CALICO.search(traced.chain) or traced.table.split(" ")[-1].startswith("calico"):
        return CALICO
    # What kube-proxy drops is about services.
    return None if traced.chain.startswith("KUBE-") or "kube-proxy" in traced.table else NODE
