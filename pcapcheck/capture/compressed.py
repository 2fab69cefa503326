"""Compressed captures: gzip, zstd, lz4, xz and bzip2, unpacked while they are read."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from pcapcheck.capture.record import Problem
from pcapcheck.capture.window import Window
from pcapcheck.errors import TOO_LARGE, CaptureError

PIECE = 1 << 16
# A few bytes can ask for gigabytes of dictionary. What the tools write by default needs at most 65 MiB (xz -9).
MOST_MEMORY = 1 << 27
# The most bytes that a capture may unpack to, and the most times its packed size, whichever is larger. Captures pack
# 5 to 70 to 1; what packs better was made to.
LARGE = 1 << 30
MOST_TIMES = 250


class Decompressor(Protocol):
    """Unpacks one member of a compressed file, as ``bz2.BZ2Decompressor`` does."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Compression(Struct, frozen=True):
    """A format: its name, its first bytes, the command that unpacks it to a pipe, and what unpacks a member here."""

    name: str
    magic: bytes
    command: str
    begin: Callable[[], Decompressor]


class GzipMember:
    """One member of a gzip file (RFC 1952)."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        # More output may follow a full piece although all input was taken.
        self.needs_input = not self._inflate.unconsumed_tail and len(out) < max_length
        return out


def _zstd_member() -> Decompressor:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdDecompressor
    else:
        from backports.zstd import ZstdDecompressor

    # The library itself refuses windows above 128 MiB.
    return ZstdDecompressor()


def _lz4_member() -> Decompressor:
    from lz4.frame import LZ4FrameDecompressor

    return LZ4FrameDecompressor()  # type: ignore[no-any-return]


def _xz_member() -> Decompressor:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)


def _bzip2_member() -> Decompressor:
    import bz2

    return bz2.BZ2Decompressor()


# Each library is loaded only when it is needed.
COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", "gzip", GzipMember),
    Compression("zstd", b"\x28\xb5\x2f\xfd", "zstd", _zstd_member),
    Compression("lz4", b"\x04\x22\x4d\x18", "lz4", _lz4_member),
    Compression("xz", b"\xfd7zXZ\0", "xz", _xz_member),
    Compression("bzip2", b"BZh", "bzip2", _bzip2_member),
)


def compression_of(magic: bytes) -> Compression | None:
    """The compression of a file that begins with these bytes, or None."""
    return next((compression for compression in COMPRESSIONS if magic.startswith(compression.magic)), None)


class Unpacked(io.RawIOBase):
    """The bytes that ``packed`` holds, all members in turn.

    Damage ends the stream as the end of the file does, and is noted in ``problems``. Raises CaptureError beyond
    ``limit`` bytes (None: 1 GiB or 250 times the packed size), since a small file may unpack to any size.
    """

    def __init__(self, packed: Window, compression: Compression, name: str, limit: int | None) -> None:
        self.packed = packed
        self.compression = compression
        self.name = name
        self.limit = limit
        self.problems: list[Problem] = []
        self.count = 0
        self._member = compression.begin()
        self._begun = False
        self._left = b""
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = 0
        # Do not wait for more where the packed bytes come through a pipe.
        while count < len(buffer) and (not count or self.packed.unread):
            data = self._next(len(buffer) - count)
            if not data:
                break
            buffer[count : count + len(data)] = data
            count += len(data)
        self.count += count
        limit = max(LARGE, MOST_TIMES * self.packed.offset) if self.limit is None else self.limit
        if self.count > limit:
            raise CaptureError(
                f"{self.name}: {self.packed.offset} bytes of {self.compression.name} unpack to more than {limit}; "
                "if that is meant, allow more with --unpack-limit",
                TOO_LARGE,
            )
        return count

    def _next(self, most: int) -> bytes:
        """The next bytes, at most ``most``; none at the end."""
        while not self._done:
            given = b""
            if self._member.needs_input:
                given = self._left or self._more()
                self._left = b""
                if not given:
                    self._end("is cut" if self._begun else "")
                    break
            try:
                data = self._member.decompress(given, most)
            # Each library has its own error; those of zlib and lzma derive from nothing but Exception.
            except Exception as error:
                if "memory" in str(error).lower():
                    raise CaptureError(
                        f"{self.name}: {self.compression.name} that takes more than {MOST_MEMORY >> 20} MiB of memory "
                        f"to unpack; unpack it first: {self.compression.command} -dc IN > OUT",
                        TOO_LARGE,
                    ) from None
                self._end("is damaged" if self._begun or not self.count else "is followed by something else")
                break
            self._begun = True
            if self._member.eof:
                # Padding with zeros is allowed between members and after the last (xz: section 2.2; gzip: tar -z).
                self._left = (self._member.unused_data or b"").lstrip(b"\0")
                self._member = self.compression.begin()
                self._begun = False
            if data:
                return data
        return b""

    def _more(self) -> bytes:
        """The next packed bytes; between members, without the zeros that fill up blocks."""
        while self.packed.unread or self.packed.more():
            data = self.packed.take(min(PIECE, self.packed.unread))
            if not self._begun:
                data = data.lstrip(b"\0")
            if data:
                return data
        return b""

    def _end(self, how: str) -> None:
        self._done = True
        if how:
            at = self.packed.offset
            self.problems.append(
                Problem("damaged-compression", f"the {self.compression.name} stream {how} near its byte {at}", byte=at)
            )
