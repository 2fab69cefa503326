"""What a caller named - files, folders, patterns, standard input - as the captures of one observation."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.capture.held import Held
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.rotation import in_sets
from pcapcheck.capture.source import CURE, STANDARD_INPUT, Source
from pcapcheck.errors import EMPTY, MISSING, UNREADABLE, CaptureError, NotACapture, kind_of, refused
from pcapcheck.skipped import Skipped


class Inputs(Struct):
    """The captures, and what cannot be used; ``found`` are files of folders and patterns, not named themselves.

    ``repeated`` are the names of captures that were given before.
    """

    captures: list[Captured] = field(default_factory=list)
    repeated: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    found: set[Path] = field(default_factory=set)

    def skip(self, path: Path, error: CaptureError) -> None:
        """Do without an input."""
        self.skipped.append(Skipped.of(path, error, named=path not in self.found))


def gather(given: Iterable[str | Path | Held], unpack_limit: int | None = None, keep_all: bool = False) -> Inputs:
    """Every capture that is meant, in the order given; a folder's by name, all below it.

    Whether a file is a capture is found out when it is read. A file given twice is read once. Raises CaptureError if
    standard input is named twice, or nothing at all.
    """
    inputs = Inputs()
    sources: list[Source] = []
    seen: set[str] = set()
    host_names = HostNames()
    names = [name if isinstance(name, Held) else Path(name) for name in given]
    if not names:
        raise CaptureError("no capture given; name at least one file")
    for name in names:
        if isinstance(name, Held):
            sources.append(Source(name.path, unpack_limit, keep_all, name, host_names))
            continue
        for path in _paths(name, inputs):
            resolved = str(path) if path == STANDARD_INPUT else os.path.realpath(path)
            if resolved in seen and path == STANDARD_INPUT:
                raise CaptureError(f"{path}: given twice; standard input can be read once")
            if resolved in seen:
                inputs.repeated.append(path)
                continue
            seen.add(resolved)
            sources.append(Source(path, unpack_limit, keep_all, names=host_names))
    inputs.captures, unusable = in_sets(sources)
    for path, error in unusable:
        inputs.skip(path, error)
    return inputs


def _paths(path: Path, inputs: Inputs) -> list[Path]:
    """The files that a name means."""
    if path == STANDARD_INPUT:
        return [path]
    try:
        mode = os.stat(path).st_mode
    except ValueError:
        inputs.skip(path, CaptureError(f"{path}: no file has such a name; {CURE}", MISSING))
        return []
    except OSError as error:
        if kind_of(error) == MISSING and has_magic(str(path)):
            return _matching(path, inputs)
        # A missing file is reported when it is read, like whatever else is wrong with a file.
        return [path]
    if not stat.S_ISDIR(mode):
        return [path]
    before = len(inputs.skipped)
    found = sorted(_below(path, inputs))
    inputs.found.update(found)
    if not found and len(inputs.skipped) == before:
        inputs.skip(path, CaptureError(f"{path}: no file in this folder; {CURE}", EMPTY))
    return found


def _matching(pattern: Path, inputs: Inputs) -> list[Path]:
    found = sorted(Path(name) for name in iglob(str(pattern), recursive=True) if os.path.isfile(name))
    inputs.found.update(found)
    if not found:
        inputs.skip(pattern, CaptureError(f"{pattern}: no file matches; give the path of a capture", MISSING))
    return found


def _below(folder: Path, inputs: Inputs) -> Iterator[Path]:
    """All files below a folder. Broken links, and folders that cannot be listed, are skipped."""

    def unreadable(error: OSError) -> None:
        inside = Path(error.filename or folder)
        if inside != folder:
            inputs.found.add(inside)
        inputs.skip(
            inside, CaptureError(f"{inside}: {refused(error, 'see what is wrong with this folder')}", UNREADABLE)
        )

    for inside, _, names in os.walk(folder, onerror=unreadable):
        for name in names:
            path = Path(inside, name)
            # Pipes and sockets wait for somebody else; only files are meant.
            if os.path.isfile(path) or not os.path.exists(path):
                yield path


def is_capture(source: Source) -> bool:
    """Whether a file is a capture at all; a capture that cannot be read is reported when it is read."""
    try:
        with source.open(1):
            return True
    except NotACapture:
        return False
    except CaptureError:
        return True
