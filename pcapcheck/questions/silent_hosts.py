"""Silent hosts: pings, SYNs, INITs of SCTP and datagrams without an answer that were recorded off the pods' links.

On a pod's link the rules judge them. Elsewhere, as on a node's NIC, no rule does, yet they are just as unanswered; the
same goes for those that an ICMP error ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.expiry import may_be_traced
from pcapcheck.exchanges.pair_counts import PairCounts
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_columns import unclear_reason
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import NODE
from pcapcheck.links.silence import hears_answers
from pcapcheck.protocols import PACKET_TOO_BIG
from pcapcheck.questions.unanswered import REFUSED, SILENT, UNANSWERED, ErrorReply, Judged, Unanswered
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO, PAIRED
from pcapcheck.values import format_address, is_ipv4, is_multicast_mac

ECHO_MEANING = "the host is gone or drops echo requests, or its replies are dropped or went another way"
SYN_MEANING = (
    "a policy or a firewall dropped the SYN, or the answer was dropped or went another way; "
    "record the next interface on the way too, at the same time"
)
DNS_MEANING = "the server is down or waits for another, or the query or its response was dropped on the way"
EXPIRED_MEANING = (
    "routers send the packets in a circle until their TTL is used up, or a traceroute wanted it and did not arrive"
)
REFUSED_MEANING = "a route, a firewall or the host itself turned them away: whoever sent the error knows why"
TOO_BIG_MEANING = (
    "the packets may not be fragmented and are larger than the next link of whoever sent the error takes; set a "
    "smaller MTU at the sender, or a larger one there"
)
ONE_SIDED = "; nobody else was recorded there: with -Q or a capture filter a healthy network would look the same"
NOBODYS = "the gateway's address belongs to nobody on a healthy Calico node, which routes a ping to it like any other"
INIT_MEANING = SYN_MEANING.replace("SYN", "INIT")
DATAGRAM_MEANING = "nothing came back on these ports: the server is down or does not answer this, or it was dropped"
MEANINGS = {
    ECHO: ECHO_MEANING,
    CONNECTIONS: SYN_MEANING,
    ASSOCIATIONS: INIT_MEANING,
    DNS: DNS_MEANING,
    DATAGRAMS: DATAGRAM_MEANING,
}
PROTOCOLS = {ECHO: "ICMP", CONNECTIONS: "TCP", ASSOCIATIONS: "SCTP", DNS: "DNS", DATAGRAMS: "UDP"}
WORDS = {
    ECHO: "ping",
    CONNECTIONS: "connection",
    ASSOCIATIONS: "SCTP association",
    DNS: "DNS query",
    DATAGRAMS: "UDP request",
}

# A SYN that was sent this often, over this many nanoseconds, was not answered, whatever was left out of the recording:
# its sender stops when an answer comes (RFC 6298, section 2.1; kernel: tcp_syn_linear_timeouts).
OFTEN, LONG = 3, 1_900_000_000
# How many targets of one asker are named; of more the first is named, and the others are counted.
FEW_TARGETS = 3
# A question that was recorded more often than its answer.
UNCLEAR = "unclear"
LOOKED_AT = ("unanswered", "error", UNCLEAR)


def silent_hosts(capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
    """A question per who asked whom, of those that no rule is about."""
    paired = capture.exchanges.paired
    for table in PAIRED:
        yield from _questions(table, paired.bins_of(table), capture, facts, judged)


def _questions(
    table: str, bins: Iterable[ExchangeBin], capture: Capture, facts: Facts, judged: Judged
) -> Iterator[Unanswered]:
    paired = capture.exchanges.paired
    counts = PairCounts(paired.cells)
    for some in bins:
        point = facts.point(capture.number, some.group)
        if point is None or not point.judged:
            continue
        undecided = _is_asked_again(table, some, point)
        if some.outcome not in LOOKED_AT and not undecided:
            continue
        if table == DATAGRAMS and some.outcome == "unanswered" and not hears_answers(point, capture):
            # Many datagrams need no answer, and nothing says that one would have been recorded.
            continue
        if some.error == "time-exceeded" and may_be_traced(some, paired):
            continue
        if table == ECHO and some.outcome == "unanswered" and some.group in point.probes_unanswered:
            continue
        # A NIC's one frame group holds whoever is behind its router.
        for samples in _by_pair(some.samples):
            row = samples[0]
            if _asks_many(row, some, point) and row.dst not in capture.exchanges.gateways:
                continue
            # The pod's own link tells better.
            elsewhere = row.src in facts.pod_ips and not (point.kind == "pod-link" and row.src in point.pod_ips)
            if undecided and table != ECHO and max(each.requests for each in samples) < 2:
                continue
            left_open = some.outcome == UNCLEAR or undecided or _hears_no_pod(capture, some, point)
            if not elsewhere and (left_open or not judged(table, capture.number, row)):
                yield _question(table, samples, some, point, capture, counts)


def _is_asked_again(table: str, some: ExchangeBin, point: PointFacts) -> bool:
    """Whether what a text without times leaves open was asked again: whoever asked had waited in vain."""
    if some.outcome != "in-flight" or point.capture_point.last is not None:
        return False
    # Of echo requests each is a row of its own.
    return some.count > 1 if table == ECHO else any(row.requests > 1 for row in some.samples)


def _hears_no_pod(capture: Capture, some: ExchangeBin, point: PointFacts) -> bool:
    """Whether the node asks on a link that shows no frame of the pod: no rule can tell, and the question stands.

    If the node answers or asks the pod by ARP there, and goes on, the pod spoke and was not recorded.
    """
    if point.sides.of(point.groups[some.group])[0] != NODE or point.pod_heard_at_all:
        return False
    resolving = any(group in point.groups for group, _ in capture.exchanges.asked)
    return not resolving and not point.capture_point.gateway.macs


def _by_pair(samples: list[QuestionRow]) -> list[list[QuestionRow]]:
    """Samples by who asked whom of what, in the order of their first; all of an asker that asks many together."""
    targets: dict[int, set[tuple[int, int | None]]] = {}
    for row in samples:
        targets.setdefault(row.src, set()).add(_target(row))
    found: dict[tuple[int, tuple[int, int | None] | None], list[QuestionRow]] = {}
    for row in samples:
        target = _target(row) if len(targets[row.src]) <= FEW_TARGETS else None
        found.setdefault((row.src, target), []).append(row)
    return list(found.values())


def _target(row: QuestionRow) -> tuple[int, int | None]:
    return row.dst, row.dst_port if isinstance(row, PortRow) else None


def _asks_many(row: QuestionRow, some: ExchangeBin, point: PointFacts) -> bool:
    """Whether a group was asked: by its address, or by the MAC, to which alone a subnet's broadcast address shows."""
    mac = point.groups[some.group].dst
    return (isinstance(row, EchoRow) and not row.unicast) or (mac is not None and is_multicast_mac(mac))


