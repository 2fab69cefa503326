"""Packet evidence: what the packets say about a case, as columns that causes ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from pcapcheck.calico import is_wireguard
from pcapcheck.columns import ADDRESSES, ARP, CONNECTIONS, DNS, ECHO, FRAMES, HOPS, OPAQUE, STATE
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.links.addresses import BEHIND
from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.losses import (
    AT_NIC,
    AT_POD,
    BETWEEN,
    DECAPSULATION,
    IN_NODE,
    REPLY,
    REQUEST,
    TO_POD_LINK,
    LastSeen,
    PathLoss,
)
from pcapcheck.paths.path import Path
from pcapcheck.protocols import icmp_error_meaning
from pcapcheck.questions.silent_conversations import LARGE
from pcapcheck.ruleset.finding import FAIL, PASS, Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import INITIAL_TTLS, AddressRoles, at_home, called
from pcapcheck.triage.by_size import by_size
from pcapcheck.triage.case import DATAGRAMS, Case, asked_for
from pcapcheck.triage.case_columns import REFUSED
from pcapcheck.triage.case_loss import loss_columns
from pcapcheck.triage.interfaces import recorded_nic
from pcapcheck.triage.question_signs import arrival, is_reset, is_stalled, left_over, refused_columns
from pcapcheck.triage.service_evidence import is_usual
from pcapcheck.triage.signs_of_life import gateway_answered, refused_late, routed, signs_of_life
from pcapcheck.triage.unanswered_neighbours import is_askers_own
from pcapcheck.values import Value, is_ipv4, is_public

T = TypeVar("T")

# Packets that ask, by their name in the table ``paths``.
TCP, UDP = "tcp", "udp"
# What is asked by which packets.
ASKED = {REQUEST: "echo", TCP: "tcp", UDP: "dns", DATAGRAMS: "udp"}
# Packets of what is not asked by echo requests, by table.
KINDS = {CONNECTIONS: TCP, DNS: UDP, DATAGRAMS: UDP}
# Where packets were lost, by the rule that says so.
LOST_BY_RULE = {
    "request-leaves-node": IN_NODE,
    "request-reaches-pod": BETWEEN,
    "pod-answers-echo": AT_POD,
    "reply-delivered": "on-return",
}


def packet_evidence_of(
    case: Case, result: Judgement, roles: AddressRoles, losses: list[PathLoss]
) -> dict[str, Value | None]:
    """The columns of a case that do not begin with ``state``; ``losses`` are what ``lost_of`` finds for it."""
    lead = case.lead
    point, pod, dst = lead.link, lead.pod, lead.dst
    dst_link = lead.dst_link
    kind = _kind_of(case)
    asked = list(asked_in(case, result, point))
    failed = [echo for echo in asked if echo.outcome in ("unanswered", "error") or is_reset(case)]
    refused = list(_refused(asked))
    refused_here = refused[0] if point and refused else None
    echo = refused_here or next(_refused(asked_in(case, result)), None)
    receiver = pod if dst is None else dst
    there = dst_link.node_interface if dst_link else lead.described if dst is not None else None
    lost_paths = _lost_paths(result, kind, case)
    return {
        "family": None if pod is None else 4 if is_ipv4(pod) else 6,
        "resolution": None if pod is None else "ARP" if is_ipv4(pod) else "neighbour discovery",
        "forwarded": _forwarded(result, point, pod),
        "pod.cut_off": _cut_off(result, point, pod),
        "interface": point.node_interface if point else lead.described,
        "pod": pod,
        "dst": dst,
        "pod.role": None if pod is None else roles.of(pod),
        "dst.role": None if dst is None else roles.of(dst),
        "dst.called": None if dst is None else called(dst, roles.of(dst)),
        "dst.at": None if dst is None else at_home(dst, roles.of(dst)),
        "translated": translated(result, kind, pod, dst),
        "dst.usual_service": None if dst is None else is_usual(dst),
        "asked": ASKED[DATAGRAMS if lead.table == DATAGRAMS else kind],
        "dst.public": None if dst is None else is_public(dst),
        "nic": recorded_nic(result, point),
        "dst.interface": there,
        "gateway": _gateway(case, point),
        "gateway.macs": _macs(case, point),
        "gateway.mac": case.row("reply_mac"),
        **(places := _places(case, result, kind, losses, roles)),
        **({"arrived": False} if any(one.flooded for one in losses) else _beyond(case, result, kind, places, failed)),
        "receiver": receiver,
        "receiver.at": None if receiver is None else at_home(receiver, roles.of(receiver)),
        "receiver.interface": point.node_interface if dst is None and point else there,
        "replies": (replies := _replies(case, result, kind, failed)),
        "dst.routed": routed(failed, dst_link, dst, asked_for(result, dst_link, dst) if dst_link else ()),
        "dst.gateway_answered": replies == "none" and dst in gateway_answered(dst_link) if dst_link else None,
        **loss_columns(result, case),
        "lost.first": _first_of_theirs(case, kind, asked, failed),
        "only_tcp": kind != REQUEST and any(one.outcome == "replied" for one in _between(result, pod, dst)),
        "refused": None if dst is None else _meaning(echo),
        "refused.by": "none" if dst is not None and echo is None else _who_refused(echo, refused_here, point, result),
        "refused.from": echo.error_from if echo else None,
        "refused.late": _refused_late(case, refused, point),
        "refused.mtu": echo.error_mtu if echo else None,
        **refused_columns(case, result, roles),
        **_from_another(case),
        **signs_of_life(failed, point, dst_link, dst),
        **_asked(result, dst_link, dst),
        "dst.addressed": _addressed(dst_link),
        "dst.recorded": dst_link is not None if dst is not None else None,
        "encap": _device(losses) or _encap(case) or _tunnel(lost_paths),
        **by_size(result, kind, pod, dst, is_stalled(case) and _is_large(case)),
        "nic.proxy_mac": _nic_to_proxy(result),
        "began": min(filter(None, (one.capture_point.first for one in _links(case))), default=None),
        "ended": max(filter(None, (one.capture_point.last for one in _links(case))), default=None),
        # The smallest packet that was lost: bytes of the datagram, where it was followed.
        "size": min((path.shortest for path in lost_paths), default=None),
        "size.stalled": case.question.size if case.question is not None else None,
        "echo_lost": _echo_lost(result, pod, dst),
        "unrouted": _unrouted(case, result),
        "macs_kept": _macs_kept(case, result),
        "sent_to": next((_one(i.evidence.row.get("eth.dst")) for i in case.items if i.table == FRAMES), None),
        "claimed": next((_one(i.evidence.row.get("ip")) for i in case.items if i.table == ADDRESSES), None),
        "claimed.interface": _claimed_elsewhere(case, " on "),
        "claimed.node": _claimed_elsewhere(case, BEHIND),
    }


def _forwarded(result: Judgement, point: PointFacts | None, pod: int | None) -> bool | None:
    """Whether anything of the pod's IP version passes from its link to other links."""
    if point is None or pod is None:
        return None
    return any(
        len(path.steps) > 1
        and is_ipv4(path.src) == is_ipv4(pod)
        and point.key in {step.spot.point.key for step in path.steps[:-1]}
        for path in result.followed.found
    )


