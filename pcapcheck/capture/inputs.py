"""What a caller named - files, folders, patterns, standard input - as the captures of one observation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from glob import has_magic, iglob
from pathlib import Path

from pcapcheck.capture.rotation import Captured, in_sets
from pcapcheck.capture.source import STANDARD_INPUT, Source
from pcapcheck.errors import CaptureError, NotACapture


@dataclass
class Inputs:
    """The captures, the files of folders that are none, and the names of captures that were given before."""

    captures: list[Captured] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)
    repeated: list[Path] = field(default_factory=list)


def gather(given: Iterable[str | Path], unpack_limit: int | None = None, keep_all: bool = False) -> Inputs:
    """Every capture that is meant, in the order given; a folder's by name, all below it.

    One given twice is read once. Raises CaptureError where one is not there, where a folder or pattern holds none,
    where standard input is named twice, and where a file of a rotated set cannot be read.
    """
    inputs = Inputs()
    sources: list[Source] = []
    seen: set[Path] = set()
    for name in given:
        for path in _paths(Path(name)):
            resolved = path if path == STANDARD_INPUT else path.resolve()
            if resolved in seen and path == STANDARD_INPUT:
                raise CaptureError(f"{path}: given twice; standard input can be read once")
            if resolved in seen:
                inputs.repeated.append(path)
                continue
            seen.add(resolved)
            source = Source(path, unpack_limit, keep_all)
            if Path(name).is_dir() and not is_capture(source):
                inputs.passed_over.append(path)
            else:
                sources.append(source)
    if not sources:
        names = ", ".join(str(one) for one in given)
        raise CaptureError(f"{names}: no capture in there" if names else "no capture given; name at least one file")
    inputs.captures = in_sets(sources)
    return inputs


def _paths(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.is_file())
    if path != STANDARD_INPUT and not path.exists() and has_magic(str(path)):
        found = sorted(Path(one) for one in iglob(str(path), recursive=True) if Path(one).is_file())
        if not found:
            raise CaptureError(f"{path}: no file matches; give the path of a capture")
        return found
    return [path]


def is_capture(source: Source) -> bool:
    """Whether a file is one at all; one that is and cannot be read is for the reading to complain about."""
    try:
        with source.open(1):
            return True
    except NotACapture:
        return False
    except CaptureError:
        return True
