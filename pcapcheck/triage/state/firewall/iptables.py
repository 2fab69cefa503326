"""``iptables-save`` and ``ip6tables-save``, with or without -c, and ``iptables -S``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.triage.state.firewall.iptables_rule import read_rule, split
from pcapcheck.triage.state.firewall.model import (
    ACCEPT,
    DROP,
    FORWARD,
    INPUT,
    IPTABLES,
    OUTPUT,
    POSTROUTING,
    PREROUTING,
    Chain,
    Table,
)
from pcapcheck.triage.state.model import Line

RULE = re.compile(r"(?:\[(\d{1,19}):\d+\] )?-A (\S+)(?: (.*))?")
CHAIN = re.compile(r":(\S+) (ACCEPT|DROP|QUEUE|-)(?: \[(\d{1,19}):\d+\])?")
POLICY = re.compile(r"-P (\S+) (ACCEPT|DROP|QUEUE)(?: -c (\d{1,19}) \d+)?")
NEW = re.compile(r"-N (\S+)")
TABLES = ("raw", "mangle", "nat", "filter", "security")
OWN = re.compile(r"\*(raw|mangle|nat|filter|security|broute)")
# The built-in chains of a table and their hooks; priorities as of linux/netfilter_ipv4.h, but for nat's two.
HOOKS = {"PREROUTING": PREROUTING, "INPUT": INPUT, "FORWARD": FORWARD, "OUTPUT": OUTPUT, "POSTROUTING": POSTROUTING}
PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}


def built_in(chain: Chain, table: str) -> None:
    """Give a built-in chain its hook."""
    chain.hook = HOOKS.get(chain.name)
    chain.priority = PRIORITIES.get(table, 0)
    if table == "nat":
        chain.kind = "nat"
        chain.priority = 100 if chain.name in ("INPUT", "POSTROUTING") else -100


def read_saved(lines: Iterable[Line], family: int, table: str, whole: bool) -> list[Table]:
    """The tables of a listing.

    ``family`` is 4 or 6, 0 where the command does not tell; ``table`` is the one that the command named, or filter.
    ``whole``: nothing was filtered out of it.
    """
    name = {4: "ip", 6: "ip6"}.get(family, "")
    current: Table | None = None
    loose: Table | None = None
    found: list[Table] = []
    for line in lines:
        text = line.text.strip()
        if match := OWN.fullmatch(text):
            current = Table(IPTABLES, name, match[1])
            found.append(current)
            continue
        if text == "COMMIT" and current is not None:
            current.whole = whole
            current = None
            continue
        policy = POLICY.fullmatch(text)
        if current is None and loose is None and (policy or NEW.fullmatch(text) or RULE.fullmatch(text)):
            # iptables -S begins with the policies; lines that grep left have none.
            loose = Table(IPTABLES, name, table, whole and policy is not None)
            found.append(loose)
        into = current or loose
        if into is not None:
            _read(line, text, into, family)
    return found


def _read(line: Line, text: str, table: Table, family: int) -> None:
    if match := RULE.fullmatch(text):
        chain = table.chain(match[2], line)
        if chain.name in HOOKS and chain.hook is None:
            built_in(chain, table.name)
        packets = int(match[1]) if match[1] else None
        chain.rules.append(read_rule(line, split(match[3] or ""), family, packets))
    elif match := CHAIN.fullmatch(text) or POLICY.fullmatch(text):
        chain = table.chain(match[1], line)
        chain.line = line
        if match[2] != "-":
            built_in(chain, table.name)
            chain.policy = DROP if match[2] == "DROP" else ACCEPT
            chain.policy_packets = int(match[3]) if match[3] else None
    elif match := NEW.fullmatch(text):
        table.chain(match[1], line)
