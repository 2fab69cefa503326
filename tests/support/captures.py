"""The captures that tests walk over: those made, those recorded in the lab, the public ones next to the checkout."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
NO_CORPUS = "" if CORPUS.is_dir() else "the public captures are not here (a folder shared/corpus next to the checkout)"


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


def shifted(capture: Path, to: int) -> bytes:
    """A capture (pcap, little-endian) whose first frame was recorded at this second."""
    data = bytearray(capture.read_bytes())
    assert bytes(data[:4]) in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
    place, begin = 24, None
    while place < len(data):
        seconds, _, length = struct.unpack_from("<III", data, place)
        begin = seconds if begin is None else begin
        struct.pack_into("<I", data, place, seconds - begin + to)
        place += 16 + length
    return bytes(data)


def some_of_all(wanted: Collection[str] = ()) -> list[Path]:
    """Our own captures, and of the public ones all pcapng, all wanted by name, and every fifth pcap.

    With PCAPCHECK_WHOLE_CORPUS in the environment, all public ones.
    """
    if os.environ.get("PCAPCHECK_WHOLE_CORPUS"):
        return [*MADE, *LAB, *CALICO, *PUBLIC]
    chosen = [path for path in PUBLIC if path.suffix == ".pcapng" or name_of(path) in wanted]
    others = [path for path in PUBLIC if path not in chosen]
    return [*MADE, *LAB, *CALICO, *chosen, *others[::5]]


def by_name(paths: Iterable[Path], find: Callable[[Path], T]) -> dict[str, T]:
    """What is found of each capture, two at a time: other programs are asked, and they take their time."""
    paths = list(paths)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(map(name_of, paths), pool.map(find, paths), strict=True))
