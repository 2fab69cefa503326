"""The glossary: each word once, in order, and where it says that a word shows, it does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import click
import pytest

import pcapcheck
from pcapcheck.cli.main import main
from tests.support.pages import DOCS

ROWS = re.findall(r"^\| (?!word|---)(.*?) \| (.*?) \| (.*?) ?\|$", (DOCS / "glossary.md").read_text(), re.M)
PLACES = re.findall(r"(\w+) `([^`]+)`", "\n".join(shows for _, _, shows in ROWS))


def commands(group: click.Group) -> list[click.Command]:
    context = click.Context(group)
    direct = [group.get_command(context, name) for name in group.list_commands(context)]
    found = [command for command in direct if command is not None]
    return [*found, *(below for group in found if isinstance(group, click.Group) for below in commands(group))]


def json_keys(schema: dict[str, Any], defined: dict[str, Any], path: str = "") -> set[str]:
    """Every key of the document, as ``rules[].evidence``."""
    if "$ref" in schema:
        schema = defined[schema["$ref"].rpartition("/")[2]]
    keys = set()
    for name, inner in schema.get("properties", {}).items():
        keys |= {f"{path}{name}"} | json_keys(inner, defined, f"{path}{name}.")
    if isinstance(schema.get("items"), dict):
        keys |= json_keys(schema["items"], defined, f"{path.rstrip('.')}[].")
    return keys


def document_keys() -> set[str]:
    schema = json.loads(files("pcapcheck.report").joinpath("schema.json").read_text())
    return json_keys(schema, schema["$defs"])


def words_of_rules(sections: str) -> set[str]:
    """The names that the generated pages list; a test compares these with what is printed."""
    text = (DOCS / "fields.md").read_text()
    found = (section for section in re.split(r"^## ", text, flags=re.M)[1:] if section.startswith(sections))
    return {name for section in found for name in re.findall(r"^\| `(.*?)` \|", section, re.M)}


def columns() -> set[str]:
    pages = (DOCS / "tables").glob("*.md")
    return {name for page in pages for name in re.findall(r"^\| `(.*?)` \|", page.read_text(), re.M)}


KNOWN: dict[str, Callable[[], set[str]]] = {
    "table": lambda: {page.stem for page in (DOCS / "tables").glob("*.md")},
    "column": columns,
    "key": lambda: words_of_rules("Keys"),
    "operator": lambda: words_of_rules("Operators"),
    "variable": lambda: words_of_rules("Variables"),
    "command": lambda: {command.name or "" for command in commands(main)},
    "option": lambda: {name for command in commands(main) for given in command.params for name in given.opts},
    "JSON": document_keys,
}


def test_each_word_once_and_in_order() -> None:
    words = [word.casefold() for word, _, _ in ROWS]
    assert len(words) >= 50
    assert words == sorted(set(words))


@pytest.mark.parametrize(("place", "name"), PLACES, ids=[" ".join(place) for place in PLACES])
def test_a_word_shows_where_the_glossary_says(place: str, name: str) -> None:
    assert name in KNOWN[place]()


def test_documented_keys_are_in_the_document() -> None:
    section = (DOCS / "reports-and-ci.md").read_text().split("\n## JSON\n")[1].split("\n## ")[0]
    keys = set(re.findall(r"^\| `(.*?)` \|", section, re.M))
    assert len(keys) > 5
    assert keys <= document_keys()


def test_documented_names_are_the_face() -> None:
    section = (DOCS / "library.md").read_text().split("\n## From Python\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(.*?)` \|", section, re.M)) == set(pcapcheck.__all__) - {"__version__"}
