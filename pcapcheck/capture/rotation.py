"""Rotated sets: the files of one recording, recognised by their names and read as one capture.

tcpdump -C and -W count after the name (man tcpdump), -G writes the time into it, dumpcap -b counts and writes the time
(man dumpcap).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pcapcheck.capture import scan_layout
from pcapcheck.capture.record import BATCH_FRAMES, SMALLEST_RECORD, Interface, Problem, Reader, RecordBatch
from pcapcheck.capture.source import Source
from pcapcheck.errors import TOO_LARGE, CaptureError, NotACapture

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
    ring = _RING.fullmatch(path.name)
    if ring:
        return path.parent, f"{ring['stem']}_*{ring['rest']}"
    name, stamps = _STAMP.subn("*", _PACKED_END.sub("", path.name))
    counted = _COUNTED.fullmatch(name)
    if not counted:
        return (path.parent, name) if stamps else None
    return path.parent, counted["stem"]


# A file that cannot be used, and why.
Unusable = tuple[Path, CaptureError]


def in_sets(sources: list[Source]) -> tuple[list[Captured], list[Unusable]]:
    """The sources with the files of each rotated set joined, a set standing where its first file stood.

    Files of a set that cannot be read come second. Raises CaptureError if a file is given twice.
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


def _joined(sources: list[Source], unusable: list[Unusable]) -> list[Captured]:
    """One capture of the files that can be read; none if none can."""
    if len(sources) == 1:
        return [sources[0]]
    unpacked: dict[str, Source] = {}
    for source in sources:
        twin = unpacked.setdefault(_PACKED_END.sub("", source.path.name), source)
        if twin is not source:
            raise CaptureError(f"{source.path}: given twice, packed and unpacked ({twin.path.name}); leave one out")
    begun: dict[int, int | None] = {}
    broken: set[int] = set()
    latest: int | None = None
    for source in sorted(sources, key=lambda source: _natural(source.path.name)):
        try:
            begun[id(source)] = latest = _first_time(source)
        except CaptureError as error:
            unusable.append((source.path, error))
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


@dataclass(frozen=True)
class RotatedPart:
    """A file of a set and how many frames of the set come before its own."""

    source: Source
    before: int


class RotatedSet:
    """Files read in turn as one capture; frame numbers run on from file to file.

    ``gaps``: index of a source -> bytes of unreadable files of the set before it.
    """

    def __init__(self, sources: list[Source], gaps: dict[int, int] | None = None) -> None:
        self.sources = sources
        self.gaps = gaps or {}
        self.parts: list[RotatedPart] = []
        self._passed = 0

    @property
    def path(self) -> Path:
        return self.sources[0].path

    @property
    def files(self) -> list[Path]:
        return [source.path for source in self.sources]

    @property
    def name(self) -> str:
        return f"{self.sources[0].path} … {self.sources[-1].path.name} ({len(self.sources)} files)"

    @property
    def short_name(self) -> str:
        return f"{self.sources[0].path.name} … {self.sources[-1].path.name}"

    @property
    def complete(self) -> bool:
        return True

    @property
    def consumed(self) -> int:
        return self._passed + sum(source.consumed for source in self.sources)

    @contextmanager
    def open(self, batch_frames: int = BATCH_FRAMES) -> Iterator[Reader]:
        """A reader for all files, as ``Source.open``."""
        self._passed = 0
        yield SetReader(self, batch_frames)

    def begin(self, source: Source, before: int) -> None:
        # A set that is read again, perhaps not to its end, still consists of all its files.
        if all(part.source is not source for part in self.parts):
            self.parts.append(RotatedPart(source, before))

    def end(self, source: Source) -> None:
        self._passed += source.size


# What one capture is read from.
Captured = Source | RotatedSet


class SetReader:
    """Reads the files of a set. An interface that several files describe alike counts once."""

    def __init__(self, files: RotatedSet, batch_frames: int) -> None:
        self.files = files
        self.batch_frames = batch_frames
        self.format = ""
        self.interfaces: list[Interface] = []
        self.problems: list[Problem] = []
        self.frames = 0

    def batches(self) -> Iterator[RecordBatch]:
        vanished: CaptureError | None = None
        for place, source in enumerate(self.files.sources):
            if place in self.files.gaps:
                self._miss(self.files.gaps[place])
            try:
                yield from self._of(source)
            except CaptureError as error:
                # It could be read when the set was put together; since then it is gone, or it unpacks to too much.
                if error.kind == TOO_LARGE:
                    raise
                vanished = error
                self.problems.append(Problem("unreadable-file", str(error), frame=self.frames))
                self._miss(source.size)
        if vanished is not None and not self.frames:
            raise vanished

    def _miss(self, size: int) -> None:
        """Note that ``size`` bytes that cannot be read may have held packets."""
        for interface in self.interfaces:
            interface.unread += max(SMALLEST_RECORD, size)

    def _of(self, source: Source) -> Iterator[RecordBatch]:
        """The records of one file."""
        with source.open(self.batch_frames) as reader:
            before = self.frames
            self.files.begin(source, before)
            self.format = self.format or reader.format
            numbers: list[int] = []
            for batch in reader.batches():
                self.frames = before + reader.frames
                yield self._renumbered(batch, numbers, before)
            self._renumber(reader.interfaces, numbers)
            for ours, theirs in zip(numbers, reader.interfaces, strict=True):
                self.interfaces[ours].frames += theirs.frames
                self.interfaces[ours].drops += theirs.drops
                self.interfaces[ours].unread += theirs.unread
            self.problems += [_placed(problem, source, before) for problem in reader.problems]
        self.files.end(source)

    def _renumbered(self, batch: RecordBatch, numbers: list[int], before: int) -> RecordBatch:
        self._renumber(batch.interfaces, numbers)
        if numbers != list(range(len(numbers))):
            cells = slice(scan_layout.INTERFACE, batch.count * scan_layout.FIELDS, scan_layout.FIELDS)
            matrix = batch.matrix
            matrix[cells] = type(matrix)("q", [numbers[number] for number in matrix[cells]])
        return replace(batch, first_number=batch.first_number + before, interfaces=self.interfaces)

    def _renumber(self, theirs: list[Interface], numbers: list[int]) -> None:
        """Find or make our interface for each of a file's; ``numbers`` is by theirs."""
        for interface in theirs[len(numbers) :]:
            taken, key = set(numbers), _key(interface)
            alike = (ours.number for ours in self.interfaces if ours.number not in taken and _key(ours) == key)
            number = next(alike, None)
            if number is None:
                number = len(self.interfaces)
                self.interfaces.append(replace(interface, number=number, frames=0, drops=0, unread=0))
            numbers.append(number)


def _key(interface: Interface) -> tuple[object, ...]:
    return interface.link_type, interface.name, interface.fcs_bytes, interface.filter, interface.printed


def _placed(problem: Problem, source: Source, before: int) -> Problem:
    frame = None if problem.frame is None else problem.frame + before
    return replace(problem, message=f"{source.path.name}: {problem.message}", frame=frame)
