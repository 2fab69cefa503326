"""Packs as they were parsed when the package was built: reading them again takes no parser, and no time to speak of.

``setup.py`` writes one JSON file for each folder of ``rules/``. It holds each YAML file's text next to its trees: what
was edited since is parsed. Without these files everything is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from pcapcheck.ruleset.yaml_tree import Node, load_documents

PARSED = Path(__file__).resolve().parents[1] / "parsed"
# Stands for the path of a file, which is another one wherever the package is installed. YAML cannot hold it.
HERE = "\0"


def parsed_before(file: Path, text: str) -> list[Node] | None:
    """The documents of a file that ships with the package; None if that is not what was parsed then."""
    known = _parsed_folder(file.parent.name).get(file.name)
    if known is None or known[0] != text:
        return None
    here, path = msgspec.json.encode(HERE), msgspec.json.encode(str(file))
    try:
        return _nodes().decode(bytes(known[1]).replace(here, path))
    except msgspec.DecodeError:
        # What an older version built.
        return None


def packed_folder(files: Iterable[Path]) -> bytes:
    """What is kept of the YAML files of a folder."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    return msgspec.json.encode({name: (text, load_documents(text, HERE)) for name, text in texts.items()})


@cache
def _nodes() -> msgspec.json.Decoder[list[Node]]:
    return msgspec.json.Decoder(list[Node])


@cache
def _parsed_folder(name: str) -> dict[str, tuple[str, msgspec.Raw]]:
    """Text and trees of each file; the trees of those that nobody asks for stay JSON."""
    try:
        return msgspec.json.decode((PARSED / f"{name}.json").read_bytes(), type=dict[str, tuple[str, msgspec.Raw]])
    except (OSError, msgspec.DecodeError):
        return {}
