"""The files in a tar archive (POSIX.1-2017, pax; GNU tar), which stay where they are in its bytes."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from pcapcheck.capture.archives.file_names import safe_name, why_unsafe
from pcapcheck.capture.archives.unpacked_bytes import FilePart, KeptFile
from pcapcheck.capture.archives.unpacking_limit import UnpackingLimit
from pcapcheck.capture.held import Held
from pcapcheck.errors import DAMAGED, NOT_A_FILE

# The longest extended header that is read: of any length, it would be read into memory at once.
LONGEST_HEADER = 1 << 17
# Takes the name of a file that is left out ("": the archive itself), why, and the kind of that in a word.
LeaveOut = Callable[[str, str, str], None]
# What tarfile raises over bytes that are no tar: its own errors, and those of numbers and nested headers.
DAMAGE = (tarfile.TarError, EOFError, OSError, ValueError, ArithmeticError, LookupError, RecursionError, struct.error)
LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
KINDS = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a named pipe"}


class _Headers(FilePart):
    """The bytes of an archive for tarfile, which reads headers only."""

    def read(self, size: int = -1) -> bytes | None:
        if not 0 <= size <= LONGEST_HEADER:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        return super().read(size)


def tar_files(archive: Path, whole: KeptFile, size: int, limit: UnpackingLimit, leave_out: LeaveOut) -> Iterator[Held]:
    """The files of the archive that is ``size`` bytes of ``whole``; each is called ``archive/NAME``.

    What is no file is left out. Raises CaptureError beyond the limits; damage ends the archive and is left out too.
    """
    linked = 0
    try:
        headers = cast("IO[bytes]", _Headers(whole, 0, size))
        with tarfile.open(fileobj=headers, mode="r:", errorlevel=0) as tar:
            before = -1
            while (member := tar.next()) is not None:
                if member.offset <= before or member.size < 0:
                    # Sizes below zero lead back to a header that was read.
                    raise tarfile.ReadError("its headers go in circles")
                before = member.offset
                # Else every header that was read is kept.
                tar.members.clear()  # type: ignore[attr-defined]
                limit.take_file()
                linked += member.type in LINKS
                if member.isdir() or member.type in LINKS:
                    continue
                name = safe_name(member.name)
                if name is None:
                    leave_out(member.name, why_unsafe(member.name), NOT_A_FILE)
                elif not member.isreg():
                    leave_out(member.name, f"{KINDS.get(member.type, 'no file')}, not a file", NOT_A_FILE)
                elif member.issparse():
                    leave_out(member.name, "a sparse file; pack it without --sparse", DAMAGED)
                else:
                    there = max(0, min(member.size, size - member.offset_data))
                    if there < member.size:
                        said = f"the archive is cut inside it, after {there} of {member.size} bytes"
                        leave_out(member.name, said, DAMAGED)
                    yield Held(archive / name, cast("IO[bytes]", FilePart(whole, member.offset_data, there)), there)
            # An archive ends with zeros. Where a later header is damaged, tarfile ends without a word.
            headers.seek(tar.offset)
            if (headers.read(tarfile.BLOCKSIZE) or b"").strip(b"\0"):
                raise tarfile.ReadError(f"no header at byte {tar.offset}")
    except DAMAGE as error:
        leave_out("", f"damaged, or cut off ({error}); what stands before is used", DAMAGED)
    if linked:
        leave_out("", f"{linked} link{'' if linked == 1 else 's'} in it not followed", NOT_A_FILE)
