"""What a caller may give as input: the path of a file, its bytes, or the file opened for reading."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pcapcheck.capture.held import Handed, Held, is_handed

Input = str | os.PathLike[str] | Handed | Held
Inputs = Input | Iterable[Input]
Names = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
# An input as it is used: a name, or its bytes.
Taken = Path | Held


def each(given: Inputs) -> list[Input]:
    """One input, or each of several."""
    if isinstance(given, (str, os.PathLike, Held)) or is_handed(given):
        return [given]  # type: ignore[list-item]
    if not isinstance(given, Iterable):
        raise _nonsense(given)
    return list(given)  # type: ignore[arg-type]


def taken(given: Iterable[Input | Held]) -> list[Taken]:
    """Each input as a path or with its bytes. Raises TypeError if it is neither."""
    inputs: list[Taken] = []
    unnamed = 0
    for item in given:
        if isinstance(item, (Path, Held)):
            inputs.append(item)
        elif isinstance(item, (str, os.PathLike)) and isinstance(name := os.fspath(item), str):
            inputs.append(Path(name))
        elif is_handed(item):
            held = Held.of(item, unnamed + 1)
            unnamed += str(held.path).startswith("<")
            inputs.append(held)
        else:
            raise _nonsense(item)
    return inputs


def several(given: Inputs) -> list[Taken]:
    """One input or several, each as ``taken`` returns it."""
    return taken(each(given))


def paths(given: Names) -> list[Path]:
    """Files that must have a name, since errors in them name it. Raises TypeError for anything else."""
    names = each(given)
    for name in names:
        if not isinstance(name, (str, os.PathLike)):
            what = type(name).__name__
            raise TypeError(f"rules are given as paths of files or folders, or names of packs, not as {what}")
    return [Path(name) for name in names if isinstance(name, (str, os.PathLike))]


def _nonsense(given: object) -> TypeError:
    what = "None" if given is None else f"{type(given).__name__} {given!r:.40}"
    several = "; give several one by one: analyze(*captures)" if isinstance(given, (list, tuple, set)) else ""
    return TypeError(f'{what} is no input: give a path, bytes, or a file opened with open(NAME, "rb"){several}')
