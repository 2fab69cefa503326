"""Commands that show frames of a capture to a person."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from pcapcheck.capture.rotated_set import Captured, RotatedSet
from pcapcheck.capture.source import Source
from pcapcheck.values import clean

# Compressions that tshark reads directly (wiretap/file_wrappers.c).
TSHARK_UNPACKS = ("gzip", "zstd", "lz4")


def commands(source: Captured, numbers: list[int], lines: Iterable[tuple[int, int]] = ()) -> list[str]:
    """One command per file that holds some of these frames; none for inputs that were never files.

    ``lines``: of a text, the first and last line of each frame.
    """
    wanted = [(file, some) for file, some in by_file(source, numbers) if some and file.has_file]
    places = sorted(lines)
    return [_sed(file, places) if places else _tshark(file, some) for file, some in wanted]


def by_file(source: Captured, numbers: list[int]) -> Iterator[tuple[Source, list[int]]]:
    """The file of a set that each frame is in, and its number there."""
    if not isinstance(source, RotatedSet):
        yield source, numbers
        return
    ends = [part.before for part in source.parts[1:]]
    for part, end in zip(source.parts, [*ends, None], strict=True):
        yield (
            part.source,
            [number - part.before for number in numbers if part.before < number and (end is None or number <= end)],
        )


def _sed(file: Source, lines: list[tuple[int, int]]) -> str:
    # One line may hold several packets.
    wanted = dict.fromkeys(f"{first}p" if first == last else f"{first},{last}p" for first, last in lines)
    unpack = f"{file.compression.command} -dc {_quoted(file)} | " if file.compression else ""
    return f"{unpack}sed -n '{';'.join(wanted)}'" + ("" if unpack else f" {_quoted(file)}")


def _quoted(file: Source) -> str:
    path = clean(str(file.path))
    # So that the name is not read as an option.
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def _tshark(file: Source, numbers: list[int]) -> str:
    path = _quoted(file)
    wanted = f"-Y 'frame.number in {{{','.join(map(str, numbers))}}}'"
    if file.compression is None or file.compression.name in TSHARK_UNPACKS:
        return f"tshark -r {path} {wanted}"
    return f"{file.compression.command} -dc {path} | tshark -r - {wanted}"
