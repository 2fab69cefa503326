"""Where a capture comes from, and opening it by what its first bytes say it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from pcapcheck.capture import foreign
from pcapcheck.capture.compressed import Compression, Unpacked, compression_of
from pcapcheck.capture.pcap import MAGICS, PcapReader
from pcapcheck.capture.pcapng import MAGIC, PcapngReader
from pcapcheck.capture.record import BATCH_FRAMES, Reader
from pcapcheck.capture.transcript.lines import looks_like_text
from pcapcheck.capture.window import Window
from pcapcheck.errors import CaptureError, NotACapture
from pcapcheck.plain import is_compiled

if TYPE_CHECKING:
    from pcapcheck.capture.stream import Arriving

STANDARD_INPUT = Path("-")


@dataclass
class Source:
    """A file or a stream with a capture in it; a stream can be read again, as far as it was kept.

    ``unpack_limit`` bounds what a compressed one may hold (bytes; None as ``Unpacked`` has it); ``keep_all`` asks that
    all of a stream be kept. ``consumed`` counts the bytes of the file that were read last time.
    """

    path: Path
    unpack_limit: int | None = None
    keep_all: bool = False
    compression: Compression | None = field(default=None, init=False)
    _raw: BinaryIO | None = field(default=None, init=False)
    _arriving: Arriving | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return "standard input" if self.path == STANDARD_INPUT else str(self.path)

    @property
    def short_name(self) -> str:
        return self.name if self.path == STANDARD_INPUT else self.path.name

    @property
    def files(self) -> list[Path]:
        return [self.path]

    @property
    def is_stream(self) -> bool:
        """Whether this can be read only once, like standard input or a named pipe."""
        return self.path == STANDARD_INPUT or (self.path.exists() and not self.path.is_file())

    @property
    def complete(self) -> bool:
        """Whether all that was read can be read again."""
        return self._arriving is None or self._arriving.complete

    @property
    def consumed(self) -> int:
        return 0 if self._raw is None or self._raw.closed else self._raw.tell()

    @contextmanager
    def open(self, batch_frames: int = BATCH_FRAMES) -> Iterator[Reader]:
        """A reader for the capture.

        Raises CaptureError, naming the file and what to do, where it cannot be opened or is no capture.
        """
        with ExitStack() as stack:
            try:
                self._raw = stack.enter_context(self._open_raw(stack))
                reader = self._reader(stack, batch_frames)
                if self._arriving is not None:
                    stack.callback(self._arriving.stop)
                yield reader
            except BrokenPipeError:
                # Somebody has seen enough of what is made of the capture.
                raise
            except OSError as error:
                why = error.strerror or error
                raise CaptureError(f"{self.name}: {why}; give the path of a readable capture file") from None

    def _open_raw(self, stack: ExitStack) -> BinaryIO:
        if self._arriving is not None:
            return cast("BinaryIO", self._arriving.again())
        if not self.is_stream:
            return cast("BinaryIO", self.path.open("rb", buffering=0))
        from pcapcheck.capture.stream import Arriving, ended_by_interrupt

        if self.path == STANDARD_INPUT:
            descriptor = 0
        else:
            descriptor = stack.enter_context(self.path.open("rb", buffering=0)).fileno()
        self._arriving = Arriving(descriptor, self.keep_all)
        stack.enter_context(ended_by_interrupt(self._arriving))
        return cast("BinaryIO", self._arriving)

    def _reader(self, stack: ExitStack, batch_frames: int) -> Reader:
        assert self._raw is not None
        # Reading ahead helps only where the loops let go of the interpreter's lock.
        window = Window(self._raw, ahead=is_compiled())
        stack.callback(window.close)
        self.compression = compression_of(window.peek(8))
        if self.compression is None:
            return reader_for(window, self.name, batch_frames)
        unpacked = Unpacked(window, self.compression, self.name, self.unpack_limit)
        inside = Window(cast("BinaryIO", unpacked), ahead=is_compiled())
        stack.callback(inside.close)
        reader = self._inside(inside, unpacked, batch_frames)
        # What the compression was found damaged at is the capture's problem too, also when it is found later.
        reader.problems.extend(unpacked.problems)
        unpacked.problems = reader.problems
        return reader

    def _inside(self, window: Window, unpacked: Unpacked, batch_frames: int) -> Reader:
        what = unpacked.compression.name
        if not window.peek(1):
            raise CaptureError(f"{self.name}: nothing can be unpacked from this {what} file; copy it again")
        inner = compression_of(window.peek(8))
        if inner is not None:
            raise CaptureError(f"{self.name}: {inner.name} inside {what}; unpack it once first")
        return reader_for(window, self.name, batch_frames)


def reader_for(window: Window, name: str, batch_frames: int) -> Reader:
    """The reader for the container that begins at the window's position."""
    magic = window.peek(8)
    if not magic:
        raise NotACapture(f"{name}: the file is empty; tcpdump writes at least a header (was it stopped early?)")
    if magic[:4] in MAGICS:
        return PcapReader(window, name, batch_frames)
    if magic[:4] == MAGIC:
        return PcapngReader(window, name, batch_frames)
    known = foreign.describe(window.peek(foreign.ENOUGH))
    if looks_like_text(window.peek(512)):
        # Loaded where it is needed: most captures are none.
        from pcapcheck.capture.transcript.reader import TranscriptReader

        try:
            return TranscriptReader(window, name, batch_frames)
        except NotACapture:
            if not known:
                raise
    if known:
        raise NotACapture(f"{name}: {known}")
    raise NotACapture(f"{name}: neither pcap nor pcapng (it begins with {magic[:4].hex(' ')}); record with tcpdump -w")
