"""Watch streams until they end, or until enough is known."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.errors import CaptureError, UsageError
from pcapcheck.ruleset.finding import FAIL, PASS
from pcapcheck.task import Task
from pcapcheck.watch.certainty import Certainty, waits_of
from pcapcheck.watch.display import Display, Scene
from pcapcheck.watch.happenings import Happenings, verdict_event
from pcapcheck.watch.ring import RING
from pcapcheck.watch.snapshot import Snapshot, snapshot_of
from pcapcheck.watch.snapshot_process import SnapshotFault, SnapshotProcess
from pcapcheck.watch.watch_event import WatchEvent, listening_event
from pcapcheck.watch.watched_observation import NamedStream, WatchedObservation

# Seconds: between two looks, and two snapshots. Snapshots may take at most this share of a processor.
LOOK = 0.1
EVERY = 1.0
SHARE = 0.1
# Seconds from the wish to end until streams are cut off that do not end by themselves.
GRACE = 5.0
EVENTS = 50


class Recorder(Protocol):
    """What records a stream: it says since when, and how many packets it lost, and can be asked to end."""

    is_listening: bool

    def stop(self) -> None: ...

    def drops(self) -> int: ...


class Until(Struct, frozen=True):
    """When a watch ends besides the end of its streams: at a verdict (``pass``, ``fail``), after some seconds."""

    verdict: str | None = None
    seconds: float | None = None

    def is_reached(self, snapshot: Snapshot, certainty: Certainty) -> bool:
        """Whether the verdict is there, and nothing that is known so far can change it."""
        if self.verdict == PASS:
            return snapshot.verdict == PASS and not snapshot.open and not snapshot.failures
        return snapshot.verdict == FAIL and any(each.severity == "error" for each in certainty.certain.values())


class Watching:
    """Watches streams as one observation. ``recorders`` belong to the streams with the same place.

    ``keep`` is the file that the ring is written to, of several streams one each; ``complain`` takes a line about what
    cannot be done. Call ``interrupt`` to end it early.
    """

    def __init__(
        self,
        task: Task,
        streams: Sequence[NamedStream],
        displays: Sequence[Display] = (),
        until: Until | None = None,
        *,
        recorders: Sequence[Recorder | None] = (),
        ring: int = RING,
        keep: Path | None = None,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._awake, False)
        self.observation = WatchedObservation(task, streams, self._rouse, ring)
        self._displays = displays
        self._until = until or Until()
        self._recorders = [*recorders, *[None] * (len(streams) - len(recorders))]
        self._keep = keep
        self._complain = complain
        self._happenings = Happenings(Certainty(waits_of(task.reading)))
        self._events: deque[WatchEvent] = deque(maxlen=EVENTS)
        self._snapshot: Snapshot | None = None
        self._process: SnapshotProcess | None = None
        self._began = self._next = 0.0
        # Frames, clock and the time that all streams had come to, of the latest snapshot.
        self._judged: tuple[int, int | None, int | None] = (0, None, None)
        # Whether it was said since when everything is recorded; of streams without a recorder that is not said.
        self._is_listening = not any(self._recorders)
        self._interrupted: float | None = None
        self._wanted = False
        self._faults: set[str] = set()
        # Why what was kept could not be written the last time.
        self.not_kept: CaptureError | None = None

    def interrupt(self) -> None:
        """End as at the end of the streams. Safe to call in a handler of a signal."""
        self._wanted = True
        self._rouse()

    def run(self) -> Analysis:
        """Watch; returns the analysis of all that came. Raises CaptureError if none of the streams is a capture."""
        self.watch()
        for reading, recorder in zip(self.observation.readings, self._recorders, strict=True):
            if recorder is not None:
                recorder.stop()
                reading.note_drops(recorder.drops())
        clock = self.observation.heard_until
        analysis = self.observation.conclude()
        last = snapshot_of(analysis, clock)
        self._hold(last)
        self._write()
        self._end(last)
        return analysis

    def watch(self) -> None:
        """Show what comes until the streams have ended, and leave it to the caller to judge it."""
        self._began = time.monotonic()
        self._next = self._began + EVERY / 2
        self.observation.start()
        try:
            while not self.observation.has_ended:
                self._wait()
                self._look(time.monotonic() - self._began)
                self._show()
            for reading in self.observation.readings:
                reading.join()
        finally:
            if self._process is not None:
                self._process.end()
                self._process = None
            self.observation.interrupt()
            os.close(self._awake)
            self._awake = -1

    def _wait(self) -> None:
        waiting: list[int] = [self._awake]
        if self._process is not None:
            waiting.append(self._process.fileno())
        if self._awake in select.select(waiting, [], [], LOOK)[0]:
            os.read(self._awake, 1 << 10)

    def _look(self, elapsed: float) -> None:
        """Do what is due."""
        if not self._is_listening and all(one.is_listening for one in self._recorders if one is not None):
            self._is_listening = True
            pairs = zip(self.observation.readings, self._recorders, strict=True)
            names = [reading.source.name for reading, one in pairs if one is not None]
            self._tell(listening_event(names, time.time_ns()))
        if self._process is not None:
            came = self._process.poll()
            if came is not None:
                self._next = time.monotonic() + max(EVERY, self._process.cost / SHARE)
                self._process = None
                self._take(came)
        elif self._interrupted is None and time.monotonic() >= self._next and self._has_changed():
            for reading, recorder in zip(self.observation.readings, self._recorders, strict=True):
                if recorder is not None:
                    reading.note_drops(recorder.drops())
            self._process = SnapshotProcess(self._make, self.observation.turns)
        if self._until.seconds is not None and elapsed >= self._until.seconds:
            self._wanted = True
        if self._wanted and self._interrupted is None:
            self._end_streams()
        if self._interrupted is not None and time.monotonic() - self._interrupted > GRACE:
            self.observation.interrupt()

    def _has_changed(self) -> bool:
        """Whether another snapshot may say something else: packets came, or time passes for open questions."""
        frames, times = self.observation.frames, (self.observation.heard_until, self.observation.heard_by_all)
        is_open = self._snapshot is not None and (self._snapshot.open > 0 or self._is_doubtful)
        changed = frames > 0 and (frames != self._judged[0] or (is_open and times != self._judged[1:]))
        if changed:
            self._judged = (frames, *times)
        return changed

    @property
    def _is_doubtful(self) -> bool:
        """Whether a failure stands that is not certain so far."""
        certain = self._happenings.certainty.certain
        return self._snapshot is not None and any(each.key not in certain for each in self._snapshot.failures)

    def _make(self) -> Snapshot:
        clock, by_all = self.observation.heard_until, self.observation.heard_by_all
        return snapshot_of(self.observation.conclude(), clock, is_last=False, heard_by_all=by_all)

    def _take(self, came: Snapshot | SnapshotFault) -> None:
        if isinstance(came, SnapshotFault):
            if came.is_final:
                raise UsageError(came.said)
            if came.said not in self._faults and len(self._faults) < EVENTS:
                self._faults.add(came.said)
                self._complain(f"the verdict so far could not be made ({came.said}); the stream is read on")
            return
        self._snapshot = came
        events = list(self._happenings.take(came))
        self._hold(came)
        for event in (*events, verdict_event("so-far", came)):
            self._tell(event)
        if any(event.event == "failure" for event in events):
            self._write()
        if self._until.verdict is not None and self._until.is_reached(came, self._happenings.certainty):
            self._wanted = True

    def _hold(self, snapshot: Snapshot) -> None:
        """Keep the packets around failures, whether they are certain so far or not."""
        with self.observation.turns.held():
            for failure in snapshot.failures:
                self.observation.readings[failure.capture].source.ring.hold(failure.frames)

    def _write(self) -> None:
        """Write the ring. If that fails it is tried again with the next failure, and at the end."""
        if self._keep is None:
            return
        self.not_kept = None
        readings = self.observation.readings
        for number, reading in enumerate(readings):
            path = self._keep
            if len(readings) > 1:
                path = path.with_name(f"{path.stem}-{number}{path.suffix}")
            try:
                with self.observation.turns.held():
                    reading.source.ring.write(path)
            except CaptureError as error:
                self.not_kept = error

    def _end_streams(self) -> None:
        self._interrupted = time.monotonic()
        for reading, recorder in zip(self.observation.readings, self._recorders, strict=True):
            if recorder is not None:
                # It writes what it holds, and ends its stream.
                recorder.stop()
            elif not reading.ended:
                reading.source.stream.interrupt()

    def end_with(self, analysis: Analysis) -> None:
        """Tell what an analysis settles that was made elsewhere, and its verdict as the final one."""
        self._end(snapshot_of(analysis, self.observation.heard_until))

    def _end(self, last: Snapshot) -> None:
        self._snapshot = last
        for event in (*self._happenings.take(last, is_last=True), verdict_event("end", last)):
            self._tell(event)
        self._show()

    def _tell(self, event: WatchEvent) -> None:
        if event.event != "so-far":
            self._events.append(event)
        for display in self._displays:
            display.tell(event)

    def _show(self) -> None:
        elapsed = time.monotonic() - self._began
        certain = self._happenings.certainty.certain
        scene = Scene(self.observation.frames, elapsed, self._snapshot, certain, tuple(self._events))
        for display in self._displays:
            display.show(scene)

    def _rouse(self) -> None:
        with suppress(OSError):
            os.write(self._wake, b".")