def _heard_others(point: PointFacts) -> bool:
    """Whether more than one machine, or both directions, were recorded."""
    groups = point.groups.values()
    return len({group.direction if point.capture_point.by_direction else group.sender for group in groups}) > 1


def _is_nobodys(table: str, asked: int, point: PointFacts, capture: Capture) -> bool:
    """Whether it is a ping to the IPv4 gateway's address, which nobody has, while the node has the IPv6 one.

    The node answers ARP for it, and routes the ping like any other: it leaves by the default route, and is lost or
    refused wherever that leads; where the address is on a link, the node itself says host unreachable.
    """
    return table == ECHO and asked in capture.exchanges.gateways and is_ipv4(asked) and point.kind == "pod-link"


def _meaning(table: str, point: PointFacts, in_vain: bool) -> str:
    """What may be behind the silence."""
    return MEANINGS[table] + ("" if in_vain or _heard_others(point) else ONE_SIDED)


def _is_in_vain(table: str, rows: list[QuestionRow]) -> bool:
    """Whether a repeated SYN shows by itself that no answer came."""
    return table == CONNECTIONS and any(
        isinstance(row, PortRow)
        and row.outcome == "unanswered"
        and row.requests >= OFTEN
        and (row.latest or 0) - (row.time or 0) >= LONG
        for row in rows
    )


def _fate(row: QuestionRow, error_reply: ErrorReply | None) -> str:
    if row.outcome == UNCLEAR:
        return "is recorded more often than its reply"
    return SILENT if error_reply is None else row.by_error(several=False) or SILENT


def _question(
    table: str, samples: list[QuestionRow], some: ExchangeBin, point: PointFacts, capture: Capture, counts: PairCounts
) -> Unanswered:
    """Of those that are not alone in their bin, and that asked several, no more is known than their samples."""
    row = max(samples, key=lambda each: each.requests) if isinstance(samples[0], PortRow) else samples[0]
    targets = len({_target(each) for each in samples})
    asked = format_address(row.dst)
    alone = len(samples) == len(some.samples)
    count, requests = some.count, some.requests
    if not alone:
        count, requests = len(samples), sum(each.requests for each in samples)
        if targets == 1 and some.outcome == "unanswered":
            counted = counts.silent(table, some.group, row)
            count, requests = max(count, counted), max(requests, counted)
    # Each echo request is a question of its own, and yet people call them all one ping.
    is_one = table == ECHO and all(each.dst == row.dst for each in samples)
    port = row.dst_port if isinstance(row, PortRow) else None
    in_vain = _is_in_vain(table, samples)
    meaning = _meaning(table, point, in_vain)
    nobodys = _is_nobodys(table, row.dst, point, capture)
    error_reply = None
    if row.error_type is not None and row.error_from is not None:
        error_reply = ErrorReply((row.family, row.error_type, row.error_code or 0), row.error_from, row.error_ttl)
        meaning = EXPIRED_MEANING if some.error == "time-exceeded" else REFUSED_MEANING
        if error_reply.error == PACKET_TOO_BIG[row.family]:
            meaning = TOO_BIG_MEANING
    elif some.outcome == UNCLEAR:
        # Each was seen several times, not asked.
        requests = count
        meaning = unclear_reason(point.capture_point)
    about = f"{WORDS[table]} to {asked}" + (f" port {port}" if port else "")
    return Unanswered(
        protocol=PROTOCOLS[table],
        asker=row.src,
        asked=row.dst,
        about=about,
        attempts=requests if is_one else row.requests,
        lasted=None,
        capture=capture.number,
        interface=point.name,
        frames=tuple(sorted(number for each in samples for number in each.frames[:1])),
        group=some.group,
        alike=1 if is_one else count,
        meaning=meaning,
        doubt=NOBODYS if nobodys else "" if error_reply or in_vain else point.silence.get(table, ""),
        fate=_fate(row, error_reply),
        port=port,
        error_reply=error_reply,
        ended=UNANSWERED if error_reply is None or some.error == "time-exceeded" else REFUSED,
        opens=True,
        targets=targets,
    )
