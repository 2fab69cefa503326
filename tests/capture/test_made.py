"""The made captures: rebuilt, they are the same, and the report says what is wrong in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.made.index import CAPTURES, FOLDER
from tests.support.reading import read_bytes, read_file

# What is noted of each capture, in order; of all others nothing.
PROBLEMS = {
    "pcap-longer-than-snaplen.pcap": ["longer-than-snaplen"],
    "damaged-cut-data.pcap": ["cut"],
    "damaged-cut-header.pcap": ["cut"],
    "damaged-large-record.pcap": ["record-too-large"],
    "damaged-captured-length.pcapng": ["damaged-block"],
    "damaged-large-captured-length.pcapng": ["damaged-block"],
    "damaged-trailer.pcapng": ["damaged-block"],
    "damaged-zero-length-block.pcapng": ["damaged-block"],
    "damaged-large-block.pcapng": ["damaged-block"],
    "damaged-interface.pcapng": ["no-interface"],
    "damaged-option.pcapng": ["damaged-option"],
}
# How many frames of a damaged capture are good.
GOOD_FRAMES = {"damaged-cut-data.pcap": 3, "damaged-cut-header.pcap": 4, "damaged-large-record.pcap": 4}


def test_folder_holds_exactly_what_is_made() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == {
        name: made.data for name, made in CAPTURES.items()
    }


def test_made_captures_stay_small() -> None:
    assert [name for name, made in CAPTURES.items() if len(made.data) >= 1500] == []


@pytest.mark.parametrize("name", CAPTURES)
def test_problems_are_noted(name: str) -> None:
    assert read_file(FOLDER / name).kinds == PROBLEMS.get(name, [])


@pytest.mark.parametrize("name", [name for name in CAPTURES if name.startswith("damaged")])
def test_frames_before_the_damage_are_read(name: str) -> None:
    good = GOOD_FRAMES.get(name, 1 if name == "damaged-option.pcapng" else 2)
    assert len(read_file(FOLDER / name).records) == good


@pytest.mark.parametrize(("name", "byte"), [("damaged-cut-header.pcap", 274), ("damaged-trailer.pcapng", 200)])
def test_a_problem_says_where_it_is(name: str, byte: int) -> None:
    problem = read_file(FOLDER / name).problems[0]
    assert (problem.frame, problem.byte) == (GOOD_FRAMES.get(name, 2), byte)


def test_reserved_bits_of_the_link_type_are_noted() -> None:
    capture = bytearray((FOLDER / "pcap-little-microseconds.pcap").read_bytes())
    capture[22] = 0x10
    reading = read_bytes(bytes(capture))
    assert (reading.kinds, reading.interfaces[0].link_type) == (["reserved-bits"], 1)


def test_the_maker_rewrites_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fixtures.made import __main__ as maker

    monkeypatch.setattr(maker, "FOLDER", tmp_path)
    (tmp_path / "stale.pcap").touch()
    maker.main()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(CAPTURES)
