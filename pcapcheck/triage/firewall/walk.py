"""Walk a packet through the chains of a host as the kernel does, and note every rule that could stop it.

A condition may be unknown; then the packet both is and is not taken to go on behind the rule. Source: nft(8), and the
kernel's net/netfilter/nf_tables_core.c (nft_do_chain) and net/ipv4/netfilter/ip_tables.c (ipt_do_table).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pcapcheck.kleene import FALSE, TRUE
from pcapcheck.nodestate.firewall.chains import (
    ACCEPT,
    DROP,
    GOTO,
    IPTABLES,
    JUMP,
    NFT,
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
)
from pcapcheck.nodestate.firewall.keys import ARP_FAMILY
from pcapcheck.nodestate.firewall.sets import Sets
from pcapcheck.triage.firewall.lost_packet import UNTRACKED, HookPlace, LostPacket, judge
from pcapcheck.triage.firewall.owner import CALICO, owner
from pcapcheck.triage.firewall.policy_count import policy_count

# include/net/netfilter/nf_tables.h (NFT_JUMP_STACK_SIZE) is 16; iptables nests as deep as it has chains.
DEEPEST = 64
MOST_STEPS = 500_000
# iptables -L prints counters from here on in thousands, unless it has -x (iptables/xshared.c, xtables_print_num).
ROUNDED = 100_000
# Of the earlier rules that may let a packet go one is shown, and how many there are beyond some says no more.
MOST_BEFORE = 8
# Words without which no rule stops a packet; a map that is named may lead to such.
STOPPING = re.compile(r"drop|reject|queue|vmap @", re.IGNORECASE)
# Tables of inet see no ARP (kernel: net/netfilter/nft_chain_filter.c).
FAMILIES = {4: ("ip", "inet", "netdev"), 6: ("ip6", "inet", "netdev"), ARP_FAMILY: ("arp", "netdev")}
OPEN, ENDED = "open", "ended"
# Calico's chains of one workload: to it (tw) and from it (fw) (felix/rules/rule_defs.go).
WORKLOAD = re.compile(r"(?:^|-)cali-(tw|fw)-(\S+)$")


@dataclass(frozen=True)
class Hit:
    """A rule, or a chain's policy (``rule`` None), that may stop the packet.

    ``doubts`` are conditions, of the rule or on the way to it, that may not hold; ``before`` are earlier rules that may
    let the packet go; ``sometimes``: a draw of lots, or a rate, is among the conditions. ``narrow``: something of the
    packet itself was asked for. ``shown``: it is known how packets come to its chain.
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


@dataclass(frozen=True)
class Miss:
    """A rule that cannot have stopped the packet: by which condition, or ``why`` in a word.

    ``why`` is counter, hook, unreached, after (``by`` is the rule that it comes after) or condition.
    """

    table: FirewallTable
    chain: Chain
    rule: FirewallRule
    why: str
    match: Match | None = None
    by: FirewallRule | None = None


