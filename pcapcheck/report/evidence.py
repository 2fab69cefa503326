"""Evidence frames in words, read from the capture again."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.capture import layout
from pcapcheck.capture.record import RecordBatch
from pcapcheck.capture.rotation import Captured
from pcapcheck.decode.describe import describe


def frames_in_words(source: Captured, numbers: Iterable[int]) -> dict[int, str]:
    """A line for each of these frames of a capture, by number."""
    wanted = sorted(set(numbers))
    words: dict[int, str] = {}
    if not wanted:
        return words
    with source.open() as reader:
        for batch in reader.batches():
            while wanted and wanted[0] < batch.first_number + batch.count:
                number = wanted.pop(0)
                words[number] = _words(batch, number - batch.first_number)
            if not wanted:
                break
    return words


def _words(batch: RecordBatch, row: int) -> str:
    def field(which: int) -> int:
        return batch.matrix[row * layout.FIELDS + which]

    start = field(layout.OFFSET)
    data = bytes(batch.buffer[start : start + field(layout.CAPTURED)])
    return describe(data, batch.interfaces[field(layout.INTERFACE)].link_type)
