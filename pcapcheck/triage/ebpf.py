"""What Calico's eBPF data plane changes in what may be concluded from a capture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcapcheck.columns import CONNECTIONS, DNS, ECHO
from pcapcheck.links.point_facts import PointFacts

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State


def doubt_ebpf(points: Iterable[PointFacts], state: State) -> None:
    """Where the state shows eBPF, a reply that is missing on a pod link proves nothing.

    The programs may hand it to the pod past the host's end of the link (felix/dataplane/linux/bpf_ep_mgr.go,
    redirect). ARP is left to the kernel all the same (felix/bpf-gpl/parsing4.h).
    """
    line = next((node.ebpf for node in state.nodes if node.ebpf is not None), None)
    if line is None:
        return
    for point in points:
        if point.kind == "pod-link" and point.end != "pod":
            reason = (
                f"the node runs Calico's eBPF data plane (line {line.number} of its state), which may take replies "
                f"past {point.name}; capture inside the pod"
            )
            for table in (ECHO, CONNECTIONS, DNS):
                point.silence.setdefault(table, reason)
