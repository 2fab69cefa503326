"""What a caller hands over instead of the name of a file: bytes, or a file that was opened for reading."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

from pcapcheck.errors import UNREADABLE, CaptureError

# The most bytes that stay in memory, and in a pickle; the rest goes to a file.
IN_MEMORY = 1 << 23
PIECE = 1 << 20
CURE = 'open it as bytes: open(NAME, "rb")'


class Readable(Protocol):
    """A file that was opened as bytes; it need not know how to seek."""

    def read(self, size: int = ..., /) -> bytes | None: ...


Handed = bytes | bytearray | memoryview | Readable


class Held:
    """All bytes that a caller handed over, for reading again and again. ``path`` is what reports call them.

    ``complete`` is false for what came out of a pickle without its bytes, because there were too many.
    """

    def __init__(self, path: Path, content: IO[bytes], size: int, broken: CaptureError | None = None) -> None:
        self.path = path
        self.size = size
        self.complete = True
        self._content = content
        self._broken = broken

    @classmethod
    def of(cls, given: Handed, number: int = 1) -> Held:
        """Take over bytes, or all that a file gives from where it stands.

        ``number`` distinguishes what has no name. What cannot be read raises an error when it is opened, like any other
        file. Raises TypeError for a file opened as text and for what gives no bytes.
        """
        if isinstance(given, (bytes, bytearray, memoryview)):
            return cls(_named("bytes", number), io.BytesIO(given), memoryview(given).nbytes)
        name = getattr(given, "name", None)
        path = Path(os.fspath(name)) if isinstance(name, (str, os.PathLike)) and name else _named("file", number)
        import tempfile  # All compressions of Python come with it, and most captures are files.

        content: IO[bytes] = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
        size = 0
        broken: CaptureError | None = None
        try:
            # Reading nothing is enough: decoding more of a text may fail first.
            if isinstance(given.read(0), str):
                raise _is_text(path)
            while piece := _piece(given, path):
                size += content.write(piece)
        except (OSError, ValueError) as error:
            # ValueError is what a closed file raises.
            broken = CaptureError(f"{path}: cannot be read: {error}; open it again", UNREADABLE)
        return cls(path, content, size, broken)

    def named(self, path: Path) -> Held:
        """The same under another name."""
        self.path = path
        return self

    @property
    def is_a_file(self) -> bool:
        """Whether a file of this name is there, for commands to name."""
        return os.path.isfile(self.path)

    def open(self) -> BinaryIO:
        """The bytes from their beginning; closing it leaves them there. Raises CaptureError for what gave none."""
        if self._broken is not None:
            raise self._broken
        self._content.seek(0)
        return cast("BinaryIO", Kept(self._content))

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"<Held {str(self.path)!r}: {self.size} bytes>"

    def __getstate__(self) -> dict[str, Any]:
        keeps = self.complete and (self.size <= IN_MEMORY or isinstance(self._content, io.BytesIO))
        self._content.seek(0)
        return {"path": self.path, "size": self.size, "content": self._content.read() if keeps else None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["path"], io.BytesIO(state["content"] or b""), state["size"])  # type: ignore[misc]
        self.complete = state["content"] is not None


class Kept(io.RawIOBase):
    """A reading of bytes that are kept; closing it leaves them there."""

    def __init__(self, kept: IO[bytes]) -> None:
        self._kept = kept

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._kept.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def tell(self) -> int:
        return self._kept.tell()


def is_handed(given: object) -> bool:
    """Whether this is bytes or a file object, and no name of a file."""
    return isinstance(given, (bytes, bytearray, memoryview)) or callable(getattr(given, "read", None))


def _named(what: str, number: int) -> Path:
    return Path(f"<{what}>" if number == 1 else f"<{what} {number}>")


def _is_text(path: Path) -> TypeError:
    return TypeError(f"{path}: opened as text; {CURE}")


def _piece(given: Readable, path: Path) -> bytes:
    piece = given.read(PIECE)
    if isinstance(piece, str):
        raise _is_text(path)
    if not isinstance(piece, (bytes, bytearray, memoryview)):
        raise TypeError(f"{path}: reading it gives {type(piece).__name__} and no bytes; {CURE}")
    return bytes(piece)
