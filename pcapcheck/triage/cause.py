"""A cause: why something failed, by what it is told from the others, how to settle and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pcapcheck.brief import Brief
from pcapcheck.ruleset.conditions import Combination, read_conditions
from pcapcheck.ruleset.document import Node
from pcapcheck.ruleset.files import packs_folder, read_files
from pcapcheck.ruleset.remembered import remembered
from pcapcheck.ruleset.rule import Rule, keyed, read_id, texts_of
from pcapcheck.ruleset.variables import Settings
from pcapcheck.triage.columns import CASE
from pcapcheck.values import parse_bool

REQUIRED = {
    "id": "lower-case words joined by hyphens; says what is wrong",
    "title": "one line for people; {columns} of the case are filled in",
    "why": "the mechanism, with its source",
    "explains": "rules whose failure it explains",
    "rank": "the lower, the more often it is the reason",
    "confirm": "commands that settle it, likewise filled in",
    "fix": "commands or words that fix it",
}
OPTIONAL = {
    "seen": "what must be seen in the packets; a cause that contradicts them is not named",
    "confirmed": "what in the node's state proves it",
    "ruled_out": "what in the node's state disproves it",
    "supported": "what in the node's state speaks for it, without proving it",
    "doubted": "what in the node's state speaks against it, without disproving it",
    "headline": "words that the failure's headline ends with where this cause stands first",
    "references": "list of sources",
    "partial": "true where it may lose some packets between two hosts and let others pass",
}


@dataclass(frozen=True, repr=False)
class Cause(Brief):
    """One cause of the catalogue."""

    id: str
    title: str
    why: str
    explains: tuple[str, ...]
    rank: int
    seen: Combination | None
    confirmed: Combination | None
    ruled_out: Combination | None
    supported: Combination | None
    doubted: Combination | None
    confirm: tuple[str, ...]
    fix: tuple[str, ...]
    references: tuple[str, ...]
    headline: str = ""
    partial: bool = False


def load_catalogue(rules: list[Rule], settings: Settings) -> list[Cause]:
    """The causes that ship with the package, most frequent first. Raises RuleError where one contradicts itself."""
    known = {rule.id for rule in rules}
    documents = (node for _, _, nodes in read_files(packs_folder() / "causes") for node in nodes)
    causes = read_causes(documents, settings)
    return sorted((one for one in causes if known & set(one.explains)), key=lambda one: one.rank)


def is_cause(node: Node) -> bool:
    """Whether a document is meant as one: it explains rules, and selects nothing."""
    return isinstance(node.value, dict) and "explains" in node.value and "select" not in node.value


def read_causes(nodes: Iterable[Node], settings: Settings) -> list[Cause]:
    """Several causes from their YAML. Raises RuleError where one cannot be read, or two have one id."""
    causes: dict[str, Cause] = {}
    for node in nodes:
        cause = read_cause(node, settings)
        if cause.id in causes:
            raise node.error(f"there is a cause {cause.id!r} already")
        causes[cause.id] = cause
    return list(causes.values())


@remembered
def read_cause(node: Node, settings: Settings) -> Cause:
    """One cause from its YAML. Raises RuleError with file, line and column."""
    items = keyed(node, "a cause", REQUIRED, OPTIONAL)
    rank = items["rank"].text("'rank'")
    if not rank.isdecimal():
        raise items["rank"].error(f"{rank!r} is not a whole number")

    def conditions(name: str) -> Combination | None:
        return read_conditions(items[name], CASE, settings) if name in items else None

    def texts(name: str) -> tuple[str, ...]:
        return tuple(texts_of(one, name, CASE, settings) for one in items[name].list(f"{name!r}"))

    return Cause(
        id=read_id(items["id"]),
        title=texts_of(items["title"], "title", CASE, settings),
        why=" ".join(items["why"].text("'why'").split()),
        explains=tuple(one.text("'explains'") for one in items["explains"].list("'explains'")),
        rank=int(rank),
        seen=conditions("seen"),
        confirmed=conditions("confirmed"),
        ruled_out=conditions("ruled_out"),
        supported=conditions("supported"),
        doubted=conditions("doubted"),
        confirm=texts("confirm"),
        fix=texts("fix"),
        references=tuple(one.text("'references'") for one in items["references"].list("'references'"))
        if "references" in items
        else (),
        headline=texts_of(items["headline"], "headline", CASE, settings) if "headline" in items else "",
        partial="partial" in items and parse_bool(items["partial"].text("'partial'")),
    )
