"""Remarks on entries of connection tracking that were never answered.

The kernel translates what belongs to an entry as it translated its first packet. Whoever asks again from the same port
keeps the entry alive, and goes on being sent to a pod that is gone, or to the service's own address, if there was no
endpoint when it began (kubernetes/kubernetes issues 59368, 106274).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pcapcheck.nodestate.packet_facts import TrackedFlow
from pcapcheck.nodestate.readers.tracked_flows import FORM
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.protocols import HASHED_PORTS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.triage.service_evidence import is_service, is_usual
from pcapcheck.values import format_address

# How many questions are named.
MOST = 3
# A question that is just being asked is not there so often.
SEVERAL = 3
Kind = tuple[str, int, int, int]


def tracked_flow_remarks(state: State) -> list[Remark]:
    """A remark per protocol, address, port and who was to answer, the most frequent first."""
    counts: Counter[Kind] = Counter()
    firsts: dict[Kind, TrackedFlow] = {}
    for host in state.hosts:
        # A table that was read twice shows an entry twice.
        for flow in {
            (flow.protocol, flow.src, flow.sport, flow.dst, flow.dport): flow
            for flow in host.tracked
            if flow.protocol != "udp" or flow.dport not in HASHED_PORTS
        }.values():
            kind = (flow.protocol, flow.dst, flow.dport, flow.answering)
            counts[kind] += 1
            firsts.setdefault(kind, flow)
    return list(_remarks(state, counts, firsts))


def _remarks(state: State, counts: Counter[Kind], firsts: dict[Kind, TrackedFlow]) -> Iterator[Remark]:
    shown = 0
    for kind, count in counts.most_common():
        flow = firsts[kind]
        fate = _fate(state, flow, count)
        if fate is None or shown == MOST:
            continue
        shown += 1
        asked = f"{flow.protocol.upper()} to {format_address(flow.dst)} port {flow.dport}"
        sentence = f"connection tracking {fate} and no answer came"
        yield Remark(
            f"{asked}: {sentence} ({count}x): an entry outlives the pod or the service that it was made for, as long "
            f"as whoever asks goes on from the same port; conntrack -D -p {flow.protocol} --orig-dst "
            f"{format_address(flow.dst)} deletes it. A server that answers nothing (statsd, syslog) looks the same"
            + _of_tunnel(flow),
            short=f"{asked}: {sentence}",
            lines=(quote(flow.line),),
        )


def _fate(state: State, flow: TrackedFlow, count: int) -> str | None:
    """What the kernel makes of such packets; None if they may be any that are just being asked."""
    to = format_address(flow.answering)
    # Where nothing else of the table is shown, somebody picked these.
    picked = FORM not in state.unjudged
    if flow.is_translated:
        standing = _standing(state, flow.answering)
        return f"sends it to {to}{standing}" if flow.protocol == "udp" or standing or picked else None
    known = is_service(state, flow.dst)
    if (known is not None and known.value) or (known is None and is_usual(flow.dst)):
        return f"leaves it untranslated, although {to} is a service's address,"
    return "leaves it untranslated" if flow.protocol == "udp" and (picked or count >= SEVERAL) else None


def _of_tunnel(flow: TrackedFlow) -> str:
    """What else may be behind it if both addresses are translated: what the node itself sends to pods of others.

    Kubernetes: issue 88986; such packets get a wrong checksum from some VXLAN devices.
    """
    if not flow.is_translated or not flow.is_masqueraded or flow.to is None:
        return ""
    return (
        f". Its source is translated too, to {format_address(flow.to)}: if that is the address of a VXLAN device, and "
        "the pod's own address answers, the device leaves a wrong checksum on what is translated (ethtool -K DEVICE "
        "tx-checksum-ip-generic off)"
    )


def _standing(state: State, address: int) -> str:
    """Whether the list of pods shows that nobody has an address."""
    listed = [pod for pod in state.pods if pod.ip is not None]
    if not listed or any(pod.ip == address and pod.holds_address for pod in listed):
        return ""
    return ", which no pod of the list has,"
