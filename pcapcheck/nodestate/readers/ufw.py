"""``ufw status``, with ``verbose`` or without: what Ubuntu's firewall does where none of its rules decides (ufw(8))."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

FORM, UFW_OFF = "rules of ufw (ufw status)", "a firewall that is off (ufw status)"
# What it denies by default, and a rule that lets something in or through.
DENIES, ALLOWS = "ufw-denies", "ufw-allows"
_DEFAULT = re.compile(r"Default: (\w+) \(incoming\), (\w+) \(outgoing\)(?:, (\w+) \(routed\))?")
_RULE = re.compile(r"(?:\[ *\d+\] +)?\S.* +(?:ALLOW|DENY|REJECT|LIMIT)(?: (?:IN|OUT|FWD))? +\S.*")
_INACTIVE = "Status: inactive"
_BEGINS = re.compile(rf"Status: (?:in)?active|To +Action +From|{_DEFAULT.pattern}")
_OTHER = re.compile(r"Status: (?:in)?active|Logging: .*|New profiles: .*|To +Action +From|-- +-+ +-+")
STOPPING = ("deny", "reject")


def read_ufw(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep what is denied by default, and the rules that allow something; returns the lines that are neither."""
    strange = []
    for line in lines:
        text = line.text.strip()
        if default := _DEFAULT.fullmatch(text):
            denied = [
                what for what, action in (("comes in", default[1]), ("is routed", default[3])) if action in STOPPING
            ]
            if denied:
                into.notes.append(Note(DENIES, " and what ".join(denied), line))
        elif _RULE.fullmatch(text):
            if "ALLOW" in text:
                into.notes.append(Note(ALLOWS, text, line))
        elif text and not _OTHER.fullmatch(text):
            strange.append(line)
    return strange


def count_rules(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count what is listed without the defaults, as by ``ufw status`` alone: what its rules are for is not judged."""
    read = [line for line in lines if line.text.strip()]
    if not any(_DEFAULT.fullmatch(line.text.strip()) for line in read):
        for line in read:
            into.leave_unjudged(UFW_OFF if line.text.strip() == _INACTIVE else FORM, line)
    return []


UFW_READER = StateReader(
    name="ufw",
    commands=("ufw",),
    looks_like=lambda text, _: _BEGINS.fullmatch(text) is not None,
    read_host=read_ufw,
    read_cluster=count_rules,
)
