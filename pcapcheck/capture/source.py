"""Where a capture comes from, and opening it by what its first bytes say it is."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pcapcheck.capture.compressed import Compression, Unpacked, compression_of
from pcapcheck.capture.held import Held
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.pcap import MAGICS, PcapReader
from pcapcheck.capture.pcapng import MAGIC, PcapngReader
from pcapcheck.capture.record import BATCH_FRAMES, Reader
from pcapcheck.capture.text.lines import looks_like_text
from pcapcheck.capture.waymarks import PassedOver, Waymarks
from pcapcheck.capture.window import WINDOW_BYTES, Window
from pcapcheck.errors import EMPTY, MISSING, CaptureError, IsArchive, NotACapture, kind_of, refused
from pcapcheck.kernels import is_compiled

if TYPE_CHECKING:
    from pcapcheck.capture.recording_note import RecordingNote
    from pcapcheck.capture.stream import Arriving

STANDARD_INPUT = Path("-")
# Files up to this many bytes are read at once, into a window of that size.
SMALL = 1 << 16
CURE = "give the path of a readable capture file"
NOTHING_SEEN = (
    "either no packet was seen, or none was written (a killed tcpdump loses packets unless it was run with -U)"
)


class Source:
    """A file or a stream with a capture in it; what was kept of a stream can be read again.

    ``unpack_limit`` bounds what a compressed file may hold (bytes; None as ``Unpacked`` has it); ``keep_all`` keeps
    all of a stream. ``held`` are the bytes where no file was named. ``names`` are those of the observation's hosts.
    ``consumed`` counts the bytes read last time. ``host`` is the machine that the bundle names for it,
    ``note`` what the bundle says of its recording.
    """

    def __init__(
        self,
        path: Path,
        unpack_limit: int | None = None,
        keep_all: bool = False,
        held: Held | None = None,
        names: HostNames | None = None,
    ) -> None:
        self.path = path
        self.unpack_limit = unpack_limit
        self.keep_all = keep_all
        self.held = held
        self.names = HostNames() if names is None else names
        self.host: str | None = None
        self.note: RecordingNote | None = None
        self.compression: Compression | None = None
        self._raw: BinaryIO | None = None
        # Of a file that was read to its end.
        self._waymarks: Waymarks | None = None
        self._arriving: Arriving | None = None
        # A stream that came out of a pickle: what was kept of it is gone.
        self._lost = False

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
        return self.held is None and self._is_stream

    @property
    def has_file(self) -> bool:
        """Whether a command can name a file that holds this."""
        return not self._is_stream if self.held is None else self.held.is_a_file

    @property
    def _is_stream(self) -> bool:
        return self.path == STANDARD_INPUT or (os.path.exists(self.path) and not os.path.isfile(self.path))

    @property
    def size(self) -> int:
        """Bytes of the file; 0 where they cannot be counted."""
        if self.held is not None:
            return self.held.size
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def _window_bytes(self) -> int:
        """No more than a small file needs: a bundle may hold thousands of them."""
        size = 0 if self.is_stream else self.size
        return SMALL if (size or self.held is not None) and size <= SMALL else WINDOW_BYTES

    @property
    def complete(self) -> bool:
        """Whether all that was read can be read again."""
        kept = self._arriving or self.held
        return self._lost is False and (kept is None or kept.complete)

    @property
    def consumed(self) -> int:
        return 0 if self._raw is None or self._raw.closed else self._raw.tell()

    def __getstate__(self) -> dict[str, Any]:
        lost = self._lost or self._arriving is not None
        return {**self.__dict__, "_raw": None, "_waymarks": None, "_arriving": None, "_lost": lost}

    @contextmanager
    def open(self, batch_frames: int = BATCH_FRAMES, few: Collection[int] = ()) -> Iterator[Reader]:
        """A reader for the capture; it may leave out what lies between a ``few`` frames, given by their numbers.

        Raises CaptureError, naming the file and what to do, if it cannot be opened or is no capture.
        """
        with ExitStack() as stack:
            try:
                self._raw = stack.enter_context(self._open_raw(stack))
                # Behind whatever reads from it, and before it is closed.
                stack.push(self._keep_the_rest)
                reader = self._reader(stack, batch_frames, few)
            except OSError as error:
                raise self._error_of(error) from None
            if self._arriving is not None:
                stack.callback(self._arriving.stop)
            if self.note is not None:
                self.note.complete(reader)
            yield reader
            if isinstance(reader, PcapReader) and self._is_plain and reader.is_whole:
                self._waymarks = Waymarks(reader.offsets, self._raw)

    @property
    def _is_plain(self) -> bool:
        """Whether it is read from a file as that stands on the disk."""
        return self.held is None and self._arriving is None and self.compression is None

    @property
    def kept(self) -> Path | Held:
        """All that was given, to be read as something else: of a stream, what was kept of it."""
        if self._arriving is not None:
            return self._arriving.held(Path(self.name))
        return self.held or self.path

    def _keep_the_rest(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Read a stream to its end that is no capture, and may be an archive or the text of a state."""
        of_use = isinstance(error, IsArchive) or (isinstance(error, NotACapture) and error.vague)
        if self._arriving is not None and of_use:
            self._arriving.keep_the_rest()

    def _error_of(self, error: OSError) -> CaptureError:
        kind = kind_of(error)
        if kind == MISSING and os.path.islink(self.path):
            target = os.readlink(self.path)
            return CaptureError(f"{self.name}: a link to {target}, which does not exist; {CURE}", kind)
        return CaptureError(f"{self.name}: {refused(error, CURE)}", kind)

    def _open_raw(self, stack: ExitStack) -> BinaryIO:
        if self._lost:
            raise CaptureError(f"{self.name}: its packets were not kept in the pickle; save them to a file first")
        if self._arriving is not None:
            return cast("BinaryIO", self._arriving.again())
        if self.held is not None:
            return self.held.open()
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

    def _reader(self, stack: ExitStack, batch_frames: int, few: Collection[int]) -> Reader:
        assert self._raw is not None
        if few and self._waymarks is not None and self._is_plain and self._waymarks.are_of(self._raw):
            known = PcapReader(Window(self._raw, SMALL), self.name, batch_frames)
            known.passed_over = PassedOver(self._waymarks, few)
            return known
        window = Window(self._raw, self._window_bytes)
        stack.callback(window.close)
        self.compression = compression_of(window.peek(8))
        if self.compression is None:
            return _with_problems(reader_for(window, self.name, batch_frames, self.names), window)
        unpacked = Unpacked(window, self.compression, self.name, self.unpack_limit)
        # Unpacking ahead helps only where the loops let go of the interpreter's lock.
        inside = Window(cast("BinaryIO", unpacked), ahead=is_compiled())
        stack.callback(inside.close)
        reader = self._inside(inside, unpacked, batch_frames)
        return _with_problems(reader, unpacked, window)

    def _inside(self, window: Window, unpacked: Unpacked, batch_frames: int) -> Reader:
        what = unpacked.compression.name
        if not window.peek(1):
            raise CaptureError(f"{self.name}: nothing can be unpacked from this {what} file; copy it again", EMPTY)
        inner = compression_of(window.peek(8))
        if inner is not None:
            raise CaptureError(f"{self.name}: {inner.name} inside {what}; unpack it once first")
        return reader_for(window, self.name, batch_frames, self.names)


