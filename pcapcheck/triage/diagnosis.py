"""Diagnoses: each failure with one origin, and the causes that fit it, the most likely first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pcapcheck.brief import Brief
from pcapcheck.calico import is_shortened
from pcapcheck.columns import COLUMNS, STATE, Column
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.conditions import Combination, Condition, Getter, Leaf
from pcapcheck.ruleset.finding import Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.rule import fill, placeholders
from pcapcheck.triage.address_roles import AddressRoles
from pcapcheck.triage.back_ends import first_of
from pcapcheck.triage.behind_service import behind_service
from pcapcheck.triage.beyond import beyond
from pcapcheck.triage.case import Case, cases_of
from pcapcheck.triage.case_columns import CASE, LASTING
from pcapcheck.triage.case_loss import loses_a_part
from pcapcheck.triage.cause import Cause
from pcapcheck.triage.commands import UNKNOWN_SAID, to_look, to_mend, typed_columns
from pcapcheck.triage.fit import observations
from pcapcheck.triage.interfaces import name_links
from pcapcheck.triage.misrouted import strays
from pcapcheck.triage.packet_evidence import asked_on, lost_of, packet_evidence_of
from pcapcheck.triage.partly_known import half_of
from pcapcheck.triage.pods import Pods
from pcapcheck.triage.poor_dns import poor_dns
from pcapcheck.triage.question_cases import question_cases
from pcapcheck.triage.routing_loops import looping
from pcapcheck.triage.state_evidence.situation import Situation
from pcapcheck.triage.state_evidence.state_columns import lacking, state_value
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence
from pcapcheck.values import Value, clean

CONFIRMED, POSSIBLE, RULED_OUT = "confirmed", "possible", "ruled-out"
STATUSES = (CONFIRMED, POSSIBLE, RULED_OUT)
# What a loss follows that whoever asks has a part of.
OF_MANY = ("nothing", "connection")
# Columns of a state's pod link that a case calls otherwise.
SAME_AS = {
    "host_route": "state.pod_route",
    "gateway_mac": "state.gateway_neighbour",
    "node_mac": "state.pod_neighbour",
    "cali.mac": "state.cali_mac",
    "reverse_path": "state.rp_filter",
}


@dataclass(frozen=True, repr=False)
class Suspect(Brief):
    """A cause in one case, its texts filled in: whether the state confirms it or rules it out, and by which lines.

    ``certain``: nothing that it wants to be seen in the packets is unknown. ``lacks`` says what, added to the state
    that was given, would settle it. ``leaning`` is 1 where the state speaks for it without proving it, -1 where it
    speaks against it. ``fits``: the observations that it calls for and that a healthy exchange would not show.
    ``half``: what the state says for it, and which lines are missing. ``shows`` is what the first command of
    ``confirm`` prints where it is the cause, empty where that is not known.
    """

    cause: Cause
    status: str
    title: str
    because: tuple[str, ...]
    explains: tuple[str, ...]
    confirm: tuple[str, ...]
    fix: tuple[str, ...]
    certain: bool
    lacks: tuple[str, ...] = ()
    leaning: int = 0
    fits: tuple[str, ...] = ()
    half: str = ""
    shows: str = ""

    def order(self) -> tuple[int, int, bool, int, int]:
        """Confirmed ones first, then those that the state speaks for, those that fit best, and the more frequent.

        docs/causes.md explains it.
        """
        support = 1 if self.half else self.leaning
        return STATUSES.index(self.status), -support, not self.certain, -len(self.fits), self.cause.rank


@dataclass(repr=False)
class Diagnosis(Brief):
    """What failed together, and why, as far as can be told. ``others`` counts further cases that are alike.

    ``has_state``: the state of the node that it is about was given. ``one_of_several``: another is of the same rule.
    """

    case: Case
    packet_evidence: dict[str, Value | None]
    suspects: list[Suspect]
    others: list[Case] = field(default_factory=list)
    has_state: bool = False
    one_of_several: bool = False

    @property
    def headline(self) -> str:
        lead = self.case.lead
        return lead.evidence.headline or (lead.finding.rule.title if lead.finding is not None else "")

    @property
    def questions(self) -> list[Unanswered]:
        """The questions that it is about, where no rule is."""
        items = [item for case in (self.case, *self.others) for item in case.items]
        return [one.question for one in items if one.question is not None]

    @property
    def failed(self) -> list[Finding]:
        return list(self.case.failed.values())

    @property
    def confirmed(self) -> list[Suspect]:
        return [one for one in self.suspects if one.status == CONFIRMED]

    @property
    def possible(self) -> list[Suspect]:
        return [one for one in self.suspects if one.status == POSSIBLE]


def diagnose(
    result: Judgement, catalogue: Iterable[Cause], situation: Situation | None = None, pods: Pods | None = None
) -> list[Diagnosis]:
    """A diagnosis per origin of failures; those alike in all but the pods are told once.

    Why a rule failed that no cause is about, such as a user's own, the catalogue cannot know.
    """
    causes = list(catalogue)
    explained = {name for cause in causes for name in cause.explains}
    told: dict[object, Diagnosis] = {}
    roles = AddressRoles(result, situation.state if situation else None)
    cases = cases_of(result, explained, situation.state if situation else None)
    cases += question_cases(result, cases, roles)
    asked = [case for case in cases if not _is_of_state(case)]
    for case in cases:
        if asked and _is_of_state(case) and not _was_recorded(case):
            # What the state says of pods that the captures do not show is no reason for what they show.
            continue
        losses = lost_of(case, result)
        packet_evidence = packet_evidence_of(case, result, roles, losses)
        further = beyond(case, result, losses, asked_on(case.lead.link, result))
        refused_from = packet_evidence["refused.from"] if packet_evidence["refused.by"] == "node" else None
        packet_evidence |= strays(case, result, losses, refused_from if isinstance(refused_from, int) else None)
        loop = looping(case, result, roles, packet_evidence["asked"])
        poor = poor_dns(case, result)
        packet_evidence |= (
            further.columns | loop.columns | poor.columns | behind_service(case, result, packet_evidence["asked"])
        )
        interface = packet_evidence["interface"]
        state_evidence = None
        if situation is not None:
            state_evidence = StateEvidence(
                situation, case, interface if isinstance(interface, str) else None, packet_evidence, result
            )
            # The state may know the name of a link that was recorded inside the pod.
            described = state_evidence.interface
            if described and not is_shortened(described, situation.ground.prefix):
                packet_evidence["interface"] = described
            packet_evidence["nic"] = packet_evidence["nic"] or state_evidence.nic
            if state_evidence.same_node is not None:
                packet_evidence["dst.same_node"] = state_evidence.same_node
            # What the state shows to be amiss goes before what was asked for meanwhile, perhaps for others.
            packet_evidence["next_hop"] = state_evidence.next_hop or packet_evidence["next_hop"]
            packet_evidence["back_end"] = packet_evidence["back_end"] or first_of(state_evidence.back_ends)
            there = state_evidence.dst_interface
            for name in ("dst.interface", "receiver.interface") if packet_evidence["dst"] is not None else ():
                if (
                    packet_evidence[name] in (None, UNNAMED)
                    and there
                    and not is_shortened(there, situation.ground.prefix)
                ):
                    packet_evidence[name] = there
        name_links(packet_evidence, pods, result.reading.prefix)
        shown = further.lines | loop.lines | poor.lines
        suspects = [
            one
            for cause in causes
            if (one := _suspect(cause, case, packet_evidence, shown, state_evidence)) is not None
        ]
        _leave_out_hints(case, suspects)
        suspects = _worth_telling(sorted(suspects, key=Suspect.order), case)
        if not suspects and _is_of_state(case):
            # What a rule about the state says is itself a reason, not something that wants one.
            continue
        if not suspects and case.question is not None and not _is_located(case):
            # What is not even known to have come anywhere is said to be unanswered, and that is all.
            continue
        key = (case.names, case.question is None, tuple((one.cause.id, one.status) for one in suspects))
        if key in told:
            told[key].others.append(case)
        else:
            has_state = state_evidence is not None and state_evidence.has_node
            told[key] = Diagnosis(case, packet_evidence, suspects, has_state=has_state)
    found = _one_per_origin(list(told.values()))
    first = Counter(one.case.lead.name for one in found)
    for diagnosis in found:
        diagnosis.one_of_several = first[diagnosis.case.lead.name] > 1
    return found


def _is_of_state(case: Case) -> bool:
    """Whether only rules about the state failed."""
    return all(one.table == STATE for one in case.items)


def _is_located(case: Case) -> bool:
    """Whether it is known of a question where it got to, or who refused it."""
    return any(one.question is not None and (one.question.last_seen or one.question.refusal) for one in case.items)


def _was_recorded(case: Case) -> bool:
    """Whether a link that it is about was recorded, pod's or node's end."""
    return any(point is not None for one in case.items for point in (one.link, one.dst_link))


def _worth_telling(suspects: list[Suspect], case: Case) -> list[Suspect]:
    """Where what is confirmed explains everything that was recorded, nothing else is possible.

    Whatever follows from a gateway that does not answer is explained with it.
    """
    explained = {name for one in suspects if one.status == CONFIRMED for name in one.explains}
    recorded = {one.name for one in case.items if one.table != STATE}
    first = case.lead.name
    if not (recorded or set(case.names)) <= explained and not (case.lead.unanswered and first in explained):
        return suspects
    return [one for one in suspects if one.status != POSSIBLE]


def _leave_out_hints(case: Case, suspects: Iterable[Suspect]) -> None:
    """What only warns about the state belongs to a case where something that may be so explains both."""
    explained = {name for one in suspects if one.status != RULED_OUT for name in one.explains}
    case.items = [one for one in case.items if not one.is_hint or one.name in explained]


def _one_per_origin(found: list[Diagnosis]) -> list[Diagnosis]:
    """Those of one origin are told as one."""
    told: list[Diagnosis] = []
    for later in found:
        origin = next((one for one in told if _same_origin(one, later)), None)
        if origin is None:
            told.append(later)
        else:
            origin.others += [later.case, *later.others]
            if _is_one_loss(origin, later):
                _join(origin, later)
    return told


def _is_one_loss(first: Diagnosis, later: Diagnosis) -> bool:
    """Whether both are of one loss, which is spread over many who lose a part each, and nothing is shown to be else."""
    spread = all(
        loses_a_part(one.packet_evidence)
        and one.packet_evidence["loss.follows"] in OF_MANY
        and one.packet_evidence["refused"] == "none"
        for one in (first, later)
    )
    if not spread or first.packet_evidence["asked"] != later.packet_evidence["asked"]:
        return False
    confirmed = {one.cause.id for one in first.confirmed}
    return not later.confirmed or {one.cause.id for one in later.confirmed} == confirmed


def _join(origin: Diagnosis, later: Diagnosis) -> None:
    """Add the rules that failed there; of what is possible keep what fits both."""
    known = set(origin.case.names)
    origin.case.items += [one for one in later.case.items if one.name not in known]
    both = {one.cause.id for one in later.suspects}
    kept = [one for one in origin.suspects if one.status == CONFIRMED or one.cause.id in both] or origin.suspects
    origin.suspects = [
        replace(one, explains=tuple(name for name in origin.case.names if name in one.cause.explains)) for one in kept
    ]


def _same_origin(first: Diagnosis, later: Diagnosis) -> bool:
    """Whether both are parts of one loss, or the same lines confirm the same causes.

    Or, where both are about one link or one address, the same causes are confirmed or possible, or the later failures
    are all among the first and known to follow from what is confirmed.
    """
    if _is_one_loss(first, later):
        return True
    confirmed = {one.cause.id for one in first.confirmed}
    if later.confirmed:
        proofs = {(one.cause.id, one.because) for one in first.confirmed}
        if all((one.cause.id, one.because) in proofs for one in later.confirmed):
            return True
    claimed = first.packet_evidence["claimed"]
    one_address = claimed is not None and claimed == later.packet_evidence["claimed"]
    if not one_address and not first.case.interfaces & later.case.interfaces:
        return False
    if confirmed:
        followed = set(later.case.names) <= set(first.case.names) and not _is_of_another(first.case, later.case)
        return {one.cause.id for one in later.confirmed} <= confirmed and (bool(later.confirmed) or followed)
    possible = [one.cause.id for one in first.possible]
    same = [one.cause.id for one in later.possible]
    return bool(same) and not later.confirmed and (possible == same or (one_address and set(same) <= set(possible)))


def _is_of_another(first: Case, later: Case) -> bool:
    """Whether somebody else was asked in vain: what is confirmed of the one says nothing of the other."""
    asked = {first.lead.dst, later.lead.dst} if not first.lead.about_gateway else set()
    return len(asked) > 1 and None not in asked


def _suspect(
    cause: Cause,
    case: Case,
    packet_evidence: dict[str, Value | None],
    frames: Mapping[str, tuple[str, ...]],
    state_evidence: StateEvidence | None,
) -> Suspect | None:
    """The cause as it fits the case, or None where it explains nothing in it or the packets contradict it.

    ``frames`` are those behind evidence that may confirm a cause, by column.
    """
    explained = tuple(name for name in case.names if name in cause.explains)
    if not explained or (case.lead.table == STATE and case.lead.dst is None and _is_about_dst(cause)):
        return None
    if loses_a_part(packet_evidence) and not cause.partial:
        return None
    lines: dict[str, tuple[str, ...]] = {}

    def get(column: Column) -> Value | None:
        if column.name in packet_evidence:
            lines[column.name] = frames.get(column.name, ())
            return packet_evidence[column.name]
        quoted = state_value(state_evidence, column.name) if state_evidence is not None else None
        if quoted is None:
            return None
        lines[column.name] = quoted.source_lines
        return quoted.value

    def judge(conditions: Combination | None) -> int:
        return UNKNOWN if conditions is None else conditions.evaluate(lambda leaf: leaf.compare(get))

    seen = TRUE if cause.seen is None else judge(cause.seen)
    if seen == FALSE and not (_is_the_failure(cause, case) and judge(cause.confirmed) == TRUE):
        return None
    status, ground, leaning = POSSIBLE, None, 0
    if judge(cause.confirmed) == TRUE:
        status, ground = CONFIRMED, cause.confirmed
    elif judge(cause.ruled_out) == TRUE:
        status, ground = RULED_OUT, cause.ruled_out
        other_time = packet_evidence.get("loss.over") or (state_evidence is not None and state_evidence.earlier)
        if other_time and _is_of_now(_deciding(ground, get)):
            status, leaning = POSSIBLE, -1
    elif judge(cause.supported) == TRUE:
        ground, leaning = cause.supported, 1
    elif judge(cause.doubted) == TRUE:
        ground, leaning = cause.doubted, -1
    half = None
    if status == POSSIBLE and state_evidence is not None:
        half = half_of(cause.confirmed, get, lines, state_evidence.settings)
    # What follows from the first failure needs no cause of its own, unless the state shows one.
    if status != CONFIRMED and case.lead.name not in explained:
        return None
    deciding = [column for leaf in _deciding(ground, get) for column in leaf.columns()]
    because = [line for column in deciding for line in lines.get(column.name, ())]
    because += half.lines if half else ()
    row = {
        name: column.show(value)
        for name, column in COLUMNS[CASE].items()
        if (value := packet_evidence.get(name)) is not None
    }
    # A link without a name on the node is as unknown as no link.
    row = {name: text for name, text in row.items() if text != UNNAMED}
    typed = typed_columns(packet_evidence, UNNAMED)
    said = UNKNOWN_SAID | row
    looks = to_look(cause.confirm, typed)
    # What a command prints that cannot be typed nobody will see.
    shown = bool(looks) and looks[:1] == to_look(cause.confirm[:1], typed) and half is None
    return Suspect(
        cause,
        status,
        clean(fill(cause.title, CASE, said)),
        _each_once(because),
        explained,
        (half.commands if half else ()) or looks,
        to_mend(cause.fix, typed, row),
        seen == TRUE,
        _lacks(cause, judge, state_evidence, get) if status == POSSIBLE and half is None else (),
        leaning,
        observations(cause.seen, get),
        half.text if half else "",
        clean(fill(cause.shows, CASE, said)) if shown else "",
    )


def _is_of_now(leaves: Iterable[Leaf]) -> bool:
    """Whether a state, which is of one time, says something that may have been otherwise before."""
    names = {column.name for leaf in leaves for column in leaf.columns()}
    return any(name.startswith("state.") and name not in LASTING for name in names)


def _lacks(
    cause: Cause, judge: Callable[[Combination | None], int], state_evidence: StateEvidence | None, get: Getter
) -> tuple[str, ...]:
    """What of the state would settle a cause that it neither confirms nor rules out."""
    if state_evidence is None or cause.confirmed is None or judge(cause.confirmed) == FALSE:
        return ()
    columns = [column for leaf in cause.confirmed.leaves() for column in leaf.columns() if get(column) is None]
    return tuple(dict.fromkeys(said for one in columns if (said := lacking(state_evidence, one.name))))


def _each_once(lines: list[str]) -> tuple[str, ...]:
    """Lines without those that another repeats and says more of."""
    several = dict.fromkeys(lines)
    return tuple(one for one in several if not any(other != one and other.startswith(f"{one}  (") for other in several))


def _is_the_failure(cause: Cause, case: Case) -> bool:
    """Whether a rule about the state failed for just what the cause is: no packet has to show that.

    So it is where nothing but the state fails: the pod had its gateway's MAC, say, and did not ask while this was
    recorded.
    """
    if any(one.table != STATE for one in case.items) or cause.confirmed is None:
        return False
    judged = {leaf.column.name for one in case.failed.values() for leaf in one.rule.expect.leaves()}
    asked = {column.name for leaf in cause.confirmed.leaves() for column in leaf.columns()}
    return bool(asked & {SAME_AS.get(name, f"state.{name}") for name in judged})


def _is_about_dst(cause: Cause) -> bool:
    """Whether it is about a receiver, which a state alone does not have."""
    return any(name.partition(".")[0] == "dst" for name in placeholders(cause.title))


def _deciding(condition: Condition | None, get: Getter, wanted: int = TRUE) -> list[Leaf]:
    """The comparisons by which a condition came out as ``wanted``, in the order in which they are written."""
    if condition is None:
        return []
    if isinstance(condition, Leaf):
        return [condition] if condition.compare(get) == wanted else []
    if condition.word == "not":
        return _deciding(condition.parts[0], get, -wanted)
    came_out = [part for part in condition.parts if part.evaluate(lambda leaf: leaf.compare(get)) == wanted]
    return [leaf for part in came_out for leaf in _deciding(part, get, wanted)]
