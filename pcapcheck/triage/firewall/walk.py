"""Walk a packet through the chains of a host as the kernel does, and note every rule that could stop it.

If a condition is unknown, the walk follows both: the packet that matches, and the packet that goes on after the rule.
Source: nft(8), and the kernel's net/netfilter/nf_tables_core.c (nft_do_chain) and net/ipv4/netfilter/ip_tables.c
(ipt_do_table).
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from pcapcheck.kleene import FALSE, TRUE
from pcapcheck.nodestate.firewall.chains import (
    ACCEPT,
    DROP,
    GOTO,
    JUMP,
    OTHER,
    QUEUE,
    RETURN,
    UNKNOWN,
    Chain,
    Firewall,
    FirewallRule,
    FirewallTable,
    Match,
)
from pcapcheck.nodestate.firewall.sets import Sets
from pcapcheck.triage.firewall.base_chains import FAMILIES, base_chains, order_of, tables_for
from pcapcheck.triage.firewall.lost_packet import HookPlace, LostPacket, judge
from pcapcheck.triage.firewall.match_doubts import doubts_of_family, is_draw, is_of_packet
from pcapcheck.triage.firewall.packet_changes import either, translated, untracked
from pcapcheck.triage.firewall.packet_mark import changed_mark, joined_marks
from pcapcheck.triage.firewall.rule_counts import RuleCounts, counted_all
from pcapcheck.triage.firewall.walk_steps import ChainEntry, MatchedRule, PassedChain
from pcapcheck.triage.firewall.walked import Hit, Miss, Walked

# include/net/netfilter/nf_tables.h (NFT_JUMP_STACK_SIZE) is 16; iptables nests as deep as it has chains.
DEEPEST = 64
MOST_STEPS = 500_000
# A report shows one of the earlier rules that may let a packet go; a longer list says no more.
MOST_BEFORE = 8
# A rule that stops a packet has one of these words; a named map may lead to one that does.
STOPPING = re.compile(r"drop|reject|queue|vmap @", re.IGNORECASE)
OPEN, ENDED = "open", "ended"
# Calico's chains of a workload: to it (tw) and from it (fw) (felix/rules/rule_defs.go).
WORKLOAD = re.compile(r"(?:^|-)cali-(tw|fw)-(\S+)$")


def walk(firewall: Firewall, packet: LostPacket, counted: bool = True, lost: int = 1) -> Walked:
    """Send at least ``lost`` alike packets through a firewall.

    ``counted``: a rule whose counter is 0 matched nothing, and one whose counter is smaller than ``lost`` not all.
    """
    return _Walk(firewall, packet, counted, lost).go()


class _Walk:
    def __init__(self, firewall: Firewall, packet: LostPacket, counted: bool, lost: int) -> None:
        self.firewall = firewall
        self.packet = packet
        self.counts = RuleCounts(counted, lost)
        self.walked = Walked()
        # By rule, or by chain for its policy.
        self.hit: dict[int, Hit] = {}
        # What became of the packet in chains that it has passed already with the same mark.
        self.passed: dict[tuple[int, tuple[int, int], LostPacket], PassedChain] = {}
        self.missed: dict[int, Miss] = {}
        self.seen: set[int] = set()
        self.ended_by: FirewallRule | None = None
        self.stopped = False
        self.before: list[FirewallRule] = []
        self.mark: tuple[int, int] = (0xFFFFFFFF, 0)
        self.steps = 0
        self.inside: set[int] = set()
        self.lost_track = False

    def go(self) -> Walked:
        tables = tables_for(self.firewall, self.packet)
        stopped_at: tuple[int, int] | None = None
        stopping: tuple[FirewallRule, ...] = ()
        for table, chain in base_chains(tables, self.packet):
            order = order_of(chain, self.packet)
            if self.stopped and stopped_at is None:
                stopped_at = order
                stopping = (self.ended_by,) if self.ended_by is not None else ()
            if stopped_at not in (None, order):
                break
            self._base(table, chain, stopping)
        if not self.stopped:
            for table in tables:
                self._loose(table)
        self.walked.packet, self.walked.mark = self.packet, self.mark
        self.walked.hits = list(self.hit.values())
        reported: set[int] = set()
        for table in self.firewall.tables:
            for chain, rule in table.rules(STOPPING):
                if rule.drops and id(rule) not in self.hit and id(rule) not in reported:
                    reported.add(id(rule))
                    miss = self.missed.get(id(rule)) or self._why(table, chain, rule)
                    if miss.why == "after" and self.lost_track:
                        doubt = Match(UNKNOWN, "that they come to this rule")
                        self.walked.hits.append(Hit(table, chain, rule, chain.hook, (doubt,)))
                    else:
                        self.walked.misses.append(miss)
        return self.walked

    def _base(self, table: FirewallTable, chain: Chain, stopping: tuple[FirewallRule, ...]) -> None:
        """A chain at its hook; ``stopping`` is a rule at the same place that may have stopped the packet already."""
        place = HookPlace(chain.hook, chain.priority, self.mark, self._sets(table))
        # What an earlier chain accepts comes to this one, what it drops does not.
        self.before, self.ended_by = [rule for rule in self.before if rule.drops], None
        self.passed.clear()
        # In a partial listing rules are missing before and between those listed.
        shown = table.whole and not self.lost_track
        end = self._chain(table, chain, place, ChainEntry(left=stopping, shown=shown))
        self.mark = place.mark
        if end == OPEN and chain.policy == DROP:
            hit = Hit(table, chain, None, chain.hook, doubts_of_family(table), (*stopping, *self.before), shown=shown)
            self._hit(id(chain), hit)
            self.stopped = self.stopped or (
                hit.is_certain and not self.lost_track and counted_all(hit.packets, self.counts.lost)
            )

    def _sets(self, table: FirewallTable) -> Sets:
        return self.firewall.elements if table.backend != "nft" else table.sets

    def _loose(self, table: FirewallTable) -> None:
        """Chains by themselves, if a listing is not whole: it does not show how packets come to them."""
        if table.whole and any(chain.hook for chain in table.chains.values()):
            return
        for chain in table.chains.values():
            if chain.hook is None and not any(id(rule) in self.seen for rule in chain.rules):
                self.before, self.ended_by = [], None
                place = HookPlace(None, 0, (0, 0), self._sets(table))
                if (narrow := self._workload(table, chain)) is not None:
                    self.passed.clear()
                    self._chain(table, chain, place, ChainEntry(narrow=narrow, shown=False))

    def _workload(self, table: FirewallTable, chain: Chain) -> bool | None:
        """Whether a chain is the packet's own workload's, by its name; None: another's, so not passed."""
        named = WORKLOAD.search(chain.name)
        if named is None:
            return False
        match = Match("oif" if named[1] == "tw" else "iif", f"chain {chain.name}", names=(named[2],))
        result = judge(match, self.packet, HookPlace(None))
        for rule in chain.rules if result == FALSE else ():
            self._miss(Miss(table, chain, rule, "condition", match))
        return None if result == FALSE else result == TRUE

    def _chain(self, table: FirewallTable, chain: Chain, place: HookPlace, entry: ChainEntry) -> str:
        """Pass a chain: the packet is sure to end in it (``ENDED``), or may come out of it (``OPEN``).

        A packet that comes again unchanged finds nothing new.
        """
        key = id(chain), place.mark, self.packet
        passed = self.passed.get(key)
        if (
            passed is None
            or passed.doubts > len(entry.doubts)
            or passed.narrow < entry.narrow
            or passed.sometimes > entry.sometimes
        ):
            end = self._through(table, chain, place, entry)
            passed = PassedChain(end, place.mark, self.packet, len(entry.doubts), entry.narrow, entry.sometimes)
            self.passed[key] = passed
        place.mark, self.packet = passed.mark, passed.packet
        return passed.end

    def _through(self, table: FirewallTable, chain: Chain, place: HookPlace, entry: ChainEntry) -> str:
        returning = entry.left
        for rule in chain.rules:
            self.seen.add(id(rule))
            self.steps += 1
            if self.steps > MOST_STEPS or entry.depth > DEEPEST:
                return self._lose_track(rule)
            result, unknown = self._judge(table, chain, rule, place)
            if result == FALSE:
                continue
            if unknown and self.counts.took_all(rule, entry):
                result, unknown = TRUE, []
            sure = result == TRUE and self.counts.allows_all(rule)
            doubts = (*entry.doubts, *(match for match in unknown if not is_draw(match, table, chain)))
            if rule.mark is not None:
                place.mark = changed_mark(place.mark, rule.mark, sure)
            if rule.notrack and place.is_before_tracking:
                self.packet = untracked(self.packet, sure)
            if rule.verdict is None:
                continue
            narrow = entry.narrow or any(is_of_packet(match) for match in rule.matches)
            sometimes = entry.sometimes or any(is_draw(match, table, chain) for match in unknown)
            matched = MatchedRule(table, chain, rule, rule.verdict, sure, doubts, narrow, sometimes)
            end, returning = self._act(matched, place, entry, returning)
            if end is not None:
                return end
        return OPEN

    def _act(
        self, matched: MatchedRule, place: HookPlace, entry: ChainEntry, returning: tuple[FirewallRule, ...]
    ) -> tuple[str | None, tuple[FirewallRule, ...]]:
        """Apply a verdict: how the chain ends by it, if it does, and the rules by which the packet may return."""
        rule, kind = matched.rule, matched.verdict.kind
        if rule.drops:
            return self._stop(matched, place, entry, returning), returning
        if kind in (ACCEPT, OTHER):
            return self._let_go(matched, returning), returning
        if kind == RETURN:
            return (OPEN, returning) if matched.sure else (None, (*returning, rule)[:MOST_BEFORE])
        if kind not in (JUMP, GOTO):
            return None, returning
        end = self._follow(matched, place, entry, returning)
        if end == ENDED and matched.sure:
            return ENDED, returning
        if end == ENDED:
            self._may_go(rule)
        elif kind == GOTO:
            # A goto does not come back.
            return (OPEN, returning) if matched.sure else (None, (*returning, rule)[:MOST_BEFORE])
        return None, returning

    def _stop(
        self, matched: MatchedRule, place: HookPlace, entry: ChainEntry, returning: tuple[FirewallRule, ...]
    ) -> str | None:
        """A rule that stops the packet, if it matches."""
        table, rule, verdict = matched.table, matched.rule, matched.verdict
        before = (*self.before, *returning)[:MOST_BEFORE]
        doubts = matched.doubts if matched.narrow else (*doubts_of_family(table), *matched.doubts)
        if verdict.kind == QUEUE:
            doubts = (*doubts, Match(UNKNOWN, f"the verdict of the program behind {verdict.chain}"))
        hit = Hit(
            table, matched.chain, rule, place.hook, doubts, before, matched.sometimes, matched.narrow, entry.shown
        )
        self._hit(id(rule), hit)
        self._may_go(rule)
        if matched.sure and not returning:
            self.ended_by = rule
            self.stopped = self.stopped or (hit.is_certain and not self.lost_track)
            return ENDED
        return OPEN if matched.sure else None

    def _let_go(self, matched: MatchedRule, returning: tuple[FirewallRule, ...]) -> str | None:
        """A rule that lets the packet go, if it matches."""
        certain = matched.sure and not returning
        if matched.rule.translates:
            self.packet, lost_track = translated(self.packet, matched.rule, certain)
            self.lost_track = self.lost_track or lost_track
        if certain:
            self.ended_by = matched.rule
            return ENDED
        self._may_go(matched.rule)
        # A packet that did not return before ends here.
        return OPEN if matched.sure else None

    def _follow(
        self, matched: MatchedRule, place: HookPlace, entry: ChainEntry, returning: tuple[FirewallRule, ...]
    ) -> str:
        """Go on in the chain that a rule leads to."""
        sure, doubts = matched.sure, matched.doubts
        came = self.counts.came(matched.table, matched.rule) if sure and not doubts else None
        further = ChainEntry(doubts, returning, matched.narrow, entry.shown, matched.sometimes, entry.depth + 1, came)
        return self._jump(matched.table, matched.rule, matched.verdict.chain, place, further, sure)

    def _may_go(self, rule: FirewallRule) -> None:
        """Note a rule that may let the packet go or stop it, so that it does not come to later rules."""
        if len(self.before) < MOST_BEFORE:
            self.before.append(rule)

    def _lose_track(self, rule: FirewallRule) -> str:
        """Note that it is not known where the packet goes from here."""
        self.lost_track = True
        self._may_go(rule)
        return OPEN

    def _jump(
        self, table: FirewallTable, rule: FirewallRule, name: str, place: HookPlace, entry: ChainEntry, sure: bool
    ) -> str:
        target = table.chains.get(name)
        if target is None or id(target) in self.inside:
            # The chain's rules were left out; or the chain leads to itself, which no kernel takes.
            return self._lose_track(rule) if target is not None else self._not_shown(rule)
        inside = place if sure else replace(place)
        packet = self.packet
        self.inside.add(id(target))
        end = self._chain(table, target, inside, entry)
        self.inside.remove(id(target))
        if not sure and inside.mark != place.mark:
            place.mark = joined_marks(place.mark, inside.mark)
        if not sure and self.packet is not packet:
            self.packet = either(packet, self.packet)
        return end

    def _not_shown(self, rule: FirewallRule) -> str:
        self._may_go(rule)
        return OPEN

    def _judge(
        self, table: FirewallTable, chain: Chain, rule: FirewallRule, place: HookPlace
    ) -> tuple[int, list[Match]]:
        """Whether a rule matches, and which of its conditions are not sure to hold."""
        unknown = []
        for match in rule.matches:
            result = judge(match, self.packet, place)
            if result == FALSE:
                self._miss(Miss(table, chain, rule, "condition", match))
                return FALSE, []
            if result != TRUE:
                unknown.append(match)
        if self.counts.is_zero(rule):
            self._miss(Miss(table, chain, rule, "counter"))
            return FALSE, []
        return (TRUE if not unknown else 0), unknown

    def _hit(self, key: int, hit: Hit) -> None:
        known = self.hit.get(key)
        if known is None or _weight(hit) < _weight(known):
            self.hit.pop(key, None)
            self.hit[key] = hit

    def _miss(self, miss: Miss) -> None:
        self.missed.setdefault(id(miss.rule), miss)

    def _why(self, table: FirewallTable, chain: Chain, rule: FirewallRule) -> Miss:
        """Why the packet did not come to a rule: the rule's own conditions first, then its place."""
        place = HookPlace(None, 0, (0, 0), self._sets(table))
        if table.family and table.family not in FAMILIES[self.packet.family]:
            return Miss(table, chain, rule, "family")
        for match in rule.matches:
            if judge(match, self.packet, place) == FALSE:
                return Miss(table, chain, rule, "condition", match)
        if self.counts.is_zero(rule):
            return Miss(table, chain, rule, "counter")
        if chain.hook is not None and chain.hook not in self.packet.hooks:
            return Miss(table, chain, rule, "hook")
        return Miss(table, chain, rule, "after", by=self.ended_by)


def _weight(hit: Hit) -> tuple[int, int]:
    return len(hit.doubts), len(hit.before)
