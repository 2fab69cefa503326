"""Parse YAML into trees (``yaml_tree``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from msgspec import Struct

from pcapcheck.errors import RuleError
from pcapcheck.ruleset.yaml_tree import MOST_BYTES, Node

MOST_DEPTH = 50


def parse_documents(text: str, file: str) -> list[Node]:
    """The YAML documents of a file. Raises RuleError with file, line and column."""
    if len(text) > MOST_BYTES:
        raise RuleError(f"{file}: larger than {MOST_BYTES >> 20} MiB; split it")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _documents(yaml.parse(text, Loader=loader), file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = _where(mark, file)
        # The C scanner runs up to a thousand characters ahead, into a limit of its own, before the loop above counts.
        if mark and _open_brackets(text[: mark.index]) > MOST_DEPTH:
            raise RuleError(f"{where}: nested more than {MOST_DEPTH} deep") from None
        if mark and "".join(text.split("\n")[mark.line : mark.line + 1])[mark.column :].startswith("\t"):
            raise RuleError(f"{where}: a tab; YAML wants spaces") from None
        raise RuleError(f"{where}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise RuleError(f"{file}: not YAML: {' '.join(str(error).split())}") from None


def _open_brackets(text: str) -> int:
    return sum(text.count(opens) - text.count(closes) for opens, closes in ("[]", "{}"))


def _where(mark: Any, file: str) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file


class _Growing(Struct):
    """A list or map whose end has not come yet."""

    begin: yaml.CollectionStartEvent
    nodes: list[Node]

    def tree(self, file: str, errors: list[str]) -> Node:
        """A list, or a map of every other node to the one behind it; notes the keys that are wrong."""
        if isinstance(self.begin, yaml.SequenceStartEvent):
            return _node(self.nodes, self.begin, file)
        mapping: dict[str, Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        for key, value in zip(self.nodes[::2], self.nodes[1::2], strict=True):
            try:
                name = key.text("a key")
                if name in mapping:
                    raise key.error(f"{name!r} stands here twice (first on line {keys[name][0]})")
            except RuleError as error:
                errors += error.errors
                continue
            mapping[name], keys[name] = value, (key.line, key.column)
        return _node(mapping, self.begin, file, keys)


def _documents(events: Iterable[yaml.Event], file: str) -> list[Node]:
    """The trees of all documents. Raises RuleError with all keys that are wrong; YAMLError if it is no YAML."""
    documents: list[Node] = []
    growing: list[_Growing] = []
    errors: list[str] = []
    for event in events:
        nodes = growing[-1].nodes if growing else documents
        if isinstance(event, yaml.ScalarEvent):
            nodes.append(_node(str(event.value), event, file))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(growing) == MOST_DEPTH:
                raise RuleError(f"{_where(event.start_mark, file)}: nested more than {MOST_DEPTH} deep")
            growing.append(_Growing(event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            grown = growing.pop().tree(file, errors)
            (growing[-1].nodes if growing else documents).append(grown)
        elif isinstance(event, yaml.AliasEvent):
            raise RuleError(f"{_where(event.start_mark, file)}: aliases (*name) are not allowed in rules")
    if errors:
        raise RuleError.of(errors)
    return documents


def _node(
    value: str | list[Node] | dict[str, Node], begin: Any, file: str, keys: dict[str, tuple[int, int]] | None = None
) -> Node:
    mark = begin.start_mark
    return Node(value, file, mark.line + 1, mark.column + 1, keys)
