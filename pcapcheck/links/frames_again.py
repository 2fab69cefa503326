"""Frames of a capture once more: a few of them, by their numbers, decoded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from msgspec.structs import replace

from pcapcheck.capture.record import RecordBatch
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.scan_layout import FIELDS
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.links.read_capture import Reading


def rows_of(source: Captured, reading: Reading, numbers: set[int], with_sums: bool = False) -> Iterator[FrameRow]:
    """Frames by their numbers, in order, each valid until the next is asked for; ``with_sums``: with their checksums.

    Raises CaptureError if the capture cannot be read.
    """
    if not numbers:
        return
    wanted = sorted(numbers)
    decoder = Decoder(True, reading.scope.since, reading.scope.until, with_sums=with_sums)
    with source.open(reading.batch_frames) as reader:
        for records in reader.batches():
            here = bisect_left(wanted, records.first_number + records.count)
            if here:
                for number in wanted[:here]:
                    rows = raw_frames(decoder.decode(_alone(records, number)))
                    if rows.count:
                        yield FrameRow(rows, 0)
                del wanted[:here]
            if not wanted:
                return


def _alone(records: RecordBatch, number: int) -> RecordBatch:
    """One record of a batch by itself: a batch has thousands, and mostly one of them is wanted."""
    at = (number - records.first_number) * FIELDS
    return replace(records, first_number=number, count=1, matrix=records.matrix[at : at + FIELDS], capacity=1)
