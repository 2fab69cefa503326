"""The files of a zip archive that is cut off: the list of them is at its end, so each is found behind the one before.

PKWARE's APPNOTE: 4.3.7, local file header; 4.3.9, data descriptor; 4.5.3, sizes of ZIP64.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, cast

from msgspec import Struct

from pcapcheck.capture.archives.unpacked_bytes import PIECE, FilePart, KeptFile, UnpackedBytes

HEADER = struct.Struct("<4sHHHHHIIIHH")
SIGNATURE, DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
# Flags: sizes stand behind the data; the name is UTF-8.
SIZES_BEHIND, UTF8 = 1 << 3, 1 << 11
ZIP64, WIDE = 1, 0xFFFFFFFF


class CutMember(Struct):
    """A file of the archive, as its header names it; ``begin`` is where its data stands.

    ``size`` is that of its data: None if it stands behind it.
    """

    info: zipfile.ZipInfo
    begin: int
    size: int | None


class CutZip:
    """The files from the beginning of an archive on. ``end`` is how far it was understood."""

    def __init__(self, whole: KeptFile, size: int) -> None:
        self._whole, self._size = whole, size
        self.end = 0
        self.is_whole = True

    def members(self) -> Iterator[CutMember]:
        """Those whose headers are there, in their order; ``copy`` or ``skip`` each before you take the next."""
        while (member := self._member()) is not None:
            before = self.end
            yield member
            if self.end == before or not self.is_whole:
                return

    def _member(self) -> CutMember | None:
        head = self._read(self.end, HEADER.size)
        if len(head) < HEADER.size or not head.startswith(SIGNATURE):
            return None
        _, _, flags, method, _, _, crc, packed, unpacked, name_length, extra_length = HEADER.unpack(head)
        begin = self.end + HEADER.size + name_length + extra_length
        name = self._read(self.end + HEADER.size, name_length)
        extra = self._read(self.end + HEADER.size + name_length, extra_length)
        if begin > self._size:
            return None
        info = zipfile.ZipInfo(name.decode("utf-8" if flags & UTF8 else "cp437", "replace"))
        info.flag_bits, info.compress_type, info.CRC = flags, method, crc
        info.file_size, info.compress_size = _sizes(extra, unpacked, packed)
        behind = bool(flags & SIZES_BEHIND) and not info.compress_size
        return CutMember(info, begin, None if behind else info.compress_size)

    def copy(self, member: CutMember, unpacked: UnpackedBytes) -> str:
        """Unpack one; says what is wrong with it. Nothing can be found behind one whose end is not known."""
        if member.size is None:
            return self._copy_to_its_end(member, unpacked)
        self.skip(member)
        if not self.is_whole:
            return "cut off"
        part = FilePart(self._whole, member.begin, member.size)
        with zipfile.ZipExtFile(cast("IO[bytes]", part), "r", member.info) as stream:
            unpacked.copy(cast("IO[bytes]", stream))
        return ""

    def skip(self, member: CutMember) -> None:
        """Go on behind one that is not wanted."""
        end = self._size + 1 if member.size is None else member.begin + member.size
        self.is_whole = end <= self._size
        self.end = min(end, self._size)

    def _copy_to_its_end(self, member: CutMember, unpacked: UnpackedBytes) -> str:
        """One that was written as it came: the end of its data shows in the data, if it is packed by deflate."""
        self.is_whole = False
        if member.info.compress_type != zipfile.ZIP_DEFLATED:
            return "written without its size"
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        at, crc = member.begin, 0
        while not inflater.eof:
            piece = inflater.unconsumed_tail or self._read(at, PIECE)
            if not piece:
                return "cut off"
            at += 0 if inflater.unconsumed_tail else len(piece)
            data = inflater.decompress(piece, PIECE)
            crc = zlib.crc32(data, crc)
            unpacked.write(data)
        at -= len(inflater.unused_data)
        behind = self._read(at, 4 + 3 * 8)
        marked = 4 if behind.startswith(DESCRIPTOR) else 0
        if behind[marked : marked + 4] != struct.pack("<I", crc):
            return "its checksum does not fit" if len(behind) >= marked + 4 else "cut off"
        # Sizes take 4 bytes each, in ZIP64 8: the next header shows which.
        ends = [at + marked + 4 + 2 * wide for wide in (4, 8)]
        self.end = next((end for end in ends if self._read(end, 2) in (SIGNATURE[:2], b"")), ends[0])
        self.is_whole = self.end <= self._size
        return ""

    def _read(self, at: int, count: int) -> bytes:
        return FilePart(self._whole, at, max(0, min(count, self._size - at))).read() or b""


def _sizes(extra: bytes, unpacked: int, packed: int) -> tuple[int, int]:
    """The sizes in a header, or those in its field of ZIP64."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        held = extra[at + 4 : at + 4 + length]
        if kind == ZIP64:
            numbers = list(struct.unpack(f"<{len(held) // 8}Q", held[: len(held) // 8 * 8]))
            if unpacked == WIDE and numbers:
                unpacked = numbers.pop(0)
            if packed == WIDE and numbers:
                packed = numbers.pop(0)
        at += 4 + length
    return unpacked, packed
