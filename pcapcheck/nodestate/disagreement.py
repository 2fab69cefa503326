"""What two files show differently of one host: states of two times. Neither counts.

Outputs in one file are in the order of time, so the later counts. Of two files nothing shows which is later, nor which
is of the time of the packets.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

from msgspec import Struct, field

from pcapcheck.nodestate.firewall.chains import Firewall, FirewallTable
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Address, Contradiction, Device, Neighbour, PolicyRule, Route, Sysctl
from pcapcheck.nodestate.source_lines import Line, where
from pcapcheck.nodestate.unresolved_pods import FAILED
from pcapcheck.values import format_address

Fact = Route | Address | Neighbour | PolicyRule
Key = tuple[Hashable, ...]
# Facts by what they are about, and by what they say of that, with a line of each.
Facts = dict[Key, dict[Hashable, Line]]
SETTING, LINKS, FIREWALL, NEIGHBOURS = "setting", "links", "firewall", "neighbours"
# What a rule counted, in nft and in iptables-save.
COUNTED = re.compile(r"packets \d+ bytes \d+|\[\d+:\d+\]|# handle \d+")
LINK_FACTS = ("mac", "mtu", "up", "index", "peer_index")


class Disagreement(Struct):
    """The facts of a host that two files show differently, and a sentence about each."""

    doubted: dict[Key, Contradiction] = field(default_factory=dict)

    def setting(self, setting: Sysctl, known: Sysctl) -> None:
        """Two values of a setting."""
        text = f"{setting.name} is {setting.value} here and {known.value}"
        self._doubt((SETTING, setting.name), text, setting.line, known.line)

    def link(self, link: Device, known: Device) -> None:
        """Two listings of an interface."""
        for name in LINK_FACTS:
            value, before = getattr(link, name), getattr(known, name)
            if value is not None and before is not None and value != before:
                self._doubt((LINKS, link.name), f"{link.name} looks otherwise here than", link.line, known.line)

    def facts(self, here: Facts, there: Facts, all_here: Line | None, all_there: Line | None) -> None:
        """Two listings of one kind; ``all_here`` and ``all_there`` are the commands of those that list everything."""
        for key in here.keys() & there.keys():
            if not here[key].keys() & there[key].keys():
                line, before = next(iter(here[key].values())), next(iter(there[key].values()))
                self._doubt(key, f"{_what(key)} is otherwise here than", line, before)
        if all_here is None or all_there is None or _tool(all_here) != _tool(all_there):
            # Programs differ in what they leave out.
            return
        for listed, lacking, other in ((here, all_there, there), (there, all_here, here)):
            for key in listed.keys() - other.keys():
                if key[0] != NEIGHBOURS:
                    line = next(iter(listed[key].values()))
                    self._doubt(key, f"{_what(key)} is listed here, and not by the command", line, lacking)

    def firewalls(self, new: Firewall, old: Firewall) -> None:
        """Two listings of the same tables."""
        known = {_table_key(table): table for table in old.tables if table.whole}
        for table in new.tables:
            before = known.get(_table_key(table)) if table.whole else None
            if before is None or _rules_of(table) == _rules_of(before):
                continue
            line, there = (next((c.line for c in t.chains.values() if c.line), None) for t in (table, before))
            if line and there and line.file != there.file:
                self._doubt((FIREWALL,), f"{table.title} has other rules here than", line, there)

    def settle(self, host: Host) -> None:
        """Take what is doubted out of the host: it is unknown, and so is what its listings lack."""
        kinds: set[tuple[str, str]] = set()
        for kind, *rest in self.doubted:
            name = str(rest[0]) if rest else ""
            if kind == SETTING:
                host.sysctls.pop(name, None)
            elif kind == LINKS:
                host.links.pop(name, None)
                host.whole.discard(LINKS)
            elif kind == FIREWALL:
                host.firewall = None
                host.whole -= {FIREWALL, "ruleset"}
            else:
                kinds.add((str(kind), name))
        for kind, family in kinds:
            setattr(host, kind, [fact for fact in getattr(host, kind) if key_of(fact) not in self.doubted])
            # Also of single tables, and of routes out of one interface.
            names = ("routes", "local", "table") if kind == "routes" else (kind,)
            host.whole = {name for name in host.whole if not (name.startswith(names) and name.endswith(family))}

    def _doubt(self, key: Key, text: str, line: Line, before: Line) -> None:
        if line.file != before.file:
            self.doubted.setdefault(key, Contradiction(f"{text} in line {where(before, line)}", line))


def key_of(fact: Fact) -> Key:
    """What a fact is about."""
    if isinstance(fact, Route):
        return ("routes", fact.family, fact.table, fact.destination, fact.prefix)
    if isinstance(fact, Address):
        return ("addresses", fact.family, fact.ip, fact.dev)
    if isinstance(fact, Neighbour):
        return (NEIGHBOURS, 4 if fact.ip >> 32 == 0xFFFF else 6, fact.ip, fact.dev, fact.proxy)
    return ("rules", fact.family, fact.priority, fact.text)


def _value(fact: Fact) -> Hashable:
    """What it says of that."""
    if isinstance(fact, Route):
        return (fact.via, fact.dev) if fact.kind == "unicast" else fact.kind
    if isinstance(fact, Neighbour):
        return None if fact.state in FAILED else fact.mac
    return fact.prefix if isinstance(fact, Address) else None


def add_facts(found: Facts, facts: Iterable[Fact]) -> Facts:
    """Add facts to those found, and return these."""
    for fact in facts:
        found.setdefault(key_of(fact), {})[_value(fact)] = fact.line
    return found


def _what(key: Key) -> str:
    """A fact's subject in words."""
    if key[0] == "routes":
        address, prefix = format_address(int(str(key[3]))), key[4]
        return f"the route to {address}/{prefix}" if prefix else "the default route"
    if key[0] == "rules":
        return f"rule {key[2]}"
    return f"{'the neighbour ' if key[0] == NEIGHBOURS else ''}{format_address(int(str(key[2])))} on {key[3]}"


def _tool(command: Line) -> str:
    words = command.text.strip().lstrip("$# ").split()
    return next((word.rpartition("/")[2] for word in words if word not in ("sudo",)), "")


def _table_key(table: FirewallTable) -> Key:
    return (table.backend, table.family, table.name, table.legacy)


def _rules_of(table: FirewallTable) -> dict[str, list[str]]:
    return {name: [COUNTED.sub("", text) for text in chain.texts] for name, chain in table.chains.items()}
