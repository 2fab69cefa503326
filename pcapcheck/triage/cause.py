"""A cause: why something failed, what distinguishes it from others, how to settle it and how to repair it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.ruleset.conditions import Combination, read_conditions, value_of
from pcapcheck.ruleset.faults import Faults, each
from pcapcheck.ruleset.remembered import remembered
from pcapcheck.ruleset.rule import keyed, read_id, texts_of
from pcapcheck.ruleset.variables import Settings
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.triage.case import AS_IF, RESET_RULE
from pcapcheck.triage.case_columns import CASE_COLUMNS
from pcapcheck.values import parse_bool

# Questions that no rule is about need a reason too. As if a rule had failed for them:
QUESTIONS = (*AS_IF.values(), RESET_RULE)

REQUIRED = {
    "id": "lower-case words joined by hyphens; says what is wrong",
    "title": "one line for people; {columns} of the case are filled in",
    "why": "the mechanism, with its source",
    "explains": "rules whose failure it explains; udp-answered stands for datagrams without an answer",
    "rank": "the lower, the more often it is the reason",
    "confirm": "commands that settle it, likewise filled in",
    "fix": "commands or words that fix it",
}
OPTIONAL = {
    "seen": "what must be seen in the packets; a cause that contradicts them is not named",
    "signs": "what need not be seen, and speaks for it where it is: the more is seen, the further up it stands",
    "confirmed": "what in the node's state proves it",
    "ruled_out": "what in the node's state disproves it",
    "supported": "what in the node's state speaks for it, without proving it",
    "doubted": "what in the node's state speaks against it, without disproving it",
    "shows": "what the first command of 'confirm' prints where this is the cause, as a sentence goes on behind 'if'",
    "headline": "words that the failure's headline ends with where this cause stands first",
    "references": "list of sources",
    "any_network": "true where it may be the reason on pod links of any network, not of Calico's alone",
    "partial": "true where it may lose some packets between two hosts and let others pass",
}

# The keys that are conditions on the columns of a case.
CONDITIONS = ("seen", "signs", "confirmed", "ruled_out", "supported", "doubted")


class Cause(Brief, Struct, frozen=True):
    """A cause of the catalogue."""

    id: str
    title: str
    why: str
    explains: tuple[str, ...]
    rank: int
    seen: Combination | None
    signs: Combination | None
    confirmed: Combination | None
    ruled_out: Combination | None
    supported: Combination | None
    doubted: Combination | None
    confirm: tuple[str, ...]
    fix: tuple[str, ...]
    references: tuple[str, ...]
    shows: str = ""
    headline: str = ""
    partial: bool = False
    any_network: bool = False


def is_cause(node: Node) -> bool:
    """Whether a document is meant to be a cause: it explains rules, and selects nothing."""
    return isinstance(node.value, dict) and "explains" in node.value and "select" not in node.value


def read_causes(nodes: Iterable[Node], settings: Settings) -> list[Cause]:
    """Several causes from their YAML. Raises RuleError if one cannot be read, or two have the same id."""
    causes: dict[str, Cause] = {}

    def read(node: Node) -> None:
        cause = read_cause(node, settings)
        if cause.id in causes:
            raise node.error(f"there is a cause {cause.id!r} already")
        causes[cause.id] = cause

    each(read, nodes)
    return list(causes.values())


@remembered
def read_cause(node: Node, settings: Settings) -> Cause:
    """A cause from its YAML. Raises RuleError with all that is wrong, each with file, line and column."""
    faults = Faults()
    items = node.items("a cause")
    with faults.noted():
        keyed(node, "a cause", REQUIRED, OPTIONAL)
    kinds: dict[str, Callable[[str], object]] = {
        "id": lambda name: read_id(items[name]),
        "title": lambda name: texts_of(items[name], name, CASE_COLUMNS, settings),
        "headline": lambda name: texts_of(items[name], name, CASE_COLUMNS, settings),
        "shows": lambda name: texts_of(items[name], name, CASE_COLUMNS, settings),
        "why": lambda name: " ".join(items[name].text(f"{name!r}").split()),
        "rank": lambda name: _rank(items[name]),
        **dict.fromkeys(("partial", "any_network"), lambda name: value_of(items[name], parse_bool, settings)),
        **dict.fromkeys(("explains", "references"), lambda name: _texts(items[name], name)),
        **dict.fromkeys(CONDITIONS, lambda name: read_conditions(items[name], CASE_COLUMNS, settings)),
        **dict.fromkeys(("confirm", "fix"), lambda name: _commands(items[name], name, settings)),
    }
    read = faults.fields({name: partial(kinds[name], name) for name in items if name in kinds})
    faults.check()
    return Cause(**{**dict.fromkeys(CONDITIONS), "references": (), **read})


def _rank(node: Node) -> int:
    rank = node.text("'rank'")
    if not rank.isdecimal():
        raise node.error(f"{rank!r} is not a whole number")
    return int(rank)


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(each(lambda entry: entry.text(f"{name!r}"), node.entries(f"{name!r}")))


def _commands(node: Node, name: str, settings: Settings) -> tuple[str, ...]:
    return tuple(each(lambda entry: texts_of(entry, name, CASE_COLUMNS, settings), node.entries(f"{name!r}")))
