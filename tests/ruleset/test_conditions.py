"""Conditions over rows: operators, and Kleene's logic where something was not captured."""

from __future__ import annotations

import itertools

import pytest

from pcapcheck.columns import COLUMNS
from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.ruleset.conditions import Combination, Leaf, read_conditions
from pcapcheck.ruleset.variables import Settings
from pcapcheck.ruleset.yaml_tree import load_documents
from pcapcheck.values import Value, parse_address, parse_mac

ROW: dict[str, Value | None] = {
    "ttl": 64,
    "rtt": 5_000_000,
    "dst": parse_address("10.1.2.3"),
    "src": parse_address("fe80::1"),
    "eth_src": parse_mac("ee:ee:ee:ee:ee:ee"),
    "eth_dst": None,
    "outcome": "replied",
    "reply_eth_src": frozenset({parse_mac("ee:ee:ee:ee:ee:ee"), parse_mac("02:00:00:00:00:01")}),
}


def evaluate(text: str) -> int:
    (node,) = load_documents(text, "x.yml")
    conditions = read_conditions(node, COLUMNS["echo"], Settings())
    return conditions.evaluate(lambda leaf: leaf.compare(lambda column: ROW.get(column.name)))


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("ttl: 64", TRUE),
        ("ttl: 63", FALSE),
        ("ttl: {ne: 63}", TRUE),
        ("ttl: [62, 63]", FALSE),
        ("ttl: {in: [63, 64]}", TRUE),
        ("ttl: {lt: 64}", FALSE),
        ("ttl: {le: 64}", TRUE),
        ("ttl: {gt: 63, lt: 65}", TRUE),
        ("ttl: {ge: 65}", FALSE),
        ("rtt: {le: 5ms}", TRUE),
        ("rtt: {lt: 5000us}", FALSE),
        ("dst: {cidr: 10.0.0.0/8}", TRUE),
        ("dst: {cidr: [192.168.0.0/16, 10.1.2.0/24]}", TRUE),
        ("dst: {cidr: 10.2.0.0/16}", FALSE),
        ("src: {cidr: 'fe80::/10'}", TRUE),
        ("src: {cidr: 0.0.0.0/0}", FALSE),
        ("eth_src: $proxy_mac", TRUE),
        ("eth_src: {mac_prefix: 'EE:EE'}", TRUE),
        ("eth_src: {mac_prefix: '02'}", FALSE),
        ("eth_src: {same_as: reply_eth_src}", TRUE),
        ("reply_eth_src: $proxy_mac", FALSE),
        ("reply_eth_src: [$proxy_mac, 02:00:00:00:00:01]", TRUE),
        ("outcome: replied", TRUE),
        ("eth_dst: {exists: false}", TRUE),
        ("eth_dst: {exists: true}", FALSE),
        ("ttl: {exists: true}", TRUE),
        ("eth_dst: $proxy_mac", UNKNOWN),
        ("eth_dst: {ne: ee:ee:ee:ee:ee:ee}", UNKNOWN),
        ("eth_src: {same_as: eth_dst}", UNKNOWN),
        ("not: {eth_dst: $proxy_mac}", UNKNOWN),
        ("not: {ttl: 63}", TRUE),
        ("any: [{ttl: 64}, {eth_dst: $proxy_mac}]", TRUE),
        ("any: [{ttl: 63}, {eth_dst: $proxy_mac}]", UNKNOWN),
        ("all: [{ttl: 63}, {eth_dst: $proxy_mac}]", FALSE),
        ("{ttl: 64, eth_dst: $proxy_mac}", UNKNOWN),
    ],
)
def test_condition(condition: str, verdict: int) -> None:
    assert evaluate(condition) == verdict


def test_kleene() -> None:
    (node,) = load_documents("x", "x.yml")
    leaves = [Leaf(COLUMNS["echo"]["ttl"], "eq", number, node) for number in range(2)]
    order = [FALSE, UNKNOWN, TRUE]
    for first, second in itertools.product(order, repeat=2):
        verdicts = {id(leaves[0]): first, id(leaves[1]): second}

        def judge(leaf: Leaf, verdicts: dict[int, int] = verdicts) -> int:
            return verdicts[id(leaf)]

        assert Combination("all", tuple(leaves)).evaluate(judge) == order[min(order.index(first), order.index(second))]
        assert Combination("any", tuple(leaves)).evaluate(judge) == order[max(order.index(first), order.index(second))]
        assert Combination("not", (leaves[0],)).evaluate(judge) == order[2 - order.index(first)]
