"""A live stream as the source of a capture: read once as it arrives, later from what its ring kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from pcapcheck.capture.compressed import compression_of
from pcapcheck.capture.pcap import MAGICS
from pcapcheck.capture.pcapng import MAGIC
from pcapcheck.capture.record import BATCH_FRAMES, Reader
from pcapcheck.capture.source import NOTHING_SEEN, Source, reader_for
from pcapcheck.capture.text.lines import looks_like_text
from pcapcheck.capture.window import Window
from pcapcheck.errors import EMPTY, CaptureError, NotACapture
from pcapcheck.watch.live_stream import LiveStream
from pcapcheck.watch.ring import RING, Ring

# Bytes that are read at once.
LEAST_AT_ONCE, MOST_AT_ONCE = 1 << 14, 1 << 18


class WatchedSource(Source):
    """A stream under the name of ``path``; ``window`` is over its bytes while it arrives."""

    def __init__(self, path: Path, stream: LiveStream, limit: int = RING) -> None:
        super().__init__(path)
        self.stream = stream
        self.ring = Ring(limit)
        self.window: Window | None = None

    @property
    def is_stream(self) -> bool:
        return True

    @property
    def has_file(self) -> bool:
        """Whether a command can name a file that holds this: one that was followed is there."""
        return self.stream.follows

    @property
    def complete(self) -> bool:
        return not self._lost and not self.ring.dropped

    @property
    def consumed(self) -> int:
        return self.stream.count

    def __getstate__(self) -> dict[str, Any]:
        # What could be read again stays behind.
        return {**super().__getstate__(), "stream": None, "ring": Ring(), "window": None, "_lost": True}

    @contextmanager
    def open(self, batch_frames: int = BATCH_FRAMES, few: Collection[int] = ()) -> Iterator[Reader]:
        """A reader for the stream; for all that its ring holds if it was opened before.

        Raises CaptureError if it is no pcap or pcapng.
        """
        if self._lost:
            raise CaptureError(f"{self.name}: its packets were not kept in the pickle; save them to a file first")
        if self.window is not None:
            yield cast("Reader", self.ring.reader(self.name, batch_frames))
            return
        # What is read at once is dropped at once: it must be little of the ring.
        size = min(MOST_AT_ONCE, max(LEAST_AT_ONCE, self.ring.limit >> 4))
        window = Window(cast("BinaryIO", self.stream), size, is_live=True)
        magic = window.peek(8)
        self._refuse(magic, window)
        reader = reader_for(window, self.name, batch_frames, self.names)
        # Where reading fails later, that is the capture's problem.
        window.problems = reader.problems
        self.window = window
        yield reader

    def _refuse(self, magic: bytes, window: Window) -> None:
        """Raise CaptureError for what cannot be watched."""
        if not magic:
            raise NotACapture(f"{self.name}: nothing came; {self.stream.why() or NOTHING_SEEN}", EMPTY)
        if magic[:4] in MAGICS or magic[:4] == MAGIC:
            return
        compression = compression_of(magic)
        if compression is not None:
            raise CaptureError(
                f"{self.name}: {compression.name} is not watched; unpack it in front of it, or use pcapcheck analyze"
            )
        if looks_like_text(window.peek(512)):
            raise CaptureError(
                f"{self.name}: text is not watched; let tcpdump write packets (-U -w -), or use pcapcheck analyze"
            )
