"""``ip rule``: the routing table for each packet."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import DEAD_ENDS, PolicyRule
from pcapcheck.nodestate.numbers import after
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

RULE = re.compile(r"(\d{1,10}):\s+((?:not )?from .*)")
# net/ipv4/fib_rules.c, fib_default_rules_init; net/ipv6/fib6_rules.c has no third.
DEFAULTS = {(0, "local"), (32766, "main"), (32767, "default")}


def read_policy(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read rules of ``ip rule``; returns the other lines."""
    strange = []
    family = listing.families[0] if listing and len(listing.families) == 1 else 4
    for line in lines:
        text = line.text.strip()
        match = RULE.fullmatch(text)
        if match:
            into.rules.append(policy_rule(int(match[1]), match[2].strip(), line, family))
        elif text:
            strange.append(line)
    return strange


def policy_rule(priority: int, text: str, line: Line, family: int) -> PolicyRule:
    """A rule from its priority and its words."""
    words = text.split()
    table = after(words, "lookup", "table")
    action = next((word for word in words if word in (*DEAD_ENDS, "goto", "nop")), None)
    plain = words == ["from", "all", "lookup", table]
    return PolicyRule(priority, text, line, family, table, action, plain and (priority, table) in DEFAULTS)


RULES_READER = StateReader(
    name="rules",
    looks_like=lambda text, _: RULE.fullmatch(text) is not None,
    read_host=read_policy,
    expected="policy rules, as of ip rule",
)
