"""Every file that is to be redacted, archives opened, and what each is: a capture, a text, or neither."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct

from pcapcheck.capture.compressed import Unpacked, compression_of
from pcapcheck.capture.held import Held
from pcapcheck.capture.inputs import Inputs, gather
from pcapcheck.capture.rotated_set import Captured, RotatedSet
from pcapcheck.capture.source import CURE, STANDARD_INPUT, Source
from pcapcheck.capture.text.lines import looks_like_text
from pcapcheck.capture.window import Window
from pcapcheck.errors import NOT_A_CAPTURE, TOO_LARGE, CaptureError, IsArchive, kind_of, refused

CAPTURE, TEXT = "capture", "text"
# The largest text that is redacted: it is gone over as a whole.
MOST_TEXT = 1 << 28
_FORMATS = ("pcap", "pcapng")
_ENOUGH = 512


class GivenFile(Struct):
    """A file that was given, or found in the folder or archive ``bundle``; ``kind`` is None if it cannot be used.

    ``error`` is then why. ``group`` is the number of the inputs that it is one of.
    """

    source: Source
    bundle: Path | None
    kind: str | None
    error: CaptureError | None = None
    group: int = 0

    @property
    def path(self) -> Path:
        return Path(self.source.name)


def given_files(given: Iterable[Path | Held], unpack_limit: int | None, group: int = 0) -> Iterator[GivenFile]:
    """All files, those of archives behind the others. Raises CaptureError if a capture is given twice."""
    names = [
        Held.of(sys.stdin.buffer).named(Path("standard input")) if file == STANDARD_INPUT else file for file in given
    ]
    for file in _every(gather(names, unpack_limit)) if names else ():
        file.group = group
        yield file


def _every(inputs: Inputs) -> Iterator[GivenFile]:
    for captured in inputs.captures:
        for source in _sources(captured):
            file = _judged(source, inputs)
            if file is not None:
                yield file
        for source, error in inputs.unusable:
            file = _judged(source, inputs)
            if file is not None:
                file.error = file.error or (error if file.kind is None else None)
                yield file
        inputs.unusable.clear()
    for skipped in inputs.skipped:
        error = CaptureError(skipped.message, skipped.kind)
        yield GivenFile(Source(Path(skipped.path)), inputs.found.get(Path(skipped.path)), None, error)


def _sources(captured: Captured) -> list[Source]:
    return captured.sources if isinstance(captured, RotatedSet) else [captured]


def _judged(source: Source, inputs: Inputs) -> GivenFile | None:
    """What a file is; None of an archive, whose files join the queue."""
    bundle = inputs.found.get(source.path)
    try:
        with source.open(1) as reader:
            if reader.format in _FORMATS:
                return GivenFile(source, bundle, CAPTURE)
        return GivenFile(source, bundle, TEXT)
    except IsArchive:
        files = inputs.open_archive(source.kept)
        inputs.add([Source(file.path, inputs.unpack_limit, held=file) for file in files])
        return None
    except CaptureError as error:
        try:
            is_text = error.kind == NOT_A_CAPTURE and looks_like_text(_text_of(source, _ENOUGH))
        except CaptureError as worse:
            return GivenFile(source, bundle, None, worse)
        return GivenFile(source, bundle, TEXT if is_text else None, None if is_text else error)


def text_of(file: GivenFile) -> bytes:
    """The bytes of a text, unpacked. Raises CaptureError if they cannot be read, or are too many."""
    data = _text_of(file.source, MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        said = f"a text of more than {MOST_TEXT >> 20} MiB is not redacted; give it in parts"
        raise CaptureError(f"{file.path}: {said}", TOO_LARGE)
    return data


def _text_of(source: Source, most: int) -> bytes:
    kept = source.kept
    try:
        with kept.open() if isinstance(kept, Held) else kept.open("rb") as stream:
            window = Window(stream)
            packed = compression_of(window.peek(8))
            if packed is None:
                return _all_of(window, most)
            unpacked = Unpacked(window, packed, source.name, source.unpack_limit)
            return _all_of(Window(cast("BinaryIO", unpacked)), most)
    except OSError as error:
        raise CaptureError(f"{source.name}: {refused(error, CURE)}", kind_of(error)) from None


def _all_of(window: Window, most: int) -> bytes:
    data = bytearray()
    while len(data) < most and (piece := window.take(min(most - len(data), 1 << 16))):
        data += piece
    return bytes(data)
