"""Remarks on packets whose trace shows only the chain that stopped them, and not which packets they were."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST_SHOWN = 3


def stopped_packet_remarks(state: State) -> list[Remark]:
    """A remark per chain that stopped some, the most frequent first."""
    found: dict[str, list[Line]] = {}
    for host in state.hosts:
        for packet in host.stopped:
            chain = f"chain {clean(packet.chain)} of {clean(packet.table)}"
            found.setdefault(f"a packet was {packet.verdict} in {chain} on {host.label}", []).append(packet.line)
    ordered = sorted(found.items(), key=lambda each: -len(each[1]))
    return [
        Remark(
            f"{text} ({len(lines)}x): which packet that is the trace does not say; paste the lines with 'packet' too",
            (quote(lines[0]),),
            short=text,
        )
        for text, lines in ordered[:MOST_SHOWN]
    ]
