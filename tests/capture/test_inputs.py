"""Files, folders and patterns as the captures of one observation."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import analyze, intake
from pcapcheck.capture.inputs import gather
from pcapcheck.cli.main import main
from tests.support.lab import CAPTURES, captures, statuses

SCENARIO = "two-nodes-vxlan"


def test_a_folder_is_its_captures() -> None:
    by_folder, by_name = analyze(CAPTURES / SCENARIO), analyze(*captures(SCENARIO))
    assert [capture.path for capture in by_folder.captures] == [capture.path for capture in by_name.captures]
    assert statuses(by_folder) == statuses(by_name)


def test_a_pattern_is_the_files_that_match() -> None:
    analysis = analyze(CAPTURES / SCENARIO / "node2-*.pcap")
    assert [capture.path.name for capture in analysis.captures] == [
        path.name for path in captures(SCENARIO) if path.name.startswith("node2-")
    ]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cali[1].pcap"
    path.write_bytes(captures("healthy")[0].read_bytes())
    assert analyze(path).captures[0].path == path


def test_what_is_no_capture_is_skipped_and_said(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.pcap").write_bytes(captures("healthy")[0].read_bytes())
    (tmp_path / "b.pcap.gz").write_bytes(gzip.compress(captures("healthy")[1].read_bytes()))
    for name, content in {"README": b"words", "empty.pcap": b"", "log.gz": gzip.compress(b"words")}.items():
        (tmp_path / name).write_bytes(content)
    done = CliRunner().invoke(main, ["analyze", str(tmp_path), "--format", "json"])
    assert done.exit_code == 0
    assert f"pcapcheck: skipped (not captures): {tmp_path / 'README'}, {tmp_path / 'log.gz'}\n" in done.stderr
    assert f"pcapcheck: skipped (empty): {tmp_path / 'empty.pcap'}\n" in done.stderr
    assert [capture.path.name for capture in analyze(tmp_path).captures] == ["b.pcap.gz", "a.pcap"]


def test_a_capture_that_cannot_be_read_is_skipped_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(captures("healthy")[0].read_bytes())
    (tmp_path / "cut.pcap").write_bytes(captures("healthy")[1].read_bytes()[:20])
    analysis = analyze(tmp_path)
    assert [capture.path.name for capture in analysis.captures] == ["a.pcap"]
    (skipped,) = analysis.skipped
    assert (skipped.kind, skipped.path) == ("damaged", str(tmp_path / "cut.pcap"))
    assert "cut inside the pcap file header" in skipped.message


@pytest.mark.parametrize("again", ["healthy/cali14e7d81007d.pcap", "healthy", "healthy/*.pcap", "healthy/../healthy"])
def test_what_is_given_twice_is_read_once(again: str) -> None:
    inputs = gather([CAPTURES / "healthy" / "cali14e7d81007d.pcap", CAPTURES / again])
    files = [capture.path.resolve() for capture in inputs.captures]
    assert len(files) == len(set(files))
    assert [path.name for path in inputs.repeated] == ["cali14e7d81007d.pcap"]


def test_captures_of_a_folder_are_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(captures("healthy")[0].read_bytes())
    for given in (tmp_path, tmp_path / "*"):
        done = CliRunner().invoke(main, ["analyze", str(given), "--output", str(path)])
        assert (done.exit_code, done.stdout) == (2, "")
        assert "that is one of the inputs" in done.stderr
    assert path.read_bytes() == captures("healthy")[0].read_bytes()


def test_each_of_many_files_is_looked_at_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of an incident holds thousands of files that are no captures: none costs a look at all the others."""
    (tmp_path / "a.pcap").write_bytes((CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap").read_bytes())
    for number in range(200):
        (tmp_path / f"{number}.log").write_text("nothing\n")
    looks = []
    monkeypatch.setattr(intake, "take_notes", lambda inputs: looks.append(len(inputs.captures)))
    assert len(analyze(tmp_path).skipped) == 200
    assert len(looks) == 1
