"""Findings: the result of a rule on an observation, with the frames that show it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.fair_choice import Candidate, choose
from pcapcheck.paths.losses import LastSeen
from pcapcheck.ruleset.acceptance import PASSES, Applied
from pcapcheck.ruleset.aggregate import Measure
from pcapcheck.ruleset.row_bins import PAIR
from pcapcheck.ruleset.rule import SEVERITIES, Rule
from pcapcheck.table_names import (
    ADDRESSES,
    ANSWERS,
    ARP,
    ASSOCIATIONS,
    CONNECTIONS,
    DATAGRAMS,
    DNS,
    ECHO,
    FRAMES,
    HOPS,
    PATHS,
    STATE,
    TRANSFERS,
)
from pcapcheck.values import Value, clean

PASS, FAIL, NOT_CHECKED = "pass", "fail", "not-checked"
STATUSES = (FAIL, PASS, NOT_CHECKED)
# In the order of events on a link: no packets without an answer to ARP, no echoes without packets.
STAGES = (
    *(ARP, ANSWERS, FRAMES, ADDRESSES, HOPS, PATHS, ECHO, DNS, CONNECTIONS, TRANSFERS, ASSOCIATIONS, DATAGRAMS),
    STATE,
)
NO_CAPTURE = -1
EVIDENCE_PER_RULE = 20


class Evidence(Brief, Struct, frozen=True):
    """A failing row: where and in which frames it shows, what was expected, what was there, what to ask next.

    ``group`` is its frame group (-1: none), ``row`` holds the columns that the rule names. A packet that was followed
    shows ``elsewhere`` too: capture and frame of its other sightings. A row of a node's state is of no capture
    (NO_CAPTURE) and shows in ``source_lines``, lines of the files that describe it. ``last_seen`` is where its
    packet, or the reply, was seen last; ``share`` how many of how many such packets between the same two were lost.
    """

    capture: int
    interface: str
    frames: tuple[int, ...]
    time: int | None
    expected: str
    observed: str
    headline: str = ""
    next: tuple[str, ...] = ()
    source_lines: tuple[str, ...] = ()
    group: int = -1
    row: Mapping[str, Value | None] = field(default_factory=dict)
    elsewhere: tuple[tuple[int, int], ...] = ()
    last_seen: LastSeen | None = None
    share: tuple[int, int] | None = None

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Capture and frame of all sightings: none of a row of a node's state."""
        here = () if self.capture == NO_CAPTURE else tuple((self.capture, number) for number in self.frames)
        return (*here, *self.elsewhere)


class Finding(Brief, Struct):
    """A rule's result. ``checked`` rows held or failed, ``unknown`` rows may have done either; ``reason`` says why.

    ``measures`` are the values of the rule's aggregates.
    ``accepted`` of the ``failed`` rows are accepted, and ``applied`` is what became of each acceptance. If nothing
    else failed, ``is_accepted``: the rule is of severity info then, and ``evidence`` is of accepted rows.
    ``files`` are the files that its evidence was written to, if any.
    """

    rule: Rule
    status: str = NOT_CHECKED
    checked: int = 0
    failed: int = 0
    unknown: int = 0
    reason: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    accepted: int = 0
    applied: list[Applied] = field(default_factory=list)
    is_accepted: bool = False

    @property
    def has_accepted(self) -> bool:
        """Whether some or all of its failures are accepted."""
        return self.is_accepted or bool(self.accepted)

    @property
    def counted(self) -> int:
        """The failing rows that the severity is about: those not accepted, or all if all are accepted."""
        return self.failed if self.is_accepted else self.failed - self.accepted

    @property
    def passing(self) -> list[Applied]:
        """The acceptances that accept nothing any more: what they are about holds."""
        return [applied for applied in self.applied if applied.status == PASSES]


def passes_now(finding: Finding) -> list[str]:
    """A sentence per acceptance that accepts nothing any more because what it is about holds."""
    rule, sentences = finding.rule.id, []
    for applied in finding.passing:
        about = rule if applied.acceptance.where is None else f"what is accepted of {rule}"
        place = clean(applied.acceptance.place)
        sentences.append(f"{about} passes now, remove its {applied.acceptance.word} ({place})")
    return sentences


class Failing(Protocol):
    """A row that failed, as evidence or before it is made one."""

    @property
    def capture(self) -> int: ...
    @property
    def interface(self) -> str: ...
    @property
    def frames(self) -> tuple[int, ...]: ...
    @property
    def time(self) -> int | None: ...
    @property
    def row(self) -> Mapping[str, Value | None]: ...


SomeFailing = TypeVar("SomeFailing", bound=Failing)


def fair(failing: list[SomeFailing], most: int | None) -> list[SomeFailing]:
    """At most ``most`` rows, in order: the first one, and others spread over pods, peers and time."""
    if most is None or len(failing) <= most:
        return failing
    return [failing[number] for number in sorted(choose([_candidate(row) for row in failing], most))]


def _candidate(failing: Failing) -> Candidate:
    row = failing.row
    pod = row.get("src") or row.get("asker_ip") or row.get("sender") or (failing.capture, failing.interface)
    peer = row.get("dst") or row.get("target") or row.get("receiver")
    when = failing.time if failing.time is not None else next(iter(failing.frames), 0)
    return Candidate(pod, peer, (pod, *(row.get(name) for name in PAIR)), when)


def explain_consequences(findings: list[Finding]) -> None:
    """Give a failed rule that another needs as the reason why the other had nothing to check.

    If that rule failed for some rows only, it does not explain the rest: their traffic may not have been recorded.
    """
    failed = {finding.rule.id: finding for finding in findings if finding.status == FAIL}
    for finding in findings:
        needed = [name for name in finding.rule.needs if name in failed]
        if finding.status == NOT_CHECKED and not finding.unknown and not finding.rule.off and needed:
            if all(failed[name].failed >= failed[name].checked for name in needed):
                finding.reason = f"nothing to check, since {' and '.join(needed)} failed"
            else:
                partly = " and ".join(f"{name} failed ({_share(failed[name])})" for name in needed)
                finding.reason = f"{finding.reason}; {partly}"


def _share(finding: Finding) -> str:
    return f"{finding.failed} of {finding.checked}"


def ordered(findings: list[Finding]) -> list[Finding]:
    """Failures first, errors before warnings, causes before consequences."""
    return sorted(
        findings,
        key=lambda finding: (
            STATUSES.index(finding.status),
            SEVERITIES.index(finding.rule.severity),
            STAGES.index(finding.rule.table),
            finding.rule.id,
        ),
    )
