"""Raw rows counted by the evaluating loop, against rows as objects counted one by one; compiled and not."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.exchanges.raw_tables import RAW_TABLES
from pcapcheck.kleene import FALSE, UNKNOWN
from pcapcheck.protocols import ETHERTYPE_IPV4, ETHERTYPE_IPV6, ICMP, ICMPV6, TCP, UDP
from pcapcheck.raw_rows import TableRow
from pcapcheck.ruleset import row_counting
from pcapcheck.ruleset.conditions import Leaf
from pcapcheck.ruleset.evaluate import Evaluation, early_value
from pcapcheck.ruleset.feed import Feed
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.rule import Rule
from pcapcheck.values import Value
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.random_rules import content, some_rule
from tests.support.raw_batches import all_data, batches

RULES_PER_TABLE = 12


# The protocols whose fields columns hold, by the first word of their names.
PROTOCOLS = {"icmp": (ICMP, ICMPV6), "quoted": (ICMP, ICMPV6), "nd": (ICMPV6,), "tcp": (TCP,), "udp": (UDP,)}


def lacks(row: FrameRow, column: str) -> bool:
    """Whether a frame is known to have nothing of the kind, being of another protocol."""
    first = column.partition(".")[0]
    if row.carries == "undecoded" or first in ("frame", "eth", "sll"):
        return False
    if first == "arp":
        return row.carries not in ("arp", "other")
    if first in ("encap", "outer", "vxlan", "inner"):
        return row.encap in (None, "none")
    if first == "vlan":
        return row.eth_type is not None
    if row.carries == "arp":
        return True
    if row.carries == "other" and row.ip_version is None:
        return row.eth_type not in (None, ETHERTYPE_IPV4, ETHERTYPE_IPV6)
    return first in PROTOCOLS and row.ip_proto is not None and row.ip_proto not in PROTOCOLS[first]


class OneByOne(Evaluation):
    """A rule under evaluation that also takes frames as objects."""

    def _compare(self, leaf: Leaf, row: TableRow) -> int:
        result = super()._compare(leaf, row)
        if result == UNKNOWN and id(leaf) in self.selecting and isinstance(row, FrameRow):
            absent = [column.name for column in leaf.columns() if early_value(row, column) is None]
            return FALSE if any(lacks(row, name) for name in absent) else UNKNOWN
        return result

    def feed(self, capture: int, rows: Iterable[TableRow], weight: int = 1) -> None:
        super().feed(capture, rows, weight)
        # The next batch is written over the frames of this one.
        for held in self.bins.values():
            for _, row in [*held.kept, *held.over_time, *(kept for some in held.extremes for kept in some.ranked)]:
                row.look()

    def said_of(self, row: TableRow) -> tuple[tuple[int, ...], bool]:
        # What is compared here depends on more than the columns that the rule names.
        self._alike.clear()
        return super().said_of(row)


@cache
def values() -> dict[tuple[str, str], list[Value]]:
    """Some values of each early column, as the fixtures hold them."""
    found: dict[tuple[str, str], dict[Value, None]] = {}
    for data in all_data():
        for rows in batches(data):
            for number in range(rows.count):
                for name in rows.fields.columns:
                    held = found.setdefault((rows.table, name), {})
                    value = rows.value(number, name)
                    several = value if isinstance(value, frozenset) else () if value is None else (value,)
                    if len(held) < 12:
                        held.update(dict.fromkeys(several))
    return {key: list(held) for key, held in found.items()}


@cache
def some_rules() -> tuple[Rule, ...]:
    random = Random(1)
    (template, *_) = load_ruleset([Path("calico")]).rules
    return tuple(some_rule(random, table, template, values()) for table in RAW_TABLES for _ in range(RULES_PER_TABLE))


def counted(data: bytes, size: int = 64) -> tuple[list[Evaluation], list[OneByOne]]:
    """The rules after all rows were counted by the loop, and one by one."""
    by_loop, one_by_one = [Evaluation(rule) for rule in some_rules()], [OneByOne(rule) for rule in some_rules()]
    feed = Feed(by_loop)
    for rows in batches(data, size):
        feed.take(0, rows.table, rows)
        for evaluation in one_by_one:
            if evaluation.rule.table == rows.table:
                evaluation.feed(0, list(rows))
    feed.settle()
    return by_loop, one_by_one


def counts(evaluation: Evaluation) -> object:
    """What an evaluation holds, without the rows that are kept."""
    return evaluation.seen, {key: (held.count, held.spreads) for key, held in evaluation.bins.items()}


@pytest.mark.parametrize("data", all_data())
def test_like_one_by_one(data: bytes) -> None:
    for by_loop, one_by_one in zip(*counted(data), strict=True):
        assert content(by_loop) == content(one_by_one)


def test_nothing_is_lost_where_there_is_too_little_room() -> None:
    """Bins, spreads and cells are emptied when they are full, and so are the notes of rows to keep."""
    data = max(all_data(), key=lambda some: sum(rows.count for rows in batches(some)))
    with ExitStack() as little:
        little.enter_context(patch.object(row_counting, "FIRST", dict.fromkeys(row_counting.FIRST, 1)))
        little.enter_context(patch.object(row_counting, "MOST", dict.fromkeys(row_counting.MOST, 2)))
        little.enter_context(patch.object(row_counting, "NOTES", 1))
        by_loop, one_by_one = counted(data)
    for found, wanted in zip(by_loop, one_by_one, strict=True):
        assert counts(found) == counts(wanted)


def test_any_batch_size_gives_the_same() -> None:
    data = max(all_data(), key=len)
    one, other = counted(data, 1)[0], counted(data, 4096)[0]
    assert list(map(content, one)) == list(map(content, other))


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@pytest.mark.parametrize("data", all_data()[::20])
def test_plain_and_compiled_agree(data: bytes) -> None:
    compiled = counted(data)[0]
    with plain_loops():
        plain = counted(data)[0]
    assert list(map(content, plain)) == list(map(content, compiled))
