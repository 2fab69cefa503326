"""Bundles that people make by hand: a folder is a host, else what its files' names begin or end with.

``worker-1/route.txt``, ``worker-1-route.txt`` and ``route-worker-1.txt`` are of worker-1. What all files have in common
names nobody if there are others, and neither does a folder that says what is in it (``captures/``, ``ip-route/``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path

from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.bundles.named_outputs import WORD, command_named
from pcapcheck.nodestate.headings import MACHINE, SUBJECTS

WORD_IN_NAME = re.compile(r"[^-_. ]+")
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
    endings = _endings([file.name for file, name in names.items() if name is None])
    around = [ENDINGS.sub("", name) for name in (*reversed(common), bundle.name)]
    outer = next((name for name in around if MACHINE.search(name) and name[-1:].isdigit()), None)
    commands: dict[Path, str | None] = {}
    for file, name in names.items():
        bare = ENDINGS.sub("", file.name).removeprefix(name or "")
        if name is None and (name := _ending_of(bare, endings)) is not None:
            names[file], bare = name, bare.removesuffix(name)
        commands[file] = command_named(bare)
    named = any(names.values())
    # Each output once: without any name these are of one host.
    listed = [command for command in commands.values() if command]
    together = f"{bundle}:" if not named and 1 < len(listed) == len(set(listed)) else ""
    for file, name in names.items():
        if name is None:
            # The bundle may be of one host, but nothing says so.
            yield file, BundledFile(None if named else outer, commands[file], together, by_hand=True)
        else:
            yield file, BundledFile(name, commands[file], f"{bundle}:{name}", by_hand=True)


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
    for word in WORD_IN_NAME.finditer(bare):
        if word[0].lower() in SUBJECTS or word[0].lower() in GENERIC:
            break
        end = word.end()
    begins = bare[:end]
    return begins if begins and (end < len(bare) or MACHINE.search(begins)) else None


def _endings(names: list[str]) -> set[str]:
    """What stands in files' names behind what is listed in them, if it names a machine or is that of several files."""
    tails = Counter(_tail(ENDINGS.sub("", name)) for name in names)
    return {tail for tail, count in tails.items() if tail and (MACHINE.search(tail) or count > 1)}


def _tail(bare: str) -> str:
    """worker-1 of ip-route-worker-1, and of ethtool-k-eth0-worker-1."""
    words = list(WORD_IN_NAME.finditer(bare))
    known = [word[0].lower() in SUBJECTS or word[0].lower() in GENERIC for word in words]
    if not any(known):
        return ""
    last = len(known) - known[::-1].index(True)
    machine = next((at for at in range(last, len(words)) if MACHINE.match(words[at][0])), last)
    tail = bare[words[machine].start() :] if machine < len(words) else ""
    return "" if _is_generic(tail) else tail


def _ending_of(bare: str, endings: set[str]) -> str | None:
    tails = [tail for word in WORD_IN_NAME.finditer(bare) if (tail := bare[word.start() :]) in endings]
    return tails[0] if tails else None
