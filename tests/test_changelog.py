"""The changelog: the version that is made comes first, is short, and its table of renamed JSON keys is right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pcapcheck.report.document import SCHEMA
from pcapcheck.version import __version__
from tests.support.lab import ROOT

SECTIONS = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)[1:]
LATEST = next(section for section in SECTIONS if not section.startswith("Unreleased"))
DOCUMENT = json.loads((ROOT / "pcapcheck" / "report" / "schema.json").read_text())
RENAMED = re.findall(r"^\| `([\w.\[\]]+)`[^|`]*(?:`unanswered\[\]`)? \| `([\w.\[\]]+)` \|$", LATEST, flags=re.M)


def keys(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The keys of a document, each with those above it."""
    if "$ref" in schema:
        yield from keys(DOCUMENT["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from keys(choice, path)
    for name, value in schema.get("properties", {}).items():
        yield f"{path}.{name}".lstrip(".")
        yield from keys(value, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from keys(schema["items"], f"{path}[]")


KEYS = set(keys(DOCUMENT))


def test_the_version_that_is_made_comes_first() -> None:
    assert LATEST.startswith(f"{__version__} – 20")


def test_a_version_is_read_in_five_minutes() -> None:
    """At 240 words a minute, without the tables."""
    assert len(re.sub(r"^\|.*\n", "", LATEST, flags=re.M).split()) <= 1200


def test_the_schema_that_it_speaks_of_is_the_one_that_is_written() -> None:
    assert f"`{SCHEMA}`" in LATEST


def test_renamed_keys_are_listed() -> None:
    assert len(RENAMED) > 30


@pytest.mark.parametrize(("old", "new"), RENAMED)
def test_a_renamed_key_has_its_new_name_alone(old: str, new: str) -> None:
    assert new in KEYS
    assert old not in KEYS
