"""Single records of a capture, read again by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pcapcheck.capture import scan_layout
from pcapcheck.capture.packet_comments import commented_pod
from pcapcheck.capture.record import Interface, RecordBatch, Text
from pcapcheck.capture.rotated_set import Captured


class Recorded(Struct, frozen=True):
    """One record: ``length`` bytes were on the wire, ``data`` are those captured.

    ``time`` is in nanoseconds since 1970, None where none was recorded; ``direction`` 0 in, 1 out, -1 not recorded.
    ``text`` is what the record was made from, where that is a text; ``pod`` the pod that its comment names.
    """

    number: int
    data: bytes
    length: int
    time: int | None
    direction: int
    interface: Interface
    text: Text | None
    pod: str | None = None


def read_again(source: Captured, numbers: Iterable[int]) -> Iterator[Recorded]:
    """The records with these numbers, in order; those that are gone are left out.

    Raises CaptureError where the capture cannot be read.
    """
    wanted = sorted(set(numbers), reverse=True)
    if not wanted:
        return
    with source.open(few=wanted) as reader:
        for batch in reader.batches():
            while wanted and wanted[-1] < batch.first_number + batch.count:
                number = wanted.pop()
                # Of a stream those in the middle may be gone.
                if number >= batch.first_number:
                    yield _record(batch, number)
            if not wanted:
                return


def _record(batch: RecordBatch, number: int) -> Recorded:
    row = number - batch.first_number
    fields = batch.matrix[row * scan_layout.FIELDS : (row + 1) * scan_layout.FIELDS]
    start, captured = fields[scan_layout.OFFSET], fields[scan_layout.CAPTURED]
    time = fields[scan_layout.TIME]
    return Recorded(
        number,
        bytes(batch.buffer[start : start + captured]),
        max(captured, fields[scan_layout.LENGTH]),
        None if time == scan_layout.ABSENT_TIME else time,
        fields[scan_layout.DIRECTION],
        batch.interfaces[fields[scan_layout.INTERFACE]],
        batch.texts[row] if batch.texts else None,
        commented_pod(batch.buffer, start, captured, batch.order) if batch.order else None,
    )
