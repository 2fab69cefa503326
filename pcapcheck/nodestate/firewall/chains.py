"""Tables, chains and rules of a firewall (nftables, or iptables and what stands for it).

Addresses are numbers of 128 bits as everywhere (IPv4 as IPv4-mapped), so a span of them is of one family.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pcapcheck.nodestate.source_lines import Line

if TYPE_CHECKING:
    from pcapcheck.nodestate.firewall.sets import NamedSet

# The hooks that a packet passes (netfilter(8)); ingress and egress belong to one device.
PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING = "prerouting", "input", "forward", "output", "postrouting"
ACCEPT, DROP, REJECT, RETURN, JUMP, GOTO, OTHER = "accept", "drop", "reject", "return", "jump", "goto", "other"
# A program decides; it may drop the packet.
QUEUE = "queue"
ENDING = (DROP, REJECT, QUEUE)
NFT, IPTABLES = "nft", "iptables"
# Fields of a match that no packet decides; a random choice, or a rate, holds for some of several alike packets.
UNKNOWN, SOMETIMES, ONE_OF, SET = "unknown", "sometimes", "one-of", "set"

Span = tuple[int, int]


class Match(Struct, frozen=True):
    """One condition of a rule.

    ``about`` names a field of the packet, or is UNKNOWN, SOMETIMES, ONE_OF (``options`` are lists of conditions; one
    list must hold) or SET (``names`` has the set's name, then the field of each part of an element).
    ``spans`` are the numbers that fit,
    both ends included; ``names`` the words that fit (interfaces, where a last ``*`` stands for any ending; states of
    connections). ``mask`` is the part of the packet's number that is compared. ``text`` is the condition as written.
    """

    about: str
    text: str
    spans: tuple[Span, ...] = ()
    names: tuple[str, ...] = ()
    negated: bool = False
    mask: int | None = None
    options: tuple[tuple[Match, ...], ...] = ()


class Verdict(Struct, frozen=True):
    """What a rule does with packets that it matches. ``chain`` is the target of a jump or goto, or the queue.

    ``errors`` are the ICMP errors (family, type, code) of a reject; none: not shown. ``reset``: it answers with a TCP
    reset. ``to`` is the address, and the port if that changes too, that destination translation gives to packets;
    None if it is not a single address.
    """

    kind: str
    chain: str = ""
    errors: frozenset[tuple[int, int, int]] = frozenset()
    reset: bool = False
    to: tuple[int, int | None] | None = None


class FirewallRule(Struct):
    """A rule with its line. ``packets`` is its counter; None: it has none.

    ``mark`` is (mask, value): the bits of the packet's mark that it sets. A mask without a value is bits that it
    sets to something unknown. ``sets_ttl``: it rewrites the TTL or the hop limit. ``notrack``: connection tracking
    leaves the packet alone. ``translates`` is the address that it changes, saddr or daddr.
    """

    line: Line
    matches: tuple[Match, ...] = ()
    verdict: Verdict | None = None
    packets: int | None = None
    mark: tuple[int, int | None] | None = None
    comment: str = ""
    sets_ttl: bool = False
    counter: str = ""
    notrack: bool = False
    translates: str = ""

    @property
    def drops(self) -> bool:
        return self.verdict is not None and self.verdict.kind in ENDING


class Unread(Struct, frozen=True):
    """An unread line of a chain, and what reads its rules."""

    line: Line
    text: str
    read: Callable[[Line, str], list[FirewallRule]]


class Chain(Struct):
    """A chain. ``hook`` is where packets enter it; None if it is only jumped to, or if that is not known.

    ``policy`` (accept or drop) decides packets that no rule decides; it may have a counter.
    Its rules are read when the first packet comes to it: most of tens of thousands of chains see none.
    """

    name: str
    line: Line | None = None
    kind: str = "filter"
    hook: str | None = None
    device: str | None = None
    priority: int = 0
    policy: str = ACCEPT
    policy_packets: int | None = None
    unread: list[Unread] = field(default_factory=list)
    _rules: list[FirewallRule] = field(default_factory=list)

    @property
    def rules(self) -> list[FirewallRule]:
        if self.unread:
            lines, self.unread = self.unread, []
            for unread in lines:
                self._rules += unread.read(unread.line, unread.text)
        return self._rules

    @property
    def texts(self) -> list[str]:
        """The lines of its rules, read or not."""
        return [*(rule.line.text for rule in self._rules), *(unread.text for unread in self.unread)]

    @property
    def is_empty(self) -> bool:
        return not self.unread and not self._rules

    @property
    def size(self) -> int:
        """How many lines and rules it has."""
        return len(self._rules) + len(self.unread)

    def mentions(self, words: re.Pattern[str]) -> bool:
        """Whether some of its rules may be found by a word; those that have been read may be."""
        return bool(self._rules) or any(words.search(unread.text) for unread in self.unread)


class FirewallTable(Struct):
    """A table. ``whole``: nothing of it was left out of the listing.

    ``family`` is ip, ip6, inet, arp, bridge, netdev, or empty where the line stands alone. ``sets`` are its named
    sets. ``legacy``: iptables itself keeps it in the kernel, where nft does not see it; None: not known.
    """

    backend: str
    family: str
    name: str
    whole: bool = False
    chains: dict[str, Chain] = field(default_factory=dict)
    sets: dict[str, NamedSet] = field(default_factory=dict)
    legacy: bool | None = None

    @property
    def title(self) -> str:
        """Its name in reports: ``table inet filter``."""
        if self.backend == NFT:
            return f"table {self.family} {self.name}"
        return f"{self.name} table of arptables" if self.family == "arp" else f"{self.name} table"

    def chain(self, name: str, line: Line | None = None) -> Chain:
        return self.chains.setdefault(name, Chain(name, line))

    def rules(self, words: re.Pattern[str] | None = None) -> Iterator[tuple[Chain, FirewallRule]]:
        """All rules, or those of the chains with a word."""
        for chain in self.chains.values():
            if words is None or chain.mentions(words):
                for rule in chain.rules:
                    yield chain, rule


class Firewall(Struct):
    """All tables that were listed of a host, in the order of the listings.

    ``whole`` names the listings that are complete: nft, iptables4, iptables6. ``legacy``: an output says that there are
    rules that its tool does not show, ``legacy_arp`` the same for ARP. ``elements`` are the sets of ipset.
    """

    tables: list[FirewallTable] = field(default_factory=list)
    elements: dict[str, NamedSet] = field(default_factory=dict)
    legacy: Line | None = None
    legacy_arp: Line | None = None

    def add(self, other: Firewall) -> None:
        """Add what another output of the host lists: a later listing of a whole table replaces an earlier one."""
        for table in other.tables:
            # One of iptables may be of either version of IP.
            if table.whole and table.family:
                self.tables = [listed for listed in self.tables if not _same_table(listed, table)]
            self.tables.append(table)
        self.elements |= other.elements
        self.legacy = self.legacy or other.legacy
        self.legacy_arp = self.legacy_arp or other.legacy_arp

    @property
    def size(self) -> int:
        return sum(chain.size + 1 for table in self.tables for chain in table.chains.values()) + len(self.elements)


def _same_table(table: FirewallTable, other: FirewallTable) -> bool:
    if (table.backend, table.family, table.name) != (other.backend, other.family, other.name):
        return False
    return table.legacy is None or other.legacy is None or table.legacy == other.legacy


def spans_of(numbers: Iterable[int]) -> tuple[Span, ...]:
    return tuple((number, number) for number in numbers)
