"""``nft list ruleset``, ``list table`` and ``list chain``, with or without -a and -s, and single lines of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial

from msgspec.structs import replace

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import NFT, Chain, FirewallRule, FirewallTable, Unread
from pcapcheck.nodestate.firewall.keys import KEYS, Key, unknown
from pcapcheck.nodestate.firewall.sets import ADDRESS, Element, NamedSet
from pcapcheck.nodestate.readers.firewall.nft_match import tuple_of
from pcapcheck.nodestate.readers.firewall.nft_rule import Elements, read_rules
from pcapcheck.nodestate.readers.firewall.nft_words import Words, split
from pcapcheck.nodestate.source_lines import Line

TABLE = re.compile(r"table (?:(ip|ip6|inet|arp|bridge|netdev) )?(\S+) \{.*")
CHAIN = re.compile(r"chain (\S+) \{.*")
ELEMENTS = re.compile(r"(set|map|vmap|counter|quota|limit|flowtable|ct \w+|secmark|synproxy|meter) (\S+) \{.*")
HOOK = re.compile(
    r"type (\w+) hook (\w+)(?: devices? (=? ?\{[^}]*\}|\S+))? priority ([^;]+);(?: policy (accept|drop);)?.*"
)
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
REMARK = re.compile(r"\s*# (?:handle \d+|Warning: .*)$")
# How nft 0.9 shows a module of iptables that it has no words for; targets are written large.
MODULE = re.compile(r"# xt_(\w+)")
COUNTED = re.compile(r".*\bpackets (\d{1,19}) bytes \d+.*")
# What a set's elements are of, by its type, in the order of nft(8).
TYPES = {
    "ipv4_addr": Key(ADDRESS, "address", rule_values.address_span),
    "ipv6_addr": Key(ADDRESS, "address", rule_values.address_span),
    "inet_service": KEYS["th", "dport"],
    "inet_proto": KEYS["meta", "l4proto"],
    "ifname": KEYS["meta", "iifname"],
    "icmp_type": KEYS["icmp", "type"],
    "icmpv6_type": KEYS["icmpv6", "type"],
    "mark": KEYS["meta", "mark"],
}


class _NftReader:
    """A listing in the making: the table, chain and set that the next line is of."""

    def __init__(self, whole: bool, is_terse: bool) -> None:
        self.may_be_whole = whole
        self.tables: list[FirewallTable] = []
        self.table: FirewallTable | None = None
        self.chain: Chain | None = None
        self.inside = ""
        self.name = ""
        self.raw: list[tuple[FirewallTable, Chain, Line, str]] = []
        self.maps: dict[int, Elements] = {}
        self.counters: dict[int, dict[str, int]] = {}
        self.depth = 0
        self.strange: list[Line] = []
        # Sets whose elements the listing leaves out.
        self.left_out: set[str] = set()
        self.is_terse = is_terse

    def read(self, line: Line, text: str) -> None:
        """One line; an element list that was wrapped comes as one."""
        if match := TABLE.fullmatch(text):
            self._open_table(match[1] or "ip", match[2])
        elif self.inside:
            self._element(text)
        elif match := CHAIN.fullmatch(text):
            self.chain = self._owner().chain(match[1], line)
        elif (match := ELEMENTS.fullmatch(text)) and self.chain is None:
            self.inside, self.name = match[1], match[2]
            if text.endswith("}") and "{" in text[:-1]:
                self._element(text[text.index("{") + 1 : -1].strip())
                self.inside = ""
        elif text == "}":
            if self.chain is not None:
                self.chain = None
            elif self.table is not None:
                self.table.whole = self.may_be_whole
                self.table = None
        elif match := HOOK.fullmatch(text):
            self._base(match, line)
        elif (text.startswith(("flags ", "comment ")) and self.chain is None) or (
            text.startswith("comment ") and self.chain is not None and not self.chain.rules
        ):
            pass
        else:
            self._rule(line, text)

    def _open_table(self, family: str, name: str) -> None:
        self.table = FirewallTable(NFT, family, name)
        self.tables.append(self.table)
        self.chain, self.inside = None, ""

    def _owner(self) -> FirewallTable:
        if self.table is None:
            # A chain or a rule without its table: somebody left lines out.
            loose = next((table for table in self.tables if not table.name), None)
            if loose is None:
                loose = FirewallTable(NFT, "", "")
                self.tables.append(loose)
            return loose
        return self.table

    def _base(self, match: re.Match[str], line: Line) -> None:
        chain = self.chain or self._owner().chain("")
        chain.line = line
        chain.kind, chain.hook = match[1], match[2]
        chain.device = match[3].strip('="{} ') if match[3] else None
        chain.priority = rule_values.priority(match[4])
        chain.policy = match[5] or "accept"

    def _rule(self, line: Line, text: str) -> None:
        table = self._owner()
        chain = self.chain or table.chain("")
        self.raw.append((table, chain, line, text))

    def _element(self, text: str) -> None:
        if text == "}":
            self.inside = ""
            return
        table = self._owner()
        if self.inside == "counter":
            if counted := COUNTED.fullmatch(text):
                self.counters.setdefault(id(table), {})[self.name] = int(counted[1])
            return
        held = self.maps.setdefault(id(table), {})
        if text.startswith(("type ", "typeof ")):
            held[f"type {self.name}"] = [text.split(" : ")[0].rstrip(";").split()[1:]]
            held.setdefault(self.name, [])
            if self.is_terse:
                self.left_out.add(self.name)
        elif "elements =" in text:
            held[self.name] = Words(split(text.partition("elements =")[2])).group()

    def finish(self) -> list[FirewallTable]:
        for table in self.tables:
            held = self.maps.get(id(table), {})
            for name, elements in held.items():
                types = [TYPES.get(kind) for kind in held.get(f"type {name}", [[]])[0] if kind != "."]
                keys = [key for key in types if key is not None]
                if keys and len(keys) == len(types) and name not in self.left_out:
                    table.sets[name] = NamedSet(partial(_elements, keys, elements))
        for table, chain, line, text in self.raw:
            unread = Unread(line, text, partial(self._rules, table))
            if not table.name and not any(
                rule.verdict or rule.mark or rule.sets_ttl for rule in unread.read(line, text)
            ):
                # No rule of nft, as far as one line tells.
                self.strange.append(line)
                continue
            chain.unread.append(unread)
        for table in self.tables:
            if not table.name and all(chain.is_empty for chain in table.chains.values()):
                table.chains.clear()
        return [table for table in self.tables if table.chains or table.name]

    def _rules(self, table: FirewallTable, line: Line, text: str) -> list[FirewallRule]:
        return [self._counted(table, rule) for rule in read_rules(line, self.maps.get(id(table), {}), text)]

    def _counted(self, table: FirewallTable, rule: FirewallRule) -> FirewallRule:
        if rule.counter:
            return replace(rule, packets=self.counters.get(id(table), {}).get(rule.counter))
        return rule


def _elements(keys: Sequence[Key], elements: Sequence[Sequence[str]]) -> tuple[list[Element], list[Element]]:
    """The elements of a set as conditions; one that is not understood may be anything. nft has no exceptions."""
    found: list[Element] = []
    for element in elements:
        value = _bare(element)
        option = tuple_of(keys, value)
        found.append(option if option is not None else (unknown(" ".join(value)),))
    return found, []


def _bare(element: Sequence[str]) -> list[str]:
    """An element without its timeout, counter and comment, and without what a map leads to."""
    found: list[str] = []
    for word in element:
        if word in ("timeout", "expires", "counter", "comment", "limit", ":", "ct"):
            break
        found.append(word)
    return found


def read_nft(lines: Iterable[Line], whole: bool, is_terse: bool = False) -> tuple[list[FirewallTable], list[Line]]:
    """The tables of a listing, and the lines that are none of it. ``whole``: nothing was filtered out of it.

    ``is_terse``: with the elements of sets left out (``nft -t``). Of a single line, or of some that ``grep`` left, the
    chain is not known: it has no name and no hook.
    """
    reader = _NftReader(whole, is_terse)
    held: list[str] = []
    first: Line | None = None
    depth = 0
    for line in lines:
        text = _plain(" ".join(line.text.split()))
        if not text or text.startswith("#"):
            continue
        if held:
            held.append(text)
            depth += open_braces(text)
        elif not text.endswith("{") and (depth := open_braces(text)) > 0:
            held, first = [text], line
        else:
            reader.read(line, text)
            continue
        if depth <= 0:
            reader.read(first or line, " ".join(held))
            held, first = [], None
    for text in held[:1]:
        if first is not None:
            reader.read(first, text)
    return reader.finish(), reader.strange


def open_braces(text: str) -> int:
    """How many braces a line opens and does not close."""
    bare = QUOTED.sub("", text) if '"' in text else text
    return bare.count("{") - bare.count("}")


def _plain(text: str) -> str:
    """A line without the remark that -a and older versions add, modules of iptables as newer ones write them."""
    if "#" not in text:
        return text
    bare = REMARK.sub("", text)
    return MODULE.sub(lambda found: f"xt {'target' if found[1].isupper() else 'match'} {found[1]}", bare)
