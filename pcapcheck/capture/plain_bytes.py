"""The bytes of a file, unpacked if it is compressed: for texts that are read as a whole, or only their beginning."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

from pcapcheck.capture.compressed import Unpacked, compression_of
from pcapcheck.capture.held import Held
from pcapcheck.capture.record import Problem
from pcapcheck.capture.window import Window

PIECE = 1 << 16


def read_plain(given: Path | Held, name: str, most: int, problems: list[Problem] | None = None) -> bytes:
    """The first ``most`` bytes, fewer if there are no more; what follows damage is missing, and ``problems`` says so.

    Raises OSError or CaptureError if the file cannot be read, ValueError if no file has such a name.
    """
    with given.open() if isinstance(given, Held) else given.open("rb", buffering=0) as stream:
        window = Window(stream, PIECE)
        found = [window.problems]
        packed = compression_of(window.peek(8))
        if packed is not None:
            unpacked = Unpacked(window, packed, name, None)
            window = Window(cast("BinaryIO", unpacked), PIECE)
            found += [unpacked.problems, window.problems]
        data = bytearray()
        while len(data) < most and (piece := window.take(min(PIECE, most - len(data)))):
            data += piece
        if problems is not None:
            problems += [problem for some in found for problem in some]
        return bytes(data)
