"""A digest of all that decides a verdict but the captures: rules, causes, variables, limits, and the version."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from pcapcheck.fleet.judge_observation import Judging
from pcapcheck.ruleset.files import SUFFIXES, pack_or, packs_folder
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.version import __version__


def rules_digest(judging: Judging) -> str:
    """The digest; results with the same one need not be judged again.

    Raises RuleError if the rules cannot be loaded, before anything is judged by them.
    """
    paths = [pack_or(Path(path)) for path in judging.rules]
    if paths:
        load_ruleset(paths, judging.variables)
    else:
        load_ruleset([packs_folder() / "calico"], judging.variables)
    whole = hashlib.sha256()
    said = (__version__, judging.unpack_limit, sorted(judging.variables.items()), len(paths))
    whole.update(repr(said).encode(errors="surrogateescape"))
    # Expectation files extend what ships, and causes belong to every verdict.
    for path in (packs_folder(), *paths):
        for name, file in _files(path):
            whole.update(f"\0{name}\0".encode(errors="surrogateescape"))
            whole.update(file.read_bytes())
    return whole.hexdigest()


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """The files of rules below a path, by their names below it."""
    if not path.is_dir():
        yield path.name, path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if name.endswith(SUFFIXES):
                yield os.path.relpath(os.path.join(folder, name), path), Path(folder, name)
