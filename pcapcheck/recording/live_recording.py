"""A recording from its first recorder to its verdict."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pcapcheck.capture.held import Held
from pcapcheck.capture.recording_note import NOTES, RecordingNote
from pcapcheck.errors import RecordingError
from pcapcheck.given import Names
from pcapcheck.recording.command_place import last_line
from pcapcheck.recording.followed_stream import FollowedStream
from pcapcheck.recording.probe_process import run_probe
from pcapcheck.recording.recorded_bundle import RecordedBundle, pods_texts
from pcapcheck.recording.recorder_complaints import cure_of
from pcapcheck.recording.recorders import Recorders
from pcapcheck.recording.recording_log import RecordingLog
from pcapcheck.recording.recording_plan import RecordingPlan
from pcapcheck.recording.recording_point import RecordingPoint
from pcapcheck.recording.state_collection import StateCollection

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

PAUSE = 0.1
# Seconds after which a connection to a recorder carries something: load balancers cut those that are idle for minutes.
NUDGE = 30.0


def silent(_said: str) -> None:
    """Say nothing."""


class LiveRecording:
    """Records as a plan says. Inside ``with`` everything is recorded; behind it ``analysis`` is what came of it.

    ``limit`` bounds, in seconds, how long recorders run whatever happens; ``lateness`` is how long an answer may take.
    ``on_close`` is called at the end in any case. ``tell`` takes lines about how it goes on. ``output`` is where it is
    kept; ``is_numbered``: a number is added to it if that is there already.
    """

    def __init__(
        self,
        plan: RecordingPlan,
        output: Path | None = None,
        *,
        rules: Names | None = None,
        variables: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = silent,
        pack: str | None = None,
    ) -> None:
        self.plan = plan
        self.output = output
        self.is_numbered = False
        self.limit = 3600
        self.lateness = 1.3
        self.on_close: Callable[[], None] | None = None
        self.rules = rules
        self.variables = variables
        self.pack = pack
        self.recorders = Recorders()
        self._log = RecordingLog(tell)
        self._bundle: RecordedBundle | None = None
        self._analysis: Analysis | None = None
        self._states = StateCollection(plan.states, self._log.notice)
        self._is_enough = Event()
        self._has_waited = False
        self._is_stopped = False
        self._is_kept = False
        self._was_full = False

    def __enter__(self) -> Self:
        """Return when every recorder listens and the neighbours are forgotten."""
        try:
            self._begin()
        except BaseException:
            self.abandon()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop when everything up to now is written, and judge; what an exception ends is not judged."""
        if error is not None:
            self.abandon()
            return
        try:
            self.stop()
            self.judge()
        except BaseException:
            self.abandon()
            raise

    def _begin(self) -> None:
        self._bundle = bundle = RecordedBundle(self.output, self.is_numbered)
        self.output = bundle.output
        self.recorders.start(self.plan.points, bundle, self.limit)
        self._log.say(f"recording {', '.join(point.title for point in self.plan.points)}")
        for place, words in self.plan.flushes:
            code, _, complained = place.run(words)
            if code != 0:
                self._log.notice(f"{place.title}: {shlex.join(words)}: {last_line(complained)}; ARP may not be seen")

    @property
    def has_ended(self) -> bool:
        """Whether no recorder runs any more."""
        return self.recorders.has_ended

    @property
    def notices(self) -> list[str]:
        """What went wrong so far, a line each."""
        return self._log.notices

    def enough(self) -> None:
        """End the probe, and what ``go_on`` waits for. Safe to call from another thread."""
        self._is_enough.set()

    @property
    def _is_over(self) -> bool:
        return self.has_ended or self._is_enough.is_set() or self._is_full()

    def _is_full(self) -> bool:
        """Whether there is no room for more packets, which tcpdump does not say; that is noted once."""
        if self._bundle is not None and not self._was_full and not self._bundle.has_room():
            self._was_full = True
            self._log.fall_short(
                f"{self.output or self._bundle.folder}: no space is left on the device; the recording ends"
            )
        return self._was_full

    @property
    def analysis(self) -> Analysis:
        """What came of it. Raises RecordingError as long as it is not over."""
        if self._analysis is None:
            raise RecordingError("the recording is not judged yet; ask behind the with block")
        return self._analysis

    def streams(self) -> Iterator[tuple[RecordingPoint, FollowedStream]]:
        """For each point the bytes of its pcap as they are recorded, to their end; close what you opened."""
        for recorder in self.recorders:
            yield recorder.point, recorder.stream()

    def ask(self) -> None:
        """Run the probe to its end, and begin to collect the states: by then their counters count all of it."""
        if self.plan.probe is None:
            return
        self._log.say(self.plan.asked)
        for node, ping in self.plan.signs:
            node.run(ping)
        try:
            self._log.probe = outcome = run_probe(self.plan.probe, self.plan.asked, lambda: self._is_over)
        finally:
            self._states.begin()
        if not outcome.was_asked:
            place, _ = self.plan.probe
            said = outcome.printed
            self._log.fall_short(f"{place.title}: nothing was asked: {last_line(said)}{cure_of(said)}")

    @property
    def is_kept(self) -> bool:
        """Whether the bundle is whole, and stays whatever comes of judging it."""
        return self._is_kept

    def run(self, seconds: float) -> None:
        """Ask, and go on until that took ``seconds`` in all."""
        began = time.monotonic()
        self.ask()
        self.go_on(seconds - (time.monotonic() - began))

    def go_on(self, seconds: float | None) -> None:
        """Go on recording for that long, or until it is ``enough``; None: until then or an interrupt.

        It ends with the last recorder too.
        """
        self._wait(seconds, lambda: self._is_over)

    def _wait(self, seconds: float | None, is_over: Callable[[], bool]) -> None:
        deadline = None if seconds is None else time.monotonic() + seconds
        nudge = time.monotonic() + NUDGE
        while not is_over() and (deadline is None or time.monotonic() < deadline):
            time.sleep(PAUSE)
            if time.monotonic() > nudge:
                nudge = time.monotonic() + NUDGE
                self.recorders.nudge()

    def wait_for_answers(self) -> None:
        """Record until answers that are not there are late, and the states are collected; once is enough."""
        if self._has_waited:
            return
        self._log.say("waiting for late answers")
        began = time.monotonic()
        self._states.begin()
        self._wait(self.lateness, lambda: self.has_ended)
        self._states.wait()
        # An answer is missing if it did not come within its time; a frame of that time must be recorded.
        self._wait(self.lateness - (time.monotonic() - began), lambda: self.has_ended)
        self._has_waited = True

    def stop(self) -> None:
        """Wait for late answers, then stop each recorder when all that it has is written; once is enough.

        What is interrupted while it waits can be stopped again.
        """
        if self._is_stopped:
            return
        self.wait_for_answers()
        self.recorders.drain()
        self._is_stopped = True
        self.recorders.end()
        self._close()

    def judge(self) -> Analysis:
        """Complete the bundle and judge it, as ``pcapcheck analyze BUNDLE`` does."""
        from pcapcheck.pipeline import analyze

        bundle = self._bundle
        assert bundle is not None
        notes = self.recorders.notes()
        self._log.notice_ends(notes)
        notes = self._log.with_shortfall(notes)
        bundle.make_room()
        self._complete(bundle, notes)
        try:
            judged: Path | Held = bundle.finish()
        except OSError as error:
            judged = bundle.leave_unpacked()
            self._log.say(f"{self.output}: {error.strerror or error}; it is left unpacked")
        # From here on it stays, whatever comes of judging it.
        self.output = bundle.output
        self._bundle, self._is_kept = None, self.output is not None
        self._analysis = analyze(judged, rules=self.rules, variables=self.variables, pack=self.pack)
        return self._analysis

    def _complete(self, bundle: RecordedBundle, notes: list[RecordingNote]) -> None:
        """Write what goes with the captures; what finds no room costs nothing else."""
        pods = [end.pod for end in self.plan.ends if end.pod is not None]
        missing = bundle.write_each({NOTES: self._log.text(self.plan, notes), **pods_texts(pods), **self._states.found})
        for name, why in missing.items():
            self._log.notice(f"{name} is missing in {bundle.output or bundle.folder}: {why}")
        if missing:
            bundle.write_each({NOTES: self._log.text(self.plan, notes)})

    def _close(self) -> None:
        closing, self.on_close = self.on_close, None
        if closing is not None:
            closing()

    def abandon(self) -> None:
        """End everything and leave nothing behind."""
        self.recorders.end()
        self._close()
        if self._bundle is not None:
            with contextlib.suppress(OSError):
                self._bundle.discard()
