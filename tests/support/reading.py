"""Captures read to plain Python values, so that two ways of reading can be compared."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pcapcheck.capture import scan_layout
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.record import BATCH_FRAMES, Interface, Problem, Reader
from pcapcheck.capture.source import reader_for
from pcapcheck.capture.window import WINDOW_BYTES, Window
from pcapcheck.column import ADDRESS, MAC
from pcapcheck.columns import COLUMNS
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import (
    CAPTURED,
    E_ERROR,
    E_ICMP_ERROR,
    E_KIND,
    ERROR_FIELDS,
    EVENT_FIELDS,
    INTERFACE,
    MESSAGE_FIELDS,
    POSITION,
)
from pcapcheck.decode.frame_layout import FIELDS as FRAME_FIELDS
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.table_names import FRAMES
from pcapcheck.values import Value

# Column attribute -> the name it has in rules and exports.
SHOWN = {column.attribute: name for name, column in COLUMNS[FRAMES].items()}


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
    """Every frame row (without its place in the buffer), echo event, message, ICMP error and group of a capture."""

    rows: list[tuple[int, ...]]
    events: list[tuple[int, ...]]
    messages: list[tuple[int, ...]]
    errors: list[tuple[int, ...]]
    groups: list[FrameGroup]
    undecoded: int
    overflowed: int
    problems: list[Problem]


def frame_rows(batch: FrameBatch) -> list[FrameRow]:
    """The rows of a batch, valid until the next batch is decoded."""
    rows = raw_frames(batch)
    return [FrameRow(rows, row) for row in range(batch.count)]


def open_bytes(data: bytes, batch_frames: int = BATCH_FRAMES, window: int = WINDOW_BYTES) -> Reader:
    """A reader of a capture that is held in memory."""
    return reader_for(Window(io.BytesIO(data), window), "memory", batch_frames, HostNames())


def read_bytes(data: bytes, batch_frames: int = BATCH_FRAMES, window: int = WINDOW_BYTES) -> Reading:
    """All records of a capture that is held in memory. Raises CaptureError as the reader does."""
    reader = open_bytes(data, batch_frames, window)
    records: list[Record] = []
    for batch in reader.batches():
        fields = [
            batch.matrix[field : batch.count * scan_layout.FIELDS : scan_layout.FIELDS]
            for field in range(scan_layout.FIELDS)
        ]
        for row in zip(*fields, strict=True):
            start = row[scan_layout.OFFSET]
            time = row[scan_layout.TIME]
            records.append(
                Record(
                    bytes(batch.buffer[start : start + row[scan_layout.CAPTURED]]),
                    row[scan_layout.LENGTH],
                    None if time == scan_layout.ABSENT_TIME else time,
                    row[scan_layout.INTERFACE],
                    row[scan_layout.DIRECTION],
                )
            )
    assert len(records) == reader.frames
    return Reading(reader.format, records, reader.interfaces, reader.problems)


def columns(data: bytes, *names: str) -> list[tuple[object, ...]]:
    """The named columns of every frame of a small capture; addresses and MACs as text, what is absent as None."""
    reader = open_bytes(data)
    decoder = Decoder(keep_all=True)
    return [
        tuple(_shown(name, getattr(row, name)) for name in names)
        for records in reader.batches()
        for row in frame_rows(decoder.decode(records))
    ]


def _shown(name: str, value: object) -> object:
    kind = COLUMNS[FRAMES][SHOWN[name]].type
    return kind.show(value) if kind in (MAC, ADDRESS) and value is not None else value  # type: ignore[arg-type]


def read_file(path: Path) -> Reading:
    return read_bytes(path.read_bytes())


def decode_bytes(data: bytes, keep_all: bool = True, batch_frames: int = BATCH_FRAMES) -> Decoding:
    """All frame rows of a capture that is held in memory."""
    reader = open_bytes(data, batch_frames)
    decoder = Decoder(keep_all)
    rows: list[tuple[int, ...]] = []
    events: list[tuple[int, ...]] = []
    messages: list[tuple[int, ...]] = []
    errors: list[tuple[int, ...]] = []
    for records in reader.batches():
        batch = decoder.decode(records)
        fields = [batch.field(number) for number in range(FRAME_FIELDS) if number != POSITION]
        rows.extend(zip(*fields, strict=True))
        events.extend(_event(batch, number) for number in range(batch.event_count))
        starts = range(0, batch.message_count * MESSAGE_FIELDS, MESSAGE_FIELDS)
        messages.extend(tuple(batch.messages[start : start + MESSAGE_FIELDS]) for start in starts)
        starts = range(0, batch.error_count * ERROR_FIELDS, ERROR_FIELDS)
        errors.extend(tuple(batch.errors[start : start + ERROR_FIELDS]) for start in starts)
    return Decoding(
        rows, events, messages, errors, decoder.groups(), decoder.undecoded, decoder.overflowed, reader.problems
    )


def _event(batch: FrameBatch, number: int) -> tuple[int, ...]:
    """An event; what only errors say is left out of others, where it is never written."""
    event = tuple(batch.events[number * EVENT_FIELDS : (number + 1) * EVENT_FIELDS])
    return event if event[E_KIND] == E_ICMP_ERROR else event[:E_ERROR]


def read_frame_columns(data: bytes) -> Iterator[tuple[int, bytes, dict[str, Value]]]:
    """Link type, bytes and the columns that are there of every frame; bytes of a check sequence are left out."""
    reader = open_bytes(data)
    decoder = Decoder(keep_all=True)
    for records in reader.batches():
        batch = decoder.decode(records)
        for row in frame_rows(batch):
            interface = reader.interfaces[row.field(INTERFACE)]
            start, captured = row.field(POSITION), row.field(CAPTURED)
            values = {name: getattr(row, name) for name in SHOWN if hasattr(row, name)}
            yield (
                interface.link_type,
                bytes(records.buffer[start : start + captured - interface.fcs_bytes]),
                {name: value for name, value in values.items() if value is not None},
            )
