"""``nft list ruleset``, ``list table`` and ``list chain``, with or without -a and -s, and single lines of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pcapcheck.triage.state.firewall import words
from pcapcheck.triage.state.firewall.keys import KEYS, Key
from pcapcheck.triage.state.firewall.model import NFT, Chain, Match, Rule, Table
from pcapcheck.triage.state.firewall.nft_match import match_of, tuple_of
from pcapcheck.triage.state.firewall.nft_rule import Elements, read_rules
from pcapcheck.triage.state.firewall.nft_words import Words, split
from pcapcheck.triage.state.model import Line

TABLE = re.compile(r"table (?:(ip|ip6|inet|arp|bridge|netdev) )?(\S+) \{.*")
CHAIN = re.compile(r"chain (\S+) \{.*")
ELEMENTS = re.compile(r"(set|map|vmap|counter|quota|limit|flowtable|ct \w+|secmark|synproxy|meter) (\S+) \{.*")
HOOK = re.compile(
    r"type (\w+) hook (\w+)(?: devices? (=? ?\{[^}]*\}|\S+))? priority ([^;]+);(?: policy (accept|drop);)?.*"
)
COUNTED = re.compile(r".*\bpackets (\d{1,19}) bytes \d+.*")
# What a set's elements are of, by its type, in the order of nft(8).
TYPES = {
    "ipv4_addr": Key("", "address", words.address_span),
    "ipv6_addr": Key("", "address", words.address_span),
    "inet_service": KEYS["th", "dport"],
    "inet_proto": KEYS["meta", "l4proto"],
    "ifname": KEYS["meta", "iifname"],
    "icmp_type": KEYS["icmp", "type"],
    "icmpv6_type": KEYS["icmpv6", "type"],
    "mark": KEYS["meta", "mark"],
}


class _Reader:
    """A listing in the making: the table, chain and set that the next line is of."""

    def __init__(self, whole: bool) -> None:
        self.may_be_whole = whole
        self.tables: list[Table] = []
        self.table: Table | None = None
        self.chain: Chain | None = None
        self.inside = ""
        self.name = ""
        self.raw: list[tuple[Table, Chain, Line, str]] = []
        self.maps: dict[int, Elements] = {}
        self.counters: dict[int, dict[str, int]] = {}
        self.depth = 0
        self.strange: list[Line] = []

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
        self.table = Table(NFT, family, name)
        self.tables.append(self.table)
        self.chain, self.inside = None, ""

    def _owner(self) -> Table:
        if self.table is None:
            # A chain or a rule without its table: somebody left lines out.
            loose = next((one for one in self.tables if not one.name), None)
            if loose is None:
                loose = Table(NFT, "", "")
                self.tables.append(loose)
            return loose
        return self.table

    def _base(self, match: re.Match[str], line: Line) -> None:
        chain = self.chain or self._owner().chain("")
        chain.line = line
        chain.kind, chain.hook = match[1], match[2]
        chain.device = match[3].strip('="{} ') if match[3] else None
        chain.priority = words.priority(match[4])
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
        elif "elements =" in text:
            held[self.name] = Words(split(text.partition("elements =")[2])).group()

    def finish(self) -> list[Table]:
        for table in self.tables:
            table.sets = {
                name: options
                for name, elements in self.maps.get(id(table), {}).items()
                if not name.startswith("type ") and (options := self._set(table, name, elements)) is not None
            }
        for table, chain, line, text in self.raw:
            rules = read_rules(line, self.maps.get(id(table), {}), text)
            if not table.name and not any(one.verdict or one.mark or one.sets_ttl for one in rules):
                # No rule of nft, as far as one line tells.
                self.strange.append(line)
                continue
            chain.rules += [self._counted(table, one) for one in rules]
        for table in self.tables:
            if not table.name and not any(True for _ in table.rules()):
                table.chains.clear()
        return [one for one in self.tables if one.chains or one.name]

    def _counted(self, table: Table, rule: Rule) -> Rule:
        if rule.counter:
            return replace(rule, packets=self.counters.get(id(table), {}).get(rule.counter))
        return rule

    def _set(self, table: Table, name: str, elements: list[list[str]]) -> tuple[tuple[Match, ...], ...] | None:
        """The elements as conditions; None where their type is not understood."""
        kinds = self.maps[id(table)].get(f"type {name}", [[]])[0]
        types = [TYPES.get(kind) for kind in kinds if kind != "."]
        if not types or None in types:
            return None
        keys = [one for one in types if one is not None]
        found = []
        for element in elements:
            value = _bare(element)
            if len(keys) > 1:
                option = tuple_of(keys, value)
            else:
                option = (match_of(keys[0], [value], " ".join(value)),) if len(value) == 1 else None
            if option is None:
                return None
            found.append(option)
        return tuple(found)


def _bare(element: list[str]) -> list[str]:
    """An element without its timeout, counter and comment, and without what a map leads to."""
    found: list[str] = []
    for word in element:
        if word in ("timeout", "expires", "counter", "comment", "limit", ":", "ct"):
            break
        found.append(word)
    return found


def read_nft(lines: Iterable[Line], whole: bool) -> tuple[list[Table], list[Line]]:
    """The tables of a listing, and the lines that are none of it. ``whole``: nothing was filtered out of it.

    Of a single line, or of some that ``grep`` left, the chain is not known: it has no name and no hook.
    """
    reader = _Reader(whole)
    held: list[str] = []
    first: Line | None = None
    for line in lines:
        text = _plain(" ".join(line.text.split()))
        if not text or text.startswith("#"):
            continue
        if held:
            held.append(text)
        elif _open(text) > 0 and not text.endswith("{"):
            held, first = [text], line
        else:
            reader.read(line, text)
            continue
        joined = " ".join(held)
        if _open(joined) <= 0 or len(held) > 100_000:
            reader.read(first or line, joined)
            held, first = [], None
    for text in held[:1]:
        if first is not None:
            reader.read(first, text)
    return reader.finish(), reader.strange


def _open(text: str) -> int:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    return bare.count("{") - bare.count("}")


def _plain(text: str) -> str:
    """A line without the remark that -a and older versions add."""
    return re.sub(r"\s*# (?:handle \d+|Warning: .*)$", "", text)
