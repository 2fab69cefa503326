"""Walk a packet through the chains of a host as the kernel does, and note every rule that could stop it.

A condition may be unknown; then the packet both is and is not taken to go on behind the rule. Source: nft(8), and the
kernel's net/netfilter/nf_tables_core.c (nft_do_chain) and net/ipv4/netfilter/ip_tables.c (ipt_do_table).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pcapcheck.ruleset.conditions import FALSE, TRUE
from pcapcheck.triage.firewall.owner import CALICO, owner
from pcapcheck.triage.firewall.packet import FORWARDED, Packet, Place, judge
from pcapcheck.triage.state.firewall.model import (
    ACCEPT,
    DROP,
    ENDING,
    GOTO,
    JUMP,
    OTHER,
    RETURN,
    SOMETIMES,
    Chain,
    Firewall,
    Match,
    Rule,
    Table,
)

# net/netfilter/nf_tables.h (NFT_JUMP_STACK_SIZE) is 16; chains that iptables nests deeper nobody has.
DEEPEST = 24
MOST_STEPS = 500_000
FAMILIES = {4: ("ip", "inet", "netdev"), 6: ("ip6", "inet", "netdev")}
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

    table: Table
    chain: Chain
    rule: Rule | None
    hook: str | None
    doubts: tuple[Match, ...] = ()
    before: tuple[Rule, ...] = ()
    sometimes: bool = False
    narrow: bool = False
    shown: bool = True

    @property
    def packets(self) -> int | None:
        return self.chain.policy_packets if self.rule is None else self.rule.packets

    @property
    def is_certain(self) -> bool:
        return not self.doubts and not self.before and not self.sometimes and self.shown


@dataclass(frozen=True)
class Miss:
    """A rule that cannot have stopped the packet: by which condition, or ``why`` in a word.

    ``why`` is counter, hook, unreached, after (``by`` is the rule that it comes after) or condition.
    """

    table: Table
    chain: Chain
    rule: Rule
    why: str
    match: Match | None = None
    by: Rule | None = None


@dataclass
class Walked:
    """What the chains of a host would do with a packet."""

    hits: list[Hit] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)

    @property
    def certain(self) -> Hit | None:
        """What stops the packet for certain, counters aside."""
        return next((one for one in self.hits if one.is_certain), None)


def walk(firewall: Firewall, packet: Packet, counted: bool = True) -> Walked:
    """Send a packet through a firewall. ``counted``: a rule whose counter is 0 matched nothing."""
    return _Walk(firewall, packet, counted).go()


class _Walk:
    def __init__(self, firewall: Firewall, packet: Packet, counted: bool) -> None:
        self.firewall = firewall
        self.packet = packet
        self.counted = counted
        self.walked = Walked()
        self.hit: dict[int, Hit] = {}
        self.missed: dict[int, Miss] = {}
        self.seen: set[int] = set()
        self.ended_by: Rule | None = None
        self.stopped = False
        self.before: list[Rule] = []
        self.mark: tuple[int, int] = (0xFFFFFFFF, 0)
        self.steps = 0
        self.inside: set[int] = set()

    def go(self) -> Walked:
        tables = self._tables()
        for table, chain in sorted(self._bases(tables), key=lambda one: self._order(one[1])):
            if self.stopped:
                break
            self._base(table, chain)
        if not self.stopped:
            for table in tables:
                self._loose(table)
        for table in self.firewall.tables:
            for chain, rule in table.rules():
                if rule.drops and id(rule) not in self.hit and id(rule) not in {id(o.rule) for o in self.walked.misses}:
                    self.walked.misses.append(self.missed.get(id(rule)) or self._why(table, chain, rule))
        return self.walked

    def _tables(self) -> list[Table]:
        """The tables that such packets pass. What iptables-save tells of nft's own tables too is taken from there."""
        saved = {(one.family, one.name) for one in self.firewall.tables if one.backend != "nft"}
        families = FAMILIES[self.packet.family]
        return [
            one
            for one in self.firewall.tables
            if one.family in families or not one.family
            if one.backend != "nft" or (one.family, one.name) not in saved
        ]

    def _bases(self, tables: Sequence[Table]) -> list[tuple[Table, Chain]]:
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
        return FORWARDED.index(chain.hook) if chain.hook in FORWARDED else 1, chain.priority

    def _base(self, table: Table, chain: Chain) -> None:
        place = Place(chain.hook, chain.priority, self.mark, self._sets(table))
        self.before, self.ended_by = [], None
        # Rules are missing before and between those that were left over.
        shown = table.whole
        end = self._chain(table, chain, place, (), False, shown, 0)
        self.mark = place.mark
        if end == OPEN and chain.policy == DROP:
            hit = Hit(table, chain, None, chain.hook, (), tuple(self.before), shown=shown)
            self.walked.hits.append(hit)
            self.stopped = hit.is_certain

    def _sets(self, table: Table) -> dict[str, tuple[tuple[Match, ...], ...]]:
        return self.firewall.elements if table.backend != "nft" else table.sets

    def _loose(self, table: Table) -> None:
        """Chains of which nothing tells how packets come there: by themselves, in a listing that is not whole."""
        if table.whole and any(one.hook for one in table.chains.values()):
            return
        for chain in table.chains.values():
            if chain.hook is None and not any(id(rule) in self.seen for rule in chain.rules):
                self.before, self.ended_by = [], None
                place = Place(None, 0, (0, 0), self._sets(table))
                if (narrow := self._workload(table, chain)) is not None:
                    self._chain(table, chain, place, (), narrow, False, 0)

    def _workload(self, table: Table, chain: Chain) -> bool | None:
        """Whether a chain is that of the packet's own workload, by its name; None: of another, so not passed."""
        named = WORKLOAD.search(chain.name)
        if named is None:
            return False
        match = Match("oif" if named[1] == "tw" else "iif", f"chain {chain.name}", names=(named[2],))
        result = judge(match, self.packet, Place(None))
        for rule in chain.rules if result == FALSE else ():
            self._miss(Miss(table, chain, rule, "condition", match))
        return None if result == FALSE else result == TRUE

    def _chain(
        self, table: Table, chain: Chain, place: Place, doubts: tuple[Match, ...], narrow: bool, shown: bool, depth: int
    ) -> str:
        """One chain; whether the packet is sure to end in it (``ENDED``), or may come out at its end."""
        returning: list[Rule] = []
        for rule in chain.rules:
            self.seen.add(id(rule))
            self.steps += 1
            if self.steps > MOST_STEPS or depth > DEEPEST:
                return OPEN
            result, unknown = self._judge(table, chain, rule, place)
            if result == FALSE:
                continue
            mine = (*doubts, *(one for one in unknown if not is_draw(one, table, chain)))
            sure = result == TRUE
            if rule.mark is not None:
                place.mark = _marked(place.mark, rule.mark, sure)
            verdict = rule.verdict
            if verdict is None:
                continue
            if verdict.kind in ENDING:
                sometimes = any(is_draw(one, table, chain) for one in unknown)
                asked = narrow or any(_is_of_packet(one) for one in rule.matches)
                before = (*self.before, *returning)
                self._hit(Hit(table, chain, rule, place.hook, mine, before, sometimes, asked, shown))
                if sure:
                    self.ended_by = rule
                    self.stopped = self.stopped or (not doubts and not before and shown)
                    return ENDED
                self.before.append(rule)
            elif verdict.kind in (ACCEPT, OTHER):
                if sure:
                    self.ended_by = rule
                    return ENDED
                self.before.append(rule)
            elif verdict.kind == RETURN:
                if sure:
                    return OPEN
                returning.append(rule)
            elif verdict.kind in (JUMP, GOTO):
                more = narrow or any(_is_of_packet(one) for one in rule.matches)
                end = self._jump(table, verdict.chain, place, (mine, more, shown, depth), sure)
                if end == ENDED and sure:
                    return ENDED
                if end == ENDED:
                    self.before.append(rule)
                elif verdict.kind == GOTO:
                    # Its chain does not come back here.
                    if sure:
                        return OPEN
                    returning.append(rule)
        return OPEN

    def _jump(
        self, table: Table, name: str, place: Place, way: tuple[tuple[Match, ...], bool, bool, int], sure: bool
    ) -> str:
        doubts, narrow, shown, depth = way
        target = table.chains.get(name)
        if target is None or id(target) in self.inside:
            # Its rules were left out; or it leads to itself, which no kernel takes.
            return OPEN
        inside = place if sure else replace(place)
        self.inside.add(id(target))
        end = self._chain(table, target, inside, doubts, narrow, shown, depth + 1)
        self.inside.remove(id(target))
        if not sure and inside.mark != place.mark:
            place.mark = _joined(place.mark, inside.mark)
        return end

    def _judge(self, table: Table, chain: Chain, rule: Rule, place: Place) -> tuple[int, list[Match]]:
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

    def _hit(self, hit: Hit) -> None:
        key = id(hit.rule)
        known = self.hit.get(key)
        if known is None or _weight(hit) < _weight(known):
            if known is not None:
                self.walked.hits.remove(known)
            self.hit[key] = hit
            self.walked.hits.append(hit)

    def _miss(self, miss: Miss) -> None:
        self.missed.setdefault(id(miss.rule), miss)

    def _why(self, table: Table, chain: Chain, rule: Rule) -> Miss:
        """Why a rule was not come to: its own conditions first, then where it stands."""
        place = Place(None, 0, (0, 0), self._sets(table))
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


def _weight(hit: Hit) -> tuple[int, int]:
    return len(hit.doubts), len(hit.before)


def is_draw(match: Match, table: Table, chain: Chain) -> bool:
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
