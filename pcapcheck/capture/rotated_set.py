"""Rotated sets: the files of one recording, read as one capture."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.capture import scan_layout
from pcapcheck.capture.record import BATCH_FRAMES, SMALLEST_RECORD, Interface, Problem, Reader, RecordBatch
from pcapcheck.capture.source import Source
from pcapcheck.errors import TOO_LARGE, CaptureError


class RotatedPart(Struct, frozen=True):
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
    def host(self) -> str | None:
        return self.sources[0].host

    @host.setter
    def host(self, name: str | None) -> None:
        for source in self.sources:
            source.host = name

    @property
    def size(self) -> int:
        """Bytes of all files; 0 if none of them can be counted."""
        return sum(source.size for source in self.sources)

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
    def open(self, batch_frames: int = BATCH_FRAMES, few: Collection[int] = ()) -> Iterator[Reader]:
        """A reader for all files, as ``Source.open``; it leaves out nothing."""
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
    return (
        interface.link_type,
        interface.name,
        interface.fcs_bytes,
        interface.filter,
        interface.printed,
        interface.description,
    )


def _placed(problem: Problem, source: Source, before: int) -> Problem:
    frame = None if problem.frame is None else problem.frame + before
    return replace(problem, message=f"{source.path.name}: {problem.message}", frame=frame)
