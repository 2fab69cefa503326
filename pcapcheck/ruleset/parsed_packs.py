"""Packs as they were parsed when the package was built: reading them again takes no parser, and a fifth of the time.

``setup.py`` writes one JSON file for each folder of ``rules/``. It holds each YAML file's text next to its trees: what
was edited since is parsed. Without these files everything is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from pcapcheck.ruleset.yaml_tree import Node, load_documents

PARSED = Path(__file__).resolve().parents[1] / "parsed"

# A node: its line, its column, and text, a list of nodes, or a map. In a map a name stands before the line and the
# column of its key, and the node of its value.
_Packed = tuple[int, int, Any]


def parsed_before(file: Path, text: str) -> list[Node] | None:
    """The documents of a file that ships with the package; None if it has another text than it had then."""
    known = _parsed_folder(file.parent.name).get(file.name)
    if known is None or known[0] != text:
        return None
    return [_unpacked(packed, str(file)) for packed in msgspec.json.decode(known[1])]


def packed_folder(files: Iterable[Path]) -> bytes:
    """What is kept of the YAML files of a folder."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    return msgspec.json.encode(
        {name: (text, list(map(_packed, load_documents(text, name)))) for name, text in texts.items()}
    )


@cache
def _parsed_folder(name: str) -> dict[str, tuple[str, msgspec.Raw]]:
    """Text and trees of each file; the trees of those that nobody asks for stay JSON."""
    try:
        return msgspec.json.decode((PARSED / f"{name}.json").read_bytes(), type=dict[str, tuple[str, msgspec.Raw]])
    except (OSError, msgspec.DecodeError):
        return {}


def _packed(node: Node) -> _Packed:
    value: Any = node.value
    if isinstance(value, list):
        value = list(map(_packed, value))
    elif isinstance(value, dict):
        keys = node.keys or {}
        value = {name: (*keys[name], _packed(part)) for name, part in value.items()}
    return node.line, node.column, value


def _unpacked(packed: _Packed, file: str) -> Node:
    line, column, value = packed
    if isinstance(value, str):
        return Node(value, file, line, column)
    if isinstance(value, list):
        return Node([_unpacked(part, file) for part in value], file, line, column)
    parts = {name: _unpacked(part, file) for name, (_, _, part) in value.items()}
    keys = {name: (at, column_of) for name, (at, column_of, _) in value.items()}
    return Node(parts, file, line, column, keys)
