"""The files in a zip archive (PKWARE's APPNOTE), unpacked one after the other."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pcapcheck.capture.archives.file_names import safe_name
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
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, RuntimeError, struct.error)


class _Archive(FilePart):
    """The bytes of an archive for zipfile, which reads its directory at once."""

    def read(self, size: int = -1) -> bytes | None:
        if size > LONGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"its directory takes {size} bytes")
        return super().read(size)


def zip_files(archive: Path, whole: KeptFile, size: int, limit: UnpackingLimit, leave_out: LeaveOut) -> Iterator[Held]:
    """As ``tar_files``."""
    unpacked = UnpackedBytes(limit)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", _Archive(whole, 0, size))) as packed:
            for info in packed.infolist():
                limit.take_file()
                # PowerShell writes backslashes.
                name = safe_name(info.filename.replace("\\", "/"))
                mode = info.external_attr >> 16
                if info.is_dir() or (name is not None and info.filename.endswith("\\")):
                    continue
                if name is None:
                    leave_out(info.filename, "its name leads out of the archive", NOT_A_FILE)
                elif mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    leave_out(info.filename, "a link or a device, not a file", NOT_A_FILE)
                elif info.flag_bits & ENCRYPTED:
                    leave_out(info.filename, "encrypted; unpack it with its password first", DAMAGED)
                elif info.compress_type not in METHODS:
                    leave_out(info.filename, f"packed by method {info.compress_type}; unpack it first", DAMAGED)
                else:
                    yield _unpack(packed, info, archive / name, unpacked, leave_out)
    except DAMAGE as error:
        leave_out("", f"a damaged zip archive ({error})", DAMAGED)


def _unpack(
    packed: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, unpacked: UnpackedBytes, leave_out: LeaveOut
) -> Held:
    """One file, or what can be unpacked of it."""
    start = unpacked.size
    try:
        with packed.open(info) as stream:
            unpacked.copy(stream)
    except DAMAGE as error:
        said = f"damaged ({error}); the {unpacked.size - start} bytes before are used"
        leave_out(info.filename, said, DAMAGED)
    return unpacked.part(path, start, unpacked.size - start)