def _cut_off(result: Judgement, point: PointFacts | None, pod: int | None) -> bool | None:
    """Whether packets for a pod got as far as its node's NIC or tunnel, and were never seen on its link."""
    if point is None or pod is None:
        return None
    losses = (result.followed.loss(path) for path in result.followed.found if path.receiver == pod)
    return any(
        loss.place in (AT_NIC, DECAPSULATION, TO_POD_LINK) and (loss.arrived or point in loss.missing)
        for loss in losses
    )


def lost_of(case: Case, result: Judgement) -> list[PathLoss]:
    """What was lost between pod and dst: replies that did not come back, else requests that nobody answered."""
    followed, kind = result.followed, _kind_of(case)
    pod, dst = case.lead.pod, case.lead.dst
    answers = REPLY if kind == REQUEST else kind
    back = [path for path in followed.found if path.packet == answers and (path.src, path.receiver) == (dst, pod)]
    lost = [path for path in back if followed.is_delivered(path) is False]
    last = _answer_seen(case)
    if not lost and last is not None:
        # No link had to show them: that they did not come back to where they were asked for tells.
        came = [path for path in followed.found if path.packet == answers and _ends_at(path, last)]
        if came:
            return [replace(followed.loss(path), back=True) for path in came]
    return [followed.loss(path) for path in lost or _lost_paths(result, kind, case)]


