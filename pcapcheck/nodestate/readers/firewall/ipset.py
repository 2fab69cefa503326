"""``ipset list`` and ``ipset save``: the elements of the sets that iptables matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial

from msgspec import Struct, field

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import Match
from pcapcheck.nodestate.firewall.keys import KEYS, Key, unknown
from pcapcheck.nodestate.firewall.sets import ADDRESS, Element, NamedSet
from pcapcheck.nodestate.readers.firewall.iptables_options import VALUE_OPTIONS
from pcapcheck.nodestate.source_lines import Line

CREATE = re.compile(r"create (\S+) (\w+):(\S+)(?: .*)?")
ADD = re.compile(r"add (\S+) (\S.*)")
NAME = re.compile(r"Name: (\S+)")
TYPE = re.compile(r"Type: (\w+):(\S+)")
ENTRIES = re.compile(r"Number of entries: (\d{1,9})")


class _Listed(Struct):
    """A set in the making: what its elements are of, their lines, and how many the listing says that there are."""

    kinds: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    count: int | None = None
    shown: bool = False


def read_ipset(lines: Iterable[Line], whole: bool = True) -> dict[str, NamedSet]:
    """The sets by name, each element a list of conditions whose fields are ``src`` or ``dst`` by the rule's words.

    ``whole``: nothing was filtered out of the listing. A set whose members were not listed is none.
    """
    found: dict[str, _Listed] = {}
    current: _Listed | None = None
    members = False
    for line in lines:
        text = line.text.strip()
        if members and current is not None and text and text[0].isdigit():
            current.members.append(text)
        elif match := CREATE.fullmatch(text):
            found[match[1]] = _Listed(match[3].split(","), shown=True)
        elif match := ADD.fullmatch(text):
            if match[1] in found:
                found[match[1]].members.append(match[2])
        elif match := NAME.fullmatch(text):
            current, members = found.setdefault(match[1], _Listed()), False
            current.members.clear()
        elif (match := TYPE.fullmatch(text)) and current is not None:
            current.kinds = match[2].split(",")
        elif (match := ENTRIES.fullmatch(text)) and current is not None:
            current.count = int(match[1])
        elif text == "Members:" and current is not None:
            members = current.shown = True
        elif members and current is not None and text:
            current.members.append(text)
    return {name: _set_of(listed, whole) for name, listed in found.items() if listed.shown}


def _set_of(listed: _Listed, whole: bool) -> NamedSet:
    complete = whole and listed.count in (None, len(listed.members))
    return NamedSet(partial(_elements, listed.members, listed.kinds), complete)


def _elements(members: Sequence[str], kinds: list[str]) -> tuple[list[Element], list[Element]]:
    found: list[Element] = []
    exceptions: list[Element] = []
    for text in members:
        words_of = text.split()
        (exceptions if "nomatch" in words_of else found).append(element(words_of[0], kinds))
    return found, exceptions


def element(text: str, kinds: list[str]) -> tuple[Match, ...]:
    """An element as conditions: ``10.0.0.1,tcp:80`` of a set of ip,port.

    IPv6 addresses have no commas either (ipset(8)).
    """
    parts = text.split(",")
    if len(parts) != len(kinds):
        return (unknown(text),)
    options: list[Match] = []
    for part, kind in zip(parts, kinds, strict=True):
        if kind in ("ip", "net"):
            span = rule_values.address_span(part)
            options.append(Match(ADDRESS, part, (span,)) if span else unknown(part))
        elif kind == "port":
            protocol, _, number = part.rpartition(":")
            span = (VALUE_OPTIONS["--dport"][1] or rule_values.address_span)(number.replace("-", ":"))
            options.append(Match("port", part, (span,)) if span else unknown(part))
            if protocol:
                key: Key = KEYS["meta", "l4proto"]
                known = key.span(protocol) if key.span else None
                options.append(Match("protocol", protocol, (known,)) if known else unknown(part))
        else:
            options.append(unknown(part))
    return tuple(options)
