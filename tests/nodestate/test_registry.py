"""Readers of node state and the commands that lead to them."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from pcapcheck.nodestate import command_listing
from pcapcheck.nodestate.command_listing import IP_READERS
from pcapcheck.nodestate.readers.registry import ALL_READERS, READERS, reader_of


def test_names_and_commands_are_unique() -> None:
    names = Counter(reader.name for reader in ALL_READERS)
    commands = Counter(command for reader in ALL_READERS for command in reader.commands)
    assert max(names.values()) == max(commands.values()) == 1


def test_every_listing_has_a_reader() -> None:
    tree = ast.parse(Path(command_listing.__file__).read_text())
    named = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Listing"
        and isinstance(node.args[0], ast.Constant)
    }
    assert "lookup" in named
    assert named | set(IP_READERS.values()) <= set(READERS)


def test_every_reader_reads_something() -> None:
    assert [reader.name for reader in ALL_READERS if not (reader.read_host or reader.read_cluster)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10.244.1.10 dev cali14e7d81007d scope link", "routes"),
        ("10.244.1.10 dev cali14e7d81007d lladdr 02:00:00:00:00:01 REACHABLE", "neighbours"),
        ("10.244.1.10 dev cali14e7d81007d src 172.18.0.2 uid 0", "lookup"),
        ("10.244.1.10 ether 02:00:00:00:00:01 C cali14e7d81007d", "arp"),
        ("10.244.1.10 0.0.0.0 255.255.255.255 UH 0 0 0 cali14e7d81007d", "route-table"),
        ("10.96.0.20 . tcp . 80 : goto reject-chain", None),
        ("eth0 UP 172.18.0.2/16", "links"),
        ("7: cali14e7d81007d@if2: <UP> mtu 1450", "links"),
        ("Deleted 10.244.1.10 dev cali14e7d81007d scope link", "monitor"),
        ("nf_conntrack: table full, dropping packet", "log"),
        ("Everything else is prose.", None),
    ],
)
def test_lines_that_nobody_announced(text: str, name: str | None) -> None:
    assert reader_of(text) == name
