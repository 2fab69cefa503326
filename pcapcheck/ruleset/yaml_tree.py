"""YAML as a tree that remembers the place of each word.

Every scalar stays text, and the type of its column reads it: YAML 1.1 would read the MAC 10:20:30:40:50:06 as a number
and ``no`` as a boolean. Aliases and duplicate keys are errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from pcapcheck.brief import Brief
from pcapcheck.errors import RuleError
from pcapcheck.ruleset.faults import each

MOST_BYTES = 1 << 20
MOST_DEPTH = 50


@dataclass(frozen=True, repr=False)
class Node(Brief):
    """Text, list or map, with file, line and column (from 1)."""

    value: str | list[Node] | dict[str, Node]
    file: str
    line: int
    column: int
    keys: dict[str, Node] | None = None

    def error(self, message: str) -> RuleError:
        return RuleError(f"{self.file}:{self.line}:{self.column}: {message}")

    def text(self, what: str) -> str:
        if not isinstance(self.value, str):
            raise self.error(f"{what} must be text")
        return self.value

    def items(self, what: str) -> dict[str, Node]:
        if not isinstance(self.value, dict):
            raise self.error(f"{what} must be a map (name: value)")
        return self.value

    def list(self, what: str) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.error(f"{what} must be a list")
        return self.value

    def key(self, name: str) -> Node:
        """The place of a key of this map."""
        return self.keys[name] if self.keys and name in self.keys else self


def load_documents(text: str, file: str) -> list[Node]:
    """Load the YAML documents of a file. Raises RuleError with file, line and column."""
    if len(text) > MOST_BYTES:
        raise RuleError(f"{file}: larger than {MOST_BYTES >> 20} MiB; split it")
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                raise RuleError(f"{_where(event.start_mark, file)}: aliases (*name) are not allowed in rules")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEPTH:
                raise RuleError(f"{_where(event.start_mark, file)}: nested more than {MOST_DEPTH} deep")
        return each(lambda node: _node(node, file), list(yaml.compose_all(text, Loader=loader)))
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


def _node(node: yaml.Node, file: str) -> Node:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if isinstance(node, yaml.ScalarNode):
        return Node(str(node.value), file, line, column)
    if isinstance(node, yaml.SequenceNode):
        return Node(each(lambda child: _node(child, file), node.value), file, line, column)
    mapping: dict[str, Node] = {}
    keys: dict[str, Node] = {}

    def add(key_node: yaml.Node, value_node: yaml.Node) -> None:
        key = _node(key_node, file)
        name = key.text("a key")
        if name in mapping:
            raise key.error(f"{name!r} stands here twice (first on line {keys[name].line})")
        mapping[name] = _node(value_node, file)
        keys[name] = key

    each(lambda item: add(*item), node.value)
    return Node(mapping, file, line, column, keys)