@dataclass
class Walked:
    """What the chains of a host would do with a packet, and how it comes out of them.

    ``mark`` is (bits that are known, their value).
    """

    hits: list[Hit] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)
    packet: LostPacket | None = None
    mark: tuple[int, int] = (0, 0)

    @property
    def certain(self) -> Hit | None:
        """What stops the packet for certain, counters aside."""
        return next((one for one in self.hits if one.is_certain), None)


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
        self.lost_way = False

    def go(self) -> Walked:
        tables = self._tables()
        # Of one priority what was added last comes first (kernel: nf_hook_entries_grow), as far as listings show that.
        bases = self._bases(tables)[::-1]
        bases.sort(key=lambda one: self._order(one[1]))
        stopped_at: tuple[int, int] | None = None
        stopping: tuple[FirewallRule, ...] = ()
        for table, chain in bases:
            order = self._order(chain)
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
        told: set[int] = set()
        for table in self.firewall.tables:
            for chain, rule in table.rules(STOPPING):
                if rule.drops and id(rule) not in self.hit and id(rule) not in told:
                    told.add(id(rule))
                    miss = self.missed.get(id(rule)) or self._why(table, chain, rule)
                    if miss.why == "after" and self.lost_way:
                        doubt = Match(UNKNOWN, "that they come to this rule")
                        self.walked.hits.append(Hit(table, chain, rule, chain.hook, (doubt,)))
                    else:
                        self.walked.misses.append(miss)
        return self.walked

    def _tables(self) -> list[FirewallTable]:
        """The tables that such packets pass. What iptables-save tells of nft's own tables too is taken from there."""
        saved = {(one.family, one.name) for one in self.firewall.tables if shows_nft(one)}
        families = FAMILIES[self.packet.family]
        return [
            one
            for one in self.firewall.tables
            if one.family in families or (not one.family and self._may_be_of(one))
            if one.backend != "nft" or (one.family, one.name) not in saved
        ]

    def _may_be_of(self, table: FirewallTable) -> bool:
        """Whether a table that does not say its family may be of these packets': iptables has none of ARP."""
        return self.packet.family != ARP_FAMILY or table.backend != IPTABLES

    def _bases(self, tables: Sequence[FirewallTable]) -> list[tuple[FirewallTable, Chain]]:
        return [
            (table, chain)
            for table in tables
            for chain in table.chains.values()
            if chain.hook in self.packet.hooks and self._is_of_flow(chain) and self._at_device(chain)
        ]

    def _is_of_flow(self, chain: Chain) -> bool:
        """A chain of type nat sees the first packet of a flow alone."""
        return chain.kind != "nat" or not self.packet.states or "new" in self.packet.states

    def _at_device(self, chain: Chain) -> bool:
        if chain.device is None:
            return True
        name = self.packet.iif if chain.hook == "ingress" else self.packet.oif
        return name is None or name in [one.strip(' "') for one in chain.device.split(",")]

    def _order(self, chain: Chain) -> tuple[int, int]:
        return self.packet.hooks.index(chain.hook or ""), chain.priority

    def _base(self, table: FirewallTable, chain: Chain, stopping: tuple[FirewallRule, ...]) -> None:
        """A chain at its hook; ``stopping`` is a rule at the same place by which the packet may be gone already."""
        place = HookPlace(chain.hook, chain.priority, self.mark, self._sets(table))
        # What an earlier chain accepts goes on to this one, what it may have dropped does not.
        self.before, self.ended_by = [one for one in self.before if one.drops], None
        self.passed.clear()
        # Rules are missing before and between those that were left over.
        shown = table.whole and not self.lost_way
        end = self._chain(table, chain, place, _ChainEntry(left=stopping, shown=shown))
        self.mark = place.mark
        if end == OPEN and chain.policy == DROP:
            hit = Hit(table, chain, None, chain.hook, _of_family(table), (*stopping, *self.before), shown=shown)
            self._hit(id(chain), hit)
            self.stopped = self.stopped or (
                hit.is_certain and not self.lost_way and _counted_all(hit.packets, self.lost)
            )

    def _sets(self, table: FirewallTable) -> Sets:
        return self.firewall.elements if table.backend != "nft" else table.sets

    def _loose(self, table: FirewallTable) -> None:
        """Chains of which nothing tells how packets come there: by themselves, in a listing that is not whole."""
        if table.whole and any(one.hook for one in table.chains.values()):
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

    def _chain(self, table: FirewallTable, chain: Chain, place: HookPlace, way: _ChainEntry) -> str:
        """One chain; whether the packet is sure to end in it (``ENDED``), or may come out at its end.

        A packet that comes a second time, as it was, finds nothing new.
        """
        key = id(chain), place.mark, self.packet
        passed = self.passed.get(key)
        if (
            passed is None
            or passed.doubts > len(way.doubts)
            or passed.narrow < way.narrow
            or passed.sometimes > way.sometimes
        ):
            end = self._through(table, chain, place, way)
            passed = _Passed(end, place.mark, self.packet, len(way.doubts), way.narrow, way.sometimes)
            self.passed[key] = passed
        place.mark, self.packet = passed.mark, passed.packet
        return passed.end

    def _through(self, table: FirewallTable, chain: Chain, place: HookPlace, way: _ChainEntry) -> str:
        returning = way.left
        for rule in chain.rules:
            self.seen.add(id(rule))
            self.steps += 1
            if self.steps > MOST_STEPS or way.depth > DEEPEST:
                return self._lose_way(rule)
            result, unknown = self._judge(table, chain, rule, place)
            if result == FALSE:
                continue
            if unknown and self._took_all(rule, way):
                result, unknown = TRUE, []
            sure = result == TRUE and _counted_all(rule.packets if self.counted else None, self.lost)
            doubts = (*way.doubts, *(one for one in unknown if not is_draw(one, table, chain)))
            if rule.mark is not None:
                place.mark = _marked(place.mark, rule.mark, sure)
            if rule.notrack and place.is_before_tracking:
                self._untrack(sure)
            verdict = rule.verdict
            if verdict is None:
                continue
            narrow = way.narrow or any(_is_of_packet(one) for one in rule.matches)
            sometimes = way.sometimes or any(is_draw(one, table, chain) for one in unknown)
            if rule.drops:
                before = (*self.before, *returning)[:MOST_BEFORE]
                doubts = doubts if narrow else (*_of_family(table), *doubts)
                if verdict.kind == QUEUE:
                    doubts = (*doubts, Match(UNKNOWN, f"the verdict of the program behind {verdict.chain}"))
                hit = Hit(table, chain, rule, place.hook, doubts, before, sometimes, narrow, way.shown)
                self._hit(id(rule), hit)
                self._may_go(rule)
                if sure and not returning:
                    self.ended_by = rule
                    self.stopped = self.stopped or (hit.is_certain and not self.lost_way)
                    return ENDED
                if sure:
                    return OPEN
            elif verdict.kind in (ACCEPT, OTHER):
                if rule.translates:
                    self._translate(rule, sure and not returning)
                if sure and not returning:
                    self.ended_by = rule
                    return ENDED
                self._may_go(rule)
                if sure:
                    # Where it did not go back before, it ends here.
                    return OPEN
            elif verdict.kind == RETURN:
                if sure:
                    return OPEN
                returning = (*returning, rule)[:MOST_BEFORE]
            elif verdict.kind in (JUMP, GOTO):
                came = self._came(table, rule) if sure and not doubts else None
                further = _ChainEntry(doubts, returning, narrow, way.shown, sometimes, way.depth + 1, came)
                end = self._jump(table, rule, verdict.chain, place, further, sure)
                if end == ENDED and sure:
                    return ENDED
                if end == ENDED:
                    self._may_go(rule)
                elif verdict.kind == GOTO:
                    # Its chain does not come back here.
                    if sure:
                        return OPEN
                    returning = (*returning, rule)[:MOST_BEFORE]
        return OPEN

    def _took_all(self, rule: FirewallRule, way: _ChainEntry) -> bool:
        """Whether a rule counted every packet that came to its chain, so those that were lost among them."""
        return self.counted and way.came is not None and rule.packets is not None and rule.packets >= way.came > 0

    def _came(self, table: FirewallTable, rule: FirewallRule) -> int | None:
        """How many packets came to where a rule leads that took those that were lost; None where others lead there."""
        if not self.counted or not table.whole or rule.packets is None or rule.verdict is None:
            return None
        if not self.lost <= rule.packets < ROUNDED:
            return None
        name = rule.verdict.chain
        if (id(table), name) not in self.led:
            leading = [one for _, one in table.rules(re.compile(re.escape(name))) if _leads_to(one, name)]
            self.led[id(table), name] = len(leading)
        return rule.packets if self.led[id(table), name] == 1 else None

    def _may_go(self, rule: FirewallRule) -> None:
        """A rule that may let the packet go, or stop it, so that it does not come to those behind."""
        if len(self.before) < MOST_BEFORE:
            self.before.append(rule)

    def _lose_way(self, rule: FirewallRule) -> str:
        """From here on it is not known where the packet goes."""
        self.lost_way = True
        self._may_go(rule)
        return OPEN

    def _jump(
        self, table: FirewallTable, rule: FirewallRule, name: str, place: HookPlace, way: _ChainEntry, sure: bool
    ) -> str:
        target = table.chains.get(name)
        if target is None or id(target) in self.inside:
            # Its rules were left out; or it leads to itself, which no kernel takes.
            return self._lose_way(rule) if target is not None else self._not_shown(rule)
        inside = place if sure else replace(place)
        packet = self.packet
        self.inside.add(id(target))
        end = self._chain(table, target, inside, way)
        self.inside.remove(id(target))
        if not sure and inside.mark != place.mark:
            place.mark = _joined(place.mark, inside.mark)
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
            # Whither it is translated is known already.
            return
        to = rule.verdict.to if rule.verdict is not None else None
        if rule.translates == "daddr" and sure and to is not None:
            ports = self.packet.dports if to[1] is None else frozenset((to[1],))
            self.packet = replace(self.packet, dst=to[0], dports=ports, oif=None, to=None)
        elif rule.translates == "daddr":
            # Whither it goes now, through the node or into it, is not known.
            self.packet = replace(self.packet, translated=True, oif=self.packet.oif if not sure else None)
            self.lost_way = self.lost_way or sure
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


