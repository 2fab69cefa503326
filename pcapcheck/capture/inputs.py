"""What a caller named - files, folders, patterns, standard input - as the captures of one observation."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.capture.held import Held
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.rotation import Unusable, in_sets
from pcapcheck.capture.source import CURE, STANDARD_INPUT, Source
from pcapcheck.errors import (
    DAMAGED,
    EMPTY,
    MISSING,
    NODE_STATE,
    UNREADABLE,
    CaptureError,
    InputError,
    NotACapture,
    kind_of,
    refused,
)
from pcapcheck.skipped import CAPTURE, Skipped


class Inputs(Struct):
    """The captures, and what cannot be used.

    ``found`` are files that were not named themselves, each with the bundle (a folder, a pattern or an archive) that it
    is in. ``repeated`` are the names of captures that were given before. ``unusable`` are files of rotated sets that
    cannot be read. ``states`` and ``pods`` are files that are no captures, and show a node's state or list pods.
    """

    captures: list[Captured] = field(default_factory=list)
    repeated: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    found: dict[Path, Path] = field(default_factory=dict)
    unusable: list[Unusable] = field(default_factory=list)
    states: list[Path | Held] = field(default_factory=list)
    pods: list[Path | Held] = field(default_factory=list)
    unpack_limit: int | None = None
    role: str = CAPTURE
    host_names: HostNames = field(default_factory=HostNames)

    def skip(self, path: Path, error: InputError, role: str | None = None) -> None:
        """Do without an input, given as ``role``, else as these all are."""
        self.skipped.append(Skipped.of(path, error, role or self.role, named=path not in self.found))

    @property
    def has_lost_captures(self) -> bool:
        """Whether something that was meant to be a capture cannot be used."""
        return any(skipped.role == CAPTURE and skipped.counts for skipped in self.skipped)

    def add(self, sources: list[Source]) -> None:
        """Add captures; the files of each rotated set become one."""
        captures, unusable = in_sets(sources)
        self.captures += captures
        self.unusable += unusable

    def open_archive(self, given: Path | Held) -> list[Held]:
        """The files in an archive, which become found ones; what cannot be read of it is skipped."""
        # Loaded only for archives.
        from pcapcheck.capture.archives.file_names import shown_name
        from pcapcheck.capture.archives.open_archive import files_of

        path = given.path if isinstance(given, Held) else given
        files: dict[Path, Held] = {}

        def leave_out(name: str, why: str, kind: str) -> None:
            # An absolute name would stand for a file of this machine.
            inside = path / shown_name(name.lstrip("/")) if name else path
            self.skipped.append(Skipped.of(inside, CaptureError(f"{inside}: {why}", kind), self.role, named=False))

        try:
            for file in files_of(given, self.unpack_limit, leave_out):
                self.found[file.path] = self.found.get(path, path)
                if file.path in files:
                    # As when it is unpacked: tar appends newer files.
                    leave_out(
                        str(file.path.relative_to(path)), "in the archive more than once; the last is used", DAMAGED
                    )
                files[file.path] = file
        except CaptureError as error:
            self.skip(path, error)
        return list(files.values())


def gather(given: Iterable[str | Path | Held], unpack_limit: int | None = None, keep_all: bool = False) -> Inputs:
    """Every capture that is meant, in the order given; a folder's by name, all below it.

    Whether a file is a capture is found out when it is read. A file given twice is read once. Raises CaptureError if
    standard input is named twice, or nothing at all.
    """
    inputs = Inputs(unpack_limit=unpack_limit)
    names = list(given)
    if not names:
        raise CaptureError("no capture given; name at least one file")
    sources = [
        Source(file.path, unpack_limit, keep_all, file, inputs.host_names)
        if isinstance(file, Held)
        else Source(file, unpack_limit, keep_all, names=inputs.host_names)
        for file in _files(names, inputs)
    ]
    inputs.add(sources)
    return inputs


def gather_states(
    given: Iterable[str | Path | Held], unpack_limit: int | None = None, role: str = NODE_STATE
) -> Inputs:
    """Every file that may hold a node's state, as ``states``: what the names mean, and what is in archives.

    ``role`` is what skipped files were given as.
    """
    from pcapcheck.capture.archives.open_archive import is_archive

    inputs = Inputs(unpack_limit=unpack_limit, role=role)
    for file in _files(given, inputs):
        if file == STANDARD_INPUT:
            file = Held.of(sys.stdin.buffer).named(Path("standard input"))
        elif isinstance(file, Path) and stat.S_ISFIFO(_mode_of(file)):
            # What is read of it to see what it is would be gone.
            with file.open("rb") as stream:
                file = Held.of(stream).named(file)
        if is_archive(file):
            inputs.states += inputs.open_archive(file)
        else:
            inputs.states.append(file)
    return inputs


def _mode_of(path: Path) -> int:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError):
        return 0


def _files(given: Iterable[str | Path | Held], inputs: Inputs) -> Iterator[Path | Held]:
    """The files that names mean, each once; folders and patterns are found to hold them."""
    seen: set[str] = set()
    for name in given:
        if isinstance(name, Held):
            yield name
            continue
        name = Path(name)
        for path in _paths(name, inputs):
            resolved = str(path) if path == STANDARD_INPUT else os.path.realpath(path)
            if resolved in seen and path == STANDARD_INPUT:
                raise CaptureError(f"{path}: given twice; standard input can be read once")
            if resolved in seen:
                inputs.repeated.append(path)
                continue
            seen.add(resolved)
            yield path


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
    inputs.found |= dict.fromkeys(found, path)
    if not found and len(inputs.skipped) == before:
        inputs.skip(path, CaptureError(f"{path}: no file in this folder; {CURE}", EMPTY))
    return found


def _matching(pattern: Path, inputs: Inputs) -> list[Path]:
    found = sorted(Path(name) for name in iglob(str(pattern), recursive=True) if os.path.isfile(name))
    # What a pattern matches is mostly named alike; its folder is what the files have in common.
    inputs.found |= dict.fromkeys(found, pattern.parent)
    if not found:
        inputs.skip(pattern, CaptureError(f"{pattern}: no file matches; give the path of a capture", MISSING))
    return found


def _below(folder: Path, inputs: Inputs) -> Iterator[Path]:
    """All files below a folder. Broken links, and folders that cannot be listed, are skipped."""

    def unreadable(error: OSError) -> None:
        inside = Path(error.filename or folder)
        if inside != folder:
            inputs.found[inside] = folder
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
