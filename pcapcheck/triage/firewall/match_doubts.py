"""Conditions that leave a doubt, and those whose answer a rule's counter gives."""

from __future__ import annotations

from pcapcheck.nodestate.firewall.chains import SOMETIMES, UNKNOWN, Chain, FirewallTable, Match
from pcapcheck.triage.firewall.owner import CALICO, owner


def doubts_of_family(table: FirewallTable) -> tuple[Match, ...]:
    """The doubt about an iptables table that does not show its version of IP."""
    return () if table.family or not table.whole else (Match(UNKNOWN, "the version of IP that the table is for"),)


def is_draw(match: Match, table: FirewallTable, chain: Chain) -> bool:
    """Whether a condition asks nothing of the packet itself, so that a rule's counter answers it.

    A random choice or a rate; and the bits of the mark in which Calico's own chains keep what its policies said.
    """
    return match.about == SOMETIMES or (match.about == "mark" and owner(table, chain) == CALICO)


def is_of_packet(match: Match) -> bool:
    """Whether a condition asks for something of the packet itself, not only its family or a random choice."""
    return match.about not in (SOMETIMES, "family", "unknown", "mark", "ct_state") and not match.negated