def _ends_at(path: Path, last: LastSeen) -> bool:
    """Whether the last sighting of packets is that of an answer, with the addresses that it had there."""
    step = path.steps[-1]
    at = (step.spot.capture, step.spot.point.name, (step.src, step.dst))
    return at == (last.capture, last.interface, last.between)


def _answer_seen(case: Case) -> LastSeen | None:
    """Where the answer to what was asked first was seen last that did not come back to where it was asked."""
    last = case.question.last_seen if case.question is not None else case.lead.evidence.last_seen
    return last if last is not None and last.direction == REPLY else None


def _from_another(case: Case) -> dict[str, Value | None]:
    """The address that an answer came from which is not the one that was asked."""
    seen = [case.question.last_seen] if case.question is not None else [one.evidence.last_seen for one in case.items]
    source = next((one.source for one in seen if one is not None and one.source is not None), None)
    return {} if source is None else {"refused": "wrong-address", "refused.from": source}


def asked_in(case: Case, result: Judgement, point: PointFacts | None = None) -> Iterator[EchoRow]:
    """Samples of what the case's pod asked of its ``dst``, on one link or wherever it was recorded.

    Where it is about a question to one port, that port alone counts; other datagrams than DNS are not paired at all.
    """
    lead, question = case.lead, case.question
    if lead.table == DATAGRAMS:
        return
    port = question.port if question is not None else None
    for some in exchanges_of(_kind_of(case), result, lead.pod, lead.dst, point):
        if port is None or not isinstance(some, ConnectionRow) or some.dst_port == port:
            yield some


def asked_on(point: PointFacts | None, result: Judgement) -> Iterator[EchoRow]:
    """Samples of whatever was asked on a link: echo requests, attempts at connections, DNS queries."""
    if point is not None:
        echoes = result.captures[point.key[0]].exchanges.echoes
        for some in (*echoes.bins(), *echoes.attempts(), *echoes.queries()):
            if some.group in point.groups:
                yield from some.samples


def _kind_of(case: Case) -> str:
    """Which packets a case is about.

    Where the node asked for a pod in vain, what the packets were that it did not deliver, the next failure tells.
    """
    tables = [one.table for one in case.items if one.table != ARP or one.about_gateway]
    return KINDS.get(tables[0], REQUEST) if tables else REQUEST


def _echo_lost(result: Judgement, pod: int | None, dst: int | None) -> bool | None:
    """Whether echo requests between the two get no reply; None where none was sent."""
    outcomes = {echo.outcome for echo in _between(result, pod, dst)}
    return "replied" not in outcomes if outcomes & {"replied", "unanswered", "error"} else None


def _unrouted(case: Case, result: Judgement) -> bool:
    """Whether a hop is wrong between the links of a case: of it, or of another about the same links."""
    if any(one.table == HOPS for one in case.items):
        return True
    names = {point.name for point in _links(case)}
    hops = [one for one in result.findings if one.rule.table == HOPS and one.status == FAIL]
    return any({row.get("interface"), row.get("to.interface")} & names for one in hops for row in _rows(one))


def _links(case: Case) -> list[PointFacts]:
    return [point for item in case.items for point in (item.link, item.dst_link) if point is not None]


def _rows(finding: Finding) -> list[Mapping[str, Value | None]]:
    return [one.row for one in finding.evidence]


def _macs_kept(case: Case, result: Judgement) -> bool | None:
    """Whether frames have the same MACs on two links; None where that was not checked."""
    found = next((one for one in result.findings if one.rule.id == "hop-macs-rewritten"), None)
    if found is None or "hop-macs-rewritten" in case.failed:
        return True if found is not None else None
    return False if found.status == PASS else True if found.status == FAIL else None


