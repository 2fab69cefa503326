"""Conditions: what ``select`` and ``expect`` say, in three-valued logic (Kleene).

A comparison with something that the capture does not hold is UNKNOWN, never true and never false.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.column import ADDRESS, MAC, Column, Columns
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.ruleset.faults import each
from pcapcheck.ruleset.variables import Settings, suggest
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.values import (
    Value,
    format_address,
    format_mac,
    is_name,
    parse_bool,
    parse_mac_prefix,
    parse_network,
)

WORDS = {"all", "any", "not"}
LONGEST = 200

Getter = Callable[[Column], Value | None]


class Operator(Struct, frozen=True):
    """A comparison: its name, its meaning, and whether it needs an ordered column."""

    name: str
    help: str
    ordered: bool = False


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("eq", "equals"),
        Operator("ne", "differs from"),
        Operator("in", "is one of a list"),
        Operator("lt", "is less than", ordered=True),
        Operator("le", "is at most", ordered=True),
        Operator("gt", "is more than", ordered=True),
        Operator("ge", "is at least", ordered=True),
        Operator("cidr", "is an address within a network, or within one of a list"),
        Operator("mac_prefix", "is a MAC that begins with these bytes"),
        Operator("exists", "true: the capture holds a value; false: it does not"),
        Operator("same_as", "equals another column of the row (one of its values if it has several)"),
    )
}


class Leaf(Brief, Struct, frozen=True):
    """One column compared with something. If the column has several values, all of them must compare true."""

    column: Column
    operator: str
    operand: object
    node: Node

    def evaluate(self, judge: Judge) -> int:
        return judge(self)

    def compare(self, get: Getter) -> int:
        """TRUE, FALSE, or UNKNOWN if a column that it names is absent."""
        value = get(self.column)
        if self.operator == "exists":
            return TRUE if (value is not None) is self.operand else FALSE
        if value is None:
            return UNKNOWN
        operand = self.operand
        if isinstance(operand, Column):
            other = get(operand)
            if other is None:
                return UNKNOWN
            operand = other if isinstance(other, (tuple, frozenset)) else (other,)
        elif self.nameless(value):
            return UNKNOWN
        held = value if isinstance(value, (tuple, frozenset)) else (value,)
        return TRUE if all(_compare(self.operator, value, operand) for value in held) else FALSE

    def nameless(self, value: Value | None) -> str:
        """The host name that would have to be compared with an address, if a text shows names; else empty.

        Two names can be compared: tcpdump always prints an address the same way.
        """
        if self.column.type is not ADDRESS or self.operator == "exists" or isinstance(self.operand, Column):
            return ""
        held = value if isinstance(value, (tuple, frozenset)) else (value,)
        return next((format_address(address) for address in held if isinstance(address, int) and is_name(address)), "")

    def columns(self) -> list[Column]:
        return [self.column, self.operand] if isinstance(self.operand, Column) else [self.column]

    def leaves(self) -> list[Leaf]:
        return [self]


class Combination(Brief, Struct, frozen=True):
    """``all`` or ``any`` of several conditions, or ``not`` of one condition."""

    word: str
    parts: tuple[Condition, ...]

    def evaluate(self, judge: Judge) -> int:
        """Combine what ``judge`` says of each leaf."""
        if self.word == "not":
            return -self.parts[0].evaluate(judge)
        # One part that is true settles ``any``, one that is false ``all``.
        settling = TRUE if self.word == "any" else FALSE
        result = -settling
        for part in self.parts:
            said = part.evaluate(judge)
            if said == settling:
                return settling
            result = UNKNOWN if said == UNKNOWN else result
        return result

    def leaves(self) -> list[Leaf]:
        return [leaf for part in self.parts for leaf in part.leaves()]


Condition = Leaf | Combination
Judge = Callable[[Leaf], int]


def _compare(operator: str, value: Value, operand: object) -> bool:
    match operator:
        case "eq":
            return value == operand
        case "ne":
            return value != operand
        case "in" | "same_as":
            return value in operand  # type: ignore[operator]
        case "lt":
            return value < operand  # type: ignore[operator]
        case "le":
            return value <= operand  # type: ignore[operator]
        case "gt":
            return value > operand  # type: ignore[operator]
        case "ge":
            return value >= operand  # type: ignore[operator]
        case "cidr":
            return any(value & mask == network for network, mask in operand)  # type: ignore
        case _:
            return format_mac(value).startswith(operand)  # type: ignore[arg-type]


def read_conditions(
    node: Node, columns: Columns, settings: Settings, without: frozenset[str] = frozenset()
) -> Combination:
    """Read a map of conditions; all must hold. ``without`` names keys that mean something else (``table``)."""

    def read(name: str, value: Node) -> list[Condition]:
        if name in ("all", "any"):
            some = tuple(each(lambda node: read_conditions(node, columns, settings), value.entries(f"{name!r}")))
            if not some:
                raise value.error(f"{name!r} needs at least one condition")
            return [Combination(name, some)]
        if name == "not":
            return [Combination("not", (read_conditions(value, columns, settings),))]
        return _read_leaves(find_column(node.key(name), name, columns), value, columns, settings)

    given = [item for item in node.items("conditions").items() if item[0] not in without]
    parts = [part for some in each(lambda item: read(*item), given) for part in some]
    if not parts and not without:
        raise node.error("needs at least one condition; an empty one would always hold")
    return Combination("all", tuple(parts))


def find_column(node: Node, name: str, columns: Columns) -> Column:
    column = columns.get(name)
    if column is None:
        raise node.error(f"table {columns.table!r} has no column {name!r}{suggest(name, {*columns, *WORDS})}")
    return column


def _read_leaves(column: Column, node: Node, columns: Columns, settings: Settings) -> list[Condition]:
    if isinstance(node.value, str):
        return [Leaf(column, "eq", operand_of(column, node, settings), node)]
    if isinstance(node.value, list):
        return [Leaf(column, "in", _operands(column, node, settings), node)]
    if not node.value:
        raise node.error(f"{column.name}: needs an operator, one of: {', '.join(OPERATORS)}")
    return each(lambda name: _read_operator(column, name, node, columns, settings), node.value)


def _read_operator(column: Column, name: str, node: Node, columns: Columns, settings: Settings) -> Condition:
    assert isinstance(node.value, dict)
    operand = node.value[name]
    operator = OPERATORS.get(name)
    if operator is None:
        raise node.key(name).error(f"there is no operator {name!r}{suggest(name, OPERATORS)}")
    if operator.ordered and not column.type.ordered:
        raise node.key(name).error(f"{name!r} needs a number, time or duration; {column.name} is a {column.type.name}")
    match name:
        case "exists":
            return Leaf(column, name, value_of(operand, parse_bool, settings), operand)
        case "same_as":
            other = find_column(operand, operand.text(name), columns)
            if other.type is not column.type:
                raise operand.error(f"{other.name} is a {other.type.name}, {column.name} a {column.type.name}")
            if other.deferred != column.deferred:
                late, early = (other, column) if other.deferred else (column, other)
                raise operand.error(
                    f"{early.name} is known of each row, {late.name} only of rows counted together: "
                    "they cannot be compared"
                )
            return Leaf(column, name, other, operand)
        case "in":
            return Leaf(column, name, _operands(column, operand, settings), operand)
        case "cidr":
            if column.type is not ADDRESS:
                raise node.key(name).error(f"'cidr' needs an address; {column.name} is a {column.type.name}")
            nodes = _some(column, operand) if isinstance(operand.value, list) else [operand]
            return Leaf(column, name, tuple(each(lambda node: value_of(node, parse_network, settings), nodes)), operand)
        case "mac_prefix":
            if column.type is not MAC:
                raise node.key(name).error(f"'mac_prefix' needs a MAC; {column.name} is a {column.type.name}")
            return Leaf(column, name, value_of(operand, parse_mac_prefix, settings), operand)
    return Leaf(column, name, operand_of(column, operand, settings), operand)


def _some(column: Column, node: Node) -> list[Node]:
    nodes = node.entries(column.name)
    if not nodes:
        raise node.error(f"{column.name}: an empty list never holds")
    return nodes


def _operands(column: Column, node: Node, settings: Settings) -> frozenset[Value]:
    return frozenset(each(lambda node: operand_of(column, node, settings), _some(column, node)))


def operand_of(column: Column, node: Node, settings: Settings) -> Value:
    """A scalar, read as a value of the column that it is compared with."""
    value: Value = value_of(node, column.parse, settings)  # type: ignore[assignment]
    return value


def value_of(node: Node, parse: Callable[[str], object], settings: Settings) -> object:
    """A scalar read by ``parse``, with ``$name`` replaced by the variable's value."""
    text = node.text("a value")
    if text.startswith("$"):
        text = settings.get(text[1:], node)
    if len(text) > LONGEST:
        raise node.error(f"{text[:20]!r}… is longer than any value")
    try:
        return parse(text)
    except ValueError as error:
        raise node.error(str(error)) from None
