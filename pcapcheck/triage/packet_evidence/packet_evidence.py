"""Packet evidence: what the packets say about a case, as columns that causes ask for."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.column_words import OPAQUE
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.address_row import BEHIND
from pcapcheck.paths.losses import (
    REQUEST,
    PathLoss,
)
from pcapcheck.questions.broken_transfers import LARGE
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ADDRESSES, FRAMES
from pcapcheck.triage.address_roles import NODE_ROLE, POD_ROLE, UNKNOWN_ROLE, AddressRoles, at_home, called
from pcapcheck.triage.by_size import by_size
from pcapcheck.triage.case import Case, asked_for
from pcapcheck.triage.case_loss import loss_columns
from pcapcheck.triage.interfaces import recorded_nic
from pcapcheck.triage.packet_evidence.case_exchanges import (
    UDP,
    asked_as,
    asked_in,
    echoes_between,
    ended_by_error,
    packet_of,
)
from pcapcheck.triage.packet_evidence.link_evidence import (
    asked_for_columns,
    claimed_elsewhere,
    gateway_answer,
    gateway_macs,
    is_addressed,
    is_unrouted,
    links_of,
    macs_kept,
    nic_to_proxy,
)
from pcapcheck.triage.packet_evidence.lost_paths import (
    forwarded_columns,
    is_cut_off,
    last_tunnel,
    lost_paths_of,
    opaque_device,
    passed_tunnel,
    translated,
)
from pcapcheck.triage.packet_evidence.lost_places import arrived_beyond, lost_places
from pcapcheck.triage.packet_evidence.near_answers import is_near
from pcapcheck.triage.packet_evidence.rejection_evidence import error_meaning, from_another_address, is_late, refused_by
from pcapcheck.triage.packet_evidence.reply_evidence import answers_one_of_two, echo_lost, lost_first_packets, replies
from pcapcheck.triage.question_signs import is_missing, is_reset, is_stalled, refused_columns
from pcapcheck.triage.service_evidence import is_usual_service
from pcapcheck.triage.signs_of_life import gateway_answered, routed, signs_of_life
from pcapcheck.values import Value, as_number, is_ipv4, is_name, is_public

Columns = dict[str, Value | None]
# The rule that fails if packets keep the pod's own address while others of the pod are translated.
EGRESS_RULE, SCTP_RULE = "egress-translated", "sctp-answered"
# Kubernetes: pkg/controlplane/instance.go, DefaultServiceNodePortRange; kube-apiserver --service-node-port-range.
NODE_PORTS = range(30000, 32768)
# Calico gives the tunnel's device of a node the first free address of a block when the node is set up; flannel gives it
# that of the node's network (node/pkg/allocateip; libcalico-go/lib/ipam: blockSize 26 and 122; flannel: pkg/subnet).
BLOCK = 1 << 6


class Samples(Struct, frozen=True):
    """What the pod of a case asked on its own link: which packets these are, all samples, and those that failed."""

    packet: str
    asked: list[QuestionRow]
    failed: list[QuestionRow]


def packet_evidence_of(case: Case, judgement: Judgement, roles: AddressRoles, losses: list[PathLoss]) -> Columns:
    """The columns of a case that do not begin with ``state``; ``losses`` are what ``lost_of`` finds for it."""
    asked = list(asked_in(case, judgement, case.lead.link))
    failed = [echo for echo in asked if echo.outcome in ("unanswered", "error") or is_reset(case)]
    samples = Samples(packet_of(case), asked, failed)
    return {
        **_parties(case, judgement, roles, samples),
        **_losses(case, judgement, roles, losses, samples),
        **_rejection(case, judgement, roles, samples),
        **_links(case, judgement, samples),
        **_sizes(case, judgement, losses, samples),
    }


def _parties(case: Case, judgement: Judgement, roles: AddressRoles, samples: Samples) -> Columns:
    """The pod, the address that it asked, and their links."""
    lead = case.lead
    point, pod, dst = lead.link, lead.pod, lead.dst
    receiver = pod if dst is None else dst
    there = lead.dst_link.node_interface if lead.dst_link else lead.described if dst is not None else None
    return {
        "family": None if pod is None else 4 if is_ipv4(pod) else 6,
        "resolution": None if pod is None else "ARP" if is_ipv4(pod) else "neighbour discovery",
        "interface": point.node_interface if point else lead.described,
        "pod": pod,
        "dst": dst,
        "pod.role": None if pod is None else roles.of(pod),
        "pod.as_node": None if pod is None else point is None and _may_be_nodes(pod, roles),
        "dst.role": None if dst is None else roles.of(dst),
        "dst.called": None if dst is None else called(dst, roles.of(dst)),
        "dst.at": None if dst is None else at_home(dst, roles.of(dst)),
        "dst.usual_service": None if dst is None else _is_usual_service(case, dst) and not _is_of_server(case),
        "dst.node_port": _is_node_port(case, None if dst is None else roles.of(dst)),
        "asked.one_of_two": answers_one_of_two(samples.asked),
        "asked.again": any(question.requests > 1 for question in samples.failed) if samples.packet == UDP else None,
        "asked": asked_as(case),
        "dst.public": None if dst is None else is_public(dst),
        "nic": recorded_nic(judgement, point),
        "dst.interface": there,
        "receiver": receiver,
        "receiver.at": None if receiver is None else at_home(receiver, roles.of(receiver)),
        "receiver.interface": point.node_interface if dst is None and point else there,
    }


def _losses(case: Case, judgement: Judgement, roles: AddressRoles, losses: list[PathLoss], samples: Samples) -> Columns:
    """Where packets were lost and seen last, and how much of what was asked was answered."""
    lead = case.lead
    point, pod, dst, dst_link = lead.link, lead.pod, lead.dst, lead.dst_link
    packet, failed = samples.packet, samples.failed
    places = lost_places(case, judgement, packet, losses, roles)
    if any(loss.flooded for loss in losses):
        arrived: Columns = {"arrived": False}
    else:
        arrived = arrived_beyond(case, judgement, packet, places, failed)
    replied = replies(case, judgement, packet, failed)
    return {
        **forwarded_columns(judgement, point, pod),
        "pod.cut_off": is_cut_off(judgement, point, pod),
        "translated": translated(judgement, packet, pod, dst),
        "source.kept": EGRESS_RULE in case.failed,
        **places,
        **arrived,
        "replies": replied,
        "dst.routed": routed(failed, dst_link, dst, asked_for(judgement, dst_link, dst) if dst_link else ()),
        "dst.gateway_answered": replied == "none" and dst in gateway_answered(dst_link) if dst_link else None,
        **loss_columns(judgement, case, replied),
        "lost.first": lost_first_packets(case, packet, samples.asked, failed),
        "only_tcp": packet != REQUEST
        and any(echo.outcome == "replied" for echo in echoes_between(judgement, pod, dst)),
        "dst.near": is_near(case, judgement),
        "echo_lost": echo_lost(judgement, pod, dst),
        "sctp_lost": SCTP_RULE in case.failed,
    }


def _rejection(case: Case, judgement: Judgement, roles: AddressRoles, samples: Samples) -> Columns:
    """What came back instead of an answer."""
    point, dst = case.lead.link, case.lead.dst
    errors = list(ended_by_error(samples.asked))
    error_here = errors[0] if point and errors else None
    echo = error_here or next(ended_by_error(asked_in(case, judgement)), None)
    return {
        "refused": None if dst is None else error_meaning(echo),
        "refused.by": "none" if dst is not None and echo is None else refused_by(echo, error_here, point, judgement),
        "refused.from": echo.error_from if echo else None,
        "refused.late": is_late(case, errors, point),
        "refused.mtu": echo.error_mtu if echo else None,
        "refused.itself": None,
        **refused_columns(case, judgement, roles),
        **from_another_address(case),
    }


def _links(case: Case, judgement: Judgement, samples: Samples) -> Columns:
    """What the links show besides the packets that were lost."""
    point, dst, dst_link = case.lead.link, case.lead.dst, case.lead.dst_link
    capture_points = [point.capture_point for point in links_of(case)]
    return {
        "gateway": gateway_answer(case, point),
        "gateway.macs": gateway_macs(case, point),
        "gateway.mac": case.row("reply_mac"),
        **signs_of_life(samples.failed, point, dst_link, dst),
        **asked_for_columns(judgement, dst_link, dst),
        "dst.addressed": is_addressed(dst_link),
        "dst.recorded": dst_link is not None if dst is not None else None,
        "nic.proxy_mac": nic_to_proxy(judgement),
        "began": min(filter(None, (capture_point.first for capture_point in capture_points)), default=None),
        "ended": max(filter(None, (capture_point.last for capture_point in capture_points)), default=None),
        "unrouted": is_unrouted(case, judgement),
        "macs_kept": macs_kept(case, judgement),
        "sent_to": _first_number(case, FRAMES, "eth.dst"),
        "claimed": _first_number(case, ADDRESSES, "ip"),
        "claimed.interface": claimed_elsewhere(case, " on "),
        "claimed.node": claimed_elsewhere(case, BEHIND),
    }


def _sizes(case: Case, judgement: Judgement, losses: list[PathLoss], samples: Samples) -> Columns:
    """The sizes of the packets that were lost, and the tunnel that they were in."""
    lost_paths = lost_paths_of(judgement, samples.packet, case)
    return {
        "tunnelled": passed_tunnel(judgement, case.lead.pod, case.lead.dst),
        "encap": opaque_device(losses) or _encap(case) or last_tunnel(lost_paths),
        **by_size(judgement, samples.packet, case.lead.pod, case.lead.dst, is_stalled(case) and _is_large(case)),
        # The smallest packet that was lost: bytes of the datagram, if it was followed.
        "size": min((path.shortest for path in lost_paths), default=None),
        "size.stalled": case.question.size if case.question is not None else None,
        "data.missing": is_missing(case),
    }


def _encap(case: Case) -> str | None:
    for item in case.items:
        encap = item.evidence.row.get("encap")
        if isinstance(encap, str):
            # Nested tunnels, like none, have the words of the table.
            return encap.split(", ")[-1] if encap != OPAQUE else OPAQUE
    return None


def _is_large(case: Case) -> bool:
    """Whether the data that got stuck may have been lost because of its size: small data is not."""
    return case.question is None or case.question.size is None or case.question.size >= LARGE


def _is_usual_service(case: Case, dst: int) -> bool:
    port = case.question.port if case.question is not None else as_number(case.row("dst_port"))
    return is_usual_service(dst, port, case.lead.pod)


def _is_node_port(case: Case, role: str | None) -> bool | None:
    port = case.question.port if case.question is not None else as_number(case.row("dst_port"))
    if role is None or port is None:
        return None
    return port in NODE_PORTS and role in (NODE_ROLE, UNKNOWN_ROLE) and not is_stalled(case)


def _may_be_nodes(pod: int, roles: AddressRoles) -> bool:
    """Whether an asker is a node, or may be: its tunnel's device mostly has the first address of a block of pods."""
    role = roles.of(pod)
    is_first = pod % BLOCK == 0 and not (is_name(pod) or is_public(pod))
    return role == NODE_ROLE or (role in (POD_ROLE, UNKNOWN_ROLE) and is_first)


def _is_of_server(case: Case) -> bool:
    """Whether it is about data that a server sends, to the port that its client happens to have: no service's."""
    question = case.question
    if question is None or question.port is None or not is_stalled(case) or not question.asker_ports:
        return False
    return question.port > max(question.asker_ports)


def _first_number(case: Case, table: str, column: str) -> int | None:
    """What the first failed row of a table holds in a column; of several values the smallest."""
    value = next((item.evidence.row.get(column) for item in case.items if item.table == table), None)
    if isinstance(value, frozenset):
        return min(value, default=None)
    return as_number(value)
