"""Walk a packet through the chains of a host as the kernel does, and note every rule that could stop it.

A condition may be unknown; then the packet both is and is not taken to go on behind the rule. Source: nft(8), and the
kernel's net/netfilter/nf_tables_core.c (nft_do_chain) and net/ipv4/netfilter/ip_tables.c (ipt_do_table).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pcapcheck.kleene import FALSE, TRUE
from pcapcheck.nodestate.firewall.chains import (
    ACCEPT,
    DROP,
    GOTO,
    JUMP,
    OTHER,
    QUEUE,
    RETURN,
    SOMETIMES,
    UNKNOWN,
    Chain,
    Firewall,
    FirewallRule,
    FirewallTable,
    Match,
    Verdict,
)
from pcapcheck.nodestate.firewall.sets import Sets
from pcapcheck.triage.firewall.base_chains import FAMILIES, base_chains, order_of, tables_for
from pcapcheck.triage.firewall.lost_packet import UNTRACKED, HookPlace, LostPacket, judge
from pcapcheck.triage.firewall.owner import CALICO, owner
from pcapcheck.triage.firewall.packet_mark import changed_mark, joined_marks
from pcapcheck.triage.firewall.walked import Hit, Miss, Walked

# include/net/netfilter/nf_tables.h (NFT_JUMP_STACK_SIZE) is 16; iptables nests as deep as it has chains.
DEEPEST = 64
MOST_STEPS = 500_000
# iptables -L prints counters from here on in thousands, unless it has -x (iptables/xshared.c, xtables_print_num).
ROUNDED = 100_000
# Of the earlier rules that may let a packet go one is shown, and how many there are beyond some says no more.
MOST_BEFORE = 8
# Words without which no rule stops a packet; a map that is named may lead to such.
STOPPING = re.compile(r"drop|reject|queue|vmap @", re.IGNORECASE)
OPEN, ENDED = "open", "ended"
# Calico's chains of one workload: to it (tw) and from it (fw) (felix/rules/rule_defs.go).
WORKLOAD = re.compile(r"(?:^|-)cali-(tw|fw)-(\S+)$")


def walk(firewall: Firewall, packet: LostPacket, counted: bool = True, lost: int = 1) -> Walked:
    """Send packets that are alike through a firewall, ``lost`` of them at least.

    ``counted``: a rule whose counter is 0 matched nothing, and one whose counter is smaller than ``lost`` not all.
    """
    return _Walk(firewall, packet, counted, lost).go()


@dataclass(frozen=True)
class _ChainEntry:
    """How a packet came to a chain.

    ``doubts`` and ``sometimes`` as of a hit; ``left`` are rules by which it may have gone back before;
    ``depth`` is how many jumps it took. ``came`` is how many packets ever came to the chain, the lost ones among them;
    None where that is not known.
    """

    doubts: tuple[Match, ...] = ()
    left: tuple[FirewallRule, ...] = ()
    narrow: bool = False
    shown: bool = True
    sometimes: bool = False
    depth: int = 0
    came: int | None = None


@dataclass(frozen=True)
class _Passed:
    """What came of a packet in a chain, with what it was there after, and by how doubtful a way it came."""

    end: str
    mark: tuple[int, int]
    packet: LostPacket
    doubts: int
    narrow: bool
    sometimes: bool


@dataclass(frozen=True)
class _MatchedRule:
    """A rule that the packet matches, for certain (``sure``) or perhaps; the rest as of a hit."""

    table: FirewallTable
    chain: Chain
    rule: FirewallRule
    verdict: Verdict
    sure: bool
    doubts: tuple[Match, ...]
    narrow: bool
    sometimes: bool


class _Walk:
    def __init__(self, firewall: Firewall, packet: LostPacket, counted: bool, lost: int) -> None:
        self.firewall = firewall
        self.packet = packet
        self.counted = counted
        self.lost = lost
        self.walked = Walked()
        # By the rule, or by the chain whose policy it is.
        self.hit: dict[int, Hit] = {}
        # What came of the packet in chains that it has passed already, by the same mark.
        self.passed: dict[tuple[int, tuple[int, int], LostPacket], _Passed] = {}
        self.missed: dict[int, Miss] = {}
        self.seen: set[int] = set()
        self.ended_by: FirewallRule | None = None
        self.stopped = False
        self.before: list[FirewallRule] = []
        self.mark: tuple[int, int] = (0xFFFFFFFF, 0)
        self.steps = 0
        self.inside: set[int] = set()
        # How many rules of a table lead to a chain, where that was asked.
        self.led: dict[tuple[int, str], int] = {}
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
        """A chain at its hook; ``stopping`` is a rule at the same place by which the packet may be gone already."""
        place = HookPlace(chain.hook, chain.priority, self.mark, self._sets(table))
        # What an earlier chain accepts goes on to this one, what it may have dropped does not.
        self.before, self.ended_by = [rule for rule in self.before if rule.drops], None
        self.passed.clear()
        # Rules are missing before and between those that were left over.
        shown = table.whole and not self.lost_track
        end = self._chain(table, chain, place, _ChainEntry(left=stopping, shown=shown))
        self.mark = place.mark
        if end == OPEN and chain.policy == DROP:
            hit = Hit(table, chain, None, chain.hook, _of_family(table), (*stopping, *self.before), shown=shown)
            self._hit(id(chain), hit)
            self.stopped = self.stopped or (
                hit.is_certain and not self.lost_track and _counted_all(hit.packets, self.lost)
            )

    def _sets(self, table: FirewallTable) -> Sets:
        return self.firewall.elements if table.backend != "nft" else table.sets

    def _loose(self, table: FirewallTable) -> None:
        """Chains of which nothing tells how packets come there: by themselves, in a listing that is not whole."""
        if table.whole and any(chain.hook for chain in table.chains.values()):
            return
        for chain in table.chains.values():
            if chain.hook is None and not any(id(rule) in self.seen for rule in chain.rules):
                self.before, self.ended_by = [], None
                place = HookPlace(None, 0, (0, 0), self._sets(table))
                if (narrow := self._workload(table, chain)) is not None:
                    self.passed.clear()
                    self._chain(table, chain, place, _ChainEntry(narrow=narrow, shown=False))

    def _workload(self, table: FirewallTable, chain: Chain) -> bool | None:
        """Whether a chain is that of the packet's own workload, by its name; None: of another, so not passed."""
        named = WORKLOAD.search(chain.name)
        if named is None:
            return False
        match = Match("oif" if named[1] == "tw" else "iif", f"chain {chain.name}", names=(named[2],))
        result = judge(match, self.packet, HookPlace(None))
        for rule in chain.rules if result == FALSE else ():
            self._miss(Miss(table, chain, rule, "condition", match))
        return None if result == FALSE else result == TRUE

    def _chain(self, table: FirewallTable, chain: Chain, place: HookPlace, entry: _ChainEntry) -> str:
        """One chain; whether the packet is sure to end in it (``ENDED``), or may come out at its end.

        A packet that comes a second time, as it was, finds nothing new.
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
            passed = _Passed(end, place.mark, self.packet, len(entry.doubts), entry.narrow, entry.sometimes)
            self.passed[key] = passed
        place.mark, self.packet = passed.mark, passed.packet
        return passed.end

    def _through(self, table: FirewallTable, chain: Chain, place: HookPlace, entry: _ChainEntry) -> str:
        returning = entry.left
        for rule in chain.rules:
            self.seen.add(id(rule))
            self.steps += 1
            if self.steps > MOST_STEPS or entry.depth > DEEPEST:
                return self._lose_track(rule)
            result, unknown = self._judge(table, chain, rule, place)
            if result == FALSE:
                continue
            if unknown and self._took_all(rule, entry):
                result, unknown = TRUE, []
            sure = result == TRUE and _counted_all(rule.packets if self.counted else None, self.lost)
            doubts = (*entry.doubts, *(match for match in unknown if not is_draw(match, table, chain)))
            if rule.mark is not None:
                place.mark = changed_mark(place.mark, rule.mark, sure)
            if rule.notrack and place.is_before_tracking:
                self._untrack(sure)
            if rule.verdict is None:
                continue
            narrow = entry.narrow or any(_is_of_packet(match) for match in rule.matches)
            sometimes = entry.sometimes or any(is_draw(match, table, chain) for match in unknown)
            matched = _MatchedRule(table, chain, rule, rule.verdict, sure, doubts, narrow, sometimes)
            end, returning = self._act(matched, place, entry, returning)
            if end is not None:
                return end
        return OPEN

    def _act(
        self, matched: _MatchedRule, place: HookPlace, entry: _ChainEntry, returning: tuple[FirewallRule, ...]
    ) -> tuple[str | None, tuple[FirewallRule, ...]]:
        """What a verdict does: how the chain ends by it, if it does, and the rules that the packet may return by."""
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
            # Its chain does not come back here.
            return (OPEN, returning) if matched.sure else (None, (*returning, rule)[:MOST_BEFORE])
        return None, returning

    def _stop(
        self, matched: _MatchedRule, place: HookPlace, entry: _ChainEntry, returning: tuple[FirewallRule, ...]
    ) -> str | None:
        """A rule that stops the packet, if it matches."""
        table, rule, verdict = matched.table, matched.rule, matched.verdict
        before = (*self.before, *returning)[:MOST_BEFORE]
        doubts = matched.doubts if matched.narrow else (*_of_family(table), *matched.doubts)
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

    def _let_go(self, matched: _MatchedRule, returning: tuple[FirewallRule, ...]) -> str | None:
        """A rule that lets the packet go, if it matches."""
        certain = matched.sure and not returning
        if matched.rule.translates:
            self._translate(matched.rule, certain)
        if certain:
            self.ended_by = matched.rule
            return ENDED
        self._may_go(matched.rule)
        # A packet that did not return before ends here.
        return OPEN if matched.sure else None

    def _follow(
        self, matched: _MatchedRule, place: HookPlace, entry: _ChainEntry, returning: tuple[FirewallRule, ...]
    ) -> str:
        """Go on in the chain that a rule leads to."""
        sure, doubts = matched.sure, matched.doubts
        came = self._came(matched.table, matched.rule) if sure and not doubts else None
        further = _ChainEntry(doubts, returning, matched.narrow, entry.shown, matched.sometimes, entry.depth + 1, came)
        return self._jump(matched.table, matched.rule, matched.verdict.chain, place, further, sure)

    def _took_all(self, rule: FirewallRule, entry: _ChainEntry) -> bool:
        """Whether a rule counted every packet that came to its chain, so those that were lost among them."""
        return self.counted and entry.came is not None and rule.packets is not None and rule.packets >= entry.came > 0

    def _came(self, table: FirewallTable, rule: FirewallRule) -> int | None:
        """How many packets came to where a rule leads that took those that were lost; None where others lead there."""
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

    def _may_go(self, rule: FirewallRule) -> None:
        """A rule that may let the packet go, or stop it, so that it does not come to those behind."""
        if len(self.before) < MOST_BEFORE:
            self.before.append(rule)

    def _lose_track(self, rule: FirewallRule) -> str:
        """From here on it is not known where the packet goes."""
        self.lost_track = True
        self._may_go(rule)
        return OPEN

    def _jump(
        self, table: FirewallTable, rule: FirewallRule, name: str, place: HookPlace, entry: _ChainEntry, sure: bool
    ) -> str:
        target = table.chains.get(name)
        if target is None or id(target) in self.inside:
            # Its rules were left out; or it leads to itself, which no kernel takes.
            return self._lose_track(rule) if target is not None else self._not_shown(rule)
        inside = place if sure else replace(place)
        packet = self.packet
        self.inside.add(id(target))
        end = self._chain(table, target, inside, entry)
        self.inside.remove(id(target))
        if not sure and inside.mark != place.mark:
            place.mark = joined_marks(place.mark, inside.mark)
        if not sure and self.packet is not packet:
            self.packet = _either(packet, self.packet)
        return end

    def _not_shown(self, rule: FirewallRule) -> str:
        self._may_go(rule)
        return OPEN

    def _untrack(self, sure: bool) -> None:
        """Connection tracking is told to leave the packet alone (nft_notrack, xt_CT)."""
        self.packet = replace(self.packet, states=UNTRACKED if sure else self.packet.states | UNTRACKED)

    def _translate(self, rule: FirewallRule, sure: bool) -> None:
        """An address is translated, by a rule of nat: what comes after sees the new one."""
        if rule.translates == "daddr" and self.packet.to is not None:
            # What it is translated to is known already.
            return
        to = rule.verdict.to if rule.verdict is not None else None
        if rule.translates == "daddr" and sure and to is not None:
            ports = self.packet.dports if to[1] is None else frozenset((to[1],))
            self.packet = replace(self.packet, dst=to[0], dports=ports, oif=None, to=None)
        elif rule.translates == "daddr":
            # Where it goes now, through the node or into it, is not known.
            self.packet = replace(self.packet, translated=True, oif=self.packet.oif if not sure else None)
            self.lost_track = self.lost_track or sure
        else:
            self.packet = replace(self.packet, translated=True)

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
        if self.counted and rule.packets == 0:
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
        """Why a rule was not come to: its own conditions first, then where it stands."""
        place = HookPlace(None, 0, (0, 0), self._sets(table))
        if table.family and table.family not in FAMILIES[self.packet.family]:
            return Miss(table, chain, rule, "family")
        for match in rule.matches:
            if judge(match, self.packet, place) == FALSE:
                return Miss(table, chain, rule, "condition", match)
        if rule.packets == 0 and self.counted:
            return Miss(table, chain, rule, "counter")
        if chain.hook is not None and chain.hook not in self.packet.hooks:
            return Miss(table, chain, rule, "hook")
        return Miss(table, chain, rule, "after", by=self.ended_by)


def _leads_to(rule: FirewallRule, name: str) -> bool:
    return rule.verdict is not None and rule.verdict.kind in (JUMP, GOTO) and rule.verdict.chain == name


def _counted_all(packets: int | None, lost: int) -> bool:
    """Whether a counter allows that all the packets were counted."""
    return packets is None or packets >= lost


def _of_family(table: FirewallTable) -> tuple[Match, ...]:
    """A doubt where a table of iptables is of one version of IP, and nothing shows of which."""
    return () if table.family or not table.whole else (Match(UNKNOWN, "the version of IP that the table is for"),)


def _either(packet: LostPacket, other: LostPacket) -> LostPacket:
    """What is known of a packet that a rule has changed, or not."""
    return replace(
        packet, states=packet.states | other.states, translated=True if other.dst != packet.dst else other.translated
    )


def _weight(hit: Hit) -> tuple[int, int]:
    return len(hit.doubts), len(hit.before)


def is_draw(match: Match, table: FirewallTable, chain: Chain) -> bool:
    """Whether a condition does not ask who or what a packet is, so that a rule's counter answers it.

    A draw of lots or a rate; and the bits of the mark by which Calico's own chains remember what its policies said.
    """
    return match.about == SOMETIMES or (match.about == "mark" and owner(table, chain) == CALICO)


def _is_of_packet(match: Match) -> bool:
    """Whether a condition asks for something of the packet itself, not only for its family or a draw of lots."""
    return match.about not in (SOMETIMES, "family", "unknown", "mark", "ct_state") and not match.negated
