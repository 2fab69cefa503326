"""Waymarks: a few frames of a long capture are read again without those between."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from pcapcheck.capture.reread import read_again
from pcapcheck.capture.source import Source
from pcapcheck.capture.waymarks import STRIDE

FRAMES = 40 * STRIDE + 7
LATE = (1, STRIDE, STRIDE + 1, 11 * STRIDE - 1, 11 * STRIDE + 5, 30 * STRIDE, FRAMES)


def data_of(number: int) -> bytes:
    return struct.pack("<I", number) * (20 + number % 7)


def record(number: int) -> bytes:
    data = data_of(number)
    return struct.pack("<IIII", 1_700_000_000 + number, 0, len(data), len(data)) + data


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A capture that was read once."""
    path = tmp_path / "long.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    path.write_bytes(header + b"".join(map(record, range(1, FRAMES + 1))))
    source = Source(path)
    with source.open(1000) as reader:
        assert sum(batch.count for batch in reader.batches()) == FRAMES
    return source


def found(source: Source, numbers: tuple[int, ...] = LATE) -> list[tuple[int, bytes]]:
    return [(record.number, record.data) for record in read_again(source, numbers)]


def test_frames_are_the_ones_with_these_numbers(source: Source) -> None:
    assert found(source) == [(number, data_of(number)) for number in LATE]
    # And so they are the next time.
    assert found(source, LATE[::-1]) == [(number, data_of(number)) for number in LATE]


def test_what_lies_between_is_not_read(source: Source) -> None:
    path, before = source.path, source.path.stat()
    content = path.read_bytes()
    middle = content.index(record(20 * STRIDE))
    path.write_bytes(content[:middle] + b"\xff" * 4096 + content[middle + 4096 :])
    # The file claims to be the one that it was.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found(source) == [(number, data_of(number)) for number in LATE]


def test_a_file_that_changed_is_read_as_it_is(source: Source) -> None:
    other = struct.pack("<IIII", 1_700_000_000, 0, 4, 4) + b"new."
    content = source.path.read_bytes()
    source.path.write_bytes(content[:24] + other + content[24:])
    expected = [(1, b"new."), *((number, data_of(number - 1)) for number in LATE[1:])]
    assert found(source) == expected
