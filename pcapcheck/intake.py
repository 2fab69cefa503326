"""Take in what was given as captures. What cannot be used costs a line, and not the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck import given
from pcapcheck.capture.inputs import Inputs
from pcapcheck.capture.record import BAD_CHECKSUM, BATCH_FRAMES
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.source import Source
from pcapcheck.column_words import CHECKSUMS
from pcapcheck.decode.sightings import Sightings
from pcapcheck.errors import EMPTY, NOT_A_CAPTURE, CaptureError
from pcapcheck.exchanges.capture_exchanges import SoFar
from pcapcheck.given import Input, Taken
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture, Progress, Reading, read_capture
from pcapcheck.links.scope import Scope, parse_interface_names
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.expectation import Recording
from pcapcheck.ruleset.feed import Feed
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings
from pcapcheck.set_aside import is_listing, set_aside, settle_sets, take_notes
from pcapcheck.skipped import CAPTURE, Skipped

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State

# An error names this many inputs.
MOST_NAMED = 5


class Request(Struct, frozen=True):
    """What is to be read: the inputs of the call, or those that an expectation file names.

    ``pods`` is None if names of pods are not asked for. ``captures_named``: the call names them.
    """

    captures: Sequence[Taken | str]
    states: list[Taken]
    pods: list[Taken] | None
    recording: Recording
    captures_named: bool

    @classmethod
    def of(
        cls, recording: Recording, captures: Sequence[Input], node_state: given.Inputs | None, pods: given.Inputs | None
    ) -> Request:
        """The inputs of a call; what it leaves out is as the expectation file says."""
        listed = given.several(recording.pods if pods is None else pods)
        return cls(
            given.taken(captures or recording.captures),
            given.several(recording.node_state if node_state is None else node_state),
            listed if listed or pods is not None else None,
            recording,
            bool(captures),
        )

    def pods_with(self, found: list[Taken]) -> list[Taken] | None:
        """The lists of pods, and those that were found among the captures."""
        return [*(self.pods or ()), *found] if found or self.pods is not None else None

    @property
    def names(self) -> tuple[str, ...]:
        """The captures as they were named."""
        return tuple(map(str, self.captures))


class Intake(Struct, frozen=True):
    """The captures as read, the rules that were fed with their rows, and the sightings of packets to follow."""

    captures: list[Capture]
    evaluations: list[Evaluation]
    feed: Feed
    sightings: Sightings

    def add_rules(self, rules: Iterable[Rule]) -> None:
        """Judge more rules, about nothing that a capture holds."""
        self.evaluations.extend(map(Evaluation, rules))

    def for_rules(self, rules: Iterable[Rule]) -> Intake:
        """The same for some of the rules that were fed, each about the networks that it names now."""
        fed = {evaluation.rule.id: evaluation for evaluation in self.evaluations}
        kept = []
        for rule in rules:
            fed[rule.id].rule = rule
            kept.append(fed[rule.id])
        return replace(self, evaluations=kept)

    @property
    def row_tables(self) -> frozenset[str]:
        """The tables whose rows some rule needs one by one."""
        return frozenset(evaluation.rule.table for evaluation in self.evaluations if evaluation.needs_rows)

    @property
    def with_sums(self) -> bool:
        """Whether some rule names a checksum."""
        return any(column.words == CHECKSUMS for evaluation in self.evaluations for column in evaluation.shown)


def reading_of(settings: Settings, scope: Scope, recording: Recording, batch_frames: int = BATCH_FRAMES) -> Reading:
    """How to read; what the expectation file says of its recording holds unless ``scope`` says otherwise."""
    names = parse_interface_names(recording.interfaces) | scope.names
    scope = replace(scope, names=names, filter_used=scope.filter_used or recording.filter_used)
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


def read_captures(inputs: Inputs, rules: list[Rule], reading: Reading, progress: Progress | None) -> Intake:
    """Read all captures and feed the rules; captures that cannot be read are skipped."""
    evaluations = [Evaluation(rule) for rule in rules]
    intake = Intake([], evaluations, Feed(evaluations), Sightings())
    captures, feed, sightings = intake.captures, intake.feed, intake.sightings
    every, with_sums = intake.row_tables, intake.with_sums
    settle_sets(inputs)
    take_notes(inputs)
    if len(inputs.captures) > 1:
        # Joining what several captures saw needs it: loaded while they are read.
        Thread(target=import_module, args=("numpy",), daemon=True).start()
    unreadable: list[Captured] = []
    fed = False

    def watched(path: Path, consumed: int, frames: int, so_far: Callable[[], SoFar]) -> None:
        nonlocal fed
        fed = True
        if progress:
            progress(path, consumed, frames, so_far)

    # Archives among them add more.
    for source in inputs.captures:
        number, fed = len(captures), False
        if is_listing(inputs, source):
            assert isinstance(source, Source)
            inputs.states.append(source.kept)
            unreadable.append(source)
            continue
        alone = len(inputs.captures) - len(unreadable) == 1
        try:
            captures.append(
                read_capture(
                    number,
                    source,
                    reading,
                    partial(feed.take, number),
                    every,
                    watched,
                    sightings,
                    alone,
                    with_sums,
                )
            )
            feed.settle()
        except CaptureError as error:
            known = len(inputs.captures)
            set_aside(inputs, source, error)
            settle_sets(inputs)
            if len(inputs.captures) > known:
                # Only what an archive brings has notes that are not known: of many files nearly none is a capture.
                take_notes(inputs)
            unreadable.append(source)
            if fed:
                # The rules have some of its rows already: read all the others again, without it.
                left_out = set(map(id, unreadable))
                inputs.captures = [source for source in inputs.captures if id(source) not in left_out]
                return read_captures(inputs, rules, reading, progress)
    return intake


def demand_inputs(inputs: Inputs, request: Request, captures: list[Capture], state: State | None) -> None:
    """Raise CaptureError if nothing can be judged, and mark the inputs that cannot be done without."""
    lost = [skipped for skipped in inputs.skipped if skipped.role == CAPTURE]
    if not captures and state is None:
        # A bundle may hold nothing but states, none of them understood.
        raise _nothing_readable(inputs, request, lost or inputs.skipped)
    # An expectation file is about exactly its captures; and without any capture the question is not answered.
    if not request.captures_named or not captures:
        inputs.skipped = [
            replace(skipped, demanded=skipped.demanded or skipped.named or (not captures and skipped in lost[:1]))
            for skipped in inputs.skipped
        ]


def _nothing_readable(inputs: Inputs, request: Request, lost: list[Skipped]) -> CaptureError:
    first = next((skipped for skipped in lost if skipped.named or skipped.kind not in (NOT_A_CAPTURE, EMPTY)), lost[0])
    said = first.message
    if len(lost) > 1:
        names = ", ".join(request.names[:MOST_NAMED])
        said = f"{names}: no capture in there; of {len(lost)} files none can be used, for one {first.message}"
    place = request.recording.place
    error = CaptureError(said if request.captures_named or not place else f"{place}: {said}", first.kind)
    error.skipped = inputs.skipped
    return error


def without_unused_names(reading: Reading, inputs: Inputs, captures: Iterable[Capture]) -> Reading:
    """The same without names of interfaces for inputs that cannot be used or hold no frames."""
    skipped = (skipped.path for skipped in inputs.skipped)
    empty = (str(capture.path) for capture in captures if not capture.frames)
    return replace(reading, scope=reading.scope.without([*skipped, *empty]))


def forget_offload(captures: list[Capture], facts: Facts) -> None:
    """Drop wrong checksums on pod links: a veth pair passes them on as they are, for a NIC to compute."""
    for capture in captures:
        points = [point for key, point in facts.points.items() if key[0] == capture.number]
        if all(point.kind == "pod-link" for point in points):
            capture.problems = [problem for problem in capture.problems if problem.kind != BAD_CHECKSUM]
