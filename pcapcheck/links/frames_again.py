"""Frames of a capture once more: a few of them, by their numbers, decoded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from pcapcheck.capture.rotated_set import Captured
from pcapcheck.decode import frame_layout
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
                batch = decoder.decode(records)
                held = batch.field(frame_layout.NUMBER)
                for number in wanted[:here]:
                    row = bisect_left(held, number)
                    if row < len(held) and held[row] == number:
                        yield FrameRow(raw_frames(batch), row)
                del wanted[:here]
            if not wanted:
                return
