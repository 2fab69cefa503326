"""The streams that are watched as one observation, and its analysis: so far, or at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.capture.inputs import Inputs
from pcapcheck.decode.sightings import Sightings
from pcapcheck.errors import CaptureError
from pcapcheck.intake import Intake
from pcapcheck.links.read_capture import OpenCapture
from pcapcheck.pipeline import conclude
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.feed import Feed
from pcapcheck.task import Task
from pcapcheck.watch.live_stream import LiveStream
from pcapcheck.watch.ring import RING
from pcapcheck.watch.stream_reading import BEHIND, StreamReading
from pcapcheck.watch.turns import Turns
from pcapcheck.watch.watched_source import WatchedSource


class NamedStream(Struct, frozen=True):
    """A stream to watch. ``path`` is what reports call it; ``interface`` is what it was recorded on, if known.

    ``is_prompt`` and ``behind`` as ``StreamReading`` has them.
    """

    path: Path
    stream: LiveStream
    interface: str | None = None
    is_prompt: bool = False
    behind: float = BEHIND


class WatchedObservation:
    """Reads streams side by side. Rules and pairing are those of ``analyze``.

    Each stream has its own thread; they take turns. ``wake`` is called when one has ended.
    """

    def __init__(self, task: Task, streams: Sequence[NamedStream], wake: Callable[[], None], ring: int = RING) -> None:
        self.task = task
        self.turns = Turns()
        self._evaluations = [Evaluation(rule) for rule in task.ruleset.rules]
        self._sightings = Sightings()
        self._intake = Intake([], self._evaluations, Feed(self._evaluations), self._sightings)
        # One per stream: a feed counts the rows of one capture at a time.
        self._feeds = [Feed(self._evaluations) for _ in streams]
        self.readings = [
            StreamReading(
                source := WatchedSource(named.path, named.stream, ring),
                partial(self._open, number, source),
                self.turns,
                len(streams) == 1,
                wake,
                named.is_prompt,
                named.behind,
            )
            for number, named in enumerate(streams)
        ]
        self._interfaces = [named.interface for named in streams]

    @property
    def frames(self) -> int:
        return sum(reading.frames for reading in self.readings)

    @property
    def has_ended(self) -> bool:
        return all(reading.ended for reading in self.readings)

    @property
    def heard_until(self) -> int | None:
        """The capture's clock: the latest frame, or what is known to have passed since."""
        return max(self._known(self.readings), default=None)

    @property
    def heard_by_all(self) -> int | None:
        """The time that each stream that goes on is known to have come to: what it did not show by then, it lacks."""
        return min(self._known([reading for reading in self.readings if not reading.ended]), default=self.heard_until)

    def _known(self, readings: Sequence[StreamReading]) -> list[int]:
        """The times that streams are known to have come to; of one that showed nothing so far, none is known."""
        lateness = self._lateness
        return [
            max(reading.latest, reading.heard_until(lateness) or 0)
            for reading in readings
            if reading.latest is not None
        ]

    @property
    def _lateness(self) -> float:
        """They are behind together, and one that shows nothing does not show how far."""
        return max(reading.lateness for reading in self.readings)

    def start(self) -> None:
        """Begin to read."""
        for reading in self.readings:
            reading.start()

    def interrupt(self) -> None:
        """End the streams after a moment for what is under way."""
        for reading in self.readings:
            if not reading.ended:
                reading.source.stream.interrupt()

    def conclude(self) -> Analysis:
        """The analysis of all that has been read. Nothing can be read after that: call it in a copy, or at the end.

        Raises CaptureError if no stream is a capture.
        """
        inputs, captures, lateness = Inputs(), [], self._lateness
        for reading, feed, interface in zip(self.readings, self._feeds, self._interfaces, strict=True):
            inputs.captures.append(reading.source)
            if isinstance(reading.error, CaptureError):
                inputs.skip(reading.source.path, reading.error)
            elif reading.error is not None:
                raise reading.error
            if reading.opened is None or reading.reader is None:
                continue
            if interface is not None and reading.reader.interfaces:
                reading.reader.interfaces[0].name = interface
            captures.append(reading.opened.finish(reading.reader, reading.heard_until(lateness)))
            feed.settle()
        self._intake.captures.extend(captures)
        return conclude(self.task, inputs, self._intake)

    def _open(self, number: int, source: WatchedSource) -> OpenCapture:
        return OpenCapture(
            number,
            source,
            self.task.reading,
            partial(self._feeds[number].take, number),
            self._intake.row_tables,
            self._sightings,
            self._intake.with_sums,
            in_turn=True,
        )
