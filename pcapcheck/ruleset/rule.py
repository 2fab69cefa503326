"""A rule: what it selects, what must hold for each row selected, and the words in which it reports."""

from __future__ import annotations

import re
import string
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.column import ABSENT, Columns
from pcapcheck.columns import COLUMNS
from pcapcheck.errors import RuleError
from pcapcheck.networks import CALICO
from pcapcheck.ruleset.aggregate import AGGREGATES, Bound, read_bounds
from pcapcheck.ruleset.conditions import Combination, Leaf, find_column, read_conditions, value_of
from pcapcheck.ruleset.faults import Faults
from pcapcheck.ruleset.remembered import remembered
from pcapcheck.ruleset.variables import Settings, suggest
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.table_names import TABLES
from pcapcheck.values import clean, parse_bool

if TYPE_CHECKING:
    from pcapcheck.ruleset.acceptance import Acceptance

SEVERITIES = ("error", "warning", "info")
REQUIRED = {
    "id": "lower-case words joined by hyphens that say what must hold",
    "title": "one line for people",
    "why": "the mechanism, with its source",
    "severity": f"one of {', '.join(SEVERITIES)}",
    "select": "rows that the rule is about: table, and conditions on its columns",
}
# In these texts every $name is a variable; in a command it may be the shell's.
REPORTED = ("expected", "observed", "headline")
# Optional in an expectation file, whose readers wrote the rule.
BRIEF = ("title", "why", "severity")
NO_CONDITIONS = Combination("all", ())
OPTIONAL = {
    "expect": "conditions that must hold for each selected row",
    "count": "min, max: how many rows may be selected",
    **AGGREGATES,
    "expected": "what was expected, for the report; {columns} of the row are filled in",
    "observed": "what was observed instead, likewise",
    "headline": "the failure in one sentence, likewise",
    "next": "commands to run after a failure, likewise",
    "absent": "what to do if there was nothing to check",
    "occasional": "true: there need not be anything to check; --strict does not demand it",
    "needs": "rules that must hold before there can be anything to check",
    "limits": "when the rule cannot decide, or is wrong",
    "references": "list of sources",
}


class Rule(Brief, Struct, frozen=True):
    """One rule. ``expected``, ``observed`` and ``headline`` may name columns of the failing row in braces.

    ``absent`` says what to do if there was nothing to check, which is no gap if the rule is ``occasional``; ``next``
    says what to ask the node after a failure, ``needs`` which rules must hold before anything can be checked.
    ``networks`` are those (ids) whose pod links it is about: links of no other network are held to it.
    ``adjusted`` is the reason that an expectation file gives for another severity, or for switching the rule ``off``;
    ``named`` is file and line of an expectation file that extends or adjusts it; ``acceptances`` accept its failures.
    """

    id: str
    title: str
    why: str
    severity: str
    table: str
    select: Combination
    expect: Combination
    bounds: tuple[Bound, ...]
    expected: str
    observed: str
    headline: str
    absent: str
    limits: str
    references: tuple[str, ...]
    needs: tuple[str, ...]
    next: tuple[str, ...]
    file: str
    line: int
    occasional: bool = False
    text: str = ""
    adjusted: str = ""
    off: bool = False
    named: tuple[str, int] | None = None
    acceptances: tuple[Acceptance, ...] = ()
    networks: tuple[str, ...] = (CALICO,)

    @property
    def leaves(self) -> list[Leaf]:
        return [*self.select.leaves(), *self.expect.leaves()]

    @property
    def accepting(self) -> list[Leaf]:
        """The columns that the conditions of its acceptances compare."""
        return [
            leaf
            for acceptance in self.acceptances
            if acceptance.where is not None
            for leaf in acceptance.where.leaves()
        ]

    @property
    def reported(self) -> list[str]:
        """Columns named in the rule's texts."""
        return [
            name for text in (self.expected, self.observed, self.headline, *self.next) for name in placeholders(text)
        ]


