"""Policy count: how many packets came to the end of a chain, and so met its policy, if only its rules count.

nft prints no counter of a policy, not even for tables that iptables made. The packets that a counted rule without
conditions sees, and that no later rule ends, come to the policy: after ``counter log``, or a jump that comes back.
"""

from __future__ import annotations

from pcapcheck.nodestate.firewall.chains import JUMP, Chain, FirewallRule, FirewallTable


def policy_count(table: FirewallTable, chain: Chain) -> int | None:
    """How many packets met the policy of a chain: its own counter, else as its rules count them; None: not known."""
    if chain.policy_packets is not None:
        return chain.policy_packets
    count: int | None = None
    passing: dict[str, bool] = {}
    for rule in chain.rules:
        if not rule.matches and rule.packets is not None:
            count = rule.packets
        ended = _ended_by(table, rule, passing)
        count = None if count is None or ended is None else max(0, count - ended)
    return count


def _ended_by(table: FirewallTable, rule: FirewallRule, passing: dict[str, bool]) -> int | None:
    """How many packets a rule ends; None if it does not count them.

    ``passing`` remembers whether all packets come out of a chain.
    """
    if rule.verdict is None or rule.packets == 0:
        return 0
    if rule.verdict.kind != JUMP:
        return rule.packets
    name = rule.verdict.chain
    if name not in passing:
        there = table.chains.get(name)
        # No kernel takes a chain that leads to itself.
        passing[name] = False
        # Packets that end there may have come by another jump, unless none end.
        passing[name] = there is not None and all(_ended_by(table, rule, passing) == 0 for rule in there.rules)
    return 0 if passing[name] else None
