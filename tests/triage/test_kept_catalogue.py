"""Causes that were read when the package was built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapcheck.errors import RuleError
from pcapcheck.ruleset import files
from pcapcheck.ruleset.conditions import Condition, Leaf
from pcapcheck.ruleset.files import EVERY_PACK, packs_folder
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.variables import Settings
from pcapcheck.ruleset.yaml_tree import load_documents
from pcapcheck.triage import catalogue
from pcapcheck.triage.catalogue import load_catalogue, packed_causes
from pcapcheck.triage.cause import CONDITIONS, QUESTIONS, Cause, read_cause

FILES = sorted((packs_folder() / "causes").glob("*.yml"))
NAMES = {rule.id for name in EVERY_PACK for rule in load_ruleset([packs_folder() / name]).rules} | set(QUESTIONS)
SET = {"gateway": "169.254.1.2", "gateway6": "fe80::1", "proxy_mac": "ee:ee:ee:ee:ee:01", "arp_prompt": "7ms"}


def forget() -> None:
    for cached in (catalogue._kept_texts, catalogue._kept, files.texts_of_pack, files.parsed):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What a build keeps of the causes."""
    path = tmp_path / "catalogue.json"
    monkeypatch.setattr(catalogue, "KEPT", path)
    forget()
    path.write_bytes(packed_causes(FILES))
    yield path
    forget()


def said(cause: Cause) -> dict[str, object]:
    """All that a cause says; of conditions without where they stand."""
    fields = {name: getattr(cause, name) for name in cause.__struct_fields__}
    return fields | {name: meant(fields[name]) for name in CONDITIONS}


def meant(condition: Condition | None) -> object:
    if condition is None:
        return None
    if isinstance(condition, Leaf):
        return condition.column, condition.operator, condition.operand
    return condition.word, [meant(part) for part in condition.parts]


@pytest.mark.parametrize("overrides", [{}, SET], ids=["defaults", "set"])
def test_what_was_kept_is_what_reading_gives(overrides: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(overrides)
    documents = [document for file in FILES for document in load_documents(file.read_text(), str(file))]
    read = {cause.id: said(cause) for cause in (read_cause(document, settings) for document in documents)}
    monkeypatch.setattr(catalogue, "read_cause", None)
    assert {cause.id: said(cause) for cause in load_catalogue(NAMES, settings)} == read


def test_a_file_that_was_edited_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "causes").mkdir()
    edited = tmp_path / "causes" / "proxy-arp-off.yml"
    text = (packs_folder() / "causes" / edited.name).read_text()
    edited.write_text(text.replace("rank: 30", "rank: 7"))
    monkeypatch.setattr(catalogue, "packs_folder", lambda: tmp_path)
    assert [cause.rank for cause in load_catalogue(NAMES, Settings())] == [7]
    forget()
    edited.write_text(text.replace("rank: 30", "rank: first"))
    with pytest.raises(RuleError, match=r"proxy-arp-off\.yml:\d+:\d+: 'first' is not a whole number"):
        load_catalogue(NAMES, Settings())


@pytest.mark.parametrize("damage", [None, b"", b"{", b'{"proxy-arp-off.yml": 1}'])
def test_without_what_a_build_keeps_causes_are_read(kept: Path, damage: bytes | None) -> None:
    whole = {cause.id: said(cause) for cause in load_catalogue(NAMES, Settings())}
    forget()
    kept.unlink()
    if damage is not None:
        kept.write_bytes(damage)
    assert {cause.id: said(cause) for cause in load_catalogue(NAMES, Settings())} == whole


def test_of_a_wrong_file_nothing_is_kept(tmp_path: Path) -> None:
    """It is read when it is used, and what is wrong is then said."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("id: wrong\nexplains: [echo-answered]\n")
    assert packed_causes([wrong]) == b"{}"
