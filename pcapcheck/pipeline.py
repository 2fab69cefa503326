"""The pipeline, from captures to an analysis: read, describe, follow, judge, ask, explain, demand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict, replace

from pcapcheck import given
from pcapcheck.analysis import Analysis
from pcapcheck.capture.inputs import Inputs as GatheredInputs
from pcapcheck.capture.inputs import gather, gather_states
from pcapcheck.capture.record import BATCH_FRAMES
from pcapcheck.given import Input, Inputs, Names
from pcapcheck.intake import (
    Intake,
    Request,
    demand_inputs,
    forget_offload,
    read_captures,
    reading_of,
    without_unused_names,
)
from pcapcheck.links.address_claims import claimed_addresses, taken_over
from pcapcheck.links.address_row import AddressRow
from pcapcheck.links.describe_points import describe_points
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Progress, Reading
from pcapcheck.links.scope import Scope
from pcapcheck.networks import NOTHING_KNOWN, KnownNetwork
from pcapcheck.paths.find_paths import find_paths
from pcapcheck.paths.path_tables import PathTables
from pcapcheck.paths.paths import Paths
from pcapcheck.paths.repeated_attempts import repeated_attempts
from pcapcheck.paths.shared_addresses import judge_addresses
from pcapcheck.questions.broken_transfers import BrokenTransfers
from pcapcheck.questions.lost_fragments import lost_fragments
from pcapcheck.questions.node_errors import node_errors
from pcapcheck.questions.quoted_questions import quoted_questions
from pcapcheck.questions.repeated_handshakes import repeated_handshakes
from pcapcheck.questions.silent_conversations import silent_conversations
from pcapcheck.questions.silent_hosts import silent_hosts
from pcapcheck.questions.silent_neighbours import silent_neighbours
from pcapcheck.questions.unanswered import Unanswered, unanswered
from pcapcheck.questions.untranslated_answers import untranslated_answers
from pcapcheck.report.views import ReportViews
from pcapcheck.ruleset.choose_packs import check_pack, link_networks, load_rules, networks_of_names, packs_for
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.expectation import Recording
from pcapcheck.ruleset.feed import Feed
from pcapcheck.ruleset.files import pack as pack_folder
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, Finding, explain_consequences
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.load import Ruleset, load_ruleset
from pcapcheck.ruleset.loss_spreads import LossSpreads
from pcapcheck.ruleset.row_judges import RowJudges
from pcapcheck.ruleset.variables import Settings
from pcapcheck.set_aside import name_hosts
from pcapcheck.skipped import Skipped
from pcapcheck.state_intake import find_state, name_pods, name_recorded, nothing_understood, take_state
from pcapcheck.table_names import ADDRESSES, HOPS, PATHS, STATE
from pcapcheck.triage.remarks.producers import remarks_on

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.known_state import KnownState
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.remarks.remark import Remark


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
    as in ``aws-vpc-cni``, where captures do not show it or look like another; ``variables`` override the rules'
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
    intake = read_captures(inputs, task.ruleset.rules, task.reading, progress)
    return conclude(task, inputs, intake, may_read_again=True)


class Task(Struct, frozen=True):
    """What is to be judged and how: the rules as loaded, what was named, how to read.

    ``rules`` and ``variables`` are those of the call; ``pack`` is the id of the network that it named.
    """

    ruleset: Ruleset
    request: Request
    reading: Reading
    rules: list[Path] | None
    variables: Mapping[str, str] | None
    pack: str | None = None

    @classmethod
    def of(
        cls,
        rules: Names | None,
        variables: Mapping[str, str] | None,
        scope: Scope | None,
        captures: Sequence[Input],
        node_state: Inputs | None = None,
        pods: Inputs | None = None,
        pack: str | None = None,
        batch_frames: int = BATCH_FRAMES,
    ) -> Task:
        """What ``analyze`` does, or would do for captures that the caller reads.

        Raises RuleError if rules cannot be loaded, UsageError if there is no such pack.
        """
        named = None if pack is None else check_pack(pack)
        files = None if rules is None else given.paths(rules)
        shown = networks_of_names(name for name in captures if isinstance(name, Path))
        ruleset = load_rules(files, variables, named, shown)
        request = Request.of(ruleset.recording, captures, node_state, pods)
        reading = reading_of(ruleset.settings, scope or Scope(), ruleset.recording, batch_frames)
        reading = replace(reading, networks=link_networks(ruleset, named))
        return cls(ruleset, request, reading, files, variables, named)

    def for_networks(self, shown: Collection[str], with_state: bool) -> Task:
        """The same with the packs for these networks, where the call left the choice of rules open."""
        ruleset = load_rules(None, self.variables, self.pack, shown, with_state)
        return replace(self, ruleset=ruleset, reading=replace(self.reading, networks=link_networks(ruleset, self.pack)))

    @property
    def chooses_packs(self) -> bool:
        """Whether the captures decide which packs judge them."""
        return self.rules is None and self.pack is None


def conclude(task: Task, inputs: GatheredInputs, intake: Intake, *, may_read_again: bool = False) -> Analysis:
    """Judge captures that have been read; raises as ``analyze`` does.

    ``may_read_again``: the captures are read once more if they show networks whose packs nobody expected.
    """
    request, reading = task.request, task.reading
    name_hosts(inputs, intake.captures)
    state = find_state(inputs, request, intake.captures, task.ruleset.settings)
    if state is not None and task.rules is None:
        task = task.for_networks(reading.networks.judged, with_state=True)
        if not intake.captures and not inputs.has_lost_captures:
            from pcapcheck.triage.remarks.bundle_gaps import ONLY_STATE

            ruleset = load_ruleset([pack_folder(STATE)], task.variables)
            judged = _judge_state(state, ruleset, inputs, request.names, [ONLY_STATE])
            return replace(judged, lacks_captures=True)
        intake.add_rules(rule for rule in task.ruleset.rules if rule.table == STATE)
    demand_inputs(inputs, request, intake.captures, state)
    reading = without_unused_names(reading, inputs, intake.captures)
    names = name_pods(request.pods_with(inputs.pods), state, task.ruleset.settings, inputs)

    network = _known_network(state, names)
    facts = describe_points(intake.captures, reading, network)
    shown = packs_for(facts) if task.chooses_packs and may_read_again else reading.networks.judged
    # Of a long stream only some was kept.
    if shown - reading.networks.judged and all(capture.source.complete for capture in intake.captures):
        task = task.for_networks(shown, state is not None)
        reading = replace(reading, networks=task.reading.networks)
        intake = read_captures(inputs, task.ruleset.rules, reading, None)
        name_hosts(inputs, intake.captures)
        facts = describe_points(intake.captures, reading, network)
    ruleset = task.ruleset
    forget_offload(intake.captures, facts)
    names = name_recorded(names, facts, inputs)

    followed = _follow(intake, facts, reading)
    known = _know(state, ruleset.settings, followed)

    claims = [row for capture in intake.captures for row in claimed_addresses(capture, facts, reading)]
    changes = list(taken_over(claims, reading.proxy_mac))
    _feed(intake, followed, claims, reading)
    findings = _judge(intake.evaluations, facts, known)

    questions = _ask(intake.evaluations, followed, reading)
    judgement = _judgement(findings, followed, reading, questions, inputs.skipped, state)
    judgement = _locate(judgement, state)

    remarks = remarks_on(judgement, state, inputs.repeated, changes, claims)
    remarks += known.cross_check.remarks if known is not None else []
    diagnoses = _explain(judgement, ruleset, known, names)
    judged = _demand(judgement, ruleset, diagnoses, remarks, pods=names, given=request.names)
    return _with_traces(judged, state)


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


def _judge_state(
    state: State, ruleset: Ruleset, inputs: GatheredInputs, names: tuple[str, ...], remarks: Sequence[Remark] = ()
) -> Analysis:
    """The analysis of a state alone."""
    from pcapcheck.triage.known_state import KnownState

    known = KnownState.of(state, ruleset.settings)
    facts = Facts({}, known=_known_network(state))
    reading = reading_of(ruleset.settings, Scope(), Recording())
    findings = _judge([Evaluation(rule) for rule in ruleset.rules], facts, known)
    judgement = _judgement(findings, Paths.none([], facts), reading, [], inputs.skipped, state)
    diagnoses = _explain(judgement, ruleset, known)
    judged = _demand(judgement, ruleset, diagnoses, [*remarks, *remarks_on(judgement, state)], given=names)
    return _with_traces(judged, state)


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


def _feed(intake: Intake, followed: Paths, claims: list[AddressRow], reading: Reading) -> None:
    """Hand the rules the rows that only the whole captures have: of addresses, paths and hops."""
    take, every = intake.feed.take, intake.row_tables
    # A resolution goes on for as long as no request is missing for this time.
    pause = 3 * reading.arp_wait
    for claim in judge_addresses(claims, followed.facts.points, reading.gateways, followed, pause):
        take(claim.point[0], ADDRESSES, [claim])
    tables = PathTables(followed)
    for table in (PATHS, HOPS):
        if table in every:
            _feed_rows(intake.feed, tables, followed, table)
            continue
        about = [evaluation for evaluation in intake.evaluations if evaluation.rule.table == table]
        for some in tables.packets(table) if about else ():
            for evaluation in about:
                evaluation.feed_alike(some.capture, some)


def _feed_rows(feed: Feed, tables: PathTables, followed: Paths, table: str) -> None:
    """Hand the rules a row for each packet that was followed, in ``hops`` for each of its hops."""
    if followed.groups is not None:
        # NumPy was loaded to follow them.
        from pcapcheck.paths.followed_rows import followed_rows

        for rows in followed_rows(followed, table, feed.columns_of(table)):
            feed.take(NO_CAPTURE, table, rows)
        feed.settle()
    for answer in tables.lone_answers() if table == PATHS else ():
        feed.take(answer.capture, table, [row for row, _ in answer.rows()])


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
    quoted = partial(quoted_questions, reading=reading)
    repeated = partial(repeated_handshakes, paths=followed.found)
    broken = BrokenTransfers(captures)
    producers = (*(neighbours, untranslated, silent_hosts, silent_conversations, repeated, broken, quoted),)
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


def _locate(judgement: Judgement, state: State | None) -> Judgement:
    """Add where packets that failed were seen last, and who sent ICMP errors."""
    if not (judgement.unanswered or _has_failed(judgement)):
        return judgement
    from pcapcheck.triage.senders import name_senders
    from pcapcheck.triage.whereabouts import locate

    located = name_senders(locate(judgement), state)
    if state is None:
        return located
    # Loads what a node's state is made of, which captures alone do not need.
    from pcapcheck.triage.traced_chains import in_chains

    return in_chains(located, state)


def _explain(
    judgement: Judgement, ruleset: Ruleset, known: KnownState | None, pods: Pods | None = None
) -> list[Diagnosis]:
    """The causes of the failures. Loaded only if something failed: a healthy capture needs none of it."""
    if not (judgement.asked_in_vain or _has_failed(judgement)):
        return []
    from pcapcheck.triage.add_causes import examine

    return examine(judgement, ruleset, known, pods)


def _with_traces(analysis: Analysis, state: State | None) -> Analysis:
    """The analysis with the packets that netfilter traced or logged."""
    if state is None or not any(host.traces for host in state.hosts):
        return analysis
    from pcapcheck.triage.trace_rows import trace_rows

    return replace(analysis, traces=trace_rows(analysis, state))


def _has_failed(judgement: Judgement) -> bool:
    return any(finding.status == FAIL for finding in judgement.findings)


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
