"""Questions off the pods' links: what a node's card or a bridge shows of the addresses in them."""

from __future__ import annotations

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.networks import CALICO
from pcapcheck.questions.answered_elsewhere import NOT_TAKEN
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import POD_ROLE, UNKNOWN_ROLE, AddressRoles
from pcapcheck.triage.case import Case
from pcapcheck.triage.service_evidence import is_usual_service
from pcapcheck.values import Value, is_name, is_public

NOTHING: dict[str, Value | None] = {
    "dst.untranslated": None,
    "leaves_private": None,
    "lost.other_nic": None,
    "other_network": None,
}
# Calico's policies over its routes are what Canal is.
WITH_POLICIES = "flannel"
# How other networks call the node's end of a link.
NEVER_CALICO = "veth"


def off_links(
    case: Case, here: PointFacts | None, judgement: Judgement, roles: AddressRoles
) -> dict[str, Value | None]:
    """Columns of a case about a question recorded on ``here``."""
    pod, dst = case.lead.pod, case.lead.dst
    if case.question is None or here is None or here.kind == "pod-link" or pod is None or dst is None:
        return NOTHING
    bins = judgement.captures[case.question.capture].exchanges.paired.all_bins()
    of_pod = [row for some in bins for row in some.samples if row.src == pod]
    # The asker's port, or the identifier of ping, stays.
    ports = {row.numbers[0] for row in of_pod if row.dst == dst}
    translated = any(row.dst != dst and row.numbers[0] in ports for row in of_pod)
    other_nic = NOT_TAKEN in case.question.fate
    # The asker's own host has them, so they were lost in it.
    lost: dict[str, Value | None] = {"lost": "on-return", "lost.direction": "reply"} if other_nic else {}
    return lost | {
        "dst.untranslated": not translated,
        "leaves_private": leaves_private(here, pod, dst, is_pods(pod, roles, service_clients(judgement))),
        "lost.other_nic": other_nic,
        "other_network": _is_of_another_network(here, judgement),
    }


def _is_of_another_network(here: PointFacts, judgement: Judgement) -> bool:
    """Whether it looks like another network's: by itself or, where Calico has no such names, by what is with it."""
    likeness = here.capture_point.likeness
    if likeness is not None or not here.name.startswith(NEVER_CALICO):
        return likeness is not None and likeness.network.id != WITH_POLICIES
    there = [point for point in judgement.points if point.key[0] == here.key[0]]
    if any(point.network == CALICO for point in there):
        return False
    networks = {point.capture_point.likeness.network.id for point in there if point.capture_point.likeness}
    return bool(networks) and WITH_POLICIES not in networks


def is_pods(address: int, roles: AddressRoles, clients: frozenset[int]) -> bool:
    """Whether an address is a pod's, as that of one among the ``clients`` of services is if it is no node's."""
    role = roles.of(address)
    return role == POD_ROLE or (role == UNKNOWN_ROLE and address in clients)


def service_clients(judgement: Judgement) -> frozenset[int]:
    """Who asks for what is usually a service's and is not answered: pods do, and a node's own are translated before."""
    return frozenset(
        question.asker
        for question in judgement.unanswered
        if question.asked is not None and is_usual_service(question.asked, question.port, question.asker)
    )


def leaves_private(here: PointFacts | None, asker: int, asked: int | None, is_pods: bool) -> bool:
    """Whether a card shows a pod's packets to the internet with a source to which that has no way back."""
    if not is_pods or here is None or here.kind != "host-nic" or asked is None or is_name(asker) or is_name(asked):
        return False
    return bool(is_public(asked)) and not is_public(asker)
