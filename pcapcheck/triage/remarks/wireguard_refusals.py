"""Remarks on packets that WireGuard refuses, as the kernel's log says once its messages are switched on.

It takes from a peer, and hands to one, only what is in the peer's allowed IPs (``wg show``). Calico writes there the
blocks of pods of the peer's node, and the node's own address if host traffic is to be encrypted too.
"""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.packet_facts import LogEntry
from pcapcheck.nodestate.readers.kernel_log import WG_PEER, WG_SILENT, WG_SOURCE
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

EVENTS = (WG_SOURCE, WG_PEER, WG_SILENT)
MOST = 3
ALLOWED = "wg show DEVICE allowed-ips; calico-node of this node writes them"
HOSTS = (
    "a node's own address is among them only where wireguardHostEncryptionEnabled is set: without that, what nodes and "
    "their host-networked pods send to pods may not go into the tunnel"
)


def wireguard_refusal_remarks(state: State) -> list[Remark]:
    """A remark per device, event and addresses, the first few of them."""
    return [remark for host in state.hosts for remark in _remarks(host)][:MOST]


def _remarks(host: Host) -> list[Remark]:
    alike: dict[tuple[str, str | None, tuple[int, ...]], list[LogEntry]] = {}
    for entry in host.log:
        if entry.event in EVENTS and entry.addresses:
            alike.setdefault((entry.event, entry.dev, entry.addresses), []).append(entry)
    return [_remark(host, entries) for entries in alike.values()]


def _remark(host: Host, entries: list[LogEntry]) -> Remark:
    first = entries[0]
    dev, ends = clean(first.dev or "WireGuard"), [format_address(end) for end in first.addresses]
    if first.event == WG_SOURCE and len(ends) > 1:
        sentence = f"{dev} of {host.label} drops what comes from {ends[0]}: it is not among the allowed IPs of its peer"
        advice = f" {ends[1]} ({ALLOWED}); {HOSTS}"
    elif first.event == WG_SILENT:
        sentence = f"the WireGuard peer {ends[0]} does not answer {dev} of {host.label}"
        advice = f": UDP port {first.port} is filtered on the way, or the peer is down or has another key now (wg show)"
    else:
        sentence = f"{dev} of {host.label} drops what goes to {ends[0]}: it is among the allowed IPs of no peer"
        advice = f" ({ALLOWED})"
    return Remark(f"{sentence}{advice}, {len(entries)}x in the log", lines=(quote(first.line),), short=sentence)
