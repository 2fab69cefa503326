"""What may be given to ``analyze`` next to paths: bytes, and files that were opened as bytes."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcapcheck import CaptureError, analyze, assert_capture
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from pcapcheck.report.formats.text import write_text
from tests.support.lab import CAPTURES

FOLDER = CAPTURES / "proxy-arp-off"
CAPTURE = FOLDER / "cali14e7d81007d.pcap"
OTHER = FOLDER / "calieabe7761b00.pcap"
STATE = FOLDER / "state.txt"
DATA = CAPTURE.read_bytes()


class Pipe(io.RawIOBase):
    """Gives a few bytes at a time, and does not know how to seek."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._data.read(min(7, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


def zipped() -> Any:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/cali14e7d81007d.pcap", DATA)
    return zipfile.ZipFile(packed).open("a/cali14e7d81007d.pcap")


GIVEN: dict[str, tuple[Callable[[], Any], str]] = {
    "bytes": (lambda: DATA, "<bytes>"),
    "bytearray": (lambda: bytearray(DATA), "<bytes>"),
    "memoryview": (lambda: memoryview(DATA), "<bytes>"),
    "packed bytes": (lambda: gzip.compress(DATA), "<bytes>"),
    "in memory": (lambda: io.BytesIO(DATA), "<file>"),
    "a pipe": (lambda: Pipe(DATA), "<file>"),
    "a packed pipe": (lambda: Pipe(gzip.compress(DATA)), "<file>"),
    "a file": (lambda: CAPTURE.open("rb"), str(CAPTURE)),
    "an unbuffered file": (lambda: CAPTURE.open("rb", buffering=0), str(CAPTURE)),
    "unpacked as it is read": (lambda: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(DATA))), "<file>"),
    "a member of an archive": (zipped, "a/cali14e7d81007d.pcap"),
}


def told(analysis: Analysis, name: str) -> dict[str, Any]:
    """The document, as if the first capture were of this name."""
    document = analysis.to_dict()
    assert document["captures"][0]["path"] == name
    return {key: [(entry["id"], entry["status"]) for entry in document[key]] for key in ("rules", "causes")}


@pytest.mark.parametrize("kind", GIVEN)
def test_content_is_judged_like_a_file(kind: str) -> None:
    give, name = GIVEN[kind]
    of_files = analyze(CAPTURE, OTHER, node_state=STATE)
    analysis = analyze(give(), OTHER, node_state=STATE)
    assert told(analysis, name) == told(of_files, str(CAPTURE))
    assert analysis.given == (name, str(OTHER))
    assert len(analysis.frames) == len(of_files.frames)


def test_no_command_names_what_is_no_file() -> None:
    stream = io.StringIO()
    write_text(analyze(DATA), stream)
    assert "FAIL" in stream.getvalue()
    assert "tshark -r" not in stream.getvalue()
    assert "of <bytes>" in stream.getvalue()


def test_several_without_a_name() -> None:
    analysis = analyze(DATA, OTHER.read_bytes())
    assert [str(capture.path) for capture in analysis.captures] == ["<bytes>", "<bytes 2>"]


def test_a_file_is_read_from_where_it_stands() -> None:
    file = io.BytesIO(b"envelope" + DATA)
    file.seek(8)
    assert analyze(file).captures[0].frames == analyze(CAPTURE).captures[0].frames


@pytest.mark.parametrize("give", [STATE.read_bytes, lambda: STATE.open("rb"), lambda: [STATE.open("rb")]])
def test_state_from_content(give: Callable[[], Any]) -> None:
    of_files = analyze(CAPTURE, node_state=STATE).to_dict()
    assert of_files["causes"][0]["status"] == "confirmed"
    of_content = analyze(CAPTURE, node_state=give()).to_dict()
    assert [(cause["id"], cause["status"]) for cause in of_content["causes"]] == [
        (cause["id"], cause["status"]) for cause in of_files["causes"]
    ]


def test_state_alone_from_content() -> None:
    assert [finding.status for finding in analyze_state(STATE.read_bytes()).findings] == [
        finding.status for finding in analyze_state(STATE).findings
    ]


def test_one_that_cannot_be_read_costs_a_line() -> None:
    closed = CAPTURE.open("rb")
    closed.close()
    analysis = analyze(closed, OTHER)
    (line,) = analysis.skipped
    assert line.message.startswith(f"{CAPTURE}: cannot be read: ")
    assert line.demanded
    assert len(analysis.captures) == 1
    with pytest.raises(CaptureError, match="neither pcap nor pcapng"):
        analyze(b"\0\1\2\3\0\1\2\3")


@pytest.mark.parametrize(
    ("give", "said"),
    [
        (lambda: CAPTURE.open(), r'cali14e7d81007d\.pcap: opened as text; open it as bytes: open\(NAME, "rb"\)'),
        (lambda: io.StringIO("x"), "<file>: opened as text; open it as bytes: open"),
        (lambda: None, "None is no input: give a path, bytes, or a file opened with"),
        (lambda: 7, "int 7 is no input"),
        (lambda: [CAPTURE], "list .* is no input: .*; give several one by one: analyze"),
    ],
)
def test_nonsense(give: Callable[[], Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        analyze(give())
    with pytest.raises(TypeError, match=said):
        analyze(CAPTURE, node_state=[give()])


def test_nonsense_as_a_state_or_a_rule() -> None:
    with pytest.raises(TypeError, match="int 7 is no input"):
        analyze(CAPTURE, node_state=7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not as bytes"):
        analyze(CAPTURE, rules=b"extends: calico")  # type: ignore[arg-type]


def test_paths_of_all_kinds() -> None:
    class Named(os.PathLike[str]):
        def __fspath__(self) -> str:
            return str(CAPTURE)

    assert analyze(Named()).captures[0].path == Path(CAPTURE)


def test_assertions_take_content_too() -> None:
    with pytest.raises(AssertionError, match="proxy"):
        assert_capture(DATA, node_state=STATE.read_bytes())
