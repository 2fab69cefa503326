"""Rotation: which files belong to one recording, by their names, and in what order.

tcpdump -C and -W append a count to the name (man tcpdump), -G writes the time into it, dumpcap -b writes a count and
the time (man dumpcap).
"""

from __future__ import annotations

import re
from pathlib import Path

from pcapcheck.capture import scan_layout
from pcapcheck.capture.rotated_set import Captured, RotatedSet
from pcapcheck.capture.source import Source
from pcapcheck.errors import CaptureError, NotACapture

_PACKED = r"(?:\.(?:gz|zst|lz4|xz|bz2))?"
_CONTAINER = r"\.(?:pcapng|pcap|ntar|cap|dmp)"
# cap.pcap, cap.pcap0, cap.pcap17.gz
_COUNTED = re.compile(rf"(?P<stem>.+{_CONTAINER})\d*{_PACKED}", re.IGNORECASE)
# cap_00001_20250119015740.pcapng
_RING = re.compile(rf"(?P<stem>.+)_\d{{5}}_\d{{14}}(?P<rest>{_CONTAINER}){_PACKED}", re.IGNORECASE)
# A date with or without a time, or seconds since 1970, that is not part of a longer word.
_STAMP = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:19|20)\d\d[-_.]?\d\d[-_.]?\d\d(?:[-_.T ]?\d\d[-_.:h]?\d\d(?:[-_.:m]?\d\d)?)?|1\d{9})"
    r"(?![0-9A-Za-z])"
)
_PACKED_END = re.compile(rf"{_PACKED}$", re.IGNORECASE)
_CONTAINER_END = re.compile(rf"{_CONTAINER}\d*$", re.IGNORECASE)
# What tcpdump printed: eth0.txt, and eth0.pcap.txt where a capture was printed.
_TEXT_END = re.compile(r"\.(?:txt|text|log|out)$", re.IGNORECASE)


def bare_name(path: Path) -> str:
    """A file's name without its compression, its container and its place in a set."""
    name = _CONTAINER_END.sub("", _TEXT_END.sub("", _PACKED_END.sub("", path.name)))
    return _STAMP.sub("", re.sub(r"_\d{5}_\d{14}$", "", name)).strip("-_. ") or path.name


def set_key(path: Path) -> tuple[Path, str] | None:
    """What the files of one rotated set have in common, or None for a file that is in none."""
    numbered = numbered_key(path)
    name, stamps = _STAMP.subn("*", _PACKED_END.sub("", path.name))
    if not stamps or (numbered and _RING.fullmatch(path.name)):
        return numbered
    counted = _COUNTED.fullmatch(name)
    return path.parent, counted["stem"] if counted else name


def numbered_key(path: Path) -> tuple[Path, str] | None:
    """As ``set_key``, of files that were numbered: times in their names may be those of two recordings."""
    ring = _RING.fullmatch(path.name)
    if ring:
        return path.parent, f"{ring['stem']}_*{ring['rest']}"
    counted = _COUNTED.fullmatch(_PACKED_END.sub("", path.name))
    return (path.parent, counted["stem"]) if counted else None


# A file that cannot be used, and why.
Unusable = tuple[Source, CaptureError]


def in_sets(sources: list[Source]) -> tuple[list[Captured], list[Unusable]]:
    """The sources with the files of each rotated set joined, a set standing where its first file stood.

    Files of a set that cannot be read come second, and those that were given unpacked too.
    """
    sets: dict[tuple[Path, str], list[Source]] = {}
    order: list[Source | list[Source]] = []
    for source in sources:
        key = None if source.is_stream else set_key(source.path)
        if key is None:
            order.append(source)
        elif key in sets:
            sets[key].append(source)
        else:
            sets[key] = [source]
            order.append(sets[key])
    captures: list[Captured] = []
    unusable: list[Unusable] = []
    for entry in order:
        captures += _joined(entry, unusable) if isinstance(entry, list) else [entry]
    return captures, unusable


def _each_once(sources: list[Source], unusable: list[Unusable]) -> list[Source]:
    """The files without those that stand next to their unpacked selves."""
    kept: dict[str, Source] = {}
    for source in sorted(sources, key=lambda source: len(source.path.name)):
        twin = kept.setdefault(_PACKED_END.sub("", source.path.name), source)
        if twin is not source:
            said = f"{source.path}: given twice, packed and unpacked ({twin.path.name}); the unpacked file is used"
            unusable.append((source, CaptureError(said)))
    return [source for source in sources if any(source is each for each in kept.values())]


def _joined(sources: list[Source], unusable: list[Unusable]) -> list[Captured]:
    """One capture of the files that can be read; none if none can."""
    if len(sources) == 1:
        return [sources[0]]
    sources = _each_once(sources, unusable)
    if len(sources) == 1:
        return [sources[0]]
    begun: dict[int, int | None] = {}
    broken: set[int] = set()
    latest: int | None = None
    for source in sorted(sources, key=lambda source: _natural(source.path.name)):
        try:
            begun[id(source)] = latest = _first_time(source)
        except CaptureError as error:
            unusable.append((source, error))
            if not isinstance(error, NotACapture):
                # It held packets; by its name, they follow those of the file before.
                broken.add(id(source))
                begun[id(source)] = -1 if latest is None else latest
    end = max((time for time in begun.values() if time is not None), default=0) + 1

    def place(source: Source) -> tuple[int, list[tuple[int, str]]]:
        # Files without a packet come last, where an interrupted rotation leaves one.
        time = begun[id(source)]
        return end if time is None else time, _natural(source.path.name)

    readable: list[Source] = []
    gaps: dict[int, int] = {}
    for source in sorted((source for source in sources if id(source) in begun), key=place):
        if id(source) in broken:
            gaps[len(readable)] = gaps.get(len(readable), 0) + source.size
        else:
            readable.append(source)
    return [RotatedSet(readable, gaps)] if len(readable) > 1 else list(readable)


def _first_time(source: Source) -> int | None:
    with source.open(1) as reader:
        for batch in reader.batches():
            time = batch.matrix[scan_layout.TIME]
            return None if time == scan_layout.ABSENT_TIME else time
    return None


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts cap.pcap9 before cap.pcap10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
