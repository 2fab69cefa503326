"""The project file: options that hold for all recordings of a project, in the folder of the recordings or above it."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pcapcheck.errors import RuleError, UsageError
from pcapcheck.values import clean

NAME = ".pcapcheck.toml"
RULES, PODS, PACK, GATEWAY, VARIABLES = "rules", "pods", "pack", "gateway", "variables"
KEYS = (RULES, PODS, PACK, GATEWAY, VARIABLES)
# Nobody writes more, and the parser takes long for a line of nothing but dots.
MOST_BYTES = 1 << 16


def find_project_file() -> Path | None:
    """The nearest project file, in the current folder or in one above it: whatever has its name, file or not.

    Raises UsageError if the current folder was removed.
    """
    try:
        folder = Path.cwd()
    except OSError as error:
        raise UsageError(f"the current folder: {error.strerror}; change to one that is there") from None
    for place in (folder, *folder.parents):
        file = place / NAME
        if os.path.lexists(file):
            return file
    return None


def read_project_file(file: Path) -> dict[str, Any]:
    """The values of a project file, by the name of the parameter that a command takes them as.

    ``rule_paths`` and ``pods_files`` are paths, relative ones from the file's folder; ``pack`` is text, ``assignments``
    are texts as ``--set`` takes them. Raises UsageError if the file cannot be read or says what no command knows.
    """
    said = _parsed(file)
    for key in said:
        if key not in KEYS:
            from pcapcheck.ruleset.variables import suggest

            raise _error(file, f"there is no key {clean(key)!r}{suggest(key, KEYS)}")
    values: dict[str, Any] = {}
    if RULES in said:
        values["rule_paths"] = _paths(file, RULES, said[RULES])
    if PODS in said:
        values["pods_files"] = _paths(file, PODS, said[PODS])
    if PACK in said:
        values["pack"] = _pack(file, said[PACK])
    assignments = _assignments(file, said)
    if assignments:
        values["assignments"] = assignments
    return values


def _parsed(file: Path) -> dict[str, Any]:
    try:
        # Not a pipe or a device: one waits until somebody writes, the other never ends.
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise _error(file, "no regular file; write TOML into one, or remove it")
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise _error(file, f"{error.strerror}; make it readable, or remove it") from None
    if len(data) > MOST_BYTES:
        raise _error(file, f"longer than {MOST_BYTES >> 10} KiB; is it a project file?")
    try:
        # Editors on Windows put a byte order mark before the first line.
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _error(file, "not UTF-8 text; a project file is TOML") from None
    except RecursionError:
        raise _error(file, "not TOML: too many brackets within each other") from None
    except tomllib.TOMLDecodeError as error:
        raise _error(file, f"not TOML: {error}") from None


def _paths(file: Path, key: str, value: Any) -> list[Path]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise _error(file, f'{key}: write a list of files, as in {key} = ["ours.yml"]')
    return [_path(file.parent, name) for name in names]


def _path(folder: Path, name: str) -> Path:
    """A file next to the project file; a pack's name stays one."""
    from pcapcheck.ruleset.files import is_there, pack_called

    return Path(name) if pack_called(name) and not is_there(folder / name) else folder / name


def _pack(file: Path, name: Any) -> str:
    from pcapcheck.ruleset.choose_packs import check_pack

    if not isinstance(name, str):
        raise _error(file, f'{PACK}: write the name of a network, as in {PACK} = "aws-vpc-cni"')
    try:
        return check_pack(name)
    except UsageError as error:
        raise _error(file, str(error).replace(f"--pack {name}", PACK, 1)) from None


def _assignments(file: Path, said: Mapping[str, Any]) -> list[str]:
    """What ``gateway`` and ``variables`` set, each checked as ``--set`` is."""
    from pcapcheck.ruleset.variables import Settings

    variables = said.get(VARIABLES, {})
    if not isinstance(variables, dict):
        raise _error(file, f"{VARIABLES}: write a table, as in [{VARIABLES}]")
    pairs = [(f"{VARIABLES}.{name}", name, value) for name, value in variables.items()]
    if GATEWAY in said:
        name = "gateway6" if ":" in str(said[GATEWAY]) else GATEWAY
        if name in variables:
            raise _error(file, f"{GATEWAY} and {VARIABLES}.{name} say the same; leave out one of them")
        pairs.insert(0, (GATEWAY, name, said[GATEWAY]))
    for key, name, value in pairs:
        if not isinstance(value, str):
            raise _error(file, f'{clean(key)}: write a text in quotes, as in arp_wait = "2s"')
        try:
            Settings({name: value})
        except RuleError as error:
            raise _error(file, str(error).replace(f"--set {name}={value}", key, 1)) from None
    return [f"{name}={value}" for _, name, value in pairs]


def _error(file: Path, text: str) -> UsageError:
    return UsageError(f"{file}: {text}")
