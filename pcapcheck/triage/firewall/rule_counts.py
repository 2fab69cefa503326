"""What the counters of rules show: whether a rule may have counted all lost packets, and how many came to a chain."""

from __future__ import annotations

import re

from pcapcheck.nodestate.firewall.chains import GOTO, JUMP, FirewallRule, FirewallTable
from pcapcheck.triage.firewall.walk_steps import ChainEntry

# iptables -L prints counters from here on in thousands, unless it has -x (iptables/xshared.c, xtables_print_num).
ROUNDED = 100_000


class RuleCounts:
    """The counters of a firewall's rules, unused without ``counted``. At least ``lost`` packets were lost."""

    def __init__(self, counted: bool, lost: int) -> None:
        self.counted = counted
        self.lost = lost
        # How many rules of a table lead to a chain.
        self.led: dict[tuple[int, str], int] = {}

    def allows_all(self, rule: FirewallRule) -> bool:
        """Whether a rule may have counted all lost packets."""
        return not self.counted or counted_all(rule.packets, self.lost)

    def is_zero(self, rule: FirewallRule) -> bool:
        return self.counted and rule.packets == 0

    def took_all(self, rule: FirewallRule, entry: ChainEntry) -> bool:
        """Whether a rule counted every packet that came to its chain, so the lost ones too."""
        return self.counted and entry.came is not None and rule.packets is not None and rule.packets >= entry.came > 0

    def came(self, table: FirewallTable, rule: FirewallRule) -> int | None:
        """How many packets came to the chain that a rule sent the lost ones to; None if other rules lead there."""
        if not self.counted or not table.whole or rule.packets is None or rule.verdict is None:
            return None
        if not self.lost <= rule.packets < ROUNDED:
            return None
        name = rule.verdict.chain
        if (id(table), name) not in self.led:
            leading = [
                leading_rule
                for _, leading_rule in table.rules(re.compile(re.escape(name)))
                if _leads_to(leading_rule, name)
            ]
            self.led[id(table), name] = len(leading)
        return rule.packets if self.led[id(table), name] == 1 else None


def counted_all(packets: int | None, lost: int) -> bool:
    """Whether a counter is large enough for all lost packets."""
    return packets is None or packets >= lost


def _leads_to(rule: FirewallRule, name: str) -> bool:
    return rule.verdict is not None and rule.verdict.kind in (JUMP, GOTO) and rule.verdict.chain == name
