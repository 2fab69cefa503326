"""What a caller may give as input: the path of a file, its bytes, or the file opened for reading."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pcapcheck.capture.held import Handed, Held, is_handed

Input = str | os.PathLike[str] | Handed
Inputs = Input | Iterable[Input]
Names = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
# What an input came to: a name, or what was handed over.
Taken = Path | Held


def each(given: Inputs) -> list[Input]:
    """One input, or each of several."""
    if isinstance(given, (str, os.PathLike)) or is_handed(given):
        return [given]  # type: ignore[list-item]
    if not isinstance(given, Iterable):
        raise _nonsense(given)
    return list(given)  # type: ignore[arg-type]


def taken(given: Iterable[Input | Held]) -> list[Taken]:
    """Each input as a path or with its bytes. Raises TypeError for what is none."""
    inputs: list[Taken] = []
    unnamed = 0
    for one in given:
        if isinstance(one, (Path, Held)):
            inputs.append(one)
        elif isinstance(one, (str, os.PathLike)) and isinstance(name := os.fspath(one), str):
            inputs.append(Path(name))
        elif is_handed(one):
            held = Held.of(one, unnamed + 1)
            unnamed += str(held.path).startswith("<")
            inputs.append(held)
        else:
            raise _nonsense(one)
    return inputs


def several(given: Inputs) -> list[Taken]:
    """One input, or several, as ``taken``."""
    return taken(each(given))


def paths(given: Names) -> list[Path]:
    """Files that must have a name, since what stands in them is told by it. Raises TypeError for anything else."""
    names = each(given)
    for one in names:
        if not isinstance(one, (str, os.PathLike)):
            what = type(one).__name__
            raise TypeError(f"rules are given as paths of files or folders, or names of packs, not as {what}")
    return [Path(one) for one in names if isinstance(one, (str, os.PathLike))]


def _nonsense(given: object) -> TypeError:
    what = "None" if given is None else f"{type(given).__name__} {given!r:.40}"
    several = "; give several one by one: analyze(*captures)" if isinstance(given, (list, tuple, set)) else ""
    return TypeError(f'{what} is no input: give a path, bytes, or a file opened with open(NAME, "rb"){several}')
