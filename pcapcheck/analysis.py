"""Analyze an observation. The whole way of the data, in its order: read, decode, pair, describe, judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcapcheck import given
from pcapcheck.brief import shortened
from pcapcheck.capture.inputs import gather
from pcapcheck.capture.record import BATCH_FRAMES
from pcapcheck.columns import ADDRESSES, ARP, CONNECTIONS, DNS, ECHO, FRAMES, HOPS, PATHS, STATE, TABLES
from pcapcheck.given import Input, Inputs, Names, Taken
from pcapcheck.intake import (
    demand_inputs,
    forget_offload,
    name_pods,
    note_aside,
    nothing_understood,
    read_captures,
    sink,
    take_state,
)
from pcapcheck.links.addresses import taken_over
from pcapcheck.links.facts import Facts, claimed_addresses, describe
from pcapcheck.links.read_capture import Capture, Progress, Reading, TableRow
from pcapcheck.links.scope import Scope, parse_interface_names
from pcapcheck.networks import NOTHING_KNOWN, KnownNetwork
from pcapcheck.paths.paths import Paths, find_paths
from pcapcheck.paths.repeated_attempts import repeated_attempts
from pcapcheck.paths.shared_addresses import judge_addresses
from pcapcheck.questions.datagram_errors import refused_datagrams
from pcapcheck.questions.node_errors import node_refusals
from pcapcheck.questions.poor_answers import poor_answers
from pcapcheck.questions.silent_conversations import silent_conversations
from pcapcheck.questions.silent_hosts import silent_hosts
from pcapcheck.questions.silent_neighbours import silent_neighbours
from pcapcheck.questions.unanswered import Judged, unanswered
from pcapcheck.report.exit import demand
from pcapcheck.report.formats.document import document
from pcapcheck.report.headline import headline
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.expectation import Recording
from pcapcheck.ruleset.files import CALICO, pack
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, explain_consequences
from pcapcheck.ruleset.load import Ruleset, load_ruleset
from pcapcheck.ruleset.variables import Settings
from pcapcheck.skipped import Skipped
from pcapcheck.triage.ebpf import doubt_ebpf
from pcapcheck.triage.outcome import Outcome
from pcapcheck.triage.remarks.producers import remarks_on
from pcapcheck.triage.whereabouts import locate

if TYPE_CHECKING:
    import pandas

    from pcapcheck.nodestate.state import State
    from pcapcheck.nodestate.state_row import StateRow
    from pcapcheck.triage.cross_check import CrossCheck


# Who says which questions were not answered, by protocol.
PRODUCERS = (silent_neighbours, silent_hosts, silent_conversations, poor_answers)


class Analysis(Outcome):
    """What an observation came to: findings, the verdict, and the exchanges as DataFrames, made when asked for."""

    @cached_property
    def arp(self) -> pandas.DataFrame:
        """One row per resolution; durations are Timedelta, times UTC."""
        return self._table(ARP)

    @cached_property
    def echo(self) -> pandas.DataFrame:
        """One row per echo request; durations are Timedelta, times UTC."""
        return self._table(ECHO)

    @cached_property
    def connections(self) -> pandas.DataFrame:
        """One row per attempt at a TCP connection."""
        return self._table(CONNECTIONS)

    @cached_property
    def dns(self) -> pandas.DataFrame:
        """One row per question asked of a DNS server over UDP."""
        return self._table(DNS)

    @cached_property
    def frames(self) -> pandas.DataFrame:
        """One row per frame."""
        return self._table(FRAMES)

    @cached_property
    def paths(self) -> pandas.DataFrame:
        """One row per packet that was followed from capture point to capture point."""
        return self._table(PATHS)

    @cached_property
    def hops(self) -> pandas.DataFrame:
        """One row per packet and pair of pod links that it went over, one after the other."""
        return self._table(HOPS)

    @property
    def headline(self) -> str:
        """The sentence that heads every report."""
        return headline(self)

    def summary(self) -> str:
        """The first lines of the report for people: verdict and headline, then why, if something failed."""
        from pcapcheck.report.formats.text import summary

        return summary(self)

    def __repr__(self) -> str:
        counted = f"{len(self.captures)} captures, {len(self.findings)} rules"
        return f"<Analysis {self.verdict}: {shortened(self.headline)}, {counted}>"

    def __getstate__(self) -> dict[str, Any]:
        """Without the tables that were made: they are made again when asked for."""
        return {name: value for name, value in self.__dict__.items() if name not in TABLES}

    def to_dict(self) -> dict[str, Any]:
        """The JSON document, schema ``pcapcheck/1``."""
        return document(self)

    def write_evidence(self, folder: str | Path) -> list[Path]:
        """Write a small pcapng per failed rule, ``folder/<rule>.pcapng``, with only the frames that show it.

        Interfaces keep their names, comments on the frames say what is wrong. Of tcpdump's text it is the lines, in
        ``<rule>.txt``. Evidence of an earlier run for rules that fail no more is removed. Raises CaptureError where a
        file cannot be written, or would replace one that is no evidence.
        """
        from pcapcheck.report.evidence_files import write_evidence

        return write_evidence(self, Path(folder))

    def _table(self, name: str) -> pandas.DataFrame:
        from pcapcheck.report.tables import table

        return table(self, name)


def analyze(
    *paths: Input,
    rules: Names | None = None,
    variables: Mapping[str, str] | None = None,
    scope: Scope | None = None,
    progress: Progress | None = None,
    batch_frames: int = BATCH_FRAMES,
    unpack_limit: int | None = None,
    keep_all: bool = False,
    node_state: Inputs | None = None,
    pods: Inputs | None = None,
) -> Analysis:
    """Judge one or more captures as one observation.

    ``paths`` are files, folders, patterns or ``-`` for standard input; the files of a rotated set are one capture.
    Bytes (called ``<bytes>`` in reports) and files opened as bytes, which need not know how to seek, will do as well.
    A compressed capture may hold ``unpack_limit`` bytes (None: 1 GiB or 250 times its size). Of a stream ``keep_all``
    keeps more than the first GiB, so that its tables can be made. ``rules`` are packs, files or folders of them (None:
    the Calico pack); ``variables`` override the rules' ``$names``. What an expectation file among them says of its
    recording holds where the call does not say it: without ``paths`` its captures are judged.

    ``node_state`` are inputs of the same kinds with what was found on the node and in its pods (``pcapcheck
    node-script``): they confirm causes or rule them out. ``pods`` are such with what ``kubectl get pods -A -o json``
    (or ``-o wide``) printed, to name pods by.

    An input that cannot be used costs a line, ``Analysis.skipped``, and not the rest; one that is named and is not
    there, or may not be read, makes a pass a failure (``Analysis.unmet``). Raises CaptureError where nothing could be
    read: no capture, and no node's state either (its ``skipped`` has all of them); or where what is asked for does not
    fit the captures (``scope``). Raises RuleError for rules that cannot be loaded, whatever else there is,
    TypeError for what is no input, such as None or a file opened as text.
    """
    packs_only = rules is None
    if rules is None:
        rules = [pack(CALICO), *([pack(STATE)] if node_state is not None else [])]
    ruleset = load_ruleset(given.paths(rules), variables)
    loaded, settings, told = ruleset.rules, ruleset.settings, ruleset.recording
    reading = _reading(settings, _scoped(scope or Scope(), told), batch_frames)
    named = given.taken(paths or told.captures)
    states = given.several(told.node_state if node_state is None else node_state)
    listed = given.several(told.pods if pods is None else pods)
    inputs = gather(named, unpack_limit, keep_all)
    state = take_state(states, settings, inputs.skipped)
    if state is None and node_state is not None and packs_only:
        loaded = [rule for rule in loaded if rule.table != STATE]
    captures, evaluations, sightings = read_captures(inputs, loaded, reading, progress)
    every = frozenset(one.rule.table for one in evaluations if one.needs_rows)
    demand_inputs(inputs, named if paths else (), captures, state, told)
    unseen = [*(one.path for one in inputs.skipped), *(str(one.path) for one in captures if not one.frames)]
    reading = replace(reading, scope=reading.scope.without(unseen))
    facts = describe(captures, reading, _known(state))
    if state is not None:
        doubt_ebpf(facts.points.values(), state)
    found = find_paths(captures, facts, reading, sightings)
    facts.repeats = repeated_attempts(captures, found.found)
    claims = [row for capture in captures for row in claimed_addresses(capture, facts, reading)]
    changes = list(taken_over(claims, reading.proxy_mac))
    # A resolution goes on for as long as no request is missing for this time.
    pause = 3 * reading.arp_wait
    for claim in judge_addresses(claims, facts.points, reading.gateways, found, pause):
        sink(claim.point[0], evaluations)(ADDRESSES, [claim], 1)
    for row, weight in found.path_rows(every=PATHS in every):
        sink(row.capture, evaluations)(PATHS, [row], weight)
    for hop, weight in found.hop_rows(every=HOPS in every):
        sink(hop.capture, evaluations)(HOPS, [hop], weight)
    cross_check = _agree(state, facts, captures, found) if state is not None else None
    described = feed_state(state, settings, evaluations, cross_check) if state is not None else None
    findings = [evaluation.finish(facts) for evaluation in evaluations]
    explain_consequences(findings)
    analysis = Analysis(captures, facts, findings, reading, found, inputs.skipped)
    analysis.unanswered = unanswered(captures, facts, _judged_by(evaluations, facts), PRODUCERS, found.found)
    analysis.unanswered += node_refusals(found, reading, analysis.unanswered)
    analysis.unanswered += refused_datagrams(captures, facts, reading, analysis.unanswered)
    analysis.given = _names(named)
    analysis.pods = name_pods(listed if listed or pods is not None else None, state, settings, analysis.skipped)
    note_aside(captures, states if node_state is not None else [])
    forget_offload(captures, facts)
    locate(analysis)
    if analysis.unanswered or any(one.status == FAIL for one in findings):
        from pcapcheck.triage.senders import name_senders

        name_senders(analysis, state)
    if state is not None:
        _describe(analysis, state)
    analysis.remarks += remarks_on(analysis, state, inputs.repeated, changes)
    if state is not None or analysis.asked_in_vain or any(one.status == FAIL for one in findings):
        # Loaded when something failed: a healthy capture needs none of it.
        from pcapcheck.triage.add_causes import examine

        examine(analysis, loaded, settings, state, described, cross_check)
    _demand(analysis, ruleset)
    return analysis


def _demand(analysis: Analysis, ruleset: Ruleset) -> None:
    analysis.required, analysis.strict = ruleset.required, ruleset.strict
    demand(analysis)


def _judged_by(evaluations: list[Evaluation], facts: Facts) -> Judged:
    """Whether any of the rules is about whether a row was answered."""

    def judged(table: str, capture: int, row: TableRow) -> bool:
        return any(one.rule.table == table and one.decides(row, capture, facts) for one in evaluations)

    return judged


def _known(state: State | None) -> KnownNetwork:
    if state is None:
        return NOTHING_KNOWN
    from pcapcheck.nodestate.network_kind import known_of

    return known_of(state)


def analyze_state(
    *paths: Input,
    rules: Names | None = None,
    variables: Mapping[str, str] | None = None,
) -> Analysis:
    """Judge what is known of a node and its pods, without a capture.

    ``paths`` are files of pasted terminal sessions or JSON, or of what ``pcapcheck node-script`` collects. ``rules``
    are files or folders of them (None: the pack about states).

    A file that cannot be read or understood costs a line, ``Analysis.skipped``. Raises StateError where none can,
    RuleError for rules that cannot be loaded.
    """
    ruleset = load_ruleset([pack(STATE)] if rules is None else given.paths(rules), variables)
    settings = ruleset.settings
    skipped: list[Skipped] = []
    named = given.several(paths or ruleset.recording.node_state)
    state = take_state(named, settings, skipped)
    if state is None:
        raise nothing_understood(skipped)
    facts = Facts({}, known=_known(state))
    evaluations = [Evaluation(rule) for rule in ruleset.rules]
    rows = feed_state(state, settings, evaluations)
    findings = [evaluation.finish(facts) for evaluation in evaluations]
    explain_consequences(findings)
    analysis = Analysis([], facts, findings, _reading(settings, Scope(), BATCH_FRAMES), Paths([], facts), skipped)
    analysis.given = _names(named)
    _describe(analysis, state)
    analysis.remarks += remarks_on(analysis, state)
    if any(one.status == FAIL for one in findings):
        from pcapcheck.triage.add_causes import examine

        examine(analysis, ruleset.rules, settings, state, rows)
    _demand(analysis, ruleset)
    return analysis


def unjudged(*paths: str | Path, error: str, skipped: Iterable[Skipped] = ()) -> Analysis:
    """What an observation comes to that cannot be judged at all, for reports that must say so."""
    facts = Facts({})
    analysis = Analysis([], facts, [], _reading(Settings(), Scope(), BATCH_FRAMES), Paths([], facts))
    analysis.given, analysis.error, analysis.skipped = _names(paths), error, list(skipped)
    return analysis


def _describe(analysis: Analysis, state: State) -> None:
    """Say which hosts a state tells of, and what of it was not understood."""
    from pcapcheck.nodestate.describe_state import describe_state

    analysis.described, analysis.not_understood = describe_state(state)


def _agree(state: State, facts: Facts, captures: Sequence[Capture], followed: Paths) -> CrossCheck:
    """How a state goes with the captures; sets apart what of it is about other instances of their pods."""
    from pcapcheck.triage.addressed_pods import Sought
    from pcapcheck.triage.cross_check import compare

    points = list(facts.points.values())
    groups = {(one.key[0], group) for one in points if one.kind == "pod-link" for group in one.groups}
    asked = {ip for one in captures for group, ip in one.exchanges.asked if (one.number, group) in groups}
    names = {followed.hosts.name(one.key) for one in points}
    spoken = frozenset(followed.cards.heard)
    if not any(capture.frames for capture in captures):
        return compare(points, state, asked, names, spoken)
    return compare(points, state, asked, names, spoken, Sought(captures, facts, followed, state).includes)


def feed_state(
    state: State, settings: Settings, evaluations: list[Evaluation], cross_check: CrossCheck | None = None
) -> list[StateRow]:
    """Hand the rows of the table ``state`` to the rules about it, and return them.

    ``cross_check`` is how the state goes with the captures, where there are any.
    """
    from pcapcheck.nodestate.state_rows import state_rows

    prefix, gateway6 = settings.texts["interface_prefix"], settings.number("gateway6")
    answered = frozenset(cross_check.answered) if cross_check is not None else frozenset()
    unsought = frozenset(cross_check.unsought) if cross_check is not None else frozenset()
    rows = state_rows(state, settings.number("gateway"), prefix, gateway6, answered, unsought)
    sink(NO_CAPTURE, evaluations)(STATE, rows, 1)
    return rows


def _names(inputs: Iterable[str | Taken]) -> tuple[str, ...]:
    return tuple(map(str, inputs))


def _scoped(scope: Scope, told: Recording) -> Scope:
    """The scope, with what an expectation file says of its recording where the caller does not."""
    names = parse_interface_names(told.interfaces)
    return replace(scope, names=names | scope.names, filter_used=scope.filter_used or told.filter_used)


def _reading(settings: Settings, scope: Scope, batch_frames: int) -> Reading:
    return Reading(
        scope,
        settings.gateways,
        settings.number("proxy_mac"),
        settings.texts["interface_prefix"],
        settings.number("arp_wait"),
        settings.number("echo_wait"),
        settings.number("dns_wait"),
        batch_frames,
    )
