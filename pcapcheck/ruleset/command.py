"""Commands to type, of a rule or a cause, with values from the capture filled in.

Text from a capture must not become part of a command that somebody pastes, so it is quoted. A text without -n shows
host names instead of addresses; the command looks one up if it needs an address: ``ip`` takes no names.
"""

from __future__ import annotations

import re
import shlex
import string
from collections.abc import Mapping

from msgspec import Struct

from pcapcheck.column import ABSENT, ADDRESS, Column
from pcapcheck.values import Value, is_ipv4, is_name

# Each version of IP has a program and rules of its own (iptables(8)).
IPTABLES = re.compile(r"\biptables\b")
# Words that mean nothing to a shell: in a remark they need no quotes.
_PLAIN = re.compile(r"[\w.:-]+(?: [\w.:-]+)*")


class Typed(Struct, frozen=True):
    """A value in a command: as a word or inside quotes, as an address, and in a remark."""

    word: str
    address: str
    remark: str


def typed_as(column: Column, value: Value | None) -> Typed:
    """How to type a column's value."""
    shown = column.show(value)
    word = shlex.quote(shown)
    remark = shown if _PLAIN.fullmatch(shown) else word
    if column.type is not ADDRESS or not isinstance(value, int) or not is_name(value):
        return Typed(word, word, remark)
    looked_up = f"$(getent ahostsv{4 if is_ipv4(value) else 6} {word} | awk 'NR==1{{print $1}}')"
    return Typed(word, looked_up, remark)


def fill_command(text: str, typed: Mapping[str, Typed]) -> str:
    """A command with the columns named in braces filled in, with the program of the packets' version of IP."""
    family = typed.get("family")
    if family is not None and family.word == "6":
        text = IPTABLES.sub("ip6tables", text)
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            value = typed.get(name) or Typed(ABSENT, ABSENT, ABSENT)
            parts.append(_fitting(value, "".join(parts)))
    return "".join(parts)


def _fitting(value: Typed, before: str) -> str:
    """How to write a value after this text: names fit a remark, and tcpdump's filter, which is quoted."""
    if " # " in before:
        return value.remark
    return value.word if before.count("'") % 2 == 1 else value.address
