"""Unpacked bytes in a temporary file that has no name, and the parts of it that are files of an archive."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import IO, cast

from pcapcheck.capture.archives.unpacking_limit import UnpackingLimit
from pcapcheck.capture.held import Held
from pcapcheck.errors import UNREADABLE, CaptureError

PIECE = 1 << 16


class KeptFile:
    """A file that is open for as long as somebody needs a part of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def __del__(self) -> None:
        self.file.close()


class UnpackedBytes:
    """Bytes one after the other, on disk until nobody needs them any more. The file has no name in any folder."""

    def __init__(self, limit: UnpackingLimit) -> None:
        self.limit = limit
        self.size = 0
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (open for as long as a part is wanted)
        self.kept = KeptFile(cast("IO[bytes]", file))

    def write(self, data: bytes) -> None:
        """Add bytes. Raises CaptureError if the limit is reached or the disk is full."""
        self.limit.take_bytes(len(data))
        try:
            left = memoryview(data)
            while left:
                left = left[self.kept.file.write(left) :]
        except OSError as error:
            raise CaptureError(
                f"{self.limit.name}: cannot be unpacked to {tempfile.gettempdir()}: {error.strerror}; set TMPDIR to a "
                "folder with more room",
                UNREADABLE,
            ) from None
        self.size += len(data)

    def copy(self, stream: IO[bytes]) -> None:
        """Add all that a stream gives."""
        while piece := stream.read(PIECE):
            self.write(piece)

    def part(self, path: Path, start: int, size: int) -> Held:
        """A part as a file of its own, called ``path``."""
        return Held(path, cast("IO[bytes]", FilePart(self.kept, start, size)), size)


class FilePart(io.RawIOBase):
    """Some bytes of a file. Each part keeps its own place, so several may be read at once."""

    def __init__(self, whole: KeptFile, start: int, size: int) -> None:
        self._whole = whole
        self._start = start
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"no place before the beginning: {base + offset}")
        self._place = base + offset
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = max(0, min(len(buffer), self._size - self._place))
        data = os.pread(self._whole.file.fileno(), wanted, self._start + self._place)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
