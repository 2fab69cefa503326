"""A window that slides over the bytes of a capture, so that a file of any size needs little memory.

A second thread may read the next bytes while those in the window are looked at: of a stream that takes long to read, as
what is unpacked on the way.
"""

from __future__ import annotations

from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from pcapcheck.capture.record import Problem
from pcapcheck.errors import CaptureError

WINDOW_BYTES = 1 << 20
# Room in front of the bytes read, for what was left unread of those before: usually a cut record.
HEADROOM = 1 << 18
# One buffer is looked at, one is read into, one waits.
BUFFERS = 3


class Window:
    """The bytes of ``stream`` read so far, from offset ``base`` on: ``buffer[position:end]`` is unread.

    With ``ahead`` a second thread reads; then ``close`` the window before the stream. ``is_live``: nobody should wait
    for bytes only to be surer of those that are there. Where reading fails later than at
    the first byte, the stream ends there, and ``problems`` says so.
    """

    def __init__(self, stream: BinaryIO, size: int = WINDOW_BYTES, ahead: bool = False, is_live: bool = False) -> None:
        self.is_live = is_live
        self.stream = stream
        self.size = size
        self.headroom = min(size, HEADROOM)
        self.buffer = bytearray(self.headroom + size)
        self.position = self.end = self.headroom
        self.base = -self.headroom
        self.at_eof = False
        self.problems: list[Problem] = []
        self._ahead = ahead
        self._spare: list[bytearray] = []
        self._reader: ReadAhead | None = None

    @property
    def offset(self) -> int:
        """Offset in the file of the next unread byte."""
        return self.base + self.position

    @property
    def unread(self) -> int:
        return self.end - self.position

    def ensure(self, count: int) -> bool:
        """Have at least ``count`` unread bytes in the buffer; False where the stream ends before that."""
        while self.unread < count and not self.at_eof:
            self._fill(count)
        return self.unread >= count

    def gather(self, count: int) -> bool:
        """As ``ensure``, where far fewer may come: room is made only for what does."""
        while self.unread < count and not self.at_eof:
            self.more()
        return self.unread >= count

    def more(self) -> bool:
        """Read on after what is there; False at the end of the stream."""
        before = self.unread
        self._fill(before + 1)
        return self.unread > before

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes, or fewer at the end of the stream."""
        self.ensure(count)
        data = bytes(self.buffer[self.position : min(self.position + count, self.end)])
        self.position += len(data)
        return data

    def peek(self, count: int) -> bytes:
        self.ensure(count)
        return bytes(self.buffer[self.position : min(self.position + count, self.end)])

    def skip(self, count: int) -> bool:
        """Pass over ``count`` bytes without keeping them; False where the stream ends before that."""
        while count > 0:
            if not self.unread and not self.more():
                return False
            step = min(count, self.unread)
            self.position += step
            count -= step
        return True

    def jump(self, offset: int) -> None:
        """Go on at another byte of a file that nobody reads ahead."""
        if self.offset <= offset <= self.base + self.end:
            self.position = offset - self.base
            return
        self.stream.seek(offset)
        self.position = self.end = self.headroom
        self.base = offset - self.headroom
        self.at_eof = False

    def close(self) -> None:
        """Stop reading from the stream."""
        if self._reader is not None:
            self._reader.stop()
            self._reader = None

    def _fill(self, wanted: int) -> None:
        chunk, count = self._next_chunk()
        rest, start = self.unread, self.offset
        if not count:
            self.at_eof = True
            self._free(chunk)
            return
        unread = memoryview(self.buffer)[self.position : self.end]
        if rest <= self.headroom:
            self.position, self.end = self.headroom - rest, self.headroom + count
            chunk[self.position : self.headroom] = unread
            spent, self.buffer = self.buffer, chunk
        else:
            grown = bytearray(max(wanted, 2 * rest, rest + count))
            grown[:rest] = unread
            grown[rest : rest + count] = memoryview(chunk)[self.headroom : self.headroom + count]
            self._free(chunk)
            spent, self.buffer = self.buffer, grown
            self.position, self.end = 0, rest + count
            while self._reader is None and self.end < len(grown) and count:
                count = self._read_into(grown, self.end, start + self.end)
                self.end += count
        self._free(spent)
        self.base = start - self.position

    def _next_chunk(self) -> tuple[bytearray, int]:
        """A buffer with the next bytes after its headroom, and how many there are."""
        if self._reader is not None:
            try:
                return self._reader.next()
            except OSError as error:
                self._fail(error, self.base + self.end)
                return bytearray(), 0
        chunk = self._spare.pop() if self._spare else bytearray(self.headroom + self.size)
        count = self._read_into(chunk, self.headroom, self.base + self.end)
        if self._ahead and count == self.size:
            self._reader = ReadAhead(self.stream, self.headroom)
            for _ in range(BUFFERS - 2):
                self._reader.free(bytearray(self.headroom + self.size))
        return chunk, count

    def _read_into(self, buffer: bytearray, position: int, offset: int) -> int:
        """Read into a buffer what stands at an offset of the stream."""
        try:
            return read_into(self.stream, buffer, position)
        except OSError as error:
            if not offset:
                raise
            self._fail(error, offset)
            return 0

    def _fail(self, error: OSError, offset: int) -> None:
        said = f"reading failed here ({error.strerror or error}): what follows is not judged"
        problem = Problem("unreadable", said, byte=offset)
        # A second attempt may fail at the same place.
        if problem not in self.problems:
            self.problems.append(problem)

    def _free(self, buffer: bytearray) -> None:
        """Let a buffer be read into again."""
        if len(buffer) == self.headroom + self.size:
            if self._reader is not None:
                self._reader.free(buffer)
            else:
                self._spare.append(buffer)


class ReadAhead:
    """Reads the next bytes of a stream into free buffers, in a thread of its own."""

    def __init__(self, stream: BinaryIO, headroom: int) -> None:
        self.stream = stream
        self.headroom = headroom
        self._wanted = True
        self._free: SimpleQueue[bytearray | None] = SimpleQueue()
        self._full: SimpleQueue[tuple[bytearray, int] | OSError | CaptureError] = SimpleQueue()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def next(self) -> tuple[bytearray, int]:
        """The next buffer and how many bytes stand in it; what reading raised is raised here."""
        item = self._full.get()
        if isinstance(item, (OSError, CaptureError)):
            raise item
        return item

    def free(self, buffer: bytearray) -> None:
        """Give a buffer to be read into."""
        self._free.put(buffer)

    def stop(self) -> None:
        self._wanted = False
        self._free.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (buffer := self._free.get()) is not None and self._wanted:
            try:
                self._full.put((buffer, read_into(self.stream, buffer, self.headroom)))
            except (OSError, CaptureError) as error:
                self._full.put(error)
                return


def read_into(stream: BinaryIO, buffer: bytearray, position: int) -> int:
    """Read what comes next into a buffer from ``position`` on; 0 at the end of the stream."""
    with memoryview(buffer) as view:
        return int(stream.readinto(view[position:]) or 0)  # type: ignore[attr-defined]
