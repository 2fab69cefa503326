"""Question signs: where a question that no rule is about got to, and what came instead of an answer.

Columns of a case, or parts of them, as ``packet_evidence`` has them for failed rules.
"""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import NODE_KINDS, CapturePoint
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.losses import BETWEEN, TO_POD_LINK, PathLoss
from pcapcheck.protocols import NO_HOST, icmp_error_meaning
from pcapcheck.questions.broken_transfers import DATA, NEVER_ARRIVES
from pcapcheck.questions.repeated_handshakes import NOT_MADE
from pcapcheck.questions.unanswered import ErrorReply
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import INITIAL_TTLS, NODE_ROLE, UNKNOWN_ROLE, AddressRoles
from pcapcheck.triage.case import Case
from pcapcheck.triage.case_words import REFUSED
from pcapcheck.values import Value

# Directions of frames, as -i any and pcapng record them.
IN, OUT = "in", "out"


def is_stalled(case: Case) -> bool:
    """Whether it is about data of a connection that was established, perhaps before the recording began."""
    question = case.question
    return question is not None and question.about.startswith(DATA)


def is_missing(case: Case) -> bool:
    """Whether it is about data that was lost before it came to where later data was recorded."""
    return case.question is not None and case.question.fate.startswith(NEVER_ARRIVES)


def is_reset(case: Case) -> bool:
    """Whether it is about connections that the node resets in the name of the receiver."""
    question = case.question
    return question is not None and question.error_reply is not None and question.error_reply.error is None


def is_not_made(case: Case) -> bool:
    """Whether it is about a connection whose asker resets the answer to its own SYN."""
    return case.question is not None and case.question.fate.startswith(NOT_MADE)


def refused_columns(case: Case, judgement: Judgement, roles: AddressRoles) -> dict[str, Value | None]:
    """What came instead of an answer to a question that no rule is about."""
    error_reply = case.question.error_reply if case.question is not None else None
    if is_not_made(case):
        # It asked another address, and knows of no connection with this one.
        return {"refused": "wrong-address", "refused.by": "other", "refused.from": case.lead.dst}
    if error_reply is None:
        return {}
    if error_reply.error is None:
        return {"refused": "reset", "refused.by": "node", "refused.from": None}
    means = icmp_error_meaning(*error_reply.error)
    columns: dict[str, Value | None] = {
        "refused": means if means in REFUSED else "other",
        "refused.by": _by_whom(case, judgement, roles, error_reply),
        "refused.from": error_reply.source,
    }
    if means == NO_HOST and error_reply.source == case.lead.pod:
        # A host tells itself only after a neighbour did not answer it (kernel: net/ipv4/arp.c, arp_error_report);
        # where it has no route its programs hear of that at once, without a packet.
        columns |= {"refused.by": "node", "refused.late": True, "refused.itself": True}
    return columns


def _by_whom(case: Case, judgement: Judgement, roles: AddressRoles, error_reply: ErrorReply) -> str | None:
    """Whose address sent the error: the receiver's, the node's, or somebody else's.

    On the asker's own link an error that no router has forwarded is the node's.
    """
    lead, source = case.lead, error_reply.source
    if source == lead.dst:
        return "receiver"
    own = judgement.followed.nodes.addresses(lead.link) if lead.link is not None else set()
    if source in own or roles.of(source) == NODE_ROLE:
        return "node"
    here = judgement.facts.point(lead.evidence.capture, lead.evidence.group)
    if lead.link is not None and here is lead.link and error_reply.ttl is not None:
        return "node" if error_reply.ttl in INITIAL_TTLS else "other"
    return "other" if own or roles.of(source) != UNKNOWN_ROLE else None


def left_over(losses: list[PathLoss], here: PointFacts, arrived: bool) -> str | None:
    """Which part of the path is left to packets seen at a node's NIC or tunnel, coming to the node or leaving it."""
    if losses:
        places = {replace(loss, arrived=arrived).place for loss in losses}
        return places.pop() if len(places) == 1 else None
    # A NIC alone does not show whether they were in a tunnel; on the tunnel's device they are out of it.
    return BETWEEN if not arrived else TO_POD_LINK if here.kind == "tunnel" else None


def arrival(
    case: Case, judgement: Judgement, roles: AddressRoles, seen: list[tuple[CapturePoint, FrameGroup]]
) -> bool | None:
    """Whether questions seen last on NICs or tunnels were coming to the node there (True) or leaving it (False).

    The recorded direction shows it, or the MACs of a node's state; or a text of one node that holds its packets and its
    routes; or the link of the pod that they are for was recorded, nothing shows it to be another node's, and the asker
    is none of the pods recorded.
    """
    if any(capture_point.kind not in NODE_KINDS for capture_point, _ in seen):
        return None
    ways = {group.direction for _, group in seen}
    if ways in ({IN}, {OUT}):
        return ways == {IN}
    if all(group.dst in roles.node_macs for _, group in seen):
        return True
    if all(group.src in roles.node_macs for _, group in seen):
        return False
    file = str(judgement.captures[case.lead.evidence.capture].path)
    if roles.is_at_home(case.lead.dst, file) and not roles.is_at_home(case.lead.pod, file):
        return True
    there, same = case.lead.dst_link, judgement.followed.hosts.same
    if there is None or case.lead.link is not None:
        return None
    return True if all(same(capture_point.key, there.key) is not False for capture_point, _ in seen) else None
