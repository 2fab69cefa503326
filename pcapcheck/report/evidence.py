"""Evidence frames in words, read from the capture again.

Of a text these are its own lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pcapcheck.capture import layout
from pcapcheck.capture.record import RecordBatch
from pcapcheck.capture.rotation import Captured
from pcapcheck.decode.describe import describe
from pcapcheck.values import clean


@dataclass(frozen=True)
class Shown:
    """A frame in words; of a text also the first and last of its lines that tell of it."""

    words: str
    lines: tuple[int, int] | None = None


def frames_in_words(source: Captured, numbers: Iterable[int]) -> dict[int, Shown]:
    """Each of these frames of a capture, by number."""
    wanted = sorted(set(numbers))
    words: dict[int, Shown] = {}
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


def _words(batch: RecordBatch, row: int) -> Shown:
    if batch.texts:
        text = batch.texts[row]
        return Shown(clean(" ".join(text.words.split())), (text.first, text.last))

    def field(which: int) -> int:
        return batch.matrix[row * layout.FIELDS + which]

    start = field(layout.OFFSET)
    data = bytes(batch.buffer[start : start + field(layout.CAPTURED)])
    return Shown(describe(data, batch.interfaces[field(layout.INTERFACE)].link_type))
