"""The words of the JSON document: each key is explained, once, and keeps to the glossary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from pcapcheck.columns import COLUMNS
from pcapcheck.ruleset import rule
from pcapcheck.table_names import TABLES
from pcapcheck.triage import cause
from tests.support.lab import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
# Words of schema pcapcheck/1 that broke the glossary: none comes back.
GONE = """
alike back because bounded elsewhere fits follows half_known heading more_ways never next not_told one_in opaque
otherwise passing refusals refused spread suspect told ways who
"""
# Words of keys that are plain English, with the meaning that the schema's description of the key gives.
PLAIN = """
accepted arrived at before both byte chain clock column command conditional description diagnoses doubt duplicate
encrypted endpoint expired failed followed format holds known label largest line longest meaning measure median
message more name network one operator outage outlier pair partly pattern prefix query reference resolution role
sampled schema share shortest size smallest status subject summary text understood unneeded until value warning
"""


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("pcapcheck.report").joinpath("schema.json").read_text())
    return loaded


def properties(node: Any, place: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every key anywhere in the schema: where it is, its name, what is said of it."""
    if isinstance(node, list):
        for item in node:
            yield from properties(item, place)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                for name, about in value.items():
                    yield f"{place}/{name}", name, about
                    yield from properties(about, f"{place}/{name}")
            elif key == "$defs":
                for name, about in value.items():
                    yield from properties(about, name)
            else:
                yield from properties(value, place)


def test_every_key_is_explained() -> None:
    """By its own description, or by that of what it refers to."""
    whole = schema()
    unexplained = [
        place
        for place, _, about in properties(whole)
        if not (about.get("description") or _referred(whole, about).get("description"))
    ]
    assert unexplained == []


def _referred(whole: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = whole["$defs"].get(about.get("$ref", "").rpartition("/")[2], {})
    return found


def test_no_key_of_schema_1_that_broke_the_glossary() -> None:
    assert [place for place, name, _ in properties(schema()) if name in GONE.split()] == []


def test_kind_is_said_of_capture_points_only() -> None:
    places = {place.rpartition("/")[0].rpartition("/")[2] for place, name, _ in properties(schema()) if name == "kind"}
    assert places == {"interfaces", "last_seen"}


def test_every_word_is_known() -> None:
    """From the glossary, from the columns of tables, from what rules and causes say of themselves, or plain English."""
    known = _glossary() | _columns() | set(PLAIN.split())
    names = {name for _, name, _ in properties(schema())}
    assert {
        name: new for name in names if (new := [word for word in name.split("_") if not _forms(word) & known])
    } == {}


def test_no_plain_word_is_unused() -> None:
    used = {form for _, name, _ in properties(schema()) for word in name.split("_") for form in _forms(word)}
    assert sorted(set(PLAIN.split()) - used) == []


def _forms(word: str) -> set[str]:
    """A word and what may be its singular."""
    return {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}


def _glossary() -> set[str]:
    """The words of the glossary's entries."""
    entries = re.findall(r"^\| ([^|]+) \|", GLOSSARY.read_text(), flags=re.M)
    return {word.lower() for entry in entries for word in re.findall(r"[\w]+", entry)}


def _columns() -> set[str]:
    """The words of tables, columns, and the keys of rules and causes."""
    names = {*TABLES, *rule.REQUIRED, *rule.OPTIONAL, *cause.REQUIRED, *cause.OPTIONAL}
    names |= {name for table in TABLES for name in COLUMNS[table]}
    return {word for name in names for word in re.split(r"[._]", name)}
