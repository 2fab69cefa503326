"""YAML as a tree that remembers the place of each word.

Every scalar stays text, and the type of its column reads it: YAML 1.1 would read the MAC 10:20:30:40:50:06 as a number
and ``no`` as a boolean. Aliases and duplicate keys are errors.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.errors import RuleError

MOST_BYTES = 1 << 20


class Node(Brief, Struct, frozen=True, array_like=True):
    """Text, list or map, with file, line and column (from 1); of a map also those of its keys.

    As JSON it is an array: ``parsed_packs`` keeps many.
    """

    value: str | list[Node] | dict[str, Node]
    file: str
    line: int
    column: int
    keys: dict[str, tuple[int, int]] | None = None

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

    def entries(self, what: str) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.error(f"{what} must be a list")
        return self.value

    def key(self, name: str) -> Node:
        """The place of a key of this map."""
        return Node(name, self.file, *self.keys[name]) if self.keys and name in self.keys else self


def load_documents(text: str, file: str) -> list[Node]:
    """Load the YAML documents of a file. Raises RuleError with file, line and column."""
    # Loading PyYAML takes as long as a seventh of a small capture, and what ships was parsed when it was built.
    from pcapcheck.ruleset.yaml_parsing import parse_documents

    return parse_documents(text, file)
