"""Analyze an observation. The whole way of the data, in its order: read, decode, pair, describe, judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from glob import has_magic
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from pcapcheck.capture.inputs import Inputs, gather
from pcapcheck.capture.record import BATCH_FRAMES
from pcapcheck.columns import ADDRESSES, ARP, CONNECTIONS, DNS, ECHO, FRAMES, HOPS, PATHS, STATE
from pcapcheck.errors import CaptureError
from pcapcheck.flows.addresses import AddressRow, taken_over
from pcapcheck.flows.facts import Facts, claimed_addresses, describe
from pcapcheck.flows.paths import Paths, find_paths
from pcapcheck.flows.read import Progress, Reading, Row, RowSink, read_capture
from pcapcheck.flows.scope import Scope, parse_interface_names
from pcapcheck.flows.sightings import Sightings
from pcapcheck.flows.silent_conversations import silent_conversations
from pcapcheck.flows.silent_hosts import silent_hosts
from pcapcheck.flows.silent_neighbours import silent_neighbours
from pcapcheck.flows.unanswered import Judged, unanswered
from pcapcheck.report.document import document
from pcapcheck.report.exit import demand
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.expectation import Recording
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, explain_consequences
from pcapcheck.ruleset.load import CALICO, Ruleset, load_ruleset, pack
from pcapcheck.ruleset.variables import Settings
from pcapcheck.triage.ebpf import doubt_ebpf
from pcapcheck.triage.outcome import Outcome

if TYPE_CHECKING:
    import pandas

    from pcapcheck.triage.agreement import Agreement
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.state.model import State
    from pcapcheck.triage.state.rows import StateRow


# Who says which questions were not answered, by protocol.
PRODUCERS = (silent_neighbours, silent_hosts, silent_conversations)


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
    *paths: str | Path,
    rules: str | Path | Iterable[str | Path] | None = None,
    variables: Mapping[str, str] | None = None,
    scope: Scope | None = None,
    progress: Progress | None = None,
    batch_frames: int = BATCH_FRAMES,
    unpack_limit: int | None = None,
    keep_all: bool = False,
    node_state: str | Path | Iterable[str | Path] | None = None,
    pods: str | Path | Iterable[str | Path] | None = None,
) -> Analysis:
    """Judge one or more captures as one observation.

    ``paths`` are files, folders, patterns or ``-`` for standard input; the files of a rotated set are one capture.
    A compressed capture may hold ``unpack_limit`` bytes (None: 1 GiB or 250 times its size). Of a stream ``keep_all``
    keeps more than the first GiB, so that its tables can be made. ``rules`` are packs, files or folders of them (None:
    the Calico pack); ``variables`` override the rules' ``$names``. What an expectation file among them says of its
    recording holds where the call does not say it: without ``paths`` its captures are judged.

    ``node_state`` are files with what was found on the node and in its pods (``pcapcheck node-script``): they confirm
    causes or rule them out. ``pods`` are files with what ``kubectl get pods -A -o json`` (or ``-o wide``) printed, to
    name pods by.

    Raises CaptureError for a capture that cannot be read, StateError for a state that cannot, RuleError for rules that
    cannot be loaded.
    """
    if rules is None:
        rules = [pack(CALICO), *([pack(STATE)] if node_state is not None else [])]
    ruleset = load_ruleset(_paths(rules), variables)
    loaded, settings, told = ruleset.rules, ruleset.settings, ruleset.recording
    reading = _reading(settings, _scoped(scope or Scope(), told), batch_frames)
    described_in = told.node_state if node_state is None else _paths(node_state)
    state = _read_state(described_in, settings) if described_in else None
    inputs = gather(paths, unpack_limit, keep_all) if paths else _gather_told(told, unpack_limit, keep_all)
    evaluations = [Evaluation(rule) for rule in loaded]
    every = frozenset(one.rule.table for one in evaluations if one.needs_rows)
    sightings = Sightings()
    alone = len(inputs.captures) == 1
    if not alone:
        # Joining what several captures saw needs it: loaded while they are read.
        Thread(target=import_module, args=("numpy",), daemon=True).start()
    captures = [
        read_capture(number, source, reading, _sink(number, evaluations), every, progress, sightings, alone)
        for number, source in enumerate(inputs.captures)
    ]
    facts = describe(captures, reading)
    if state is not None:
        doubt_ebpf(facts.links.values(), state)
    changes: list[tuple[AddressRow, AddressRow]] = []
    for capture in captures:
        claims = list(claimed_addresses(capture, facts, reading))
        changes += taken_over(claims, reading.proxy_mac)
        _sink(capture.number, evaluations)(ADDRESSES, claims, 1)
    found = find_paths(captures, facts, reading, sightings)
    for row, weight in found.path_rows(every=PATHS in every):
        _sink(row.capture, evaluations)(PATHS, [row], weight)
    for hop, weight in found.hop_rows(every=HOPS in every):
        _sink(hop.capture, evaluations)(HOPS, [hop], weight)
    agreement = _agree(state, facts) if state is not None else None
    described = feed_state(state, settings, evaluations) if state is not None else None
    findings = [evaluation.finish(facts) for evaluation in evaluations]
    explain_consequences(findings)
    analysis = Analysis(captures, facts, findings, reading, found, inputs.passed_over)
    analysis.unanswered = unanswered(captures, facts, _judged_by(evaluations, facts), PRODUCERS, found.found)
    analysis.given = _names(paths or told.captures)
    analysis.pods = _name_pods(told.pods or None if pods is None else pods, state, settings)
    if state is not None:
        _describe(analysis, state)
    if facts.twice or len(set(facts.observations.values())) > 1 or inputs.repeated:
        from pcapcheck.triage.recordings import tell_recordings

        analysis.remarks += tell_recordings(analysis, inputs.repeated)
    if changes:
        from pcapcheck.triage.takeover import tell_changes

        analysis.remarks += tell_changes(changes)
    if analysis.unanswered or any(capture.exchanges.echoes.errors for capture in captures):
        from pcapcheck.triage.loose_ends import tell_loose_ends

        analysis.remarks += tell_loose_ends(analysis)
    if state is not None or any(one.status == FAIL for one in findings):
        # Loaded when something failed: a healthy capture needs none of it.
        from pcapcheck.triage.examine import examine

        examine(analysis, loaded, settings, state, described, agreement)
    _demand(analysis, ruleset)
    return analysis


def _demand(analysis: Analysis, ruleset: Ruleset) -> None:
    analysis.required, analysis.strict = ruleset.required, ruleset.strict
    demand(analysis)


def _gather_told(told: Recording, unpack_limit: int | None, keep_all: bool) -> Inputs:
    """The captures that an expectation file names, whose place any error says."""
    try:
        for name in told.captures:
            if not has_magic(name) and not Path(name).exists():
                raise CaptureError(f"{name}: no such file or folder; record it first, or correct its name")
        return gather(told.captures, unpack_limit, keep_all)
    except CaptureError as error:
        raise CaptureError(f"{told.place}: {error}" if told.place else str(error)) from None


def _judged_by(evaluations: list[Evaluation], facts: Facts) -> Judged:
    """Whether any of the rules is about whether a row was answered."""

    def judged(table: str, capture: int, row: Row) -> bool:
        return any(one.rule.table == table and one.decides(row, capture, facts) for one in evaluations)

    return judged


def _read_state(paths: Iterable[Path], settings: Settings) -> State:
    # Loaded where there is one.
    from pcapcheck.triage.state.read import read_state

    return read_state(paths, settings.texts["interface_prefix"], settings.number("gateway"))


def _name_pods(given: str | Path | Iterable[str | Path] | None, state: State | None, settings: Settings) -> Pods | None:
    """The names in the files given, else those that the node's state lists."""
    listed = state.pods if state is not None else []
    if given is None and not listed:
        return None
    from pcapcheck.triage.pods import Pods

    prefix = settings.texts["interface_prefix"]
    return Pods.of(listed, prefix) if given is None else Pods.read(_paths(given), prefix)