@remembered
def read_rule(node: Node, settings: Settings, text: str = "", brief: bool = False) -> Rule:
    """Read one rule from its YAML. A ``brief`` rule may leave out what BRIEF names.

    Raises RuleError with everything that is wrong, with file, line and column.
    """
    needed = {name: help_ for name, help_ in REQUIRED.items() if not (brief and name in BRIEF)}
    faults = Faults()
    items = node.items("a rule")
    with faults.noted():
        keyed(node, "a rule", needed, REQUIRED | OPTIONAL)
    with faults.noted():
        if not {"expect", "count", *AGGREGATES} & set(items):
            raise node.error(
                "a rule needs 'expect' (what must hold for each row), 'count' (how many rows) or an aggregate "
                f"({', '.join(AGGREGATES)})"
            )
    id_, severity, table = "", SEVERITIES[0], ""
    with faults.noted():
        id_ = read_id(items["id"]) if "id" in items else ""
    with faults.noted():
        severity = _severity(items["severity"]) if "severity" in items else severity
    with faults.noted():
        table = _table(items["select"]) if "select" in items else ""
    prose = dict.fromkeys(("title", "why", "absent", "limits"), "")
    for name in prose:
        with faults.noted():
            prose[name] = _text(items, name)
    lists: dict[str, tuple[str, ...]] = dict.fromkeys(("references", "needs"), ())
    for name in lists:
        with faults.noted():
            lists[name] = _list(items, name)
    # Only the table says what a column means.
    texts, commands = dict.fromkeys(REPORTED, ""), []
    select, expect, occasional = NO_CONDITIONS, NO_CONDITIONS, False
    bounds: tuple[Bound, ...] = ()
    if table:
        columns = COLUMNS[table]
        for name in REPORTED:
            with faults.noted():
                texts[name] = texts_of(items[name], name, columns, settings) if name in items else ""
        with faults.noted():
            select = read_conditions(items["select"], columns, settings, frozenset({"table"}))
        with faults.noted():
            expect = read_conditions(items["expect"], columns, settings) if "expect" in items else NO_CONDITIONS
        with faults.noted():
            bounds = read_bounds(items, columns, settings)
        with faults.noted():
            several = items["next"].entries("'next'") if "next" in items else []
            commands = faults.each(lambda node: texts_of(node, "next", columns, settings), several)
    with faults.noted():
        occasional = "occasional" in items and bool(value_of(items["occasional"], parse_bool, settings))
    faults.check()
    return Rule(
        id=id_,
        title=prose["title"] or id_.replace("-", " "),
        why=prose["why"],
        severity=severity,
        table=table,
        select=select,
        expect=expect,
        bounds=bounds,
        expected=texts["expected"],
        observed=texts["observed"],
        headline=texts["headline"],
        absent=prose["absent"],
        limits=prose["limits"],
        references=lists["references"],
        needs=lists["needs"],
        next=tuple(commands),
        file=node.file,
        line=node.line,
        occasional=occasional,
        text=text,
    )


def _severity(node: Node) -> str:
    severity = node.text("'severity'")
    if severity not in SEVERITIES:
        raise node.error(f"severity {severity!r} is not one of: {', '.join(SEVERITIES)}")
    return severity


def _table(select: Node) -> str:
    """The table that a rule is about."""
    node = select.items("'select'").get("table")
    if node is None:
        raise select.error(f"'select' needs a table, one of: {', '.join(TABLES)}")
    table = node.text("'table'")
    if table not in TABLES:
        raise node.error(f"there is no table {table!r}{suggest(table, TABLES)}")
    return table


def read_id(node: Node) -> str:
    """Read the id of a rule or a cause. Raises RuleError if it has another form."""
    id_ = node.text("'id'")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_):
        raise node.error(f"{id_!r}: an id is lower-case words joined by hyphens")
    return id_


def keyed(node: Node, what: str, required: Mapping[str, str], optional: Mapping[str, str]) -> dict[str, Node]:
    """The values of a map by key. Raises RuleError if a key is unknown or a required key is missing."""
    items = node.items(what)
    known = dict.fromkeys((*required, *optional))
    unknown = [name for name in items if name not in known]
    missing = [name for name in required if name not in items]
    faults = [node.key(name).error(f"{what} has no key {name!r}{suggest(name, known)}") for name in unknown]
    faults += [node.error(f"{what} needs the key {name!r}") for name in missing]
    if faults:
        raise RuleError.of(map(str, faults))
    return items


def reason_of(node: Node) -> str:
    """The reason that an expectation file gives for something. Raises RuleError if it is empty."""
    reason = clean(" ".join(node.text("'reason'").split()))
    if not reason:
        raise node.error("say why: whoever reads the report will ask")
    return reason


def _text(items: dict[str, Node], name: str) -> str:
    return clean(" ".join(items[name].text(f"{name!r}").split())) if name in items else ""


def texts_of(node: Node, name: str, columns: Columns, settings: Settings) -> str:
    """A text with the variables filled in and its ``{columns}`` checked."""
    text = filled_in(" ".join(node.text(f"{name!r}").split()), name, node, settings)
    try:
        named = placeholders(text)
    except ValueError as error:
        raise node.error(f"{name!r}: {error}") from None
    for column in named:
        find_column(node, column, columns)
    return text


def filled_in(text: str, name: str, node: Node, settings: Settings) -> str:
    """The text of a key with the variables filled in."""
    if "$" in text:
        template = string.Template(text)
        for variable in template.get_identifiers() if name in REPORTED else ():
            settings.get(variable, node)
        text = template.safe_substitute(settings.texts)
    return clean(text)


def placeholders(text: str) -> list[str]:
    """The columns named in braces. Raises ValueError if a pair of braces holds more than a name."""
    names: list[str] = []
    if "{" not in text and "}" not in text:
        return names
    for _, name, format_, conversion in string.Formatter().parse(text):
        if format_ or conversion:
            raise ValueError(f"{{{name}…}}: only the name of a column may stand in braces")
        if name is not None:
            names.append(name)
    return names


def fill(text: str, row: Mapping[str, str]) -> str:
    """A rule's text with the columns named in braces filled in."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            parts.append(row.get(name) or ABSENT)
    return "".join(parts)


def without(text: str, absent: Container[str]) -> str:
    """A rule's text without the clauses (separated by semicolons) whose columns are all absent."""
    first, *others = text.split("; ")
    kept = [text for text in others if not (names := placeholders(text)) or any(name not in absent for name in names)]
    return "; ".join((first, *kept))


def _list(items: dict[str, Node], name: str) -> tuple[str, ...]:
    return tuple(node.text(f"{name!r}") for node in items[name].entries(f"{name!r}")) if name in items else ()
