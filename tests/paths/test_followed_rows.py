"""Raw rows of paths and hops, against the rows as objects: the same cells, and counted the same by any rule."""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from pcapcheck import analyze
from pcapcheck.columns import COLUMNS
from pcapcheck.paths import followed_rows
from pcapcheck.paths.path_row import FollowedRow
from pcapcheck.paths.path_tables import PathTables
from pcapcheck.paths.paths import Paths
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.feed import Feed
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import HOPS, PATHS
from pcapcheck.values import Value
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import captures
from tests.support.random_rules import content, some_rule

SCENARIOS = ("loss", "any", "two-nodes-vxlan", "ipv6", "node-port", "tcp-refused")
COLUMNS_OF = {
    table: [name for name, column in COLUMNS[table].items() if not column.deferred] for table in (PATHS, HOPS)
}


@cache
def followed(scenario: str) -> Paths:
    return analyze(*captures(scenario)).followed


def objects(paths: Paths, table: str) -> list[FollowedRow]:
    """A row for every packet, in ``hops`` for each of its hops, made one by one."""
    groups = paths.groups
    assert groups is not None
    of_path = [PathTables(paths).of_path(table, path) for path in paths.found]
    every = ((packet, packets) for packet in groups.in_order() for packets in of_path[groups.path_of[packet]])
    return [packets.row(groups.sample(int(packet))) for packet, packets in every]


@cache
def some_rules(table: str) -> list[Rule]:
    """Rules about values that occur."""
    random = Random(2)
    (template, *_) = load_ruleset([Path("calico")]).rules
    rows = [row for scenario in SCENARIOS for row in objects(followed(scenario), table)]
    values: dict[tuple[str, str], list[Value]] = {}
    for name in COLUMNS_OF[table]:
        found = dict.fromkeys(getattr(row, COLUMNS[table][name].attribute) for row in rows)
        values[table, name] = list(islice((value for value in found if value is not None), 12))
    return [some_rule(random, table, template, values) for _ in range(60)]


def counted(paths: Paths, table: str) -> list[Evaluation]:
    """The rules after all rows were counted by the loop."""
    by_loop = list(map(Evaluation, some_rules(table)))
    feed = Feed(by_loop)
    for rows in followed_rows.followed_rows(paths, table, feed.columns_of(table)):
        feed.take(-1, table, rows)
    feed.settle()
    return by_loop


@pytest.mark.parametrize("table", [PATHS, HOPS])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_cell_is_what_the_row_says(scenario: str, table: str) -> None:
    expected = iter(objects(followed(scenario), table))
    for rows in followed_rows.followed_rows(followed(scenario), table, COLUMNS_OF[table]):
        for number in range(rows.count):
            row = next(expected)
            assert rows.object(number) == row
            for name in COLUMNS_OF[table]:
                assert rows.value(number, name) == getattr(row, COLUMNS[table][name].attribute), name
    assert next(expected, None) is None


@pytest.mark.parametrize("table", [PATHS, HOPS])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_counted_like_one_by_one(scenario: str, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one = list(map(Evaluation, some_rules(table)))
    rows = objects(followed(scenario), table)
    for row in rows:
        for evaluation in one_by_one:
            evaluation.feed(row.capture, [row])
    assert any(evaluation.bins for evaluation in one_by_one) == bool(rows)
    monkeypatch.setattr(followed_rows, "CHUNK", 7)
    assert list(map(content, counted(followed(scenario), table))) == list(map(content, one_by_one))


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@pytest.mark.parametrize("table", [PATHS, HOPS])
def test_plain_and_compiled_agree(table: str) -> None:
    compiled = counted(followed("any"), table)
    with plain_loops():
        plain = counted(followed("any"), table)
    assert list(map(content, plain)) == list(map(content, compiled))


def test_a_host_that_only_has_a_name_is_in_no_network(tmp_path: Path) -> None:
    """Both texts call the pod by its name, so nobody knows whether its address is within the rule's network."""
    line = "15:36:2{}.{} {} > {}, ethertype IPv4 (0x0800), length 98: (tos 0x0, ttl {}, id 7, offset 0, flags [DF], "
    line += "proto ICMP (1), length 84) web-1 > 10.244.1.20: ICMP echo request, id 3, seq 1, length 64\n"
    for name, ttl, time, macs in (
        ("cali1", 64, "100000", ("02:00:00:00:00:01", "ee:ee:ee:ee:ee:ee")),
        ("cali2", 63, "100100", ("ee:ee:ee:ee:ee:ee", "02:00:00:00:00:02")),
    ):
        (tmp_path / f"{name}.txt").write_text("".join(line.format(second, time, *macs, ttl) for second in range(2)))
    rule = tmp_path / "own.yml"
    rule.write_text(
        "id: own\ntitle: x\nwhy: x\nseverity: error\n"
        "select: {table: paths, src: {cidr: 10.0.0.0/8}}\nexpect: {length: {ge: 1}}\n"
    )
    analysis = analyze(tmp_path / "cali1.txt", tmp_path / "cali2.txt", rules=rule)
    (found,) = analysis.findings
    assert (found.status, found.checked, found.unknown) == ("not-checked", 0, 2)
