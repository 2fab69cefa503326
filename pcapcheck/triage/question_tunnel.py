"""The tunnel of a question that nobody followed: what a node's card recorded around its packets, or on whose device."""

from __future__ import annotations

from pcapcheck.calico import TUNNELS, encap_of_device
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import POD_ROLE, UNKNOWN_ROLE, AddressRoles
from pcapcheck.triage.case import Case
from pcapcheck.values import Value, as_text, is_name, is_public

# Addresses of one block of Calico's are mostly of one node (libcalico-go/lib/ipam: blockSize 26).
BLOCK = 1 << 6
# Those of a cluster's pods begin alike: its pool is mostly a /16 (the defaults of kubeadm, k3s, Calico, flannel).
POOL = 1 << 16


def question_tunnel(case: Case, judgement: Judgement, roles: AddressRoles) -> dict[str, Value | None]:
    """Columns of a case about a question that no rule is about; none if its packets passed no tunnel."""
    question = case.question
    if question is None or not question.frames or judgement.followed.between(question.asker, question.asked):
        return {}
    point = judgement.facts.point(question.capture, question.group)
    if point is None or point.kind == "pod-link":
        return {}
    if point.kind == "tunnel":
        # On its device, packets are yet to be wrapped, or were.
        return {"tunnelled": encap_of_device(point.name)}
    try:
        rows = rows_of(judgement.captures[question.capture], judgement.reading, {question.frames[0]})
        row = next(iter(rows), None)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return {}
    encap = as_text(row.encap) if row is not None else None
    if row is not None and encap in (None, "none") and row.ip_src == question.asker:
        return {"outside_tunnel": point.kind == "host-nic" and _may_be_pods(question, roles)}
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


def _may_be_pods(question: Unanswered, roles: AddressRoles) -> bool:
    """Whether it may be between pods of two nodes, as far as the addresses tell."""
    if question.asked is None:
        return False
    ends = (question.asker, question.asked)
    if question.asker // POOL != question.asked // POOL or question.asker // BLOCK == question.asked // BLOCK:
        return False
    return all(not is_name(end) and not is_public(end) and roles.of(end) in (POD_ROLE, UNKNOWN_ROLE) for end in ends)
