"""``ipset list`` and ``ipset save``: the elements of the sets that iptables matches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.triage.state.firewall import words
from pcapcheck.triage.state.firewall.iptables_rule import SIMPLE
from pcapcheck.triage.state.firewall.keys import KEYS, Key, unknown
from pcapcheck.triage.state.firewall.model import Match
from pcapcheck.triage.state.model import Line

CREATE = re.compile(r"create (\S+) (\w+):(\S+)(?: .*)?")
ADD = re.compile(r"add (\S+) (\S+)(?: .*)?")
NAME = re.compile(r"Name: (\S+)")
TYPE = re.compile(r"Type: (\w+):(\S+)")
Elements = dict[str, tuple[tuple[Match, ...], ...]]


def read_ipset(lines: Iterable[Line]) -> Elements:
    """The sets by name, each element a list of conditions whose fields are ``src`` or ``dst`` by the rule's words."""
    found: dict[str, list[tuple[Match, ...]]] = {}
    kinds: dict[str, list[str]] = {}
    name = ""
    members = False
    for line in lines:
        text = line.text.strip()
        if match := CREATE.fullmatch(text):
            found[match[1]] = []
            kinds[match[1]] = match[3].split(",")
        elif (match := ADD.fullmatch(text)) and match[1] in found:
            found[match[1]].append(element(match[2], kinds[match[1]]))
        elif match := NAME.fullmatch(text):
            name, members = match[1], False
            found[name] = []
        elif (match := TYPE.fullmatch(text)) and name:
            kinds[name] = match[2].split(",")
        elif text == "Members:":
            members = True
        elif members and text and name and ":" not in text.split()[0][:1]:
            found[name].append(element(text.split()[0], kinds.get(name, [])))
    return {one: tuple(elements) for one, elements in found.items()}


def element(text: str, kinds: list[str]) -> tuple[Match, ...]:
    """An element as conditions: ``10.0.0.1,tcp:80`` of a set of ip,port."""
    parts = text.split(",")
    if len(parts) != len(kinds):
        return (unknown(text),)
    options: list[Match] = []
    for part, kind in zip(parts, kinds, strict=True):
        if kind in ("ip", "net"):
            span = words.address_span(part)
            options.append(Match("address", part, (span,)) if span else unknown(part))
        elif kind == "port":
            protocol, _, number = part.rpartition(":")
            span = (SIMPLE["--dport"][1] or words.address_span)(number.replace("-", ":"))
            options.append(Match("port", part, (span,)) if span else unknown(part))
            if protocol:
                key: Key = KEYS["meta", "l4proto"]
                known = key.span(protocol) if key.span else None
                options.append(Match("protocol", protocol, (known,)) if known else unknown(part))
        else:
            options.append(unknown(part))
    return tuple(options)
