"""A recording that is watched while it goes on, from a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Self

from pcapcheck.recording.followed_stream import FollowedStream
from pcapcheck.recording.live_recording import LiveRecording
from pcapcheck.recording.recorder_counters import read_counters
from pcapcheck.recording.recorder_process import RecorderProcess
from pcapcheck.task import Task
from pcapcheck.values import clean
from pcapcheck.watch.display import Display
from pcapcheck.watch.live_stream import LiveStream
from pcapcheck.watch.watched_observation import NamedStream
from pcapcheck.watch.watching import Until, Watching

LOOK = 0.1


class RecordedStream(LiveStream):
    """A recorder's file as it grows, to the recorder's end or until ``has_left``: then what is there is the rest."""

    def __init__(self, stream: FollowedStream, has_left: Event) -> None:
        super().__init__(stream.fileno(), follows=True)
        self._followed = stream
        self._has_left = has_left

    def _wait(self) -> bool:
        while self._deadline is None or time.monotonic() < self._deadline:
            # Asked first: what was written before the end is then seen below.
            ended = self._has_left.is_set() or self._followed.has_ended()
            if self._is_ready(0 if ended else LOOK):
                return True
            if ended:
                return False
        return False


class ShownRecorder:
    """The recorder of a watched stream: when the watch has seen enough, so has the recording."""

    # Else there were nothing to watch so far.
    is_listening = True

    def __init__(self, recording: LiveRecording, recorder: RecorderProcess) -> None:
        self._recording = recording
        self._recorder = recorder

    def stop(self) -> None:
        """Let the recording come to its end: it waits for late answers, and collects the states."""
        self._recording.enough()

    def drops(self) -> int:
        """How many packets it lost as far as it said."""
        counters = read_counters(self._recorder.said)
        return counters.dropped if counters else 0


class WatchedRecording:
    """Shows a recording that has begun. Inside ``with``, ``begin`` starts it; behind it no thread is left.

    ``until`` is the verdict that is enough. ``complain`` takes a line about what cannot be shown: that never costs the
    recording.
    """

    def __init__(
        self,
        recording: LiveRecording,
        displays: Sequence[Display],
        until: str | None,
        complain: Callable[[str], None],
    ) -> None:
        self._has_left = Event()
        self._stack = ExitStack()
        self._complain = complain
        streams = [
            NamedStream(
                Path(point.file),
                RecordedStream(self._stack.enter_context(followed), self._has_left),
                point.interface,
                is_prompt=True,
            )
            for point, followed in recording.streams()
        ]
        paths = [stream.path for stream in streams]
        task = Task.of(recording.rules, recording.variables, None, paths, pack=recording.pack, read_once=True)
        recorders = [ShownRecorder(recording, recorder) for recorder in recording.recorders]
        self.watching = Watching(task, streams, displays, Until(until), recorders=recorders, complain=complain)
        self._thread = Thread(target=self._run, daemon=True, name="watch the recording")

    def __enter__(self) -> Self:
        return self

    def begin(self) -> None:
        """Show it from now on; its first packets too."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self.watching.watch()
        except Exception as error:
            self._complain(f"nothing more is shown ({clean(str(error))}); the recording goes on")

    def __exit__(self, *_error: object) -> None:
        """Show what is recorded so far, and no more."""
        self._has_left.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._stack.close()
