"""The vocabulary of rules, printed from the tables that check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from msgspec import Struct

from pcapcheck.column import ADDRESS, BOOL, DURATION, ENUM, MAC, NUMBER, TEXT, TIME, Column
from pcapcheck.columns import COLUMNS
from pcapcheck.ruleset import acceptance, expectation, rule
from pcapcheck.ruleset.conditions import OPERATORS
from pcapcheck.ruleset.variables import VARIABLES
from pcapcheck.table_names import TABLES
from pcapcheck.triage import cause
from pcapcheck.triage.case_columns import CASE_COLUMNS

TYPES = (NUMBER, MAC, ADDRESS, DURATION, TIME, BOOL, ENUM, TEXT)
COMBINED = {
    "all": "list of conditions: all must hold",
    "any": "list of conditions: at least one must hold",
    "not": "conditions that must not hold",
}
GENERATED = "<!-- Written by: pcapcheck rules fields --format markdown -->"
INTRODUCTION = """\
# The words of rules

What a rule may name, from the same tables that check it. A comparison with something that a row does not have is
unknown, never true and never false. Columns marked *late* are known only after the whole capture has been read.
"""


class VocabularyEntry(Struct, frozen=True):
    """A word that rules may use, its type or default value, one line of help."""

    name: str
    help: str
    type: str = ""


class Section(Struct, frozen=True):
    """A section of the vocabulary. ``head`` is the heading of its words and that of their types."""

    title: str
    entries: list[VocabularyEntry]
    about: str = ""
    head: tuple[str, str] = ("key", "")


def write_fields(stream: IO[str]) -> None:
    """What a rule may say: its keys, tables with their columns, operators, variables. For a terminal."""
    for number, section in enumerate(_sections()):
        about = f": {section.about}" if section.about else ""
        stream.write(f"{'' if number == 0 else chr(10)}{section.title}{about}\n")
        for entry in section.entries:
            stream.write(f"  {entry.name:22} {entry.type}{': ' if entry.type else ''}{entry.help}\n")


def write_markdown(stream: IO[str]) -> None:
    """The same as a page of documentation."""
    sections = list(_sections())
    stream.write(f"{GENERATED}\n\n{INTRODUCTION}\n")
    for section in sections:
        # The anchor that GitHub gives a heading.
        stream.write(f"- [{_begun(section.title)}](#{section.title.replace(' ', '-')})\n")
    for section in sections:
        what, type_ = section.head
        stream.write(f"\n## {_begun(section.title)}\n\n")
        if section.about:
            stream.write(f"{_begun(section.about)}.\n\n")
        stream.write(_row(what, *([type_] if type_ else []), "meaning"))
        stream.write(_row(*["---"] * (3 if type_ else 2)))
        for entry in section.entries:
            stream.write(_row(f"`{entry.name}`", *([entry.type] if type_ else []), entry.help))


def _begun(text: str) -> str:
    """The text with a capital letter at its start, as for headings and sentences."""
    return text[0].upper() + text[1:]


def _row(*cells: str) -> str:
    # A bar would end a cell; stars and brackets are markup.
    escaped = (cell.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;") for cell in cells)
    return f"| {' | '.join(escaped)} |\n"


def _sections() -> Iterator[Section]:
    yield Section("keys of a rule", _keys(rule.REQUIRED, rule.OPTIONAL))
    for table, about in TABLES.items():
        yield Section(f"table {table}", _columns(COLUMNS[table].values()), about, ("column", "type"))
    yield Section(
        "types of values",
        [VocabularyEntry(value_type.name, value_type.written) for value_type in TYPES],
        head=("type", ""),
    )
    operators = [VocabularyEntry(operator.name, operator.help) for operator in OPERATORS.values()]
    combined = [VocabularyEntry(name, help_) for name, help_ in COMBINED.items()]
    yield Section("operators", [*operators, *combined], head=("operator", ""))
    variables = [VocabularyEntry(f"${name}", variable.help, variable.default) for name, variable in VARIABLES.items()]
    yield Section("variables", variables, "overridden by --set NAME=VALUE", ("variable", "default"))
    yield Section("keys of an expectation file", _keys({}, expectation.KEYS))
    yield Section("keys of an adjustment", _keys(expectation.ADJUSTMENT, {}))
    yield Section("keys of an acceptance", _keys(acceptance.REQUIRED, acceptance.OPTIONAL))
    yield Section("keys of a cause", _keys(cause.REQUIRED, cause.OPTIONAL))
    about = "what the conditions of a cause may name: a failure with what follows from it"
    yield Section("table case", _columns(CASE_COLUMNS.values()), about, ("column", "type"))


def _keys(required: dict[str, str], optional: dict[str, str]) -> list[VocabularyEntry]:
    return [
        *(VocabularyEntry(name, help_) for name, help_ in required.items()),
        *(VocabularyEntry(name, f"{help_} (optional)") for name, help_ in optional.items()),
    ]


def _columns(columns: Iterable[Column]) -> list[VocabularyEntry]:
    return [
        VocabularyEntry(
            column.name,
            f"{column.help}{' (late)' if column.late else ''}",
            " | ".join(column.words) if column.words else column.type.name,
        )
        for column in columns
    ]