def _claimed_elsewhere(case: Case, word: str) -> str | None:
    """The links other than the claimant's own on which its address is claimed, from the words about them."""
    for item in case.items:
        others = item.evidence.row.get("others")
        if item.table == ADDRESSES and isinstance(others, str) and word in others:
            return others.partition(word)[2].partition(BEHIND)[0]
    return None


def _gateway(case: Case, point: PointFacts | None) -> str | None:
    if point is None:
        # What was seen beyond its own link was sent by who had its gateway's MAC, or needs none.
        return "not-asked" if case.lead.table != STATE and case.lead.dst is not None else None
    for item in case.items:
        if item.table == ARP and item.link is point:
            if item.unanswered:
                return "unanswered"
            if item.name in ("gateway-arp-answered", "gateway-arp-prompt"):
                return "late"
    talk = point.capture_point.gateway
    return "answered" if talk.answered else None if talk.askers else "not-asked"


def _macs(case: Case, point: PointFacts | None) -> int | None:
    """How many machines answered for the gateway; where no rule complains of them, one."""
    if point is None:
        return None
    told = case.row("answering_macs")
    return told if isinstance(told, int) else min(1, len(point.capture_point.gateway.answered))


def _meaning(echo: EchoRow | None) -> str:
    if echo is None:
        return "none"
    means = icmp_error_meaning(echo.family, echo.error_type or 0, echo.error_code or 0)
    return means if means in REFUSED else "other"


def _places(
    case: Case, result: Judgement, kind: str, losses: list[PathLoss], roles: AddressRoles
) -> dict[str, Value | None]:
    """Where packets were lost, and where they were seen last; only what is alike of all that were lost."""
    at_pod = AT_POD if "pod-answers-echo" in case.failed else _at_pod(case, result)
    places = {at_pod} if at_pod else {one.place for one in losses if one.missing}
    back = {one.back or one.path.src == case.lead.dst for one in losses}
    seen = _answer_seen(case)
    here = None
    if case.question is not None:
        here = result.facts.point(case.question.capture, case.question.group)
    capture_points = [one.last.spot.point.capture_point for one in losses]
    if not losses and seen is not None:
        # One link was recorded, so nothing was followed.
        back, places = {True}, {seen.place} if seen.place else set()
        capture_points = [here.capture_point] if here is not None else []
    if losses and back == {True} and seen is not None:
        places = {one.place for one in losses}
    by_rule = kind == REQUEST and case.question is None
    lost = _by_rule(case, result, losses) if by_rule else _lost_segments(case, result, kind, losses)
    if lost is None and seen is not None:
        lost = "on-return"
    if lost is None and is_reset(case):
        # Whoever resets in another's name took the packets on their way.
        lost = IN_NODE
    if lost is None and not places:
        # No link had to show them next, yet they were seen on the node that they were going to.
        lost = _only({one.place if _is_at_node(one) else None for one in losses if one.path.src == case.lead.pod})
        places = {lost} if lost else set()
    arrived = _only({one.arrived for one in losses})
    if arrived is None and here is not None and back != {True}:
        capture_points = capture_points or [here.capture_point]
        groups = [one.last.spot.group for one in losses] or [here.groups[case.lead.evidence.group]]
        arrived = arrival(case, result, roles, list(zip(capture_points, groups, strict=True)))
        if arrived is not None:
            # Nothing had to show it next, so it is not known to be lost; yet that is the part of the way that is left.
            lost = lost or left_over(losses, here, arrived)
            places = places or ({lost} if lost else set())
    name = _only({one.name for one in capture_points})
    return {
        "lost": lost or _went_on(case, losses),
        "lost.place": _only(places),
        "lost.direction": _only({REPLY if one else REQUEST for one in back}),
        "last_seen.kind": _only({one.kind for one in capture_points}),
        # What only has a number is no name to type.
        "last_seen.interface": None if name is None or "ifindex " in name else name,
        "last_seen.arrived": arrived,
    }


