"""What a caller names - folders, files, patterns, addresses - as the files of a fleet."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.errors import MISSING, CaptureError, UsageError, kind_of, refused
from pcapcheck.fleet.stored_file import StoredFile, is_address, local_stamp
from pcapcheck.values import clean

CURE = "name a folder, a file, a pattern, or an address such as s3://BUCKET/FOLDER"


class Unlisted(Struct, frozen=True):
    """A folder, a file or an address that cannot be looked at, and why; ``kind`` is a word of ``errors``."""

    name: str
    place: str
    kind: str
    message: str


class SourceFiles(Struct):
    """The files of one source, by place. ``root`` is what stands before every place, ``source`` what a caller named."""

    root: str
    files: list[StoredFile] = field(default_factory=list)
    unlisted: list[Unlisted] = field(default_factory=list)
    source: str = ""


def source_files(source: str, without: Path | None = None) -> SourceFiles:
    """The files that a source means, sorted by place; ``without`` is a folder to leave out.

    Raises UsageError if there is no such source or no file in it, or if the driver of its address is missing;
    CaptureError if the source itself cannot be looked at.
    """
    if is_address(source):
        from pcapcheck.fleet.remote_files import remote_files

        found = remote_files(source)
    else:
        found = _local_files(source, without)
    if not found.files and not found.unlisted:
        cure = "see whether bucket, container and folder have these names" if is_address(source) else CURE
        raise UsageError(f"{clean(source)}: no file is there; {cure}")
    found.files.sort(key=lambda file: file.place)
    found.source = clean(source)
    return found


def _local_files(source: str, without: Path | None) -> SourceFiles:
    try:
        mode = os.stat(source).st_mode
    except ValueError:
        raise UsageError(f"{clean(source)}: no file has such a name; {CURE}") from None
    except OSError as error:
        if kind_of(error) != MISSING:
            raise CaptureError(f"{clean(source)}: {refused(error, CURE)}", kind_of(error)) from None
        if not has_magic(source):
            raise UsageError(f"{clean(source)}: no such file or folder; {CURE}") from None
        return _matching(source, without)
    if not stat.S_ISDIR(mode):
        folder, name = os.path.split(source)
        found = SourceFiles(folder)
        _take(found, source, name)
        return found
    found = SourceFiles(source)
    _take_folder(found, source, without)
    return found


def _take_folder(found: SourceFiles, source: str, without: Path | None) -> None:
    left_out = None if without is None else os.path.realpath(without)

    def note(error: OSError) -> None:
        inside = os.fspath(error.filename or source)
        _note(found, inside, os.path.relpath(inside, source), error)

    for inside, folders, names in os.walk(source, onerror=note):
        folders[:] = [name for name in folders if left_out is None or os.path.realpath(Path(inside, name)) != left_out]
        below = os.path.relpath(inside, source)
        for name in names:
            place = name if below == "." else f"{below}/{name}"
            _take(found, os.path.join(inside, name), place.replace(os.sep, "/"))
    if len(found.unlisted) == 1 and not found.files and found.unlisted[0].place == ".":
        raise CaptureError(found.unlisted[0].message, found.unlisted[0].kind)


def _matching(pattern: str, without: Path | None) -> SourceFiles:
    """The files that a pattern matches, and those below the folders that it does."""
    root = fixed_part(pattern)
    found = SourceFiles(root)
    for name in sorted(iglob(pattern, recursive=True)):
        place = os.path.relpath(name, root or ".").replace(os.sep, "/")
        if not os.path.isdir(name):
            _take(found, name, place)
        elif "**" not in pattern:
            inside = SourceFiles(name)
            _take_folder(inside, name, without)
            found.files += (
                StoredFile(file.name, f"{place}/{file.place}", file.size, file.stamp) for file in inside.files
            )
            found.unlisted += inside.unlisted
    return found


def fixed_part(pattern: str) -> str:
    """The folders of a pattern before its first part with a wildcard."""
    parts = pattern.split("/")
    fixed = next((number for number, part in enumerate(parts) if has_magic(part)), len(parts) - 1)
    return "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else "")


def _take(found: SourceFiles, name: str, place: str) -> None:
    """Add a file. Pipes and sockets wait for somebody else; only files are meant."""
    try:
        status = os.stat(name)
    except OSError as error:
        _note(found, name, place, error)
        return
    if stat.S_ISREG(status.st_mode):
        found.files.append(StoredFile(name, place, status.st_size, local_stamp(status)))


def _note(found: SourceFiles, name: str, place: str, error: OSError) -> None:
    is_link = kind_of(error) == MISSING and os.path.islink(name)
    said = refused(error, "see what is wrong with it")
    if is_link:
        said = f"a link to {clean(os.readlink(name))}, which does not exist; remove it, or put there what it leads to"
    said = f"{clean(name)}: {said}"
    found.unlisted.append(Unlisted(name, place, kind_of(error), said))


def every_source(sources: Iterable[str], without: Path | None = None) -> Iterator[SourceFiles]:
    """The files of each source. Raises UsageError if none is named; else as ``source_files``."""
    names = list(dict.fromkeys(sources))
    if not names:
        raise UsageError(f"no source is given; {CURE}")
    for name in names:
        yield source_files(name, without)
