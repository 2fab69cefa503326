"""Remarks on checksums that a kernel's log calls wrong: VXLAN packets that a node dropped as they came."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pcapcheck.nodestate.packet_facts import LogEntry
from pcapcheck.nodestate.readers.kernel_log import BAD_CHECKSUM
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.protocols import KERNEL_VXLAN_PORT, VXLAN_PORT
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State

# How many pairs of nodes are named.
MOST = 5


def logged_checksum_remarks(state: State) -> list[Remark]:
    """A remark per pair of nodes."""
    counts: Counter[tuple[int, ...]] = Counter()
    firsts: dict[tuple[int, ...], LogEntry] = {}
    for host in state.hosts:
        for entry in host.log:
            if entry.event == BAD_CHECKSUM and entry.port in (VXLAN_PORT, KERNEL_VXLAN_PORT):
                counts[entry.addresses] += 1
                firsts.setdefault(entry.addresses, entry)
    return [
        Remark(
            f"{format_address(ends[0])}'s VXLAN packets reach {format_address(ends[1])} with a wrong UDP checksum and "
            f"are dropped there, {count}x in the log: what leaves {format_address(ends[0])} was left to a card that "
            "does not fill it in (ethtool -k vxlan.calico)",
            short=f"{format_address(ends[1])} drops VXLAN packets with a wrong UDP checksum, {count}x",
            lines=(quote(firsts[ends].line),),
        )
        for ends, count in counts.most_common(MOST)
        if len(ends) == 2
    ]