def shows_nft(table: FirewallTable) -> bool:
    """Whether a listing of iptables shows a table of nft's own, as iptables-nft does, or may."""
    return table.backend != NFT and table.legacy is not True


def _leads_to(rule: FirewallRule, name: str) -> bool:
    return rule.verdict is not None and rule.verdict.kind in (JUMP, GOTO) and rule.verdict.chain == name


def _counted_all(packets: int | None, lost: int) -> bool:
    """Whether a counter allows that all the packets were counted."""
    return packets is None or packets >= lost


def _of_family(table: FirewallTable) -> tuple[Match, ...]:
    """A doubt where a table of iptables is of one version of IP, and nothing shows of which."""
    return () if table.family or not table.whole else (Match(UNKNOWN, "the version of IP that the table is for"),)


def _either(one: LostPacket, other: LostPacket) -> LostPacket:
    """What is known of a packet that a rule has changed, or not."""
    return replace(one, states=one.states | other.states, translated=True if other.dst != one.dst else other.translated)


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


def _marked(mark: tuple[int, int], change: tuple[int, int | None], sure: bool) -> tuple[int, int]:
    known, value = mark
    bits, wanted = change
    if sure and wanted is not None:
        return known | bits, (value & ~bits) | (wanted & bits)
    if wanted is not None:
        # Bits that are already so stay so.
        same = bits & known & ~(value ^ wanted)
        return known & ~(bits & ~same), value & ~(bits & ~same)
    return known & ~bits, value & ~bits


def _joined(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """What is known of the mark where the packet went one way or the other."""
    known = one[0] & other[0] & ~(one[1] ^ other[1])
    return known, one[1] & known
