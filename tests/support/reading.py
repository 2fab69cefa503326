"""Captures read to plain Python values, so that two ways of reading can be compared."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from pcapcheck.capture import layout
from pcapcheck.capture.record import BATCH_FRAMES, Interface, Problem, Reader
from pcapcheck.capture.source import reader_for
from pcapcheck.capture.window import WINDOW_BYTES, Window
from pcapcheck.decode.frames import Decoder, FrameGroup
from pcapcheck.decode.layout import FIELDS as FRAME_FIELDS
from pcapcheck.decode.layout import POSITION


@dataclass(frozen=True)
class Record:
    """One record of a capture; time is None where the container has none."""

    data: bytes
    length: int
    time: int | None
    interface: int
    direction: int


@dataclass(frozen=True)
class Reading:
    """Everything that a capture's reader yielded."""

    format: str
    records: list[Record]
    interfaces: list[Interface]
    problems: list[Problem]

    @property
    def kinds(self) -> list[str]:
        return [problem.kind for problem in self.problems]


@dataclass(frozen=True)
class Decoding:
    """Every frame row (without its place in the buffer) and every group of a capture."""

    rows: list[tuple[int, ...]]
    groups: list[FrameGroup]
    undecoded: int
    overflowed: int
    problems: list[Problem]


def open_bytes(data: bytes, batch_frames: int = BATCH_FRAMES, window: int = WINDOW_BYTES) -> Reader:
    """A reader of a capture that is held in memory."""
    return reader_for(Window(io.BytesIO(data), window), "memory", batch_frames)


def read_bytes(data: bytes, batch_frames: int = BATCH_FRAMES, window: int = WINDOW_BYTES) -> Reading:
    """All records of a capture that is held in memory. Raises CaptureError as the reader does."""
    reader = open_bytes(data, batch_frames, window)
    records: list[Record] = []
    for batch in reader.batches():
        fields = [
            batch.matrix[field * batch.capacity : field * batch.capacity + batch.count]
            for field in range(layout.FIELDS)
        ]
        for row in zip(*fields, strict=True):
            start = row[layout.OFFSET]
            time = row[layout.TIME]
            records.append(
                Record(
                    bytes(batch.buffer[start : start + row[layout.CAPTURED]]),
                    row[layout.LENGTH],
                    None if time == layout.ABSENT_TIME else time,
                    row[layout.INTERFACE],
                    row[layout.DIRECTION],
                )
            )
    assert len(records) == reader.frames
    return Reading(reader.format, records, reader.interfaces, reader.problems)


def read_file(path: Path) -> Reading:
    return read_bytes(path.read_bytes())


def decode_bytes(data: bytes, keep_all: bool = True, batch_frames: int = BATCH_FRAMES) -> Decoding:
    """All frame rows of a capture that is held in memory."""
    reader = open_bytes(data, batch_frames)
    decoder = Decoder(keep_all)
    rows: list[tuple[int, ...]] = []
    for records in reader.batches():
        for batch in decoder.decode(records):
            fields = [batch.field(number) for number in range(FRAME_FIELDS) if number != POSITION]
            rows.extend(zip(*fields, strict=True))
    return Decoding(rows, decoder.groups(), decoder.undecoded, decoder.overflowed, reader.problems)
