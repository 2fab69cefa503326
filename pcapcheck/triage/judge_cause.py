"""Judge a cause in one case: whether what packets and state show confirms it, allows it or rules it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pcapcheck.column import Column
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.ruleset.conditions import Combination, Condition, Getter, Leaf
from pcapcheck.ruleset.rule import placeholders
from pcapcheck.table_names import STATE
from pcapcheck.triage.case import Case
from pcapcheck.triage.case_loss import loses_a_part
from pcapcheck.triage.case_words import LASTING
from pcapcheck.triage.cause import Cause
from pcapcheck.triage.filled_texts import CaseWords, FilledTexts
from pcapcheck.triage.fit import observations, telling
from pcapcheck.triage.suspect import CONFIRMED, POSSIBLE, RULED_OUT, Suspect
from pcapcheck.values import Value

if TYPE_CHECKING:
    from pcapcheck.triage.partly_known import Half
    from pcapcheck.triage.state_evidence.state_columns import StateColumns

# Columns of a state's pod link that have another name in a case.
SAME_AS = {
    "host_route": "state.pod_route",
    "gateway_mac": "state.gateway_neighbour",
    "node_mac": "state.pod_neighbour",
    "cali.mac": "state.cali_mac",
    "reverse_path": "state.rp_filter",
}


class CaseEvidence(Struct, frozen=True, dict=True):
    """What is known of a case: by its packets, with the frames behind some columns, and by the state."""

    case: Case
    packet_evidence: dict[str, Value | None]
    frames: Mapping[str, tuple[str, ...]]
    state: StateColumns | None

    @cached_property
    def words(self) -> CaseWords:
        """What sentences and commands say of the case."""
        return CaseWords(self.packet_evidence)


class ColumnLookup(Struct, frozen=True):
    """Looks columns up for the conditions of a cause, and notes the lines behind each."""

    evidence: CaseEvidence
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, column: Column) -> Value | None:
        packet_evidence, state = self.evidence.packet_evidence, self.evidence.state
        if column.name in packet_evidence:
            self.lines[column.name] = self.evidence.frames.get(column.name, ())
            return packet_evidence[column.name]
        found = state.value(column.name) if state is not None else None
        if found is None:
            return None
        self.lines[column.name] = found.source_lines
        return found.value

    def judge(self, conditions: Combination | None) -> int:
        return UNKNOWN if conditions is None else conditions.evaluate(lambda leaf: leaf.compare(self.get))


class JudgedCause(Struct, frozen=True):
    """A cause as it was judged in a case: the same in all that look alike (``find_suspects``).

    ``deciding`` are the columns by which its status came out; ``telling`` are the comparisons that distinguish it.
    """

    cause: Cause
    status: str
    deciding: list[Column]
    explained: tuple[str, ...]
    certain: bool
    lacks: tuple[str, ...]
    leaning: int
    telling: list[Leaf]
    half: Half | None

    def suspect(self, lookup: ColumnLookup) -> Suspect:
        """The cause in the case that ``lookup`` is about."""
        for column in self.deciding:
            lookup.get(column)
        because = [line for column in self.deciding for line in lookup.lines.get(column.name, ())]
        because += self.half.lines if self.half else ()
        return Suspect(
            self.cause,
            self.status,
            FilledTexts(self.cause, lookup.evidence.words, self.half),
            _each_once(because),
            self.explained,
            self.certain,
            self.lacks,
            self.leaning,
            observations(self.telling, lookup.get),
            self.half.text if self.half else "",
        )


def judge_cause(cause: Cause, lookup: ColumnLookup) -> JudgedCause | None:
    """The cause as it fits the case, or None if it explains nothing in it or the packets contradict it."""
    evidence = lookup.evidence
    case = evidence.case
    explained = tuple(name for name in case.names if name in cause.explains)
    if not explained or (case.lead.table == STATE and case.lead.dst is None and _is_about_dst(cause)):
        return None
    if loses_a_part(evidence.packet_evidence) and not cause.partial:
        return None
    seen = TRUE if cause.seen is None else lookup.judge(cause.seen)
    if seen == FALSE and not (_is_the_failure(cause, case) and lookup.judge(cause.confirmed) == TRUE):
        return None
    status, ground, leaning = _status(cause, lookup)
    half = None
    if status == POSSIBLE and evidence.state is not None:
        half = evidence.state.half(cause.confirmed, lookup.get, lookup.lines)
    # What follows from the first failure needs no cause of its own, unless the state shows one.
    if status != CONFIRMED and case.lead.name not in explained:
        return None
    deciding = [column for leaf in _deciding(ground, lookup.get) for column in leaf.columns()]
    return JudgedCause(
        cause,
        status,
        deciding,
        explained,
        seen == TRUE,
        _lacks(cause, lookup) if status == POSSIBLE and half is None else (),
        leaning,
        [*telling(cause.seen, lookup.get), *telling(cause.signs, lookup.get)],
        half,
    )


def _status(cause: Cause, lookup: ColumnLookup) -> tuple[str, Combination | None, int]:
    """Whether a cause is confirmed, possible or ruled out, by which condition, and to which side the state leans."""
    evidence = lookup.evidence
    over = evidence.packet_evidence.get("loss.over") is True
    if lookup.judge(cause.confirmed) == TRUE:
        if over and _is_only_of_now(_deciding(cause.confirmed, lookup.get)):
            # The packets that passed since show that it was otherwise, before the state was read or while it was.
            return POSSIBLE, cause.confirmed, 1
        return CONFIRMED, cause.confirmed, 0
    if lookup.judge(cause.ruled_out) == TRUE:
        earlier = evidence.state is not None and evidence.state.evidence.earlier
        other_time = over or earlier
        if other_time and _is_of_now(_deciding(cause.ruled_out, lookup.get)):
            return POSSIBLE, cause.ruled_out, -1
        return RULED_OUT, cause.ruled_out, 0
    if lookup.judge(cause.supported) == TRUE:
        return POSSIBLE, cause.supported, 1
    if lookup.judge(cause.doubted) == TRUE:
        return POSSIBLE, cause.doubted, -1
    return POSSIBLE, None, 0


def _is_of_now(leaves: Iterable[Leaf]) -> bool:
    """Whether a state, which is of one time, shows something that may have been different before."""
    names = {column.name for leaf in leaves for column in leaf.columns()}
    return any(name.startswith("state.") and name not in LASTING for name in names)


def _is_only_of_now(leaves: Iterable[Leaf]) -> bool:
    """Whether nothing but such a state decides: no counter or log that goes back to the loss."""
    names = {column.name for leaf in leaves for column in leaf.columns() if column.name.startswith("state.")}
    return bool(names) and not names.intersection(LASTING)


def _lacks(cause: Cause, lookup: ColumnLookup) -> tuple[str, ...]:
    """What the state would have to show to settle a cause that it neither confirms nor rules out."""
    state = lookup.evidence.state
    if state is None or cause.confirmed is None or lookup.judge(cause.confirmed) == FALSE:
        return ()
    leaves = cause.confirmed.leaves()
    columns = [column for leaf in leaves for column in leaf.columns() if lookup.get(column) is None]
    return tuple(dict.fromkeys(text for column in columns if (text := state.lacking(column.name))))


def _each_once(lines: list[str]) -> tuple[str, ...]:
    """Lines without those that another repeats and says more of."""
    several = dict.fromkeys(lines)
    return tuple(
        line for line in several if not any(other != line and other.startswith(f"{line}  (") for other in several)
    )


def _is_the_failure(cause: Cause, case: Case) -> bool:
    """Whether a rule about the state failed for just what the cause is: no packet has to show that.

    That is so if nothing but the state fails: the pod, for example, had its gateway's MAC and did not ask while this
    was recorded.
    """
    if any(item.table != STATE for item in case.items) or cause.confirmed is None:
        return False
    judged = {leaf.column.name for finding in case.failed.values() for leaf in finding.rule.expect.leaves()}
    asked = {column.name for leaf in cause.confirmed.leaves() for column in leaf.columns()}
    return bool(asked & {SAME_AS.get(name, f"state.{name}") for name in judged})


def _is_about_dst(cause: Cause) -> bool:
    """Whether the cause is about a receiver, which a state alone does not have."""
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
