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

# What files are called that hold the output of ip, and words that may follow.
LISTINGS = {
    **dict.fromkeys(("addr", "address", "addresses", "a"), "addr show"),
    **dict.fromkeys(("link", "links", "l"), "link show"),
    **dict.fromkeys(("route", "routes", "r"), "route show"),
    **dict.fromkeys(("rule", "rules"), "rule show"),
    **dict.fromkeys(("neigh", "neighbor", "neighbors", "neighbour", "neighbours", "n"), "neigh show"),
}
FURTHER = ("show", "list", "ls", "table", "all", "v4", "v6", "4", "6")


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
    around = [ENDINGS.sub("", name) for name in (*reversed(common), bundle.name)]
    outer = next((name for name in around if MACHINE.search(name) and name[-1:].isdigit()), None)
    for file, name in names.items():
        command = _command_in(file.name.removeprefix(name or ""))
        if name is None:
            # The bundle may be of one host, but nothing says so.
            yield file, BundledFile(None if any(names.values()) else outer, command, by_hand=True)
        else:
            yield file, BundledFile(name, command, f"{bundle}:{name}", by_hand=True)


def _command_in(name: str) -> str | None:
    """The command that a file is named after: ip route of ip-route.txt, route.txt or ip_route_show_table_all."""
    words = [word for word in WORD.split(ENDINGS.sub("", name).lower()) if word]
    words = words[1:] if words[:1] == ["ip"] else words
    listed = LISTINGS.get(words[0]) if words else None
    if listed is None or not all(word in FURTHER for word in words[1:]):
        return None
    return f"ip {'-6 ' if 'v6' in words or '6' in words else ''}{listed}{' table all' if 'all' in words else ''}"


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
