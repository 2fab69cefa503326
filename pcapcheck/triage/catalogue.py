"""The catalogue: the causes that ship with the package, as they were read when it was built.

``setup.py`` writes one JSON file. It holds each YAML file's text next to its causes, in which nothing has to be
checked again: what was edited since is read from its YAML. Variables are filled in when a cause is asked for, as users
set them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pcapcheck.errors import RuleError
from pcapcheck.ruleset.conditions import Combination, Condition, Leaf, value_of
from pcapcheck.ruleset.faults import Faults, each
from pcapcheck.ruleset.files import packs_folder, parsed, texts_of_pack
from pcapcheck.ruleset.parsed_packs import PARSED
from pcapcheck.ruleset.remembered import remembered
from pcapcheck.ruleset.rule import filled_in
from pcapcheck.ruleset.variables import Settings
from pcapcheck.ruleset.yaml_tree import Node, load_documents
from pcapcheck.triage.case_columns import CASE_COLUMNS
from pcapcheck.triage.cause import CONDITIONS, Cause, read_cause
from pcapcheck.values import clean, parse_bool, parse_mac_prefix, parse_network

FOLDER = "causes"
KEPT = PARSED / "catalogue.json"
# Texts in which variables are filled in, one and several; the others are as they stand in the file.
FILLED, FILLED_LISTS = ("title", "headline", "shows"), ("confirm", "fix")
FLAGS = ("partial", "any_network")


class KeptCause(Struct, frozen=True, array_like=True):
    """A cause by key: texts with the variables still in them, and conditions as ``_packed_condition`` has them."""

    rank: int
    texts: dict[str, str]
    lists: dict[str, tuple[str, ...]]
    flags: dict[str, bool]
    conditions: dict[str, list[Any]]


def load_catalogue(rules: Iterable[str], settings: Settings) -> list[Cause]:
    """The causes that ship with the package and explain one of these rules, by id, most frequent first.

    Names of ``QUESTIONS`` stand for questions that no rule is about. Raises RuleError if one contradicts itself.
    """
    known = frozenset(rules)
    faults = Faults()
    causes: list[Cause] = []
    for file, text in texts_of_pack(packs_folder() / FOLDER):
        if any(name in text for name in known):
            kept = _kept(file.name, text)
            if kept is None:
                causes += faults.each(lambda node: read_cause(node, settings), parsed(file, text)[2])
            else:
                causes += faults.each(lambda cause: _unpacked(cause, settings), kept)
    faults.check()
    explaining = (cause for cause in causes if known & set(cause.explains))
    return sorted(explaining, key=lambda cause: cause.rank)


def packed_causes(files: Iterable[Path]) -> bytes:
    """What is kept of the YAML files of causes; nothing of a file in which something is wrong."""
    kept = {}
    for file in files:
        text = file.read_text(encoding="utf-8")
        try:
            kept[file.name] = text, each(_packed, load_documents(text, file.name))
        except RuleError:
            continue
    return msgspec.json.encode(kept)


@cache
def _kept_texts() -> dict[str, tuple[str, msgspec.Raw]]:
    try:
        return msgspec.json.decode(KEPT.read_bytes(), type=dict[str, tuple[str, msgspec.Raw]])
    except (OSError, msgspec.DecodeError):
        return {}


@cache
def _kept(name: str, text: str) -> list[KeptCause] | None:
    """The causes of a file that ships with the package; None if that is not what was read then."""
    known = _kept_texts().get(name)
    if known is None or known[0] != text:
        return None
    try:
        return _decoder().decode(known[1])
    except msgspec.DecodeError:
        # What an older version built.
        return None


@cache
def _decoder() -> msgspec.json.Decoder[list[KeptCause]]:
    return msgspec.json.Decoder(list[KeptCause])


def _packed(node: Node) -> KeptCause:
    """Raises RuleError if the cause is wrong, with the variables as they are unless somebody sets them."""
    cause = read_cause(node, Settings())
    items = node.items("a cause")
    texts = {name: _one_line(items[name], name) for name in FILLED if name in items}
    lists = {name: tuple(_one_line(entry, name) for entry in items[name].entries(name)) for name in FILLED_LISTS}
    return KeptCause(
        cause.rank,
        {"id": cause.id, "why": cause.why, **texts},
        {"explains": cause.explains, "references": cause.references, **lists},
        {name: getattr(cause, name) for name in FLAGS},
        {name: _packed_condition(getattr(cause, name)) for name in CONDITIONS if name in items},
    )


def _one_line(node: Node, name: str) -> str:
    return clean(" ".join(node.text(name).split()))


def _packed_condition(condition: Condition) -> list[Any]:
    """A word and its parts; or a column, an operator and what it is compared with, as it is written."""
    if isinstance(condition, Combination):
        return [condition.word, [_packed_condition(part) for part in condition.parts]]
    node = condition.node
    written = [entry.value for entry in node.value] if isinstance(node.value, list) else node.value
    return [condition.column.name, condition.operator, written]


@remembered
def _unpacked(kept: KeptCause, settings: Settings) -> Cause:
    """The cause under these settings. Raises RuleError if the value of a variable does not fit."""
    here = Node("", str(packs_folder() / FOLDER / f"{kept.texts['id']}.yml"), 1, 1)
    texts, lists = kept.texts.copy(), kept.lists.copy()
    for name in FILLED:
        if "$" in texts.get(name, ""):
            texts[name] = filled_in(texts[name], name, here, settings)
    for name in FILLED_LISTS:
        if any("$" in text for text in lists[name]):
            lists[name] = tuple(filled_in(text, name, here, settings) for text in lists[name])
    conditions = {name: _condition(some, here, settings) for name, some in kept.conditions.items()}
    return Cause(rank=kept.rank, **{**dict.fromkeys(CONDITIONS), **texts, **lists, **kept.flags, **conditions})  # type: ignore[arg-type]


def _condition(kept: list[Any], here: Node, settings: Settings) -> Condition:
    if len(kept) == 2:
        return Combination(kept[0], tuple([_condition(part, here, settings) for part in kept[1]]))
    name, operator, written = kept
    column = CASE_COLUMNS[name]
    parse: Callable[[str], object] = column.parse
    match operator:
        case "same_as":
            parse = CASE_COLUMNS.__getitem__
        case "exists":
            parse = parse_bool
        case "cidr":
            parse = parse_network
        case "mac_prefix":
            parse = parse_mac_prefix
    several = [_value(text, parse, here, settings) for text in ([written] if isinstance(written, str) else written)]
    operand: object = several[0]
    if operator in ("in", "cidr"):
        operand = frozenset(several) if operator == "in" else tuple(several)
    return Leaf(column, operator, operand, here)


def _value(text: str, parse: Callable[[str], object], here: Node, settings: Settings) -> object:
    # Checked already, unless it is a variable's.
    return value_of(Node(text, here.file, 1, 1), parse, settings) if text[:1] == "$" else parse(text)
