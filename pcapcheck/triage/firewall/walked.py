"""What a walk through the chains of a host finds: rules that may stop the packet, and rules that cannot."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.nodestate.firewall.chains import Chain, FirewallRule, FirewallTable, Match
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.policy_count import policy_count


class Hit(Struct, frozen=True):
    """A rule, or a chain's policy (``rule`` None), that may stop the packet.

    ``doubts`` are conditions that may not hold, of the rule or of rules that lead to it; ``before`` are earlier rules
    that may let the packet go; ``sometimes``: a condition is a random choice or a rate. ``narrow``: a condition asks
    for something of the packet itself. ``shown``: the listing shows how packets come to the chain.
    """

    table: FirewallTable
    chain: Chain
    rule: FirewallRule | None
    hook: str | None
    doubts: tuple[Match, ...] = ()
    before: tuple[FirewallRule, ...] = ()
    sometimes: bool = False
    narrow: bool = False
    shown: bool = True

    @property
    def packets(self) -> int | None:
        return policy_count(self.table, self.chain) if self.rule is None else self.rule.packets

    @property
    def is_certain(self) -> bool:
        return not self.doubts and not self.before and not self.sometimes and self.shown


class Miss(Struct, frozen=True):
    """A rule that cannot have stopped the packet, and why.

    ``why`` is condition (``match``), counter, family, hook or after (an earlier rule, ``by``, ends the walk).
    """

    table: FirewallTable
    chain: Chain
    rule: FirewallRule
    why: str
    match: Match | None = None
    by: FirewallRule | None = None


class Walked(Struct):
    """What a host's chains would do with a packet, and the packet as it comes out of them.

    ``mark`` is (bits that are known, their value).
    """

    hits: list[Hit] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)
    packet: LostPacket | None = None
    mark: tuple[int, int] = (0, 0)

    @property
    def certain(self) -> Hit | None:
        """What stops the packet for certain, counters aside."""
        return next((hit for hit in self.hits if hit.is_certain), None)
