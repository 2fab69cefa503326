"""Commands that show frames of a capture to a person."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from pcapcheck.capture.rotation import Captured, RotatedSet
from pcapcheck.capture.source import Source
from pcapcheck.values import clean

# What tshark unpacks by itself (wiretap/file_wrappers.c).
TSHARK_UNPACKS = ("gzip", "zstd", "lz4")


def commands(source: Captured, numbers: list[int]) -> list[str]:
    """One command per file that holds some of these frames; none for what was never a file."""
    return [_tshark(file, some) for file, some in _by_file(source, numbers) if some and not file.is_stream]


def _by_file(source: Captured, numbers: list[int]) -> Iterator[tuple[Source, list[int]]]:
    """Which file of a set each frame is in, and its number there."""
    if not isinstance(source, RotatedSet):
        yield source, numbers
        return
    ends = [part.before for part in source.parts[1:]]
    for part, end in zip(source.parts, [*ends, None], strict=True):
        yield part.source, [one - part.before for one in numbers if part.before < one and (end is None or one <= end)]


def _tshark(file: Source, numbers: list[int]) -> str:
    path = shlex.quote(clean(str(file.path)))
    wanted = f"-Y 'frame.number in {{{','.join(map(str, numbers))}}}'"
    if file.compression is None or file.compression.name in TSHARK_UNPACKS:
        return f"tshark -r {path} {wanted}"
    return f"{file.compression.command} -dc {path} | tshark -r - {wanted}"
