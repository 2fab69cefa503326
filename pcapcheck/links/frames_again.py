"""Frames of a capture once more: a few of them, by their numbers, decoded."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from msgspec.structs import replace

from pcapcheck.capture.record import RecordBatch
from pcapcheck.capture.scan_layout import FIELDS
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.links.read_capture import Capture, Reading


def rows_of(capture: Capture, reading: Reading, numbers: set[int], with_sums: bool = False) -> Iterator[FrameRow]:
    """Frames by their numbers, in order, each valid until the next is asked for; ``with_sums``: with their checksums.

    All other frames are passed over: reading on to the last of a few costs little. Raises CaptureError if the capture
    cannot be read.
    """
    if not numbers:
        return
    wanted = sorted(numbers)
    decoder = Decoder(True, reading.scope.since, reading.scope.until, with_sums=with_sums, few=len(wanted))
    groups = _Groups(decoder, capture)
    with reading.open(capture.source, wanted) as reader:
        for records in reader.batches():
            # Of a stream those in the middle may be gone.
            del wanted[: bisect_left(wanted, records.first_number)]
            here = wanted[: bisect_left(wanted, records.first_number + records.count)]
            if here:
                batch = decoder.decode(_only(records, here, len(numbers)))
                number, group = frame_layout.NUMBER * batch.field_step, frame_layout.GROUP * batch.field_step
                for row in range(batch.count):
                    batch.rows[number + row] = here[batch.rows[number + row]]
                    batch.rows[group + row] = groups.as_first(batch.rows[group + row])
                    yield FrameRow(raw_frames(batch), row)
                del wanted[: len(here)]
            if not wanted:
                return


class _Groups:
    """Frame groups of a second reading by the numbers that they had in the first."""

    def __init__(self, decoder: Decoder, capture: Capture) -> None:
        self._decoder = decoder
        self._numbers = {group.key: number for number, group in enumerate(capture.groups)}
        self._found: dict[int, int] = {}

    def as_first(self, number: int) -> int:
        """The number of a group in the first reading; 0, of those that found no room, if it was none."""
        if number not in self._found:
            self._found[number] = self._numbers.get(self._decoder.group(number).key, 0)
        return self._found[number]


def _only(records: RecordBatch, numbers: list[int], most: int) -> RecordBatch:
    """Some records of a batch, by their numbers; they are numbered from 0, in their order.

    There are ``most`` of all batches together: the decoder needs no room for more.
    """
    matrix = array("q")
    for number in numbers:
        at = (number - records.first_number) * FIELDS
        matrix.extend(records.matrix[at : at + FIELDS])
    return replace(records, matrix=matrix, count=len(numbers), first_number=0, capacity=min(most, records.capacity))