def analyze_state(
    *paths: str | Path,
    rules: str | Path | Iterable[str | Path] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Analysis:
    """Judge what is known of a node and its pods, without a capture.

    ``paths`` are files of pasted terminal sessions or JSON, or of what ``pcapcheck node-script`` collects. ``rules``
    are files or folders of them (None: the pack about states).

    Raises StateError for a file that cannot be read or understood, RuleError for rules that cannot be loaded.
    """
    ruleset = load_ruleset([pack(STATE)] if rules is None else _paths(rules), variables)
    settings = ruleset.settings
    state = _read_state(map(Path, paths or ruleset.recording.node_state), settings)
    facts = Facts({})
    evaluations = [Evaluation(rule) for rule in ruleset.rules]
    rows = feed_state(state, settings, evaluations)
    findings = [evaluation.finish(facts) for evaluation in evaluations]
    explain_consequences(findings)
    analysis = Analysis([], facts, findings, _reading(settings, Scope(), BATCH_FRAMES), Paths([], facts))
    analysis.given = _names(paths or ruleset.recording.node_state)
    _describe(analysis, state)
    if any(one.status == FAIL for one in findings):
        from pcapcheck.triage.examine import examine

        examine(analysis, ruleset.rules, settings, state, rows)
    _demand(analysis, ruleset)
    return analysis


def unjudged(*given: str | Path, error: str) -> Analysis:
    """What an observation comes to that cannot be judged at all, for reports that must say so."""
    facts = Facts({})
    analysis = Analysis([], facts, [], _reading(Settings(), Scope(), BATCH_FRAMES), Paths([], facts))
    analysis.given, analysis.error = _names(given), error
    return analysis


def _describe(analysis: Analysis, state: State) -> None:
    """Say which hosts a state tells of, and what of it was not understood."""
    from pcapcheck.triage.state.describe import describe_state

    analysis.described, analysis.not_understood = describe_state(state)


def _agree(state: State, facts: Facts) -> Agreement:
    """How a state goes with the captures; sets apart what of it is about other instances of their pods."""
    from pcapcheck.triage.agreement import compare

    return compare(list(facts.links.values()), state)


def feed_state(state: State, settings: Settings, evaluations: list[Evaluation]) -> list[StateRow]:
    """Hand the rows of the table ``state`` to the rules about it, and return them."""
    from pcapcheck.triage.state.rows import state_rows

    prefix, gateway6 = settings.texts["interface_prefix"], settings.number("gateway6")
    rows = state_rows(state, settings.number("gateway"), prefix, gateway6)
    _sink(NO_CAPTURE, evaluations)(STATE, rows, 1)
    return rows


def _paths(given: str | Path | Iterable[str | Path]) -> list[Path]:
    return [Path(one) for one in ([given] if isinstance(given, (str, Path)) else given)]


def _names(given: Iterable[str | Path]) -> tuple[str, ...]:
    return tuple(map(str, given))


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


def _sink(number: int, evaluations: list[Evaluation]) -> RowSink:
    def sink(table: str, rows: Iterable[Row], weight: int) -> None:
        for evaluation in evaluations:
            if evaluation.rule.table == table:
                evaluation.feed(number, rows, weight)

    return sink
