"""Questions as cases: unanswered ones that no rule is about need a reason like any failure.

In: the questions of an observation, and the cases of the rules that failed. Out: a case per address and question.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.networks import PERHAPS_POD_NETWORKS, POD_NETWORKS
from pcapcheck.paths.losses import REQUEST
from pcapcheck.questions.broken_transfers import BROKEN, LARGE
from pcapcheck.questions.silent_hosts import NOBODYS
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ECHO, PATHS
from pcapcheck.triage.address_roles import NODE_ROLE, POD_ROLE, SERVICE, UNKNOWN_ROLE, AddressRoles
from pcapcheck.triage.case import AS_IF, Case, Item, home_of
from pcapcheck.triage.off_links import is_pods, leaves_private, service_clients
from pcapcheck.triage.packet_evidence.case_exchanges import PACKETS
from pcapcheck.values import is_within, parse_network

# The packets that ask, by the names that they have in paths.
PACKETS_OF = {ECHO: REQUEST, PATHS: REQUEST, **PACKETS}
# Where a node may have been recorded: an interface whose name was lost when its text was copied may be any.
MAYBE_OURS = (*NODE_KINDS, "unknown")
USUAL_PODS = tuple(map(parse_network, (*POD_NETWORKS, *PERHAPS_POD_NETWORKS)))
# Further questions are only reported as unanswered.
MOST = 20


def question_cases(judgement: Judgement, judged: Iterable[Case], roles: AddressRoles) -> list[Case]:
    """A case per unanswered question that a node had a part in, except those that the cases ``judged`` are about."""
    known = {(item.pod, item.dst, PACKETS_OF.get(item.table)) for case in judged for item in case.items}
    # The same packets, as address translation left them further on.
    known |= {
        (step.src, step.dst, path.packet)
        for src, dst, packet in known
        for path in judgement.followed.of_two(src, dst)
        if (path.src, path.dst, path.packet) == (src, dst, packet)
        for step in path.steps[1:]
    }
    clients = service_clients(judgement)
    cases: dict[object, Case] = {}
    for question in judgement.asked_in_vain:
        item = _item(judgement, question, roles, clients)
        if item is None or (item.pod, item.dst, PACKETS_OF[item.table]) in known:
            continue
        key = (item.pod, item.dst, item.table, question.port)
        if key in cases or len(cases) < MOST:
            cases.setdefault(key, Case()).items.append(item)
    return list(cases.values())


def _is_from_node(point: PointFacts, group: int) -> bool:
    """Whether packets of a frame group come from the node, on the link of one pod."""
    alone = not point.sides.folded and not point.sides.crowded
    return point.kind == "pod-link" and alone and point.sides.of(point.groups[group])[0] == NODE


def is_large(question: Unanswered) -> bool:
    """Whether it is about data that may have been too large for its way, whoever's way that is."""
    return question.size is not None and question.size >= LARGE


def _is_usual_pod(address: int) -> bool:
    """Whether an address is in a network that installers choose for pods: nobody else's card should show it."""
    return is_within(address, USUAL_PODS)


def may_concern_nodes(judgement: Judgement, question: Unanswered, roles: AddressRoles) -> bool:
    """Whether a node of the cluster may have had a part in what became of a question, off the pods' links."""
    here = judgement.facts.point(question.capture, question.group)
    ours = {POD_ROLE, SERVICE, NODE_ROLE} & {roles.of(question.asker), roles.of(question.asked)}
    inside = (
        here is not None
        and here.kind in MAYBE_OURS
        and (roles.of(question.asked) == UNKNOWN_ROLE or _is_usual_pod(question.asker))
    )
    on_link = here is not None and here.kind == "pod-link"
    return bool(question.last_seen or question.error_reply or ours or inside or on_link)


def _item(judgement: Judgement, question: Unanswered, roles: AddressRoles, clients: frozenset[int]) -> Item | None:
    if question.asked is None or question.protocol not in AS_IF:
        return None
    if question.doubt == NOBODYS:
        # That it gets no answer is as it should be.
        return None
    point, dst_link = home_of(judgement, question.asker), home_of(judgement, question.asked)
    here = judgement.facts.point(question.capture, question.group)
    if dst_link is None and here is not None and _is_from_node(here, question.group):
        # What the node hands to a pod's link is for that pod.
        dst_link = here
    # Of a connection that was broken off, the end in whose name that was done must be known.
    if not (question.about or (question.ended == BROKEN and point)):
        return None
    private = leaves_private(here, question.asker, question.asked, is_pods(question.asker, roles, clients))
    if not (point or dst_link or private or is_large(question) or may_concern_nodes(judgement, question, roles)):
        # Nothing shows that a node of the cluster plays a part between these two hosts.
        return None
    evidence = Evidence(
        capture=question.capture,
        interface=question.interface,
        frames=question.frames,
        time=None,
        expected="an answer",
        observed=question.sentence,
        headline=question.sentence,
        group=question.group,
        row={"src": question.asker, "dst": question.asked, "dst_port": question.port},
        last_seen=question.last_seen,
    )
    return Item(None, evidence, point, dst_link, question.asker, question.asked, question=question)
