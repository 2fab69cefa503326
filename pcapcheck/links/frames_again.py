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


def rows_of(source: Captured, reading: Reading, numbers: set[int]) -> Iterator[FrameRow]:
    """Frames by their numbers; each is valid until the next is asked for."""
    if not numbers:
        return
    wanted, last = sorted(numbers), max(numbers)
    decoder = Decoder(True, reading.scope.since, reading.scope.until)
    with source.open(reading.batch_frames) as reader:
        for records in reader.batches():
            batch = decoder.decode(records)
            held = batch.field(frame_layout.NUMBER)
            for number in wanted:
                row = bisect_left(held, number)
                if row < len(held) and held[row] == number:
                    yield FrameRow(raw_frames(batch), row)
            if len(held) and held[-1] >= last:
                return
