"""An archive by its content: tar, plain or compressed, or zip; archives inside it are opened too, one level deep."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct

from pcapcheck.capture.archives.tar_files import LeaveOut, tar_files
from pcapcheck.capture.archives.unpacked_bytes import PIECE, FilePart, KeptFile, UnpackedBytes
from pcapcheck.capture.archives.unpacking_limit import UnpackingLimit
from pcapcheck.capture.archives.zip_files import zip_files
from pcapcheck.capture.compressed import Unpacked, compression_of
from pcapcheck.capture.held import Held
from pcapcheck.capture.window import Window
from pcapcheck.errors import DAMAGED, UNREADABLE, CaptureError

TAR = re.compile(rb"(?s).{257}ustar")
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
ENOUGH = 512
# How an archive may be packed, and how deep archives are opened.
DEEPEST = 2


class OpenedBytes(Struct, frozen=True):
    """The bytes of a file: ``size`` bytes of ``whole`` from its beginning."""

    whole: KeptFile
    size: int


def is_archive(given: Path | Held) -> bool:
    """Whether a file is an archive, by its content; False if it cannot be read."""
    try:
        with _open(given) as stream:
            window = Window(stream, PIECE)
            head = window.peek(ENOUGH)
            packed = compression_of(head)
            if packed is not None:
                inside = Unpacked(window, packed, str(given), None)
                head = Window(cast("BinaryIO", inside), PIECE).peek(ENOUGH)
            return archive_kind(head) is not None
    except (OSError, ValueError, CaptureError):
        return False


def archive_kind(head: bytes) -> str | None:
    """tar or zip, by the first bytes; None if they are neither's."""
    if head.startswith(ZIPS):
        return "zip"
    return "tar" if TAR.match(head) else None


def files_of(given: Path | Held, most: int | None, leave_out: LeaveOut) -> Iterator[Held]:
    """The files in an archive and in archives in it, each called ``archive/NAME``.

    What is no file, and what cannot be unpacked, goes to ``leave_out`` with the reason. ``most`` bytes may be unpacked
    (None: as of a compressed capture). Raises CaptureError beyond that.
    """
    path = given.path if isinstance(given, Held) else given
    try:
        size = given.size if isinstance(given, Held) else os.stat(given).st_size
        yield from _files(given, path, UnpackingLimit.of(str(path), size, most), leave_out, 1)
    except OSError as error:
        leave_out("", f"cannot be read: {error.strerror or error}", UNREADABLE)


def _files(given: Path | Held, path: Path, limit: UnpackingLimit, leave_out: LeaveOut, level: int) -> Iterator[Held]:
    opened = _opened(given, str(path), limit, leave_out)
    head = FilePart(opened.whole, 0, opened.size).read(ENOUGH) or b""
    read = zip_files if archive_kind(head) == "zip" else tar_files
    for file in read(path, opened.whole, opened.size, limit, leave_out):
        if not is_archive(file):
            yield file
        elif level == DEEPEST:
            said = "an archive in an archive in an archive; unpack it first"
            leave_out(str(file.path.relative_to(path)), said, DAMAGED)
        else:
            yield from _files(file, file.path, limit, _below(str(file.path.relative_to(path)), leave_out), level + 1)


def _below(folder: str, leave_out: LeaveOut) -> LeaveOut:
    def leave(name: str, why: str, kind: str) -> None:
        leave_out(f"{folder}/{name}" if name else folder, why, kind)

    return leave


def _open(given: Path | Held) -> BinaryIO:
    return given.open() if isinstance(given, Held) else cast("BinaryIO", given.open("rb", buffering=0))


def _opened(given: Path | Held, name: str, limit: UnpackingLimit, leave_out: LeaveOut) -> OpenedBytes:
    """The archive's bytes where they can be read at any place: its own file, or what was unpacked of it."""
    with _open(given) as stream:
        window = Window(stream, PIECE)
        packed = compression_of(window.peek(8))
        if packed is None and isinstance(given, Path):
            kept = KeptFile(given.open("rb"))
            return OpenedBytes(kept, os.fstat(kept.file.fileno()).st_size)
        content = UnpackedBytes(limit)
        if packed is None:
            while piece := window.take(PIECE):
                content.write(piece)
        else:
            unpacked = Unpacked(window, packed, name, limit.bytes_left)
            content.copy(cast("BinaryIO", unpacked))
            for problem in unpacked.problems:
                leave_out("", problem.message, DAMAGED)
        return OpenedBytes(content.kept, content.size)