def _is_at_node(loss: PathLoss) -> bool:
    """Whether packets were seen last on a NIC or tunnel of the receiver's node, or going to a pod on its link."""
    if loss.last.spot.point.kind not in NODE_KINDS:
        return loss.place == AT_POD and len(loss.path.steps) > 1
    return bool(loss.arrived)


def _beyond(
    case: Case, result: Judgement, kind: str, places: dict[str, Value | None], failed: list[EchoRow]
) -> dict[str, Value | None]:
    """Where ``failed`` requests got to that were recorded on a NIC or tunnel of another node than the asker's.

    One wire may be recorded at both ends, which following packets counts as one point.
    """
    point = case.lead.link
    arrived = places["last_seen.arrived"]
    if point is None or arrived or places["lost"] not in (None, BETWEEN):
        return {"arrived": arrived}
    lost = {(echo.ident, echo.seq) for echo in failed}
    same = result.followed.hosts.same
    there = [one for one in result.points if one.kind in NODE_KINDS and same(point.key, one.key) is False]
    shown = {
        one.key: any(
            (echo.ident, echo.seq) in lost for echo in exchanges_of(kind, result, case.lead.pod, case.lead.dst, one)
        )
        for one in there
    }
    if not any(shown.values()):
        return {"arrived": arrived}
    tunnels = [one for one in there if one.kind == "tunnel"]
    if any(shown[one.key] for one in tunnels):
        return {"arrived": True, "lost": TO_POD_LINK}
    opened = any(shown[one.key] and same(one.key, other.key) for one in there for other in tunnels)
    return {"arrived": True, "lost": DECAPSULATION if opened else AT_NIC}


def _only(values: set[T]) -> T | None:
    return values.pop() if len(values) == 1 else None


def _at_pod(case: Case, result: Judgement) -> str | None:
    """Whether what failed was recorded on the receiver's own link and got no answer there."""
    for item in case.items:
        if item.dst_link is None:
            continue
        recorded = result.facts.point(item.evidence.capture, item.evidence.group)
        if item.question is not None and recorded is item.dst_link:
            return AT_POD
        kind = KINDS.get(item.table)
        if kind is None:
            continue
        there = exchanges_of(kind, result, item.pod, item.dst, item.dst_link)
        if any(some.outcome == "unanswered" for some in there):
            return AT_POD
    return None


def _by_rule(case: Case, result: Judgement, losses: list[PathLoss]) -> str | None:
    """Where echoes were lost: only if all that was seen to be lost was lost in one place."""
    places = {LOST_BY_RULE[name] for name in case.failed if name in LOST_BY_RULE}
    if BETWEEN in places:
        # Packets that were seen on were lost where they were seen last.
        places = places - {BETWEEN} | {one.place for one in losses if one.missing and one.path.src == case.lead.pod}
    return _only(places)


def _lost_segments(case: Case, result: Judgement, kind: str, losses: list[PathLoss]) -> str | None:
    """The same of attempts at connections and of DNS queries, by where packets of their protocol were seen."""
    if any(one.back or one.path.src == case.lead.dst for one in losses) or (not losses and _answer_seen(case)):
        return "on-return"
    at_pod = _at_pod(case, result)
    lost = [one for one in losses if one.missing]
    return at_pod or (lost[0].place if lost else None)


def _went_on(case: Case, losses: list[PathLoss]) -> str | None:
    """Whether requests were seen leaving the node for another, whose pod's link was not recorded."""
    if case.lead.dst_link is not None:
        return None
    return BETWEEN if any(one.last.spot.point.kind in NODE_KINDS for one in losses) else None


def _tunnel(lost_paths: list[Path]) -> str | None:
    """The tunnel that unanswered requests were seen in last."""
    return next((path.steps[-1].encap for path in lost_paths if path.steps[-1].encap != "none"), None)


def _is_large(case: Case) -> bool:
    """Whether the data that got stuck may have been lost for its size: what is small is not."""
    return case.question is None or case.question.size is None or case.question.size >= LARGE


