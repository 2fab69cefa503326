"""The recorders of a recording: started, stopped and asked together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from pcapcheck.capture.recording_note import RecordingNote
from pcapcheck.errors import RecordingError
from pcapcheck.recording.recorded_bundle import RecordedBundle
from pcapcheck.recording.recorder_process import RecorderProcess
from pcapcheck.recording.recording_point import RecordingPoint


class Recorders:
    """One recorder for each point, in the points' order; none before ``start``."""

    def __init__(self) -> None:
        self._processes: list[RecorderProcess] = []

    def __iter__(self) -> Iterator[RecorderProcess]:
        return iter(self._processes)

    def start(self, points: Sequence[RecordingPoint], bundle: RecordedBundle, limit: int) -> None:
        """Return when all listen; each ends by itself after ``limit`` seconds.

        Raises RecordingError if one does not begin, or if its file cannot be written; those that began run on until
        they are ended.
        """
        try:
            for point in points:
                self._processes.append(RecorderProcess(point, bundle.folder, limit))
        except OSError as error:
            where = bundle.output or bundle.folder
            raise RecordingError(f"{where}: {error.strerror or error}; name a place with room: --output") from None
        for recorder in self:
            recorder.wait_until_listening()

    @property
    def has_ended(self) -> bool:
        """Whether none runs any more."""
        return all(recorder.has_ended for recorder in self)

    def nudge(self) -> None:
        """Let each say something, so that what connects it with this machine is not taken for dead."""
        for recorder in self:
            recorder.nudge()

    def drain(self) -> None:
        """Wait until every packet up to now is written."""
        with ThreadPoolExecutor(len(self._processes)) as pool:
            list(pool.map(RecorderProcess.drain, self))

    def end(self) -> None:
        """End all, and return when they are gone."""
        for recorder in self:
            recorder.end()
        for recorder in self:
            recorder.wait()

    def notes(self) -> list[RecordingNote]:
        """What is to be known of each one's file."""
        return [recorder.note() for recorder in self]
