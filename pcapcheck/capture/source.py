"""Open a capture by what its first bytes say it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pcapcheck.capture.pcap import MAGICS, PcapReader, unsupported
from pcapcheck.capture.pcapng import MAGIC, PcapngReader
from pcapcheck.capture.record import BATCH_FRAMES, Reader
from pcapcheck.capture.transcript.lines import looks_like_text
from pcapcheck.capture.window import Window
from pcapcheck.errors import CaptureError
from pcapcheck.plain import is_compiled

# What people hand in that is not a capture container, by its first bytes.
OTHERS = {
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"\x04\x22\x4d\x18": "an lz4 file",
    b"\xfd7zXZ": "an xz file",
    b"BZh": "a bzip2 file",
    b"PK\x03\x04": "a zip file",
}


@contextmanager
def open_capture(path: Path, batch_frames: int = BATCH_FRAMES) -> Iterator[Reader]:
    """A reader for the capture at ``path``.

    Raises CaptureError, naming the file and what to do, where it cannot be opened or is no capture.
    """
    try:
        stream = path.open("rb", buffering=0)
    except OSError as error:
        raise CaptureError(f"{path}: {error.strerror or error}; give the path of a readable capture file") from None
    with stream:
        # Reading ahead helps only where the loops let go of the interpreter's lock.
        window = Window(stream, ahead=is_compiled())
        try:
            yield reader_for(window, str(path), batch_frames)
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror or error}; give the path of a readable capture file") from None
        finally:
            window.close()


def reader_for(window: Window, name: str, batch_frames: int) -> Reader:
    """The reader for the container that begins at the window's position."""
    magic = window.peek(8)
    if not magic:
        raise CaptureError(f"{name}: the file is empty; tcpdump writes at least a header (was it stopped early?)")
    if magic[:4] in MAGICS:
        return PcapReader(window, name, batch_frames)
    if magic[:4] == MAGIC:
        return PcapngReader(window, name, batch_frames)
    relative = unsupported(magic[:4])
    if relative:
        raise CaptureError(f"{name}: {relative} cannot be read; convert it with: editcap -F pcap IN OUT")
    for start, what in OTHERS.items():
        if magic.startswith(start):
            raise CaptureError(f"{name}: {what}, not a capture; unpack it first")
    if looks_like_text(window.peek(512)):
        # Loaded where it is needed: most captures are none.
        from pcapcheck.capture.transcript.reader import TranscriptReader

        return TranscriptReader(window, name, batch_frames)
    raise CaptureError(f"{name}: neither pcap nor pcapng (it begins with {magic[:4].hex(' ')}); record with tcpdump -w")
