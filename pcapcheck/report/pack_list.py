"""The list of packs, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO

from msgspec import Struct

from pcapcheck.networks import ALIASES, CALICO, PACKED, link_names, network_of
from pcapcheck.report.rule_list import write_table
from pcapcheck.ruleset.files import EVERY_PACK, SHARED, pack
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.table_names import STATE

HEADINGS = ("PACK", "ALSO CALLED", "RULES", "LINKS", "WHAT IT JUDGES")
# What the packs that are for no single other network judge.
JUDGES = {
    CALICO: "Calico pod links",
    STATE: "the state of a Calico node and of its pods",
    SHARED: "what holds on the pod links of any network; the packs of other networks extend it",
}


class PackEntry(Struct, frozen=True):
    """A pack: its name and other names, its rules, how names of its links begin, what it judges in words."""

    name: str
    aliases: list[str]
    rules: list[str]
    links: str | None
    judges: str


def packs() -> list[PackEntry]:
    """All packs that ship with pcapcheck."""
    return [
        PackEntry(
            name,
            [alias for alias, id_ in ALIASES.items() if id_ == name],
            [rule.id for rule in load_ruleset([pack(name)]).rules],
            link_names([name]) if name in (CALICO, *PACKED) else None,
            f"{network_of(name).link}s" if name in PACKED else JUDGES[name],
        )
        for name in EVERY_PACK
    ]


def write_text(listed: Iterable[PackEntry], stream: IO[str]) -> None:
    """A line per pack below a line of headings."""
    rows = ((one.name, ", ".join(one.aliases), str(len(one.rules)), _pattern(one), one.judges) for one in listed)
    write_table([HEADINGS, *rows], stream)


def write_json(listed: Iterable[PackEntry], stream: IO[str]) -> None:
    """A list of objects with names, ids of rules, and how names of links begin."""
    objects = [
        {"pack": one.name, "aliases": one.aliases, "rules": one.rules, "links": one.links, "judges": one.judges}
        for one in listed
    ]
    stream.write(json.dumps(objects, indent=2, ensure_ascii=False) + "\n")


def _pattern(one: PackEntry) -> str:
    return f"{one.links}*" if one.links else ""
