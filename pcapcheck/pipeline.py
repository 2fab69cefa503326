"""The pipeline, from captures to an analysis: read, describe, follow, judge, ask, explain, demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from pcapcheck import given
from pcapcheck.analysis import Analysis
from pcapcheck.capture.inputs import Inputs as GatheredInputs
from pcapcheck.capture.inputs import gather, gather_states
from pcapcheck.capture.record import BATCH_FRAMES
from pcapcheck.explanation import explain, locate, with_traces
from pcapcheck.followed_feed import feed_followed
from pcapcheck.given import Input, Inputs, Names
from pcapcheck.intake import (
    Intake,
    demand_inputs,
    forget_offload,
    read_captures,
    reading_of,
    without_unused_names,
)
from pcapcheck.links.address_claims import claimed_addresses, taken_over
from pcapcheck.links.describe_points import describe_points
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Progress, Reading
from pcapcheck.links.scope import Scope
from pcapcheck.networks import NOTHING_KNOWN, KnownNetwork
from pcapcheck.paths.find_paths import find_paths
from pcapcheck.paths.paths import Paths
from pcapcheck.paths.repeated_attempts import repeated_attempts
from pcapcheck.questions.broken_transfers import BrokenTransfers
from pcapcheck.questions.lost_fragments import lost_fragments
from pcapcheck.questions.node_errors import node_errors
from pcapcheck.questions.quoted_questions import quoted_questions
from pcapcheck.questions.refused_answers import refused_answers
from pcapcheck.questions.repeated_handshakes import repeated_handshakes
from pcapcheck.questions.silent_conversations import silent_conversations
from pcapcheck.questions.silent_hosts import silent_hosts
from pcapcheck.questions.silent_neighbours import silent_neighbours
from pcapcheck.questions.strange_answers import strange_answers
from pcapcheck.questions.unanswered import Unanswered, unanswered
from pcapcheck.questions.untranslated_answers import untranslated_answers
from pcapcheck.report.views import ReportViews
from pcapcheck.ruleset.choose_packs import packs_for
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.expectation import Recording
from pcapcheck.ruleset.feed import Feed
from pcapcheck.ruleset.files import pack as pack_folder
from pcapcheck.ruleset.finding import NO_CAPTURE, Finding, explain_consequences
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.load import Ruleset, load_ruleset
from pcapcheck.ruleset.loss_spreads import LossSpreads
from pcapcheck.ruleset.row_judges import RowJudges
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings
from pcapcheck.set_aside import name_hosts
from pcapcheck.skipped import Skipped
from pcapcheck.state_intake import find_state, name_pods, name_recorded, nothing_understood, take_state
from pcapcheck.table_names import STATE
from pcapcheck.task import Task
from pcapcheck.triage.remarks.producers import remarks_on

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.known_state import KnownState
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.remarks.remark import Remark


# Reads the captures again, for these rules.
Reread = Callable[[list[Rule], Reading], Intake]


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
    pack: str | None = None,
) -> Analysis:
    """Judge one or more captures as one observation.

    ``paths`` are files, folders, archives, patterns or ``-`` for standard input; the files of a rotated set are one
    capture. A node's state and lists of pods among them are used as ``node_state`` and ``pods`` are; if there is no
    capture, the state alone is judged.
    Bytes (called ``<bytes>`` in reports) and files opened as bytes, seekable or not, work as well. A compressed
    capture may unpack to ``unpack_limit`` bytes (None: 1 GiB or 250 times its size). ``keep_all`` keeps more than the
    first GiB of a stream, so that its tables can be made. ``rules`` are packs, files or folders of them (None: the
    packs for the networks that the captures show, else Calico's); ``pack`` names the network whose pod links these are,
    as in ``aws-vpc-cni``, which holds unless all that they show is another's; ``variables`` override the rules'
    ``$names``. What an expectation file among the rules says of its recording holds unless the call says otherwise:
    without ``paths`` its captures are judged.

    ``node_state`` are inputs of the same kinds with the state of the node and its pods (``pcapcheck node-script``):
    they confirm causes or rule them out. ``pods`` are inputs with the output of ``kubectl get pods -A -o json`` (or
    ``-o wide``), to name pods by.

    An input that cannot be used costs a line, ``Analysis.skipped``, and not the rest; an input that was named and does
    not exist or cannot be read turns a pass into a failure (``Analysis.unmet``). Raises CaptureError if nothing can be
    read: no capture, and no node's state either (its ``skipped`` lists all inputs); UsageError if ``scope`` does not
    fit the captures; RuleError if rules cannot be loaded, whatever else there is; TypeError if an input has no usable
    type, such as None or a file opened as text.
    """
    task = Task.of(rules, variables, scope, paths, node_state, pods, pack, batch_frames)
    inputs = gather(task.request.captures, unpack_limit, keep_all)
    task = task.for_files(capture.path for capture in inputs.captures)
    read = partial(read_captures, inputs, progress=progress)
    return conclude(task, inputs, read(task.ruleset.rules, task.reading), read)


def conclude(task: Task, inputs: GatheredInputs, intake: Intake, read_again: Reread | None = None) -> Analysis:
    """Judge captures that have been read; raises as ``analyze`` does.

    They may show networks whose packs nobody expected: ``read_again`` reads them once more for these; without it, they
    were read for all packs (``Task.of`` with ``read_once``).
    """
    request, reading = task.request, task.reading
    name_hosts(inputs, intake.captures)
    state = find_state(inputs, request, intake.captures, task.ruleset.settings)
    if state is not None and task.rules is None:
        task = task.for_networks(reading.networks.judged, with_state=True)
        if not intake.captures and not inputs.has_lost_captures:
            from pcapcheck.triage.remarks.only_state import only_state_remarks

            ruleset = load_ruleset([pack_folder(STATE)], task.variables)
            judged = _judge_state(state, ruleset, inputs, request.names)
            remarks = [*only_state_remarks(judged.findings, judged.remarks, state), *judged.remarks]
            return replace(judged, remarks=remarks, lacks_captures=True)
        intake.add_rules(rule for rule in task.ruleset.rules if rule.table == STATE)
    demand_inputs(inputs, request, intake.captures, state)
    reading = without_unused_names(reading, inputs, intake.captures)
    names = name_pods(request.pods_with(inputs.pods), state, task.ruleset.settings, inputs)

    network = _known_network(state, names)
    facts = describe_points(intake.captures, reading, network)
    shown = packs_for(facts) if task.chooses_packs else reading.networks.judged
    if shown != reading.networks.judged:
        # Of a long stream only some was kept.
        is_whole = all(capture.source.complete for capture in intake.captures)
        if read_again is None:
            task = task.for_networks(shown, state is not None)
            intake = intake.for_rules(task.ruleset.rules)
        elif is_whole and shown - reading.networks.judged:
            task = task.for_networks(shown, state is not None)
            reading = replace(reading, networks=task.reading.networks)
            intake = read_again(task.ruleset.rules, reading)
            name_hosts(inputs, intake.captures)
            facts = describe_points(intake.captures, reading, network)
    ruleset = task.ruleset
    forget_offload(intake.captures, facts)
    names = name_recorded(names, facts, inputs)

    followed = _follow(intake, facts, reading)
    known = _know(state, ruleset.settings, followed)

    claims = [row for capture in intake.captures for row in claimed_addresses(capture, facts, reading)]
    changes = list(taken_over(claims, reading.proxy_mac))
    feed_followed(intake, followed, claims, reading)
    findings = _judge(intake.evaluations, facts, known)

    questions = _ask(intake.evaluations, followed, reading)
    judgement = _judgement(findings, followed, reading, questions, inputs.skipped, state)
    judgement = locate(judgement, state)

    remarks = remarks_on(judgement, state, inputs.repeated, changes, claims)
    remarks += known.cross_check.remarks if known is not None else []
    diagnoses = explain(judgement, ruleset, known, names)
    judged = _demand(judgement, ruleset, diagnoses, remarks, pods=names, given=request.names)
    return with_traces(judged, state)


def analyze_state(
    *paths: Input,
    rules: Names | None = None,
    variables: Mapping[str, str] | None = None,
    unpack_limit: int | None = None,
) -> Analysis:
    """Judge the state of a node and its pods, without a capture.

    ``paths`` are files of pasted terminal sessions or JSON, or the output of ``pcapcheck node-script``; folders,
    patterns and archives of such files; ``-`` for standard input. ``rules`` are files or folders of rules (None: the
    pack about states). An archive may unpack to ``unpack_limit`` bytes (None: 1 GiB or 250 times its size).

    A file that cannot be read or understood costs a line, ``Analysis.skipped``. Raises StateError if that is true of
    all files, RuleError if rules cannot be loaded.
    """
    ruleset = load_ruleset([pack_folder(STATE)] if rules is None else given.paths(rules), variables)
    names = given.several(paths or ruleset.recording.node_state)
    inputs = gather_states(names, unpack_limit)
    state = take_state(inputs.states, ruleset.settings, inputs)
    if state is None:
        raise nothing_understood(inputs.skipped)
    return _judge_state(state, ruleset, inputs, tuple(map(str, names)))


def _judge_state(state: State, ruleset: Ruleset, inputs: GatheredInputs, names: tuple[str, ...]) -> Analysis:
    """The analysis of a state alone."""
    from pcapcheck.triage.known_state import KnownState

    known = KnownState.of(state, ruleset.settings)
    facts = Facts({}, known=_known_network(state))
    reading = reading_of(ruleset.settings, Scope(), Recording())
    findings = _judge([Evaluation(rule) for rule in ruleset.rules], facts, known)
    judgement = _judgement(findings, Paths.none([], facts), reading, [], inputs.skipped, state)
    diagnoses = explain(judgement, ruleset, known)
    judged = _demand(judgement, ruleset, diagnoses, remarks_on(judgement, state), given=names)
    return with_traces(judged, state)


def unjudged(*paths: str | Path, error: str, skipped: Iterable[Skipped] = ()) -> Analysis:
    """The analysis of an observation that cannot be judged at all, for reports that must say so."""
    facts = Facts({})
    followed = Paths.none([], facts)
    reading = reading_of(Settings(), Scope(), Recording())
    judgement = _judgement([], followed, reading, [], list(skipped))
    return Analysis(**asdict(judgement), given=tuple(map(str, paths)), error=error, views=ReportViews())


def _known_network(state: State | None, pods: Pods | None = None) -> KnownNetwork:
    """What the state shows of the network; a list of pods shows by its names which link is whose."""
    if state is None:
        return NOTHING_KNOWN if pods is None else replace(NOTHING_KNOWN, homes=pods.homes())
    from pcapcheck.nodestate.network_kind import known_of

    known = known_of(state)
    return known if pods is None else replace(known, homes={**pods.homes(), **known.homes})


def _follow(intake: Intake, facts: Facts, reading: Reading) -> Paths:
    """Follow the packets from capture point to capture point."""
    followed = find_paths(intake.captures, facts, reading, intake.sightings)
    facts.repeats = repeated_attempts(intake.captures, followed.found)
    return followed


def _know(state: State | None, settings: Settings, followed: Paths) -> KnownState | None:
    """The state, compared with the captures."""
    if state is None:
        return None
    from pcapcheck.triage.known_state import KnownState

    return KnownState.of(state, settings, followed)


def _judge(evaluations: list[Evaluation], facts: Facts, known: KnownState | None) -> list[Finding]:
    """A finding per rule; the rows of the state are the last that the rules are fed with."""
    if known is not None:
        Feed(evaluations).take(NO_CAPTURE, STATE, known.rows)
    findings = [evaluation.finish(facts) for evaluation in evaluations]
    explain_consequences(findings)
    return findings


def _ask(evaluations: list[Evaluation], followed: Paths, reading: Reading) -> list[Unanswered]:
    """The questions that nobody answered and no rule is about."""
    captures, facts = followed.captures, followed.facts
    judged = RowJudges(evaluations, facts)
    neighbours = partial(silent_neighbours, captures=captures)
    untranslated = partial(untranslated_answers, reading=reading)
    refused = partial(refused_answers, reading=reading)
    quoted = partial(quoted_questions, reading=reading)
    repeated = partial(repeated_handshakes, paths=followed.found)
    broken = BrokenTransfers(captures)
    producers = (
        *(neighbours, untranslated, refused, strange_answers, silent_hosts, silent_conversations),
        *(repeated, broken, quoted),
    )
    questions = unanswered(captures, facts, judged, producers, followed.found)
    return [*questions, *node_errors(followed, reading, questions, judged), *lost_fragments(followed)]


def _judgement(
    findings: list[Finding],
    followed: Paths,
    reading: Reading,
    questions: list[Unanswered],
    skipped: list[Skipped],
    state: State | None = None,
) -> Judgement:
    captures, facts = followed.captures, followed.facts
    spreads = LossSpreads(captures, facts, followed)
    judgement = Judgement(captures, facts, findings, reading, followed, spreads, questions, skipped)
    if state is None:
        return judgement
    from pcapcheck.nodestate.describe_state import describe_state

    described, not_understood = describe_state(state)
    return replace(judgement, described=described, not_understood=not_understood)


def _demand(
    judgement: Judgement,
    ruleset: Ruleset,
    diagnoses: list[Diagnosis],
    remarks: list[Remark],
    *,
    given: tuple[str, ...],
    pods: Pods | None = None,
) -> Analysis:
    """The analysis, with the unmet demands of expectation files."""
    return Analysis(
        **asdict(judgement),
        diagnoses=diagnoses,
        remarks=remarks,
        pods=pods,
        given=given,
        required=ruleset.required,
        strict=ruleset.strict,
        views=ReportViews(),
    ).demand()
