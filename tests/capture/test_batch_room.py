"""How many frames a batch has room for: a small capture does not pay for thousands, a large one and a stream do."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.capture.record import BATCH_FRAMES, fitting_frames
from pcapcheck.capture.rotated_set import RotatedSet
from pcapcheck.capture.source import Source
from tests.support.lab import CAPTURES

CAPTURE = CAPTURES / "healthy" / "cali14e7d81007d.pcap"


@pytest.mark.parametrize(
    ("most", "size", "room"),
    [(BATCH_FRAMES, 0, BATCH_FRAMES), (BATCH_FRAMES, 1, 512), (BATCH_FRAMES, 1 << 30, BATCH_FRAMES), (7, 1 << 30, 7)],
)
def test_room_for_frames(most: int, size: int, room: int) -> None:
    assert fitting_frames(most, size) == room


def test_a_file_of_the_smallest_frames_fits_into_one_batch() -> None:
    assert fitting_frames(BATCH_FRAMES, 1000 * 16) == 1000


def test_the_files_of_a_set_have_batches_of_one_size(tmp_path: Path) -> None:
    # What is decoded from one batch to the next stays where it is.
    files = [Source(CAPTURE), Source(CAPTURES / "healthy" / "calieabe7761b00.pcap")]
    assert RotatedSet(files).size == sum(file.size for file in files) > 0
