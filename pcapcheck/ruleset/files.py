"""Rule files: where they are and what they contain, read once per process."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from pcapcheck.errors import RuleError
from pcapcheck.networks import ALIASES, CALICO, PACKED, id_of
from pcapcheck.ruleset.faults import Faults
from pcapcheck.ruleset.parsed_packs import parsed_before
from pcapcheck.ruleset.variables import closest
from pcapcheck.ruleset.yaml_tree import MOST_BYTES, Node, load_documents
from pcapcheck.table_names import STATE

SUFFIXES = (".yml", ".yaml")
PACKS = (CALICO, STATE)
# What the packs for other networks (``pcapcheck/networks.py``) have in common.
SHARED = "any-network"
EVERY_PACK = (*PACKS, *PACKED, SHARED)
# What this file of a folder says holds for all rules of the folder.
OF_THE_PACK = "pack.yml"
# A file is rarely longer. (Room for all that one may have takes longer to get than reading the file.)
USUAL_BYTES = 1 << 14
# At most this many files of users are remembered.
MOST_REMEMBERED = 500
# A file changed this recently may change again with the same time of change. Nanoseconds.
RECENT = 2_000_000_000

# A file: its path, its text and the documents in it.
RuleFile = tuple[Path, str, list[Node]]
# What identifies the content of a file: device, inode, size, times of change of content and of inode.
_Stamp = tuple[int, ...]
_remembered: dict[str, tuple[_Stamp, RuleFile]] = {}
# Texts of files by their paths, as they are on the machine where somebody named them.
_handed: ContextVar[Mapping[str, str]] = ContextVar("_handed", default={})  # noqa: B039


@cache
def packs_folder() -> Path:
    """The folder of rule packs: the copy inside the installed package, else the checkout's ``rules/``."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "rules"
    return packaged if packaged.is_dir() else package.parent / "rules"


def pack(name: str) -> Path:
    """The folder of a pack that ships with the package."""
    return packs_folder() / name


def pack_called(name: str) -> Path | None:
    """The folder of the pack that somebody calls so: ``ptp``, ``kindnet``."""
    return pack(id_of(name)) if id_of(name) in EVERY_PACK else None


def pack_or(path: Path) -> Path:
    """The folder of the pack that is called so, unless a file or folder has that name."""
    folder = pack_called(str(path))
    return path if folder is None or is_there(path) else folder


@contextmanager
def handed_texts(texts: Mapping[str, str]) -> Iterator[None]:
    """Meanwhile files with these paths have these texts, whatever is there on this machine; nobody changes them."""
    token = _handed.set(texts)
    try:
        yield
    finally:
        _handed.reset(token)


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder of rules."""
    return bool(_handed_below(path)) or os.path.exists(path)


def read_files(path: Path, faults: Faults) -> Iterator[RuleFile]:
    """A file, or each file in a folder: its path, its text and the documents in it.

    What ships with the package is read once per process, any other file once for as long as it stays the same. Nobody
    may change what is handed out. ``faults`` notes files that cannot be read or hold no document.
    """
    if path.parent == packs_folder():
        for file, text in texts_of_pack(path):
            yield parsed(file, text)
        return
    found, wrong = 0, len(faults.errors)
    for file in _files(path):
        for read in faults.each(_once, [file]):
            found += len(read[2])
            yield read
    if not found and len(faults.errors) == wrong:
        here = "no .yml or .yaml file with a rule in this folder" if os.path.isdir(path) else "the file holds no rule"
        faults.errors.append(f"{path}: {here}")


@cache
def texts_of_pack(folder: Path) -> tuple[tuple[Path, str], ...]:
    """The files of a folder that ships with the package, each with its text."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(SUFFIXES))
    return tuple((folder / name, _text(folder / name)) for name in names)


@cache
def parsed(file: Path, text: str) -> RuleFile:
    """A file with this text, read once per process."""
    known = parsed_before(file, text)
    return file, text, load_documents(text, str(file)) if known is None else known


def _once(file: Path) -> RuleFile:
    """A file's content, from memory if the file is still the same."""
    text = _handed.get().get(str(file))
    if text is not None:
        return parsed(file, text)
    name, stamp = str(file), _stamp(file)
    known = _remembered.get(name)
    if known is not None and known[0] == stamp:
        return known[1]
    read = _read(file)
    if stamp is not None and stamp == _stamp(file):
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[name] = stamp, read
    return read


def _stamp(file: Path) -> _Stamp | None:
    """None if the content may change unnoticed: no regular file, or a file that was changed just now."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) < RECENT:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read(file: Path) -> RuleFile:
    text = _text(file)
    return file, text, load_documents(text, str(file))


def _handed_below(path: Path) -> list[Path]:
    """The handed files that are this one, or in this folder."""
    files = map(Path, _handed.get())
    return [file for file in files if file == path or path in file.parents]


def _files(path: Path) -> list[Path]:
    handed = _handed_below(path)
    if handed:
        return handed
    if os.path.isdir(path):
        return sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    return [path]


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(USUAL_BYTES)
            if len(data) == USUAL_BYTES:
                data += stream.read(MOST_BYTES + 1 - USUAL_BYTES)
        return data.decode("utf-8")
    except OSError as error:
        near = () if file.suffix else closest(file.name, (*EVERY_PACK, *ALIASES))
        hint = f"did you mean the pack {near[0]!r}?" if near else "give a rule file, a folder of them or a pack"
        raise RuleError(f"{file}: {error.strerror}; {hint}") from None
    except UnicodeDecodeError:
        raise RuleError(f"{file}: not UTF-8 text; a rule file is YAML") from None
