"""Bundles that people make by hand: a folder is a host, else what its files' names begin with.

``worker-1/route.txt`` and ``worker-1-route.txt`` are of worker-1. What all files have in common names nobody, and
neither does a folder that says what is in it (``captures/``, ``ip-route/``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path

from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.headings import MACHINE, SUBJECTS

WORD = re.compile(r"[-_. ]+")
_ENDINGS = r"(?:\.(?:txt|text|json|ya?ml|log|out|pcapng|pcap\d*|cap|tar|tgz|zip|gz|xz|zst|lz4|bz2))+$"
ENDINGS = re.compile(_ENDINGS, re.IGNORECASE)
# Folders that say what is in them or where they come from, besides what headings are about.
_GENERIC = (
    "state states pcaps pcapng cap caps nodes files data tmp var home root case incident ticket txt out bundle "
    "bundles diagnostics diag diags commands sos text new old"
)
GENERIC = frozenset(_GENERIC.split())


def places_of(found: Mapping[Path, Path]) -> dict[Path, BundledFile]:
    """The host of each file, by the bundle that it is in: ``found`` maps files to bundles."""
    bundles: dict[Path, list[Path]] = {}
    for file, bundle in found.items():
        bundles.setdefault(bundle, []).append(file)
    return {file: place for bundle, files in bundles.items() for file, place in _places_in(bundle, files)}


def _places_in(bundle: Path, files: list[Path]) -> Iterable[tuple[Path, BundledFile]]:
    folders = {file: _folders(bundle, file) for file in files}
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*folders.values(), strict=False))
    common = [names[0] for names in shared]
    names = {
        file: next((part for part in parts[len(common) :] if not _is_generic(part)), None) or _beginning(file.name)
        for file, parts in folders.items()
    }
    if not any(names.values()):
        around = (ENDINGS.sub("", name) for name in (*reversed(common), bundle.name))
        names = dict.fromkeys(files, next((name for name in around if MACHINE.search(name)), None))
    for file, name in names.items():
        yield file, BundledFile(name, None, f"{bundle}:{name or ''}", by_hand=True)


def _folders(bundle: Path, file: Path) -> tuple[str, ...]:
    try:
        return file.relative_to(bundle).parts[:-1]
    except ValueError:
        return ()


def _is_generic(word: str) -> bool:
    return all(part in SUBJECTS or part in GENERIC or not part or part.isdigit() for part in WORD.split(word.lower()))


def _beginning(name: str) -> str | None:
    """What stands in a file's name before what is listed in it: node1 of node1-ip-route.txt; of worker-1.txt all."""
    bare = ENDINGS.sub("", name)
    end = 0
    for word in re.finditer(r"[^-_. ]+", bare):
        if word[0].lower() in SUBJECTS or word[0].lower() in GENERIC:
            break
        end = word.end()
    begins = bare[:end]
    return begins if begins and (end < len(bare) or MACHINE.search(begins)) else None
