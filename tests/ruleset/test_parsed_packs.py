"""Packs that were parsed when the package was built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapcheck.ruleset import parsed_packs
from pcapcheck.ruleset.files import packs_folder
from pcapcheck.ruleset.parsed_packs import packed_folder, parsed_before
from pcapcheck.ruleset.yaml_tree import load_documents

FOLDERS = sorted(path for path in packs_folder().iterdir() if path.is_dir())


@pytest.fixture(autouse=True)
def parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with what a build keeps of each pack."""
    monkeypatch.setattr(parsed_packs, "PARSED", tmp_path)
    parsed_packs._parsed_folder.cache_clear()
    for folder in FOLDERS:
        (tmp_path / f"{folder.name}.json").write_bytes(packed_folder(sorted(folder.glob("*.yml"))))
    yield tmp_path
    parsed_packs._parsed_folder.cache_clear()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_was_parsed_before_is_what_parsing_gives(folder: Path) -> None:
    """With the line and column of each word and key, as messages name them."""
    for file in sorted(folder.glob("*.yml")):
        text = file.read_text()
        before, now = parsed_before(file, text), load_documents(text, str(file))
        assert before == now
        assert repr(before) == repr(now)


def test_a_file_that_was_edited_is_parsed_again() -> None:
    file = packs_folder() / "calico" / "echo-answered.yml"
    assert parsed_before(file, file.read_text()) is not None
    assert parsed_before(file, file.read_text() + "# edited\n") is None
    assert parsed_before(file.with_name("new.yml"), "id: new\n") is None


def test_what_an_older_version_kept_is_parsed_again(parsed: Path) -> None:
    file = packs_folder() / "calico" / "echo-answered.yml"
    older = [[1, 1, {"id": [1, 1, [1, 5, "echo-answered"]]}]]
    (parsed / "calico.json").write_text(json.dumps({file.name: [file.read_text(), older]}))
    assert parsed_before(file, file.read_text()) is None


@pytest.mark.parametrize("damage", [b"", b"{", json.dumps([1]).encode()])
def test_without_what_a_build_keeps_files_are_parsed(parsed: Path, damage: bytes) -> None:
    file = packs_folder() / "calico" / "echo-answered.yml"
    (parsed / "calico.json").write_bytes(damage)
    assert parsed_before(file, file.read_text()) is None
    (parsed / "calico.json").unlink()
    parsed_packs._parsed_folder.cache_clear()
    assert parsed_before(file, file.read_text()) is None
