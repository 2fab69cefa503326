"""The bytes of a file, unpacked if it is compressed: for texts that are read as a whole, or only their beginning."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

from pcapcheck.capture.compressed import Unpacked, compression_of
from pcapcheck.capture.held import Held
from pcapcheck.capture.window import Window

PIECE = 1 << 16


def read_plain(given: Path | Held, name: str, most: int) -> bytes:
    """The first ``most`` bytes, fewer if there are no more; what follows damage is missing.

    Raises OSError or CaptureError if the file cannot be read, ValueError if no file has such a name.
    """
    with given.open() if isinstance(given, Held) else given.open("rb", buffering=0) as stream:
        window = Window(stream, PIECE)
        packed = compression_of(window.peek(8))
        if packed is not None:
            window = Window(cast("BinaryIO", Unpacked(window, packed, name, None)), PIECE)
        data = bytearray()
        while len(data) < most and (piece := window.take(min(PIECE, most - len(data)))):
            data += piece
        return bytes(data)