def _with_problems(reader: Reader, *below: Window | Unpacked) -> Reader:
    """Make problems found below a reader, now or later, the capture's own."""
    for layer in below:
        reader.problems.extend(layer.problems)
        layer.problems = reader.problems
    return reader


def reader_for(window: Window, name: str, batch_frames: int, names: HostNames) -> Reader:
    """The reader for the container that begins at the window's position."""
    magic = window.peek(8)
    if not magic:
        raise NotACapture(f"{name}: the file is empty; {NOTHING_SEEN}", EMPTY)
    if magic[:4] in MAGICS:
        return PcapReader(window, name, batch_frames)
    if magic[:4] == MAGIC:
        return PcapngReader(window, name, batch_frames, names)
    from pcapcheck.capture import not_a_capture

    known = not_a_capture.recognise(window.peek(not_a_capture.ENOUGH))
    if known is not None and known.is_archive:
        raise IsArchive(f"{name}: {known.said}")
    if looks_like_text(window.peek(512)):
        # Loaded only when needed: most captures are no text.
        from pcapcheck.capture.text.reader import TranscriptReader

        try:
            return TranscriptReader(window, name, batch_frames, names)
        except NotACapture:
            if known is None:
                raise
    if known is not None:
        raise NotACapture(f"{name}: {known.said}", vague=known.vague)
    raise NotACapture(f"{name}: neither pcap nor pcapng (it begins with {magic[:4].hex(' ')}); record with tcpdump -w")
