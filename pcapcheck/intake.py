"""Take in what was given: captures, states, lists of pods. What cannot be used costs a line, and not the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from pcapcheck.capture.inputs import Inputs
from pcapcheck.capture.record import BAD_CHECKSUM
from pcapcheck.capture.rotation import Captured
from pcapcheck.capture.source import Source
from pcapcheck.decode.sightings import Sightings
from pcapcheck.errors import EMPTY, NOT_A_CAPTURE, CaptureError, NotACapture, StateError
from pcapcheck.exchanges.capture_exchanges import SoFar
from pcapcheck.given import Taken
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture, Progress, Reading, RowSink, TableRow, read_capture
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.expectation import Recording
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings
from pcapcheck.skipped import CAPTURE, NODE_STATE, PODS, Skipped
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.pods import Pods

# Of many inputs so many are named.
NAMED = 5
Read = tuple[list[Capture], list[Evaluation], Sightings]


def read_captures(inputs: Inputs, rules: list[Rule], reading: Reading, progress: Progress | None) -> Read:
    """Read all captures, and feed the rules; those that cannot be read are skipped."""
    evaluations = [Evaluation(rule) for rule in rules]
    every = frozenset(one.rule.table for one in evaluations if one.needs_rows)
    sightings = Sightings()
    alone = len(inputs.captures) == 1
    if not alone:
        # Joining what several captures saw needs it: loaded while they are read.
        Thread(target=import_module, args=("numpy",), daemon=True).start()
    captures: list[Capture] = []
    refused: list[Captured] = []
    fed = False

    def watched(path: Path, consumed: int, frames: int, so_far: Callable[[], SoFar]) -> None:
        nonlocal fed
        fed = True
        if progress:
            progress(path, consumed, frames, so_far)

    for source in inputs.captures:
        number, fed = len(captures), False
        try:
            captures.append(
                read_capture(number, source, reading, sink(number, evaluations), every, watched, sightings, alone)
            )
        except CaptureError as error:
            _skip(inputs, source, error)
            refused.append(source)
            if fed:
                # Some of its rows are with the rules already: all the others again, without it.
                inputs.captures = [one for one in inputs.captures if not any(one is each for each in refused)]
                return read_captures(inputs, rules, reading, progress)
    return captures, evaluations, sightings


def _skip(inputs: Inputs, source: Captured, error: CaptureError) -> None:
    """Do without a capture; of a text say whether it is a node's state."""
    if isinstance(error, NotACapture) and error.vague and isinstance(source, Source) and not source.is_stream:
        from pcapcheck.nodestate.recognise import recognise

        kind = recognise(source.held or source.path)
        if kind == PODS:
            error = CaptureError(
                f"{source.name}: looks like the output of kubectl get pods; to name pods by it: --pods {source.name}",
                PODS,
            )
        elif kind is not None:
            error = CaptureError(
                f"{source.name}: looks like a node's state, not a capture; to judge it: pcapcheck state {source.name}; "
                f"or next to a capture: --node-state {source.name}",
                kind,
            )
    inputs.skip(source.path, error)


def demand_inputs(
    inputs: Inputs, named: Sequence[str | Taken], captures: list[Capture], state: State | None, told: Recording
) -> None:
    """Raise CaptureError where nothing can be judged, and mark what must have been there."""
    lost = [one for one in inputs.skipped if one.role == CAPTURE]
    if not captures and state is None:
        first = next((one for one in lost if one.named or one.kind not in (NOT_A_CAPTURE, EMPTY)), lost[0])
        if len(lost) > 1:
            given = ", ".join(map(str, (named or told.captures)[:NAMED]))
            said = f"{given}: no capture in there; of {len(lost)} files none can be used, for one {first.message}"
        else:
            said = first.message
        error = CaptureError(f"{told.place}: {said}" if told.place and not named else said, first.kind)
        error.skipped = inputs.skipped
        raise error
    # An expectation file is about just these captures; and without any of those given the question is not answered.
    if not named or not captures:
        inputs.skipped = [
            replace(one, demanded=one.demanded or one.named or (not captures and one is lost[0]))
            for one in inputs.skipped
        ]


def note_aside(captures: list[Capture], node_state: Sequence[Taken]) -> None:
    """Say what the lines of texts are that are no packets, where that is known."""
    used = {os.path.realpath(one) for one in node_state if isinstance(one, Path)}
    for capture in captures:
        aside = [line for problem in capture.problems for line in problem.aside]
        if aside:
            from pcapcheck.nodestate.recognise import tell_aside

            capture.problems += tell_aside(aside, clean(str(capture.path)), os.path.realpath(capture.path) in used)


def forget_offload(captures: list[Capture], facts: Facts) -> None:
    """Say nothing of wrong checksums on pod links: a veth pair hands them on as they are, for a NIC to compute."""
    for capture in captures:
        points = [point for key, point in facts.points.items() if key[0] == capture.number]
        if all(point.kind == "pod-link" for point in points):
            capture.problems = [one for one in capture.problems if one.kind != BAD_CHECKSUM]


def take_state(given: Sequence[Taken], settings: Settings, skipped: list[Skipped]) -> State | None:
    """What the files tell; None where there are none, or none that can be used."""
    if not given:
        return None
    # Loaded where there is one.
    from pcapcheck.nodestate.read_state import read_state

    def skip(path: Path, error: StateError) -> None:
        skipped.append(Skipped.of(path, error, NODE_STATE))

    try:
        prefix = settings.texts["interface_prefix"]
        return read_state(given, prefix, settings.number("gateway"), settings.number("proxy_mac"), skip)
    except StateError:
        return None


def name_pods(
    given: Sequence[Taken] | None, state: State | None, settings: Settings, skipped: list[Skipped]
) -> Pods | None:
    """The names in the files given, else those that the node's state lists."""
    listed = state.pods if state is not None else []
    if given is None and not listed:
        return None
    from pcapcheck.triage.pods import Pods

    def skip(path: Path, error: StateError) -> None:
        skipped.append(Skipped.of(path, error, PODS))

    prefix = settings.texts["interface_prefix"]
    return Pods.of(listed, prefix) if given is None else Pods.read(given, prefix, skip)


def nothing_understood(skipped: list[Skipped]) -> StateError:
    if not skipped:
        return StateError("no file with a node's state is given; name at least one")
    more = f" ({len(skipped) - 1} more cannot be used either)" if skipped[1:] else ""
    error = StateError(f"{skipped[0].message}{more}", skipped[0].kind)
    error.skipped = skipped
    return error


def sink(number: int, evaluations: list[Evaluation]) -> RowSink:
    def sink(table: str, rows: Iterable[TableRow], weight: int) -> None:
        for evaluation in evaluations:
            if evaluation.rule.table == table:
                evaluation.feed(number, rows, weight)

    return sink
