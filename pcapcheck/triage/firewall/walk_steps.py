"""Steps of a walk through chains: how a packet comes to a chain, what becomes of it there, the rules it matches."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.firewall.chains import Chain, FirewallRule, FirewallTable, Match, Verdict
from pcapcheck.triage.firewall.lost_packet import LostPacket


class ChainEntry(Struct, frozen=True):
    """How a packet came to a chain.

    ``doubts`` and ``sometimes`` as of a hit; ``left`` are rules by which it may have returned before; ``depth`` is the
    number of jumps. ``came`` is how many packets ever came to the chain, the lost ones included; None: not known.
    """

    doubts: tuple[Match, ...] = ()
    left: tuple[FirewallRule, ...] = ()
    narrow: bool = False
    shown: bool = True
    sometimes: bool = False
    depth: int = 0
    came: int | None = None


class PassedChain(Struct, frozen=True):
    """What became of a packet in a chain: the packet and its mark after it, and the doubts with which it came."""

    end: str
    mark: tuple[int, int]
    packet: LostPacket
    doubts: int
    narrow: bool
    sometimes: bool


class MatchedRule(Struct, frozen=True):
    """A rule that the packet matches, for certain (``sure``) or perhaps; the other fields as of a hit."""

    table: FirewallTable
    chain: Chain
    rule: FirewallRule
    verdict: Verdict
    sure: bool
    doubts: tuple[Match, ...]
    narrow: bool
    sometimes: bool
