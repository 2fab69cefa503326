"""Addressed pods: those that somebody sent to, or that were recorded themselves, as far as captures show.

What a node's state holds about a pod that nobody sent to may be as old as the node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter

from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.pair_counts import DST
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.paths.paths import Paths
from pcapcheck.protocols import DNS_PORT
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS
from pcapcheck.triage.back_ends import Asked, back_ends
from pcapcheck.values import address_of

# If more questions failed, the back ends of their services are not looked up.
MOST = 32
# How it was asked, as in the column ``asked``.
ASKED_AS = {CONNECTIONS: "tcp", ASSOCIATIONS: "sctp", DNS: "dns", DATAGRAMS: "udp"}


class Sought:
    """The addresses that were asked for or sent to in the captures of one call, and the pods' links recorded there.

    An unanswered question to a service may have been for any pod behind it that the state shows.
    """

    def __init__(self, captures: Iterable[Capture], facts: Facts, followed: Paths, state: State) -> None:
        self._interfaces = {point.node_interface for point in facts.points.values() if point.kind == "pod-link"}
        self._ips: set[int] = set(facts.pod_ips)
        for capture in captures:
            exchanges = capture.exchanges
            self._ips |= {ip for _, ip in exchanges.asked}
            self._ips |= {conversation.asked for conversation in exchanges.conversations.found}
            self._ips |= {row.dst for row in exchanges.conversations.broken if isinstance(row.dst, int)}
            self._ips |= {address_of(*halves) for halves in set(map(itemgetter(*DST), exchanges.paired.cells.table()))}
            paired = exchanges.paired
            asked = [question for table, word in ASKED_AS.items() for question in _in_vain(word, paired.bins_of(table))]
            for question in dict.fromkeys(asked[:MOST]):
                self._ips |= {end.ip for node in state.nodes for end in back_ends(state, node, None, question)}
        for path in followed.found:
            self._ips |= {path.dst, *(step.dst for step in path.steps)}

    def includes(self, pod: PodLink) -> bool:
        """Whether somebody sent to the pod, or its own link was recorded."""
        return pod.cali_name in self._interfaces or not self._ips.isdisjoint(pod.ips)


def _in_vain(protocol: str, bins: Iterable[ExchangeBin]) -> Iterator[Asked]:
    for some in bins:
        if some.outcome in ("unanswered", "error"):
            for sample in some.samples:
                yield Asked(
                    protocol, sample.src, sample.dst, sample.dst_port if isinstance(sample, PortRow) else DNS_PORT
                )
