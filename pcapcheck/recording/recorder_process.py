"""A running recorder: started, seen to listen, asked for what it counted, stopped when everything is written."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path
from threading import Condition, Thread
from typing import IO

from pcapcheck.capture.recording_note import RecordingNote
from pcapcheck.errors import RecordingError
from pcapcheck.recording.command_place import start
from pcapcheck.recording.followed_stream import FollowedStream
from pcapcheck.recording.recorder_complaints import cure_of
from pcapcheck.recording.recorder_counters import (
    RecorderCounters,
    complaint,
    is_listening,
    moment,
    read_counters,
)
from pcapcheck.recording.recording_point import TCPDUMP, RecordingPoint
from pcapcheck.values import clean

# Seconds to wait: for a recorder to begin, for an answer, for the last packets to be written, for the end.
TO_BEGIN, TO_ANSWER, TO_DRAIN, TO_END = 30.0, 5.0, 10.0, 15.0
# libpcap hands on what it has after a second (tcpdump's and dumpcap's timeouts); the rest is for a busy machine.
HANDED_ON = 2.0
PAUSE = 0.1
MOST_LINES = 1000


class RecorderProcess:
    """The recorder of one point. What it records goes straight to its file, past this process."""

    def __init__(self, point: RecordingPoint, folder: Path, limit: int) -> None:
        """Start it; it ends by itself after ``limit`` seconds, or when this process is gone."""
        self.point = point
        self.path = folder / point.file
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.until: int | None = None
        self._stopping = False
        self._was_stopped_early = ""
        self._lines: list[str] = []
        self._news = Condition()
        self._is_silent = False
        with self.path.open("wb") as stream:
            self._process = start(
                point.argv(limit), stdin=subprocess.PIPE, stdout=stream.fileno(), stderr=subprocess.PIPE
            )
        assert self._process.stderr is not None
        Thread(target=self._listen, args=(self._process.stderr,), daemon=True).start()

    def _listen(self, stream: IO[bytes]) -> None:
        for line in iter(stream.readline, b""):
            with self._news:
                self._lines.append(line.decode("utf-8", "replace").rstrip())
                # A recorder that complains without end must not fill the memory.
                if len(self._lines) > MOST_LINES:
                    del self._lines[1 : MOST_LINES // 2]
                self._news.notify_all()
        with self._news:
            self._is_silent = True
            self._news.notify_all()

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, for whatever reason."""
        return self._process.poll() is not None

    @property
    def said(self) -> list[str]:
        """Everything that it printed so far, but the packets."""
        with self._news:
            return list(self._lines)

    def stream(self) -> FollowedStream:
        """The bytes of its pcap as they are recorded, from the first."""
        return FollowedStream(self.path, lambda: self.has_ended)

    def nudge(self) -> None:
        """Let it say something, so that what connects it with this machine is not taken for dead."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()

    def wait_until_listening(self) -> None:
        """Return when every packet from now on is recorded. Raises RecordingError if that does not come."""
        with self._news:
            self._news.wait_for(lambda: self._is_silent or any(map(is_listening, self._lines)), TO_BEGIN)
            if any(map(is_listening, self._lines)):
                return
        said = clean(complaint(self.said)) or "it did not say that it listens"
        raise RecordingError(f"{self.point.title}: {self.point.recorder} did not begin: {said}{cure_of(said)}")

    def _ask(self) -> tuple[int | None, RecorderCounters | None]:
        """The time there, and what it had counted then."""
        with self._news:
            before = len(self._lines)
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()
            except OSError:
                return None, None

            def answered() -> bool:
                fresh = self._lines[before:]
                timed = any(moment(line) is not None for line in fresh)
                return self._is_silent or (timed and (self.point.recorder != TCPDUMP or bool(read_counters(fresh))))

            self._news.wait_for(answered, TO_ANSWER)
            fresh = self._lines[before:]
        return next((at for line in fresh if (at := moment(line)) is not None), None), read_counters(fresh)

    def drain(self) -> None:
        """Wait until every packet up to now is written, and note the time up to which that is so.

        Everything is, once as many packets are written as had passed the filter, or if none more was written within
        the time after which libpcap hands on what it has: it leaves out some that passed (before the filter was set,
        twice on lo). A recorder that does not say what it counted is given that time, and no promise is made.
        """
        at, first = self._ask()
        if at is None:
            return
        if first is None:
            time.sleep(HANDED_ON)
            return
        wanted = first.captured + first.unread
        seen, since = first.captured, time.monotonic()
        deadline = since + TO_DRAIN
        now = first
        while now.captured < wanted and time.monotonic() - since < HANDED_ON:
            if time.monotonic() > deadline:
                return
            time.sleep(PAUSE)
            _, answer = self._ask()
            if answer is None:
                return
            now = answer
            if now.captured > seen:
                seen, since = now.captured, time.monotonic()
        self.until = at

    def end(self) -> None:
        """Let it end as with Ctrl-C: it writes what it has, and its counters."""
        if self.has_ended and not self._stopping:
            self._was_stopped_early = (
                clean(complaint(self.said)) or f"{self.point.recorder} ended before it was asked to"
            )
        self._stopping = True
        try:
            assert self._process.stdin is not None
            self._process.stdin.close()
        except OSError:
            pass

    def wait(self) -> None:
        """Wait for its end; if it does not come, kill what runs here."""
        try:
            self._process.wait(TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with self._news:
            self._news.wait_for(lambda: self._is_silent, TO_ANSWER)

    def note(self) -> RecordingNote:
        """What is to be known of its file."""
        counters = read_counters(self.said)
        lost = counters.dropped if counters else 0
        return RecordingNote(
            self.point.file,
            self.point.place.host,
            self.point.interface,
            self.point.filter,
            counters.captured if counters else None,
            counters.received if counters else None,
            lost,
            self.until,
            self._was_stopped_early,
        )
