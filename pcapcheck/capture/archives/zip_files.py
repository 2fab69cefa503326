"""The files in a zip archive (PKWARE's APPNOTE), unpacked one after the other."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pcapcheck.capture.archives.cut_zip import CutZip
from pcapcheck.capture.archives.file_names import safe_name, why_unsafe
from pcapcheck.capture.archives.tar_files import LeaveOut
from pcapcheck.capture.archives.unpacked_bytes import FilePart, KeptFile, UnpackedBytes
from pcapcheck.capture.archives.unpacking_limit import UnpackingLimit
from pcapcheck.capture.held import Held
from pcapcheck.errors import DAMAGED, NOT_A_FILE

# The directory is read into memory at once; an entry takes 46 bytes and its name (section 4.3.12).
LONGEST_DIRECTORY = 1 << 22
# LZMA may ask for gigabytes of dictionary, and the library has no limit for it.
METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflate", zipfile.ZIP_BZIP2: "bzip2"}
ENCRYPTED = 1
# What ends an archive, and within how many bytes of its end: a comment may follow (section 4.3.16).
END, END_WITHIN = b"PK\x05\x06", 22 + (1 << 16)
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, RuntimeError, struct.error)


class _TooManyFiles(Exception):
    """The directory is too long to be read."""


class _Archive(FilePart):
    """The bytes of an archive for zipfile, which reads its directory at once."""

    def read(self, size: int = -1) -> bytes | None:
        if size > LONGEST_DIRECTORY:
            raise _TooManyFiles
        return super().read(size)


def zip_files(archive: Path, whole: KeptFile, size: int, limit: UnpackingLimit, leave_out: LeaveOut) -> Iterator[Held]:
    """As ``tar_files``."""
    unpacked = UnpackedBytes(limit)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", _Archive(whole, 0, size))) as packed:
            entries = packed.infolist()
            if inside := _inside_others(entries):
                files = "1 file" if len(inside) == 1 else f"{len(inside)} files"
                leave_out("", f"{files} in it overlap others, as in a zip bomb; left out", DAMAGED)
            for info in entries:
                limit.take_file()
                if id(info) in inside:
                    continue
                if (file := _taken(info, archive, leave_out)) is None:
                    continue
                if (held := _unpack(packed, info, file, unpacked, leave_out)) is not None:
                    yield held
    except _TooManyFiles:
        raise limit.too_many_files() from None
    except DAMAGE as error:
        if END in FilePart(whole, max(0, size - END_WITHIN), min(size, END_WITHIN)).read():
            leave_out("", f"a damaged zip archive ({error})", DAMAGED)
        else:
            yield from _cut_files(archive, CutZip(whole, size), unpacked, leave_out)


def _cut_files(archive: Path, cut: CutZip, unpacked: UnpackedBytes, leave_out: LeaveOut) -> Iterator[Held]:
    """The files of an archive that is cut off which are there whole, and a line about the rest."""
    count = 0
    for member in cut.members():
        unpacked.limit.take_file()
        path = _taken(member.info, archive, leave_out)
        if path is None:
            cut.skip(member)
            continue
        start = unpacked.size
        try:
            wrong = cut.copy(member, unpacked)
        except DAMAGE as error:
            leave_out(member.info.filename, f"damaged ({error}); nothing of it is used", DAMAGED)
            continue
        if not wrong:
            count += 1
            yield unpacked.part(path, start, unpacked.size - start)
        elif not cut.is_whole:
            break
    before = f"; {count} whole {'file' if count == 1 else 'files'} before that {'is' if count == 1 else 'are'} used"
    said = "a zip archive that is cut off: the list of its files, at its end, is missing"
    leave_out("", f"{said}{before if count else ''}; copy it again", DAMAGED)


def _taken(info: zipfile.ZipInfo, archive: Path, leave_out: LeaveOut) -> Path | None:
    """What a file of the archive is called here; None if it is none, or cannot be used."""
    # PowerShell writes backslashes.
    name = safe_name(info.filename.replace("\\", "/"))
    mode = info.external_attr >> 16
    if info.is_dir() or (name is not None and info.filename.endswith("\\")):
        return None
    if name is None:
        leave_out(info.filename, why_unsafe(info.filename), NOT_A_FILE)
    elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        leave_out(info.filename, "a link or a device, not a file", NOT_A_FILE)
    elif info.flag_bits & ENCRYPTED:
        leave_out(info.filename, "encrypted; unpack it with its password first", DAMAGED)
    elif info.compress_type not in METHODS:
        leave_out(info.filename, f"packed by method {info.compress_type}; unpack it first", DAMAGED)
    else:
        return archive / name
    return None


def _inside_others(entries: list[zipfile.ZipInfo]) -> set[int]:
    """The entries (by their ``id``) whose bytes begin within another's: many large files made of the same few bytes."""
    inside: set[int] = set()
    end = 0
    for info in sorted(entries, key=lambda info: info.header_offset):
        if info.header_offset < end:
            inside.add(id(info))
        # A header takes 30 bytes and the name (section 4.3.7).
        end = max(end, info.header_offset + 30 + info.compress_size)
    return inside


def _unpack(
    packed: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, unpacked: UnpackedBytes, leave_out: LeaveOut
) -> Held | None:
    """One file, or what can be unpacked of it; None if that is nothing."""
    start = unpacked.size
    try:
        with packed.open(info) as stream:
            unpacked.copy(stream)
    except DAMAGE as error:
        count = unpacked.size - start
        said = f"the {count} bytes before are used" if count else "nothing of it can be unpacked"
        leave_out(info.filename, f"damaged ({error}); {said}", DAMAGED)
        if not count:
            return None
    return unpacked.part(path, start, unpacked.size - start)