def _device(losses: list[PathLoss]) -> str | None:
    """WireGuard, where packets were seen last on its device: behind it nobody can look into them."""
    return OPAQUE if any(is_wireguard(one.last.spot.point.name) for one in losses) else None


def _lost_paths(result: Judgement, kind: str, case: Case) -> list[Path]:
    asked = [one for one in result.followed.found if (one.src, one.dst) == (case.lead.pod, case.lead.dst)]
    if kind != REQUEST:
        return [path for path in asked if path.packet == kind and not result.followed.is_delivered(path)]
    return [path for path in asked if path.packet == REQUEST and not path.answered]


def _replies(case: Case, result: Judgement, kind: str, failed: list[EchoRow]) -> str | None:
    """Whether any of the requests got a reply on the asker's link, and whether that was before all that got none.

    Of many that are alike only the first are kept as samples: what became of the others, following them tells.
    """
    lead = case.lead
    if lead.table == DATAGRAMS or is_reset(case) or (case.question is not None and _answer_seen(case) is not None):
        # What was answered further on got no answer where it was asked.
        return "none"
    tables = [table for table, asked in KINDS.items() if asked == kind] or [ECHO]
    times = [one.evidence.time for one in case.items if one.table in tables and one.evidence.time]
    times = times or [echo.time for echo in failed if echo.time]
    if not times:
        return None
    bins = [some for some in _bins(kind, result, lead.link) if some.outcome == "replied"]
    samples = [echo for some in bins for echo in some.samples if (echo.src, echo.dst) == (lead.pod, lead.dst)]
    if kind == TCP:
        # Another port is another question.
        ports = {echo.seq for echo in failed}
        samples = [echo for echo in samples if echo.seq in ports]
    replied = [echo.time for echo in samples if echo.time is not None]
    paths = [path for path in result.followed.found if (path.src, path.dst, path.packet) == (lead.pod, lead.dst, kind)]
    came = [path.last for path in paths if path.answered and not _lost_on_return(case) and _answer_seen(case) is None]
    everything = all(some.count == len(some.samples) for some in bins)
    if not replied and not came:
        return "none" if everything or (paths and kind == REQUEST) else None
    if max([*replied, *came]) > min(times):
        return "some"
    return "at-first" if everything or came else None


def _first_of_theirs(case: Case, kind: str, asked: list[EchoRow], failed: list[EchoRow]) -> bool | None:
    """Whether nothing was lost of a conversation that had got an answer before, as far as samples tell.

    Echo requests of one identifier are one conversation to connection tracking, as long as they go on (30 seconds;
    net/netfilter/nf_conntrack_proto_icmp.c); each attempt at a connection begins one,
    and the data of a connection that was made does not.
    """
    if is_stalled(case):
        return False
    if not failed:
        return None
    if kind != REQUEST:
        return True
    begun: dict[int | None, int] = {}
    for echo in asked:
        if echo.outcome == "replied" and echo.time is not None:
            begun[echo.ident] = min(begun.get(echo.ident, echo.time), echo.time)
    return not any(echo.time is not None and begun.get(echo.ident, echo.time) < echo.time for echo in failed)


def _lost_on_return(case: Case) -> bool:
    """Whether replies were lost on their way back: that they were given says nothing of what the asker got."""
    return "reply-delivered" in case.failed


def _echoes(result: Judgement, src: int | None, dst: int | None) -> Iterator[EchoRow]:
    """Samples of the echoes from one to the other."""
    return exchanges_of(REQUEST, result, src, dst)


def _between(result: Judgement, one: int | None, other: int | None) -> Iterator[EchoRow]:
    """The same of either to the other."""
    return chain(_echoes(result, one, other), _echoes(result, other, one))


def exchanges_of(
    kind: str, result: Judgement, src: int | None, dst: int | None, point: PointFacts | None = None
) -> Iterator[EchoRow]:
    """Samples of echoes, attempts at connections or DNS queries, on one link or wherever they were recorded."""
    for some in _bins(kind, result, point):
        yield from (echo for echo in some.samples if (echo.src, echo.dst) == (src, dst))


