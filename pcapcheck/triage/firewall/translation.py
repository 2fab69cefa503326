"""Where a host's rules translate the destination of packets: the back ends of a service, whichever rules make it.

kube-proxy picks a pod of a service at random, with a rule for each pod (Kubernetes: pkg/proxy/iptables/proxier.go,
pkg/proxy/nftables/proxier.go); a packet that a rule is not sure to take may come to the next.
"""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.kleene import FALSE, TRUE
from pcapcheck.nodestate.firewall.chains import (
    GOTO,
    JUMP,
    NFT,
    OUTPUT,
    PREROUTING,
    RETURN,
    Chain,
    Firewall,
    FirewallRule,
    FirewallTable,
)
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.triage.firewall.base_chains import FAMILIES, shows_nft
from pcapcheck.triage.firewall.lost_packet import SENT, HookPlace, LostPacket, all_of

DEEPEST, MOST_STEPS = 24, 100_000
# The chains that packets for services come to, if a listing does not show the hooks.
ENTRIES = re.compile(r"KUBE-SERVICES|(?:nat-)?prerouting|PREROUTING")


class Translation(Struct, frozen=True):
    """A rule that may give packets another destination; if ``port`` is None, they keep their port."""

    ip: int
    port: int | None
    line: Line


def translations(firewall: Firewall | None, packet: LostPacket) -> list[Translation]:
    """Every destination that the rules may give to such packets, in the order of the rules."""
    if firewall is None:
        return []
    walk = _TranslationWalk(packet)
    # nft's tables that iptables-save lists too are taken from there.
    saved = {(table.family, table.name) for table in firewall.tables if shows_nft(table)}
    for table in firewall.tables:
        if table.family and table.family not in FAMILIES[packet.family]:
            continue
        if table.backend == NFT and (table.family, table.name) in saved:
            continue
        walk.enter(table, firewall)
    return walk.found


class _TranslationWalk:
    def __init__(self, packet: LostPacket) -> None:
        self.packet = packet
        self.found: list[Translation] = []
        self.steps = 0

    def enter(self, table: FirewallTable, firewall: Firewall) -> None:
        """Walk a table from its hooks, or if it is not whole, from the chains that hooks lead to."""
        hook = OUTPUT if self.packet.hooks == SENT else PREROUTING
        bases = [chain for chain in table.chains.values() if chain.hook == hook and chain.kind == "nat"]
        if not bases and not table.whole:
            bases = [chain for chain in table.chains.values() if ENTRIES.fullmatch(chain.name)]
        sets = {**firewall.elements, **table.sets}
        for chain in sorted(bases, key=lambda chain: chain.priority):
            self._chain(table, chain, HookPlace(hook, chain.priority, sets=sets), 0)

    def _chain(self, table: FirewallTable, chain: Chain, place: HookPlace, depth: int) -> bool:
        """Walk a chain; whether packets are sure to go no further."""
        for rule in chain.rules:
            self.steps += 1
            if self.steps > MOST_STEPS or depth > DEEPEST:
                return False
            matched, verdict = self._matches(rule, place), rule.verdict
            if matched == FALSE or verdict is None:
                continue
            if verdict.to is not None:
                self.found.append(Translation(*verdict.to, rule.line))
            certain = matched == TRUE
            if verdict.kind in (JUMP, GOTO):
                target = table.chains.get(verdict.chain)
                ended = target is not None and self._chain(table, target, place, depth + 1)
                if certain and (ended or verdict.kind == GOTO):
                    return ended
            elif certain:
                return verdict.kind != RETURN
        return False

    def _matches(self, rule: FirewallRule, place: HookPlace) -> int:
        if rule.packets == 0:
            return FALSE
        return all_of(rule.matches, self.packet, place)
