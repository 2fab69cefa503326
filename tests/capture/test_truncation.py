"""A capture cut at any byte: what was whole before the cut is read unchanged, and the cut is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.errors import CaptureError
from tests.support.captures import MADE, name_of
from tests.support.reading import read_bytes


@pytest.mark.parametrize("path", MADE, ids=name_of)
def test_truncation_at_every_byte(path: Path) -> None:
    whole = path.read_bytes()
    expected = read_bytes(whole).records
    frames = 0
    for size in range(len(whole)):
        try:
            reading = read_bytes(whole[:size])
        except CaptureError:
            assert frames == 0, f"refused at {size} bytes, readable with fewer"
            continue
        assert reading.records == expected[: len(reading.records)], size
        assert len(reading.records) >= frames, size
        frames = len(reading.records)


@pytest.mark.parametrize(
    "path", [path for path in MADE if path.suffix == ".pcap" and "damaged" not in path.name], ids=name_of
)
def test_a_cut_is_distinguished_from_an_end(path: Path) -> None:
    """Only where a record ends may a file end without a word."""
    whole = path.read_bytes()
    reading = read_bytes(whole)
    header = 24 if "kuznetzov" in path.name else 16
    ends = {24}
    for record in reading.records:
        ends.add(max(ends) + header + len(record.data))
    silent = {size for size in range(24, len(whole) + 1) if "cut" not in read_bytes(whole[:size]).kinds}
    assert silent == ends
