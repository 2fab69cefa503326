"""Evidence frames in words, read from the capture again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pcapcheck.capture import layout
from pcapcheck.capture.source import open_capture
from pcapcheck.decode.describe import describe


def frames_in_words(path: Path, numbers: Iterable[int]) -> dict[int, str]:
    """A line for each of these frames of a capture, by number."""
    wanted = sorted(set(numbers))
    words: dict[int, str] = {}
    if not wanted:
        return words
    with open_capture(path) as reader:
        for batch in reader.batches():
            while wanted and wanted[0] < batch.first_number + batch.count:
                number = wanted.pop(0)
                row = number - batch.first_number

                def field(which: int, row: int = row, batch: object = batch) -> int:
                    value: int = batch.matrix[which * batch.capacity + row]  # type: ignore[attr-defined]
                    return value

                start = field(layout.OFFSET)
                data = bytes(batch.buffer[start : start + field(layout.CAPTURED)])
                words[number] = describe(data, batch.interfaces[field(layout.INTERFACE)].link_type)
            if not wanted:
                break
    return words