def _bins(kind: str, result: Judgement, point: PointFacts | None = None) -> Iterator[ExchangeBin]:
    """Those alike, on one link or wherever they were recorded."""
    for capture in result.captures:
        if point is None or point.key[0] == capture.number:
            echoes = capture.exchanges.echoes
            asked = {TCP: echoes.attempts, UDP: echoes.queries}.get(kind, echoes.bins)
            for some in asked():
                recorded = result.facts.point(capture.number, some.group) is not None
                if recorded and (point is None or some.group in point.groups):
                    yield some


def _refused(echoes: Iterable[EchoRow]) -> Iterator[EchoRow]:
    return (one for one in echoes if one.error_type is not None)


def _refused_late(case: Case, refused: list[EchoRow], point: PointFacts | None) -> bool | None:
    """Of a question that no rule is about no more is known than that it was refused."""
    if not refused:
        return None if case.question is not None and case.question.refusal is not None else False
    return refused_late(refused, point)


def _who_refused(echo: EchoRow | None, here: EchoRow | None, point: PointFacts | None, result: Judgement) -> str | None:
    """By the error's source, else by its TTL on the pod's link: what no router has passed on is the node's own.

    The node decrements what it forwards, not what it sends (kernel: net/ipv4/ip_forward.c; icmp_send begins with 64).
    """
    if echo is None or point is None:
        return None
    if echo.error_from == echo.dst:
        return "receiver"
    own = result.followed.node_addresses(point)
    if echo.error_from in own:
        return "node"
    if here is not None and here.error_ttl is not None:
        return "node" if here.error_ttl in INITIAL_TTLS else "other"
    if echo.error_from is not None and is_askers_own(result, point, echo.error_from):
        return "node"
    return "other" if own else None


def translated(result: Judgement, kind: str, src: int | None, dst: int | None) -> bool | None:
    """Whether packets were seen leaving by a NIC with another source; None where they were not seen there."""
    left = [
        step.src != path.src
        for path in result.followed.found
        if (path.src, path.dst, path.packet) == (src, dst, kind)
        for step in path.steps[1:]
        if step.encap == "none" and step.spot.point.kind == "host-nic"
    ]
    return any(left) if left else None


def _asked(result: Judgement, point: PointFacts | None, address: int | None) -> dict[str, Value | None]:
    """Whether the node asked for a pod on its link, and was answered."""
    if point is None or address is None:
        return {"dst.asked": None, "dst.answers": None}
    groups = asked_for(result, point, address)
    tallies = result.captures[point.key[0]].tallies
    outcomes = [tallies[ARP, group].outcomes for group in groups if (ARP, group) in tallies]
    heard = any(point.sides.of(group)[0] == POD for group in point.groups.values())
    answered = sum(one["answered"] for one in outcomes)
    unanswered = sum(one["unanswered"] for one in outcomes)
    told = answered or unanswered or heard
    return {"dst.asked": bool(groups), "dst.answers": bool(answered) if groups and told else None}


def _addressed(point: PointFacts | None) -> bool | None:
    if point is None or not point.pod_macs:
        return None
    handed = [one for one in point.groups.values() if point.sides.of(one)[0] == NODE and one.carries == "ip-unicast"]
    macs = {one.dst for one in handed if one.dst is not None}
    return macs <= point.pod_macs if macs else None


def _nic_to_proxy(result: Judgement) -> bool:
    nics = [point.capture_point for point in result.points if point.kind == "host-nic"]
    return any(group.dst == result.reading.proxy_mac for nic in nics for group in nic.groups.values())


def _encap(case: Case) -> str | None:
    for item in case.items:
        encap = item.evidence.row.get("encap")
        if isinstance(encap, str):
            # Of several tunnels one inside the other, as of none, the words are those of the table.
            return encap.split(", ")[-1] if encap != OPAQUE else OPAQUE
    return None


def _one(value: Value | None) -> int | None:
    if isinstance(value, frozenset):
        return min(value, default=None)
    return value if isinstance(value, int) else None
