"""The captures that tests walk over: those made, those recorded in the lab, and the public ones beside the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
NO_CORPUS = "" if CORPUS.is_dir() else "the public captures are not here (a folder shared/corpus beside the checkout)"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in (".pcap", ".pcapng"))


MADE = files(ROOT / "fixtures" / "made" / "captures")
LAB = files(ROOT / "fixtures" / "lab" / "captures")
TEXTS = sorted((ROOT / "fixtures" / "transcripts").glob("*.md"))
CALICO = files(ROOT / "fixtures" / "calico")
PUBLIC = files(CORPUS) if CORPUS.is_dir() else []


def name_of(path: Path) -> str:
    """A short name for test ids: the path below the folder of all captures."""
    for folder in (
        CORPUS,
        ROOT / "fixtures" / "made" / "captures",
        ROOT / "fixtures" / "lab" / "captures",
        ROOT / "fixtures",
    ):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.name
