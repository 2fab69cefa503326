"""What the pod of a case asked, as it was recorded: samples of its questions of all kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.paired_kinds import KINDS
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.losses import (
    REQUEST,
)
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ARP, ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO, PAIRED
from pcapcheck.triage.case import Case

# Packets that ask, by their name in the table ``paths``.
TCP, UDP, OTHER = "tcp", "udp", "other"
# The words of the column ``asked``, by these packets, if the table does not say it better.
ASKED = {REQUEST: "echo", TCP: "tcp", UDP: "dns", OTHER: "sctp", DATAGRAMS: "udp"}
# The packets that ask, by table; in others they are echo requests.
PACKETS = {CONNECTIONS: TCP, DNS: UDP, DATAGRAMS: UDP, ASSOCIATIONS: OTHER}


def packet_of(case: Case) -> str:
    """Which packets a case is about.

    If the node asked for a pod in vain, the next failure shows which packets it did not deliver.
    """
    item = next((item for item in case.items if item.table != ARP or item.about_gateway), None)
    if item is None:
        return REQUEST
    followed = item.evidence.row.get("packet")
    return followed if followed in (TCP, UDP) else PACKETS.get(item.table, REQUEST)


def asked_as(case: Case) -> str:
    """How a case's pod asked, as in the column ``asked``."""
    packet = packet_of(case)
    return ASKED[DATAGRAMS if packet == UDP and case.lead.table == DATAGRAMS else packet]


def asked_in(case: Case, judgement: Judgement, point: PointFacts | None = None) -> Iterator[QuestionRow]:
    """Samples of what the case's pod asked of its ``dst``, on one link or wherever it was recorded.

    If it is about a question to one port, only that port counts.
    """
    lead, question = case.lead, case.question
    port = question.port if question is not None else None
    for some in exchanges_of(packet_of(case), judgement, lead.pod, lead.dst, point):
        same = lead.table not in PAIRED or lead.table == some.table
        if same and (port is None or not isinstance(some, PortRow) or some.dst_port == port):
            yield some


def asked_on(point: PointFacts | None, judgement: Judgement) -> Iterator[QuestionRow]:
    """Samples of whatever was asked on a link: echo requests, attempts at connections, DNS queries and so on."""
    if point is not None:
        paired = judgement.captures[point.key[0]].exchanges.paired
        for kind in KINDS:
            for some in paired.settled(kind.table).of_groups(point.groups):
                yield from some.samples


def exchanges_of(
    packet: str, judgement: Judgement, src: int | None, dst: int | None, point: PointFacts | None = None
) -> Iterator[QuestionRow]:
    """Samples of what these packets ask, on one link or wherever they were recorded."""
    for capture in _captures_of(judgement, point):
        for table in _tables_of(packet):
            for group, asked in capture.exchanges.paired.settled(table).asked(src, dst):
                recorded = judgement.facts.point(capture.number, group) is not None
                if recorded and (point is None or group in point.groups):
                    yield asked


def bins_of(packet: str, judgement: Judgement, point: PointFacts | None = None) -> Iterator[ExchangeBin]:
    """The bins of what these packets ask, on one link or wherever they were recorded."""
    for capture in _captures_of(judgement, point):
        for table in _tables_of(packet):
            bins = capture.exchanges.paired.settled(table)
            for some in bins.bins if point is None else bins.of_groups(point.groups):
                if judgement.facts.point(capture.number, some.group) is not None:
                    yield some


def _captures_of(judgement: Judgement, point: PointFacts | None) -> list[Capture]:
    """The capture of a link, or all."""
    return [capture for capture in judgement.captures if point is None or point.key[0] == capture.number]


def _tables_of(packet: str) -> list[str]:
    """The tables of what these packets ask."""
    return [table for table, asking in PACKETS.items() if asking == packet] or [ECHO]


def echoes_between(judgement: Judgement, address: int | None, other: int | None) -> Iterator[QuestionRow]:
    """Samples of the echoes of two addresses, in either direction."""
    return chain(exchanges_of(REQUEST, judgement, address, other), exchanges_of(REQUEST, judgement, other, address))


def ended_by_error(echoes: Iterable[QuestionRow]) -> Iterator[QuestionRow]:
    return (echo for echo in echoes if echo.error_type is not None)
