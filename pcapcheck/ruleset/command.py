"""Commands to type: a rule's or a cause's, with what the capture showed filled in.

What comes from a capture must not become part of a command that somebody pastes, so it is quoted. A host's name, which
stands where a text without -n shows no address, is looked up where the command wants an address: ``ip`` takes no names.
"""

from __future__ import annotations

import shlex
import string
from collections.abc import Mapping
from dataclasses import dataclass

from pcapcheck.columns import ADDRESS, COLUMNS, Column
from pcapcheck.values import Value, is_ipv4, is_name


@dataclass(frozen=True)
class Typed:
    """A value in a command: as a word, inside quotes or a remark, and where an address must stand."""

    word: str
    address: str


def typed_as(column: Column, value: Value | None) -> Typed:
    """How a column's value is typed."""
    word = shlex.quote(column.show(value))
    if column.type is not ADDRESS or not isinstance(value, int) or not is_name(value):
        return Typed(word, word)
    return Typed(word, f"$(getent ahostsv{4 if is_ipv4(value) else 6} {word} | awk 'NR==1{{print $1}}')")


def fill_command(text: str, table: str, typed: Mapping[str, Typed]) -> str:
    """A command with the columns named in braces filled in."""
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            value = typed.get(name) or Typed(shown := COLUMNS[table][name].show(None), shown)
            parts.append(value.word if _takes_names("".join(parts)) else value.address)
    return "".join(parts)


def _takes_names(before: str) -> bool:
    """Whether a name can stand behind this: in a remark, and in tcpdump's filter, which is quoted."""
    return " # " in before or before.count("'") % 2 == 1
