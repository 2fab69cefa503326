"""Files as observations: one each, one per folder, or by a pattern; with what lies next to captures about nodes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.capture.rotation import numbered_key
from pcapcheck.errors import UsageError
from pcapcheck.fleet.file_roles import COMPANION, CONTAINER, NEITHER, is_named_capture, role_of
from pcapcheck.fleet.fleet_observation import Columns, FleetObservation
from pcapcheck.fleet.group_pattern import GroupPattern
from pcapcheck.fleet.source_files import SourceFiles
from pcapcheck.fleet.stored_file import StoredFile
from pcapcheck.values import clean

FILE, FOLDER = "file", "folder"
PER = (FILE, FOLDER)
# Descriptions in a folder that are called like none of its captures go with each of them, if there are no more.
MOST_SHARED = 20
_SEPARATOR = re.compile(r"[-_. ]")
_PACKED = re.compile(r"\.(?:gz|zst|lz4|xz|bz2)$", re.IGNORECASE)


class LeftOut(Struct):
    """Files that belong to no observation, by reason: how many, and the name of the first."""

    reasons: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, why: str, file: StoredFile) -> None:
        count, first = self.reasons.get(why, (0, file.name))
        self.reasons[why] = (count + 1, first)

    @property
    def lines(self) -> list[str]:
        """A line per reason."""
        return [
            f"left out: {count:,} file{'' if count == 1 else 's'} {why}, for example {clean(first)}"
            for why, (count, first) in self.reasons.items()
        ]


def observations_of(
    found: SourceFiles, per: str, pattern: GroupPattern | None, left_out: LeftOut
) -> Iterator[FleetObservation]:
    """The observations of one source. Raises UsageError if a pattern fits none of its files."""
    for unlisted in found.unlisted:
        columns = tuple((name, "") for name in pattern.names) if pattern else ()
        yield FleetObservation(unlisted.name, (), columns, unlisted.message, unlisted.kind, found.source)
    if pattern is not None:
        groups = _by_pattern(found, pattern, left_out)
    elif per == FOLDER:
        groups = _by_folder(found.files, left_out)
    else:
        groups = _each(found.files, left_out)
    for place, (files, columns) in groups.items():
        yield FleetObservation(_joined(found.root, place), tuple(files), columns, source=found.source)


def _joined(root: str, place: str) -> str:
    return f"{root.rstrip('/')}/{place}" if root and place else root + place


Groups = dict[str, tuple[list[StoredFile], Columns]]


def _by_folder(files: Iterable[StoredFile], left_out: LeftOut) -> Groups:
    """All files of a folder, if one of them is of use."""
    groups: Groups = {}
    for file in files:
        groups.setdefault(file.folder, ([], ()))[0].append(file)
    for folder, (some, _) in list(groups.items()):
        if not any(map(is_named_capture, some)) and all(role_of(file) == NEITHER for file in some):
            del groups[folder]
            for file in some:
                left_out.add("in folders without captures, states or lists of pods", file)
    return groups


def _each(files: Iterable[StoredFile], left_out: LeftOut) -> Groups:
    """A file each; the files of one recording that were numbered are one, and so is a bundle."""
    groups: Groups = {}
    sets: dict[tuple[Path, str, str], str] = {}
    judged, companions = _sorted_out(files, left_out)
    for file in judged:
        numbered = numbered_key(Path(file.place))
        packed = _PACKED.search(file.short_name)
        place = sets.setdefault((*numbered, packed[0] if packed else ""), file.place) if numbered else file.place
        groups.setdefault(place, ([], ()))[0].append(file)
    _add_companions(groups, companions, left_out)
    return groups


def _by_pattern(found: SourceFiles, pattern: GroupPattern, left_out: LeftOut) -> Groups:
    groups: Groups = {}
    others = []
    for file in found.files:
        values = pattern.values(file.place)
        if values is None:
            others.append(file)
            continue
        columns = tuple(zip(pattern.names, map(clean, values), strict=True))
        # No file's place holds this, so no two groups have one name.
        place = "/".join(f"{name}={value}" for name, value in columns)
        groups.setdefault(place, ([], columns))[0].append(file)
    if not groups and found.files:
        first = clean(found.files[0].place)
        raise UsageError(f"--group-by fits none of the {len(found.files)} files, for example {first}")
    judged, companions = _sorted_out(others, left_out, "that are no captures, states or lists of pods")
    for file in judged:
        left_out.add("that --group-by does not fit", file)
    _add_companions(groups, companions, left_out)
    return groups


def _sorted_out(
    files: Iterable[StoredFile], left_out: LeftOut, why: str = "that are no captures, states or lists of pods"
) -> tuple[list[StoredFile], list[StoredFile]]:
    """What is to be judged, and what describes nodes and pods."""
    judged: list[StoredFile] = []
    companions: list[StoredFile] = []
    for file in files:
        role = role_of(file)
        if role == NEITHER:
            left_out.add(why, file)
        else:
            (companions if role == COMPANION else judged).append(file)
    return judged, companions


def _add_companions(groups: Groups, companions: list[StoredFile], left_out: LeftOut) -> None:
    """Give each description to the captures of its folder that it is called like, else to all in its folder."""
    if not companions:
        return
    by_folder: dict[str, dict[int, list[StoredFile]]] = {}
    by_stem: dict[tuple[str, str], dict[int, list[StoredFile]]] = {}
    for files, _ in groups.values():
        for file in files:
            by_folder.setdefault(file.folder, {})[id(files)] = files
            stem = CONTAINER.sub("", file.short_name)
            by_stem.setdefault((file.folder, stem), {})[id(files)] = files
    shared: dict[str, list[StoredFile]] = {}
    for companion in companions:
        own = _called_like(companion, by_stem)
        for files in own:
            files.append(companion)
        if not own:
            shared.setdefault(companion.folder, []).append(companion)
    for folder, some in shared.items():
        together = by_folder.get(folder, {})
        why = "about nodes or pods with no capture next to them"
        if together and len(some) > MOST_SHARED:
            why = f"about nodes or pods: more than {MOST_SHARED} in one folder, and called like none of its captures"
        for companion in some:
            if not together or len(some) > MOST_SHARED:
                left_out.add(why, companion)
        if len(some) <= MOST_SHARED:
            for files in together.values():
                files += some


def _called_like(
    companion: StoredFile, by_stem: dict[tuple[str, str], dict[int, list[StoredFile]]]
) -> list[list[StoredFile]]:
    """The groups of captures whose name, up to a dot, dash or underline, the description's begins with."""
    name = companion.short_name
    for end in sorted((found.start() for found in _SEPARATOR.finditer(name)), reverse=True):
        own = by_stem.get((companion.folder, name[:end]))
        if own:
            return list(own.values())
    return []


def without_repeats(observations: Iterable[FleetObservation]) -> list[FleetObservation]:
    """Each once: sources may hold each other."""
    every: dict[str, FleetObservation] = {}
    for observation in observations:
        name = observation.name
        every.setdefault(name if observation.columns or "://" in name else os.path.normpath(name), observation)
    return list(every.values())
