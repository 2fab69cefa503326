"""Single frames, decoded again with all their columns, the checksums included."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from pcapcheck.capture import scan_layout
from pcapcheck.capture.record import RecordBatch
from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.decode.frame_row import FrameRow


def decode_again(source: Captured, numbers: Iterable[int]) -> Iterator[FrameRow]:
    """The frames with these numbers, in order; each is valid until the next is asked for.

    Raises CaptureError where the capture cannot be read.
    """
    decoders: dict[int, Decoder] = {}
    for record in read_again(source, numbers):
        decoder = decoders.setdefault(record.interface.number, Decoder(keep_all=True, with_sums=True))
        batch = decoder.decode(_batch(record))
        if batch.count:
            yield FrameRow(raw_frames(batch), 0)


def _batch(record: Recorded) -> RecordBatch:
    matrix = array("q", bytes(8 * scan_layout.FIELDS))
    matrix[scan_layout.CAPTURED] = len(record.data)
    matrix[scan_layout.LENGTH] = record.length
    matrix[scan_layout.TIME] = scan_layout.ABSENT_TIME if record.time is None else record.time
    matrix[scan_layout.DIRECTION] = record.direction
    return RecordBatch(bytearray(record.data), 0, record.number, 1, matrix, 1, [record.interface])
