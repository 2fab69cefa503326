"""Rules made at random, about values that tables hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from msgspec.structs import replace

from pcapcheck.column import ADDRESS, DURATION, MAC, NUMBER
from pcapcheck.columns import COLUMNS
from pcapcheck.ruleset.aggregate import Bound
from pcapcheck.ruleset.conditions import Combination, Condition, Leaf
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.values import Value, format_mac

# Some values of each early column, by table and name.
Values = Mapping[tuple[str, str], Sequence[Value]]


def some_leaf(random: Random, table: str, values: Values) -> Leaf:
    """A comparison of an early column of the table, sometimes of a late one."""
    node = Node("", "", 1, 1)
    columns = [column for column in COLUMNS[table].values() if not column.deferred]
    column = random.choice(columns)
    if random.random() < 0.1 and "kind" in COLUMNS[table]:
        return Leaf(COLUMNS[table]["kind"], "eq", "pod-link", node)
    operators = ["eq", "ne", "in", "exists", "same_as"]
    operators += ["lt", "le", "gt", "ge"] if column.type.ordered else []
    operators += ["cidr"] * 2 if column.type is ADDRESS else ["mac_prefix"] * 2 if column.type is MAC else []
    operator = random.choice(operators)
    pool = values[table, column.name] or [0]
    value = random.choice(pool)
    operand: object = value
    if operator == "in":
        operand = frozenset(random.sample(pool, min(len(pool), 3)))
    elif operator == "exists":
        operand = random.random() < 0.5
    elif operator == "same_as":
        operand = random.choice([other for other in columns if other.type is column.type])
    elif operator == "cidr":
        mask = ((1 << 128) - 1) << random.choice([0, 8, 32, 64, 120])
        mask &= (1 << 128) - 1
        operand = tuple((int(some) & mask, mask) for some in random.sample(pool, min(len(pool), 2)))  # type: ignore[arg-type]
    elif operator == "mac_prefix":
        operand = format_mac(int(value))[: random.choice([2, 8, 17])]  # type: ignore[arg-type]
    elif column.type is NUMBER and random.random() < 0.1:
        operand = random.choice([-1, 1 << 63, 1 << 70, -(1 << 70)])
    return Leaf(column, operator, operand, node)


def some_condition(random: Random, table: str, values: Values, depth: int = 0) -> Condition:
    word = random.choice(["leaf", "leaf", "all", "any", "not"]) if depth < 3 else "leaf"
    if word == "leaf":
        return some_leaf(random, table, values)
    count = 1 if word == "not" else random.choice([1, 2, 3])
    return Combination(word, tuple(some_condition(random, table, values, depth + 1) for _ in range(count)))


def some_rule(random: Random, table: str, template: Rule, values: Values) -> Rule:
    many = random.random() < 0.1
    select = Combination("all", tuple(some_condition(random, table, values) for _ in range(random.choice([0, 1, 2]))))
    # With more than 31 leaves, the results need more than one number.
    expect = Combination("all", tuple(some_condition(random, table, values) for _ in range(20 if many else 2)))
    numbers = [
        column for column in COLUMNS[table].values() if column.type in (NUMBER, DURATION) and not column.deferred
    ]
    bounds = tuple(
        Bound("mean", random.choice(numbers), random.choice(["lt", "ge"]), 1)  # type: ignore[arg-type]
        for _ in range(random.choice([0, 0, 1, 2]))
    )
    texts = {"expected": "", "observed": "", "headline": "", "next": ()}
    return replace(template, table=table, select=select, expect=expect, bounds=bounds, **texts)


def content(evaluation: Evaluation) -> object:
    """All that an evaluation holds."""
    return evaluation.seen, [
        (
            key,
            held.count,
            held.samples,
            held.pairs,
            held.spreads,
            [sorted((-rank, sample.look().frames) for rank, _, sample in some.held) for some in held.extremes],
        )
        for key, held in evaluation.bins.items()
    ]
