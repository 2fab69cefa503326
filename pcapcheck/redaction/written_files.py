"""Write redacted files to a folder, and the table of what became of what to a file; nothing is written over."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from pcapcheck.errors import UNREADABLE, CaptureError
from pcapcheck.redaction.mapping import Mapping
from pcapcheck.redaction.redacted_files import Redaction
from pcapcheck.values import clean

# Whoever has the table can undo everything.
_PRIVATE = 0o600


class Written(Struct):
    """How many files were given, and how many of them were written."""

    given: int
    count: int


def write_files(redaction: Redaction, folder: Path, complain: Callable[[str], None]) -> Written:
    """Write all files; those that are left out are a line for ``complain``.

    Raises CaptureError if a file exists or cannot be written.
    """
    written = Written(0, 0)
    for file in redaction.files():
        written.given += 1
        for problem in file.problems:
            complain(f"{file.given.path}: {problem}")
        if file.content is None:
            complain(f"left out: {file.given.error or file.error}")
            continue
        place = folder / file.name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with file.content.open() as content, place.open("xb") as stream:
                shutil.copyfileobj(content, stream)
        except OSError as error:
            raise _unwritable(place, error) from None
        written.count += 1
    return written


@contextmanager
def mapping_table(file: Path | None, mapping: Mapping) -> Iterator[None]:
    """A file for kind, old and new value of all that is changed meanwhile, for its owner's eyes.

    Raises CaptureError if the file exists or cannot be written.
    """
    if file is None:
        yield
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except OSError as error:
        raise _unwritable(file, error) from None
    with open(descriptor, "w", encoding="utf-8", newline="") as stream:
        yield
        rows = csv.writer(stream)
        rows.writerow(("kind", "was", "became"))
        rows.writerows((kind, clean(was), clean(became)) for kind, was, became in mapping.rows() if was != became)


def _unwritable(file: Path, error: OSError) -> CaptureError:
    if isinstance(error, FileExistsError):
        return CaptureError(f"{file}: exists already, and nothing is written over; name another place", UNREADABLE)
    return CaptureError(f"{file}: {error.strerror}; name a place that can be written", UNREADABLE)
