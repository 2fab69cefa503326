"""Diagnose failures: put those of one origin into one case, and find the causes that fit it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcapcheck.calico import is_shortened
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.networks import CALICO
from pcapcheck.paths.losses import PathLoss
from pcapcheck.questions.parted_queries import parted_queries
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import DNS, STATE
from pcapcheck.triage.address_roles import AddressRoles
from pcapcheck.triage.answered_later import answered_later
from pcapcheck.triage.answers_others import answers_others
from pcapcheck.triage.behind_service import behind_service
from pcapcheck.triage.beyond import beyond, recorded_on
from pcapcheck.triage.case import Case, cases_of
from pcapcheck.triage.cause import Cause
from pcapcheck.triage.common_origin import one_per_origin
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.triage.find_suspects import Suspects
from pcapcheck.triage.interfaces import name_links
from pcapcheck.triage.judge_cause import CaseEvidence
from pcapcheck.triage.late_dns import late_dns
from pcapcheck.triage.misrouted import strays
from pcapcheck.triage.off_links import off_links
from pcapcheck.triage.packet_evidence.case_exchanges import asked_on
from pcapcheck.triage.packet_evidence.lost_paths import lost_of
from pcapcheck.triage.packet_evidence.packet_evidence import packet_evidence_of
from pcapcheck.triage.question_cases import is_large, may_concern_nodes, question_cases
from pcapcheck.triage.question_tunnel import question_tunnel
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.triage.received_sums import received_sums
from pcapcheck.triage.reset_origin import reset_origin
from pcapcheck.triage.routing_loops import looping
from pcapcheck.triage.served_others import ServedOthers
from pcapcheck.triage.suspect import CONFIRMED, POSSIBLE, RULED_OUT, Suspect
from pcapcheck.triage.tcp_timestamps import tcp_timestamps
from pcapcheck.values import Value, as_number, as_text

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.state_evidence.situation import Situation
    from pcapcheck.triage.state_evidence.state_evidence import StateEvidence

# A table of questions, who asked and who was asked.
Ends = tuple[str, int | None, int | None]


def diagnose(
    judgement: Judgement, catalogue: Iterable[Cause], situation: Situation | None = None, pods: Pods | None = None
) -> list[Diagnosis]:
    """A diagnosis per origin of failures; cases that differ only in their pods get one.

    The catalogue cannot know why a rule failed that no cause is about, such as a user's own.
    """
    causes = list(catalogue)
    state = situation.state if situation else None
    roles, served = AddressRoles(judgement, state), ServedOthers(judgement)
    cases = cases_of(judgement, {name for cause in causes for name in cause.explains}, state)
    cases += question_cases(judgement, cases, roles)
    is_captured = any(not _is_of_state(case) for case in cases)
    lost = [lost_of(case, judgement) for case in cases]
    parted = _parted(judgement, cases)
    found: dict[object, Diagnosis] = {}
    find = Suspects(causes)
    every_sums = received_sums(judgement, zip(cases, lost, strict=True), situation)
    # Cases that are found on the way are looked at last.
    looked_at = list(zip(cases, lost, every_sums, strict=True))
    for case, losses, sums in looked_at:
        if is_captured and _is_of_state(case) and not _was_recorded(case):
            # What the state says about pods that the captures do not show is no reason for what they show.
            continue
        evidence = _evidence_of(case, judgement, roles, losses, sums, served, parted, situation, pods)
        suspects = find.of(evidence)
        if (own := _of_state_alone(case, suspects)) is not None:
            # The state has a failure of its own, which is not why the packets were lost, and loses none.
            (own_sums,) = received_sums(judgement, [(own, [])], situation)
            looked_at.append((own, [], own_sums))
            suspects = find.of(evidence)
        if _is_of_another_network(case, judgement):
            suspects = [suspect for suspect in suspects if suspect.cause.any_network]
        if _is_only_large(case, judgement, roles):
            # Its size is all that is known of it, and the one reason that needs no node.
            suspects = [suspect for suspect in suspects if any(fit.startswith("size.") for fit in suspect.fits)]
        _leave_out_hints(case, suspects)
        suspects = _worth_showing(sorted(suspects, key=Suspect.order), case)
        if not suspects and _is_of_state(case):
            # What a rule about the state says is itself a reason, not something that needs one.
            continue
        if not suspects and case.question is not None and not _is_located(case):
            # A question that is not known to have come anywhere is said to be unanswered, and that is all.
            continue
        key = (case.names, case.question is None, tuple((suspect.cause.id, suspect.status) for suspect in suspects))
        if key in found:
            found[key].others.append(case)
        else:
            has_state = evidence.state is not None and evidence.state.evidence.has_node
            found[key] = Diagnosis(case, evidence.packet_evidence, suspects, has_state=has_state)
    diagnoses = one_per_origin(list(found.values()))
    first = Counter(diagnosis.case.lead.name for diagnosis in diagnoses)
    for diagnosis in diagnoses:
        diagnosis.one_of_several = first[diagnosis.case.lead.name] > 1
    return diagnoses


def _parted(judgement: Judgement, cases: Iterable[Case]) -> frozenset[Ends]:
    """Who asked whom where two queries of one port left the node by different interfaces."""
    if all(case.lead.table != DNS for case in cases):
        return frozenset()
    return frozenset((DNS, pair.src, pair.dst) for pair in parted_queries(judgement.captures, judgement.facts))


def _is_of_another_network(case: Case, judgement: Judgement) -> bool:
    """Whether a link of the case is of a network other than Calico's, where what Calico does is no reason.

    A question may be recorded on a link while it is unknown whose each end is.
    """
    links = [point for item in case.items for point in (item.link, item.dst_link)]
    asked = [item.question for item in case.items if item.question is not None]
    links += [judgement.facts.point(question.capture, question.group) for question in asked]
    return any(point.network not in (None, CALICO) for point in links if point is not None)


def _is_only_large(case: Case, judgement: Judgement, roles: AddressRoles) -> bool:
    """Whether it is about large data of two hosts, and nothing shows that a node was between them."""
    lead, question = case.lead, case.question
    if question is None or lead.finding is not None or lead.link is not None or lead.dst_link is not None:
        return False
    return is_large(question) and not may_concern_nodes(judgement, question, roles)


def _evidence_of(
    case: Case,
    judgement: Judgement,
    roles: AddressRoles,
    losses: list[PathLoss],
    sums: QuotedColumns,
    served: ServedOthers,
    parted: frozenset[Ends],
    situation: Situation | None,
    pods: Pods | None,
) -> CaseEvidence:
    """What packets and state show of a case; each fills in what the other lacks. ``losses`` are what it lost."""
    evidence = packet_evidence_of(case, judgement, roles, losses)
    evidence["dst.serves_others"] = served.by(case)
    evidence["dst.answers_others"] = answers_others(case, judgement)
    # Of queries that were not seen to leave, nothing is known.
    evidence["asked.parted"] = True if (case.lead.table, case.lead.pod, case.lead.dst) in parted else None
    here = recorded_on(case, judgement)
    further = beyond(case, judgement, losses, asked_on(case.lead.link or here, judgement))
    evidence |= off_links(case, here, judgement, roles)
    error_from = evidence["refused.from"] if evidence["refused.by"] == "node" else None
    evidence |= strays(case, judgement, losses, as_number(error_from))
    evidence |= {"outer.differs": None, "outside_tunnel": None, "for_another": None}
    evidence |= {"pod.beside_tunnel": None, "pod.usual_pool": None}
    loop = looping(case, judgement, roles, evidence["asked"])
    late, reset = late_dns(case, judgement), reset_origin(case, judgement)
    stamps = tcp_timestamps(case, judgement)
    evidence |= further.columns | loop.columns | late.columns | reset.columns | sums.columns | stamps.columns
    evidence |= behind_service(case, judgement, evidence["asked"])
    for name, value in question_tunnel(case, judgement, roles).items():
        evidence[name] = value if evidence[name] is None or value is True else evidence[name]
    interface = evidence["interface"]
    evidence["pod.answered_later"] = answered_later(case, judgement, roles) if situation is not None else None
    state = None
    if situation is not None:
        # Loads all that reads the state of nodes, which captures alone do not need.
        from pcapcheck.triage.state_evidence.state_columns import StateColumns
        from pcapcheck.triage.state_evidence.state_evidence import StateEvidence

        interface = as_text(interface)
        state_evidence = StateEvidence(situation, case, interface, evidence, judgement)
        _fill_in(evidence, state_evidence)
        state = StateColumns(state_evidence)
    name_links(evidence, pods, judgement.reading.prefix)
    lines = further.lines | loop.lines | late.lines | reset.lines | sums.lines | stamps.lines
    return CaseEvidence(case, evidence, lines, state)


def _fill_in(packet_evidence: dict[str, Value | None], state_evidence: StateEvidence) -> None:
    """Add what only the state knows."""
    prefix = state_evidence.ground.prefix
    # The state may know the name of a link that was recorded inside the pod.
    described = state_evidence.interface
    if described and not is_shortened(described, prefix):
        packet_evidence["interface"] = described
    packet_evidence["nic"] = packet_evidence["nic"] or state_evidence.nic
    if state_evidence.same_node is not None:
        packet_evidence["dst.same_node"] = state_evidence.same_node
    # A next hop that the state shows to be wrong goes before what was asked for meanwhile, perhaps for others.
    packet_evidence["next_hop"] = state_evidence.next_hop or packet_evidence["next_hop"]
    packet_evidence["back_end"] = packet_evidence["back_end"] or state_evidence.first_back_end
    there = state_evidence.dst_interface
    for name in ("dst.interface", "receiver.interface") if packet_evidence["dst"] is not None else ():
        if packet_evidence[name] in (None, UNNAMED) and there and not is_shortened(there, prefix):
            packet_evidence[name] = there


def _is_of_state(case: Case) -> bool:
    """Whether only rules about the state failed."""
    return all(item.table == STATE for item in case.items)


def _of_state_alone(case: Case, suspects: Iterable[Suspect]) -> Case | None:
    """Where nothing is confirmed of what packets show: what the state shows to be wrong, taken out of their case."""
    items = [item for item in case.items if item.table == STATE and not item.is_hint]
    if not items or case.lead in items or any(suspect.status == CONFIRMED for suspect in suspects):
        return None
    case.items = [item for item in case.items if item not in items]
    return Case(items)


def _is_located(case: Case) -> bool:
    """Whether it is known where a question got to, or who sent an error for it."""
    return any(
        item.finding is not None
        or (item.question is not None and (item.question.last_seen or item.question.error_reply))
        for item in case.items
    )


def _was_recorded(case: Case) -> bool:
    """Whether a link that the case is about was recorded, at the pod's end or the node's."""
    return any(point is not None for item in case.items for point in (item.link, item.dst_link))


def _worth_showing(suspects: list[Suspect], case: Case) -> list[Suspect]:
    """Leave out what is possible if what is confirmed explains everything that was recorded.

    A gateway that does not answer explains whatever follows from it.
    """
    explained = {name for suspect in suspects if suspect.status == CONFIRMED for name in suspect.explains}
    recorded = {item.name for item in case.items if item.table != STATE}
    first = case.lead.name
    if not (recorded or set(case.names)) <= explained and not (case.lead.unanswered and first in explained):
        return suspects
    return [suspect for suspect in suspects if suspect.status != POSSIBLE]


def _leave_out_hints(case: Case, suspects: Iterable[Suspect]) -> None:
    """Keep a mere warning about the state only if a cause that is not ruled out explains it too."""
    explained = {name for suspect in suspects if suspect.status != RULED_OUT for name in suspect.explains}
    case.items = [item for item in case.items if not item.is_hint or item.name in explained]
