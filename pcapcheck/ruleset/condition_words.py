"""Conditions and values as rules write them."""

from __future__ import annotations

from pcapcheck.column import Column
from pcapcheck.ruleset.aggregate import SIGNS
from pcapcheck.ruleset.conditions import Leaf
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.values import Value


def in_words(leaf: Leaf) -> str:
    """A condition as in a rule: ``replied = true``."""
    operand = leaf.operand
    if isinstance(operand, Column):
        shown = operand.name
    elif leaf.operator in ("exists", "mac_prefix", "cidr"):
        shown = _written(leaf.node)
    elif isinstance(operand, frozenset):
        shown = ", ".join(sorted(as_written(leaf.column, value) for value in operand))
    else:
        shown = as_written(leaf.column, operand)  # type: ignore[arg-type]
    return f"{leaf.column.name} {SIGNS.get(leaf.operator, leaf.operator)} {shown}"


def as_written(column: Column, value: Value | None) -> str:
    """A value as rules write it; reports for people have other words for some."""
    return str(value).lower() if isinstance(value, bool) else column.show(value)


def _written(node: Node) -> str:
    return ", ".join(map(_written, node.value)) if isinstance(node.value, list) else str(node.value)
