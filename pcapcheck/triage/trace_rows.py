"""Trace rows: packets that netfilter traced or logged, each with the capture points that recorded packets like it.

In: the state's traced packets, the exchanges and paths of an observation. Out: a row per packet and host, in the order
of the text. A chain is a place between two interfaces of its host, so it says how far a packet came that no capture
point recorded any further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck import protocols
from pcapcheck.nodestate.packet_facts import TracedPacket
from pcapcheck.protocols import DNS_PORT
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO

if TYPE_CHECKING:
    from pcapcheck.exchanges.question_row import QuestionRow
    from pcapcheck.nodestate.state import State

PROTOCOLS = {
    ECHO: (protocols.ICMP, protocols.ICMPV6),
    CONNECTIONS: (protocols.TCP,),
    ASSOCIATIONS: (protocols.SCTP,),
    DNS: (protocols.UDP, protocols.TCP),
    DATAGRAMS: (protocols.UDP,),
}
# What paths call the packets of a protocol.
PACKETS: Mapping[int | None, tuple[str, ...]] = {
    protocols.ICMP: ("request", "reply"),
    protocols.ICMPV6: ("request", "reply"),
    protocols.TCP: ("tcp",),
    protocols.UDP: ("udp",),
}
# How many rows there are at most.
MOST = 1000


class TraceRow(Struct, frozen=True):
    """A traced packet on the host called ``host``; ``recorded_on`` are capture points, in the order of its path."""

    host: str
    packet: TracedPacket
    recorded_on: tuple[str, ...] = ()


def trace_rows(judgement: Judgement, state: State | None) -> list[TraceRow]:
    """At most ``MOST`` rows."""
    if state is None:
        return []
    found = [(host.label, packet) for host in state.hosts for packet in host.traces][:MOST]
    return [TraceRow(host, packet, tuple(dict.fromkeys(_recorded_on(packet, judgement)))) for host, packet in found]


def _recorded_on(packet: TracedPacket, judgement: Judgement) -> Iterator[str]:
    """Where it was recorded: by its path where packets were followed, else by the questions of each capture point."""
    asked = list(_questions(packet, judgement))
    if not asked:
        return
    for path in judgement.followed.between(packet.src, packet.dst):
        if path.packet in PACKETS.get(packet.protocol, ()):
            yield from (step.spot.point.name for step in path.steps)
    yield from asked


def _questions(packet: TracedPacket, judgement: Judgement) -> Iterator[str]:
    for capture in judgement.captures:
        for table, numbers in PROTOCOLS.items():
            if packet.protocol not in numbers:
                continue
            for some in capture.exchanges.paired.bins_of(table):
                point = judgement.facts.point(capture.number, some.group)
                if point is not None and any(_is_of(packet, row) for row in some.samples):
                    yield point.name


def _is_of(packet: TracedPacket, row: QuestionRow) -> bool:
    """Whether a question, or its answer, is like this packet: of the same ping, or to or from the same port.

    Of questions that are alike only a few are kept, so their other numbers need not be among them.
    """
    if (row.src, row.dst) not in ((packet.src, packet.dst), (packet.dst, packet.src)):
        return False
    if row.table == ECHO:
        return packet.ident is None or packet.ident == row.numbers[0]
    asked = packet.dport if row.src == packet.src else packet.sport
    port = DNS_PORT if row.table == DNS else row.numbers[-1]
    return None in (asked, port) or asked == port
