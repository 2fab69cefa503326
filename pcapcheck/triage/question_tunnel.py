"""The tunnel of a question that a node's card or the tunnel's device recorded, and nothing was followed."""

from __future__ import annotations

from pcapcheck.calico import TUNNELS, encap_of
from pcapcheck.decode import frame_layout
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.networks import POD_NETWORKS
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import POD_ROLE, UNKNOWN_ROLE, AddressRoles
from pcapcheck.triage.beyond import PLAINLY
from pcapcheck.triage.case import Case
from pcapcheck.triage.question_signs import OUT
from pcapcheck.values import Value, as_text, is_multicast_address, is_name, is_public, is_within, parse_network

# Addresses of one block of Calico's are mostly of one node (libcalico-go/lib/ipam: blockSize 26).
BLOCK = 1 << 6
# Those of a cluster's pods begin alike: its pool is mostly a /16 (the defaults of kubeadm, k3s, Calico, flannel).
POOL = 1 << 16
USUAL_POOLS = tuple(map(parse_network, POD_NETWORKS))


def question_tunnel(case: Case, judgement: Judgement, roles: AddressRoles) -> dict[str, Value | None]:
    """Columns of a case about a question that no rule is about; none if its packets passed no tunnel."""
    question = case.question
    if question is None or not question.frames or judgement.followed.between(question.asker, question.asked):
        return {}
    point = judgement.facts.point(question.capture, question.group)
    if point is None or point.kind == "pod-link":
        return {}
    row = _row_of(question, judgement)
    if point.kind == "tunnel":
        # On the device they are out of the tunnel, or not in it yet: they pass it before or after.
        foreign = row is not None and row.field(frame_layout.CAST) == frame_layout.TO_OTHER
        return {"tunnelled": encap_of(point.name), "for_another": foreign, "pod.beside_tunnel": _is_beside(question)}
    encap = as_text(row.encap) if row is not None else None
    if row is not None and encap in (None, "none") and row.ip_src == question.asker:
        if point.kind != "host-nic":
            return {"outside_tunnel": False}
        return {
            "outside_tunnel": _may_be_pods(question, roles),
            "pod.usual_pool": _is_usual_pods(question),
            "left": PLAINLY if point.groups[question.group].direction == OUT else None,
            **({"source.kept": True, "translated": False} if _is_kept(question, judgement) else {}),
        }
    if row is None or encap not in TUNNELS or row.ip_src != question.asker:
        return {}
    # What comes from there in a tunnel comes from whom its packets are sent to, if nobody translates between the nodes.
    ends = {group.source for group in point.groups.values() if group.ip_src == question.asked} - {question.asked, None}
    return {
        "encap": encap,
        "outer.src": row.outer_src,
        "outer.dst": row.outer_dst,
        "outer.differs": row.outer_dst not in ends if ends else None,
    }


def _is_beside(question: Unanswered) -> bool:
    """Whether whoever asks through a tunnel has no address of the pods' networks, as a node's card has none."""
    asker, asked = question.asker, question.asked
    if asked is None or is_name(asker) or is_name(asked):
        return False
    return asker // POOL != asked // POOL and not (is_public(asker) or is_public(asked) or asker % BLOCK == 0)


def _is_usual_pods(question: Unanswered) -> bool:
    """Whether whoever asks has an address of a network that is usually one of pods, and whoever is asked has none."""
    asker, asked = question.asker, question.asked
    if asked is None or not question.opens or is_name(asked) or is_multicast_address(asked):
        return False
    return any(is_within(asker, (pool,)) and not is_within(asked, (pool,)) for pool in USUAL_POOLS)


def _is_kept(question: Unanswered, judgement: Judgement) -> bool:
    """Whether a pod's own address stands on a card in what it asks, where its pool says that Calico translates that."""
    has_to_be = judgement.facts.known.leaves_translated
    return (
        has_to_be is not None
        and question.asked is not None
        and question.opens
        and not (is_name(question.asked) or is_multicast_address(question.asked))
        and has_to_be(question.asker, question.asked)
    )


def _row_of(question: Unanswered, judgement: Judgement) -> FrameRow | None:
    """The first frame of a question, valid until the next one is read."""
    try:
        rows = rows_of(judgement.captures[question.capture], judgement.reading, {question.frames[0]})
        return next(iter(rows), None)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return None


def _may_be_pods(question: Unanswered, roles: AddressRoles) -> bool:
    """Whether it may be between pods of two nodes, as far as the addresses tell."""
    if question.asked is None:
        return False
    ends = (question.asker, question.asked)
    if question.asker // POOL != question.asked // POOL or question.asker // BLOCK == question.asked // BLOCK:
        return False
    return all(not is_name(end) and not is_public(end) and roles.of(end) in (POD_ROLE, UNKNOWN_ROLE) for end in ends)
