"""The ring: the latest packets of a stream and those around failures, in bounded memory.

A stream is kept in chunks that end where a record ends, as it came. What holds the file's header, an interface or a
failure is held on to; of the rest the oldest is dropped.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.record import BATCH_FRAMES, Interface, Problem, RecordBatch
from pcapcheck.capture.scan_layout import FIELDS
from pcapcheck.capture.source import reader_for
from pcapcheck.capture.window import Window
from pcapcheck.errors import UNREADABLE, CaptureError

RING = 100 << 20
# Batches are put together to chunks of this size (bytes).
CHUNK = 1 << 16
# Frames before and after those of a failure that are held on to with them.
AROUND = 100
# Of the ring this share may be held on to: the latest packets must find room too.
HELD_SHARE = 0.5


class Chunk(Struct):
    """Bytes of the stream that begin and end between records: ``count`` frames from number ``first`` on."""

    first: int
    count: int
    data: bytearray
    held: bool = False


class Ring:
    """The chunks of one stream, at most ``limit`` bytes of them."""

    def __init__(self, limit: int = RING) -> None:
        self.limit = limit
        self.size = 0
        self._chunk = min(CHUNK, limit >> 4)
        # Bytes that are held on to.
        self.held = 0
        self.dropped = 0
        self._chunks: list[Chunk] = []
        self._interfaces = 0
        # Chunks before this one are all held on to.
        self._oldest = 0

    @property
    def frames(self) -> int:
        """How many frames are in it."""
        return sum(chunk.count for chunk in self._chunks)

    def add(self, data: bytes, first: int, count: int, interfaces: int) -> None:
        """Take the bytes of a batch; ``interfaces`` is how many are known after it."""
        chunks = self._chunks
        # What describes an interface must stay, else what follows cannot be read.
        describes = interfaces != self._interfaces
        self._interfaces = interfaces
        last = chunks[-1] if chunks else None
        if last is None or last.held or describes or len(last.data) + len(data) > self._chunk:
            chunks.append(Chunk(first, count, bytearray(data)))
        else:
            last.data += data
            last.count += count
        self.size += len(data)
        if describes:
            self._hold(chunks[-1])
        self._drop()

    def hold(self, frames: Iterable[int]) -> None:
        """Hold on to what is around these frames, as far as it is there and there is room."""
        for frame in frames:
            for chunk in self._between(frame - AROUND, frame + AROUND):
                if not chunk.held and self.held + len(chunk.data) <= self.limit * HELD_SHARE:
                    self._hold(chunk)

    def write(self, path: Path) -> None:
        """Write what is kept to a file, a capture of the stream's own format; a file of that name is replaced.

        Raises CaptureError if it cannot be written.
        """
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with partial.open("wb") as file:
                for chunk in self._chunks:
                    file.write(chunk.data)
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise CaptureError(
                f"--keep {path}: {error.strerror or error}; name a file that can be written", UNREADABLE
            ) from None

    def reader(self, name: str, batch_frames: int = BATCH_FRAMES) -> RingReader:
        """A reader of what is kept, whose frames have the numbers that they had in the stream."""
        return RingReader(list(self._chunks), name, batch_frames)

    def _between(self, first: int, last: int) -> Iterator[Chunk]:
        start = max(0, bisect_right(self._chunks, first, key=lambda chunk: chunk.first) - 1)
        for chunk in self._chunks[start:]:
            if chunk.first > last:
                return
            if chunk.first + chunk.count > first:
                yield chunk

    def _hold(self, chunk: Chunk) -> None:
        chunk.held = True
        self.held += len(chunk.data)

    def _drop(self) -> None:
        """Drop the oldest chunks that nothing holds on to, but never the one that came last."""
        chunks = self._chunks
        while self.size > self.limit:
            self._oldest = min(self._oldest, len(chunks))
            while self._oldest < len(chunks) and chunks[self._oldest].held:
                self._oldest += 1
            if self._oldest >= len(chunks) - 1:
                return
            chunk = chunks.pop(self._oldest)
            self.size -= len(chunk.data)
            self.dropped += chunk.count


class RingReader:
    """Reads chunks like a capture whose middle is gone."""

    def __init__(self, chunks: list[Chunk], name: str, batch_frames: int) -> None:
        self._chunks = [chunk for chunk in chunks if chunk.count]
        stream = cast("BinaryIO", _KeptBytes(chunks))
        self._reader = reader_for(Window(stream), name, batch_frames, HostNames())
        self.format = self._reader.format

    @property
    def interfaces(self) -> list[Interface]:
        return self._reader.interfaces

    @property
    def problems(self) -> list[Problem]:
        return self._reader.problems

    @property
    def frames(self) -> int:
        return self._reader.frames

    def batches(self) -> Iterator[RecordBatch]:
        """Batches of records; none goes over a gap."""
        chunks = iter(self._chunks)
        number = left = 0
        for batch in self._reader.batches():
            done = 0
            while done < batch.count:
                while not left:
                    chunk = next(chunks)
                    number, left = chunk.first, chunk.count
                step = min(left, batch.count - done)
                part = batch.matrix if step == batch.count else batch.matrix[done * FIELDS : (done + step) * FIELDS]
                yield replace(batch, matrix=part, count=step, first_number=number)
                done, left, number = done + step, left - step, number + step


class _KeptBytes(RawIOBase):
    """The bytes of chunks, one at a time."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self._rest = iter(chunks)
        self._data: memoryview = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._data:
            chunk = next(self._rest, None)
            if chunk is None:
                return 0
            self._data = memoryview(bytes(chunk.data))
        count = min(len(buffer), len(self._data))
        buffer[:count] = self._data[:count]
        self._data = self._data[count:]
        return count
