"""YAML of ``kubectl get … -o yaml`` and ``calicoctl get … -o yaml``: the same objects as in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.yaml_lines import begins_yaml, goes_on_in_yaml

# A document that is longer, or deeper, is not read.
MOST_CHARACTERS = 4 << 20
MOST_DEPTH = 60
_SEPARATOR = re.compile(r"---|\.\.\.")
_ITEM = re.compile(r"(?:  )?- apiVersion: .*")
# What would let a short text stand for a long one.
_ALIAS = re.compile(r"(?:^|[\s\[,:-])[*&]\w")
Object = dict[str, object]


def yaml_documents(lines: Sequence[Line]) -> Iterator[tuple[range, list[tuple[Object, Line]]]]:
    """Where each document stands among the lines, and its objects, each with the line in which it begins.

    Of a list of objects these are its items. A document that is damaged has none.
    """
    at = 0
    while at < len(lines):
        if not begins_yaml(lines[at].text.rstrip()):
            at += 1
            continue
        end = at + 1
        while end < len(lines) and _is_inside(lines[end].text.rstrip()):
            end += 1
        yield range(at, end), _objects(lines[at:end])
        at = end


def _is_inside(text: str) -> bool:
    return goes_on_in_yaml(text) and not _SEPARATOR.fullmatch(text)


def _objects(lines: Sequence[Line]) -> list[tuple[Object, Line]]:
    text = "\n".join(line.text for line in lines)
    if len(text) > MOST_CHARACTERS or any(_ALIAS.search(line.text) for line in lines) or _depth(lines) > MOST_DEPTH:
        return []
    try:
        found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return []
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list):
        return [(found, lines[0])] if isinstance(found, dict) else []
    begun = [line for line in lines if _ITEM.fullmatch(line.text.rstrip())]
    places = begun if len(begun) == len(items) else [lines[0]] * len(items)
    return [(item, line) for item, line in zip(items, places, strict=True) if isinstance(item, dict)]


def _depth(lines: Sequence[Line]) -> int:
    """How deep a document is at most, by its indents and brackets."""
    indents = max((len(line.text) - len(line.text.lstrip(" ")) for line in lines), default=0)
    brackets = max((line.text.count("[") + line.text.count("{") + line.text.count("- -") for line in lines), default=0)
    return indents // 2 + brackets
