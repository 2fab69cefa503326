"""The reading of one live stream: a thread that takes its batches in turn with the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from threading import Thread

from pcapcheck.capture.record import Reader, RecordBatch
from pcapcheck.capture.scan_layout import ABSENT_TIME, FIELDS, TIME
from pcapcheck.errors import UNREADABLE, CaptureError
from pcapcheck.links.read_capture import OpenCapture
from pcapcheck.watch.turns import Turns
from pcapcheck.watch.watched_source import WatchedSource

SECOND = 10**9
# A stream is live if its packets come at most this long after they were recorded (seconds); clocks differ a little.
LATE, EARLY = 5.0, -2.0
# libpcap hands on what it has after a second, and that is to be read (seconds). A recorder in immediate mode waits for
# nothing.
BEHIND, BARELY_BEHIND = 1.2, 0.25
# What recorders were behind, they are believed to be still: half as much after this time (seconds).
HALVED = 30.0


class StreamReading:
    """Reads a stream to its end. ``open_capture`` makes what takes its batches.

    ``is_prompt``: whoever started the recorder knows that it writes each packet at once. Else that is believed if
    packets arrive as they are recorded, by this machine's clock, and if no part of a packet is waiting for its rest.
    ``drops`` is what the recorder says that it lost. ``behind`` is how long a packet may take from the link to here
    when nothing is in the way (seconds).
    """

    def __init__(
        self,
        source: WatchedSource,
        open_capture: Callable[[], OpenCapture],
        turns: Turns,
        alone: bool,
        wake: Callable[[], None],
        is_prompt: bool = False,
        behind: float = BEHIND,
    ) -> None:
        self.source = source
        self.is_prompt = is_prompt
        self.opened: OpenCapture | None = None
        self.reader: Reader | None = None
        self.error: BaseException | None = None
        self.ended = False
        self.drops = 0
        # Time of the latest frame by the capture's clock.
        self.latest: int | None = None
        self._behind = behind
        # The least that packets took, by the two clocks, and by how much more some took lately (seconds), as of then.
        self._least = math.inf
        self._late, self._late_at = 0.0, 0.0
        self._ended_at: float | None = None
        self._open_capture = open_capture
        self._turns = turns
        self._alone = alone
        self._wake = wake
        self._thread = Thread(target=self._run, daemon=True, name=f"watch {source.name}")

    @property
    def frames(self) -> int:
        return self.reader.frames if self.reader is not None else 0

    def start(self) -> None:
        self._thread.start()

    def join(self, patience: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(patience)

    @property
    def lateness(self) -> float:
        """By how much packets have lately come later than usual (seconds): recorders want a processor too."""
        return self._late * math.exp2((self._late_at - time.monotonic()) / HALVED)

    def heard_until(self, lateness: float = 0.0) -> int | None:
        """Until when the capture is known to have gone on, by its clock, although nothing came; None: not known.

        A packet that was recorded before would have arrived, since those before it did so at once, but for the
        ``lateness`` of streams of this machine. What ended went on until then.
        """
        stream = self.source.stream
        if self.latest is None or stream.arrived is None or not (self.ended or stream.is_at_rest) or stream.pending:
            return None
        if not self.is_prompt and not EARLY <= stream.arrived_at - self.latest / SECOND <= LATE:
            return None
        now = time.monotonic() if self._ended_at is None else self._ended_at
        return self.latest + max(0, int((now - stream.arrived - self._behind - lateness) * SECOND))

    def note_drops(self, drops: int) -> None:
        """Take over how many packets the recorder says that it lost."""
        self.drops = max(self.drops, drops)
        if self.reader is not None and self.reader.interfaces:
            self.reader.interfaces[0].drops = max(self.drops, self.reader.interfaces[0].drops)

    def _run(self) -> None:
        try:
            with self.source.open() as reader:
                with self._turns:
                    self.opened, self.reader = self._open_capture(), reader
                for records in reader.batches():
                    with self._turns:
                        self._take(records)
        except OSError as error:
            said = f"{self.source.name}: {error.strerror or error}; give a stream that can be read"
            self.error = CaptureError(said, UNREADABLE)
        except BaseException as error:
            # Raised again where the verdict is made; a capture that cannot be read costs only itself.
            self.error = error
        finally:
            self._ended_at = time.monotonic()
            self.ended = True
            self._wake()

    def _take(self, records: RecordBatch) -> None:
        assert self.opened is not None
        assert self.source.window is not None
        self.opened.take(records, self._alone)
        stream, offset = self.source.stream, self.source.window.offset
        self.source.ring.add(stream.taken(offset), records.first_number, records.count, len(records.interfaces))
        latest = records.matrix[(records.count - 1) * FIELDS + TIME]
        if latest != ABSENT_TIME:
            # What stood there before anybody looked was not late.
            first = records.matrix[TIME] if self.latest is not None else latest
            self._note_lateness(stream.arrived_at - first / SECOND, stream.arrived_at - latest / SECOND)
            self.latest = latest

    def _note_lateness(self, longest: float, shortest: float) -> None:
        """Take over how long the first and the last packet of a batch took to get here, by the two clocks (seconds)."""
        self._least = min(self._least, shortest)
        late = min(longest - self._least, LATE)
        if late >= self.lateness:
            self._late, self._late_at = late, time.monotonic()
