"""Evidence frames in words, read from the capture again.

For a text these are its own lines.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.values import clean


class ShownFrame(Struct, frozen=True):
    """A frame in words; of a text, also the first and last line about it."""

    words: str
    lines: tuple[int, int] | None = None


def frames_in_words(source: Captured, numbers: Iterable[int]) -> dict[int, ShownFrame]:
    """Each of these frames of a capture, by number."""
    return {record.number: _words(record) for record in read_again(source, numbers)}


def in_lines(first: int, last: int) -> str:
    """The lines of a text that something is in."""
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _words(record: Recorded) -> ShownFrame:
    if record.text is not None:
        return ShownFrame(clean(" ".join(record.text.words.split())), (record.text.first, record.text.last))
    # Loading dpkt takes a tenth of a short run; a capture that passes shows no frame.
    from pcapcheck.decode.describe_frame import describe

    words = describe(record.data, record.interface.link_type)
    return ShownFrame(f"{words} (its comment names {record.pod})" if record.pod is not None else words)
