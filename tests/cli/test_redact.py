"""pcapcheck redact: which files it writes, what it leaves out, and that nothing is written over."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcapcheck import analyze
from pcapcheck.cli.main import main
from pcapcheck.redaction.redaction_key import VARIABLE
from tests.support import wire
from tests.support.lab import CAPTURES
from tests.support.redacted import KEY, comes_to, frames

SCENARIO = CAPTURES / "proxy-arp-off"
CAPTURE = SCENARIO / "cali14e7d81007d.pcap"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, KEY.decode())
    return tmp_path


def redact(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["redact", *map(str, arguments), "--output", "out"])


def written() -> list[Path]:
    return sorted(path for path in Path("out").rglob("*") if path.is_file())


def test_a_folder_is_written_again_and_comes_to_the_same() -> None:
    result = redact(SCENARIO)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("3 of 3 files written to out; changed: ")
    assert [path.suffix for path in written()] == [".pcap", ".pcap", ".txt"]
    assert comes_to(analyze("out")) == comes_to(analyze(SCENARIO))


def test_an_archive_is_written_as_a_folder(tmp_path: Path) -> None:
    with tarfile.open("bundle.tar.gz", "w:gz") as archive:
        archive.add(SCENARIO, "nodes/worker-red7")
    assert redact("bundle.tar.gz").exit_code == 0
    assert len(written()) == 3
    assert all(path.parts[1] == "bundle" and path.parts[2] == "nodes" for path in written())
    assert "red7" not in str(written())


def test_a_compressed_capture_is_written_unpacked() -> None:
    Path("cali14e7d81007d.pcap.gz").write_bytes(gzip.compress(CAPTURE.read_bytes()))
    assert redact("cali14e7d81007d.pcap.gz").exit_code == 0
    (path,) = written()
    assert path.suffix == ".pcap"
    assert len(frames(path)) == len(frames(CAPTURE))


def test_a_capture_on_standard_input_is_redacted() -> None:
    result = CliRunner().invoke(main, ["redact", "-", "--output", "out"], input=CAPTURE.read_bytes())
    assert result.exit_code == 0, result.output
    assert len(written()) == 1


def test_what_cannot_be_redacted_is_left_out() -> None:
    Path("photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    result = redact(CAPTURE, "photo.png", "missing.pcap")
    assert result.exit_code == 1
    assert "left out: photo.png: a picture" in result.stderr
    assert "left out: missing.pcap" in result.stderr
    assert len(written()) == 1
    assert redact("photo.png").exit_code == 2


def test_nothing_is_written_over() -> None:
    assert redact(CAPTURE).exit_code == 0
    before = [path.read_bytes() for path in written()]
    result = redact(CAPTURE)
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert [path.read_bytes() for path in written()] == before


def test_the_table_of_what_became_of_what() -> None:
    assert redact(CAPTURE, SCENARIO / "state.txt", "--mapping", "table.csv").exit_code == 0
    with Path("table.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    kinds = {row["kind"] for row in rows}
    assert kinds == {"address", "network", "MAC", "name"}
    (pod,) = (row["became"] for row in rows if row["was"] == "10.244.1.10")
    assert any(pod in path.read_text() for path in written() if path.suffix == ".txt")
    assert all(row["was"] != row["became"] for row in rows)
    assert Path("table.csv").stat().st_mode & 0o77 == 0
    assert not any("10.244.1.10" in str(path) for path in written())


def test_without_a_table_none_is_written() -> None:
    assert redact(CAPTURE).exit_code == 0
    assert sorted(path.name for path in Path().iterdir()) == ["out"]


def test_an_existing_table_costs_nothing_but_a_line() -> None:
    Path("table.csv").write_text("mine")
    result = redact(CAPTURE, "--mapping", "table.csv")
    assert result.exit_code == 2
    assert "table.csv: exists already" in result.stderr
    assert Path("table.csv").read_text() == "mine"
    assert written() == []


def test_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("key").write_bytes(KEY + b"\n")
    assert redact(CAPTURE).exit_code == 0
    first = [path.read_bytes() for path in written()]
    shutil.rmtree("out")
    monkeypatch.delenv(VARIABLE)
    assert redact(CAPTURE, "--key", "key").exit_code == 0
    assert [path.read_bytes() for path in written()] == first
    shutil.rmtree("out")
    Path("key").write_text("short")
    result = redact(CAPTURE, "--key", "key")
    assert result.exit_code == 2
    assert "a key of 5 bytes can be guessed" in result.stderr
    assert "give a file" in redact(CAPTURE, "--key", "none").stderr
    assert "only --redact uses a key" in CliRunner().invoke(main, ["analyze", str(CAPTURE), "--key", "key"]).stderr


def test_names_comments_and_interfaces_of_a_pcapng() -> None:
    about = b"Node: node-red7, Namespace: payments, Pod: ledger-0"
    names = b"\1\0\x0e\0" + bytes([10, 0, 0, 9]) + b"ledger-db\0" + b"\0\0" + bytes(4)
    path = Path("in.pcapng")
    wire.write_pcapng(path, [(0, wire.request())])
    data = path.read_bytes()
    at = data.index(wire.pcapng_block(1, b"")[:4], 28)
    block = wire.pcapng_block(
        1, b"\1\0\0\0\0\0\4\0" + wire.option(3, about) + wire.option(1, b"for initech") + bytes(4)
    )
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    path.write_bytes(data[:at] + block + wire.pcapng_block(4, names) + data[at + size :])
    assert redact(path).exit_code == 0
    (new,) = written()
    found = new.read_bytes()
    for word in (b"red7", b"payments", b"ledger", b"initech", bytes([10, 0, 0, 9])):
        assert word not in found
    assert b"Namespace: " in found
    assert b"-" in found
    assert analyze(new).to_dict()["captures"][0]["frames"] == 1


def test_a_damaged_capture_is_redacted_as_far_as_it_can_be_read() -> None:
    data = CAPTURE.read_bytes()
    Path("cut.pcap").write_bytes(data[:-20])
    result = redact("cut.pcap")
    assert result.exit_code == 0
    assert "the capture is cut inside frame" in result.stderr
    assert len(frames(written()[0])) == len(frames(CAPTURE)) - 1


def test_lost_packets_stay_known(tmp_path: Path) -> None:
    """Damage is left out, so the new file says that packets are missing: their silence must prove nothing."""
    data = bytearray((CAPTURES / "healthy" / "cali14e7d81007d.pcap").read_bytes())
    data[24 + 58 : 24 + 58 + 12] = b"\xff" * 12
    Path("damaged.pcap").write_bytes(data)
    assert redact("damaged.pcap").exit_code == 0
    (original,), (new,) = ((analyze(path).to_dict()["captures"]) for path in ("damaged.pcap", written()[0]))
    assert original["frames"] == new["frames"]
    assert comes_to(analyze(written()[0]))["rules"] == comes_to(analyze("damaged.pcap"))["rules"]


def test_links_and_names_that_lead_out_write_nothing_elsewhere(tmp_path: Path) -> None:
    with tarfile.open("evil.tar", "w") as archive:
        for name in ("../out-of-it.txt", "/tmp/pcapcheck-out-of-it.txt", "in/../../x.txt"):
            member = tarfile.TarInfo(name)
            text = b"inet 10.0.0.5/24 dev eth0\n"
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    redact("evil.tar")
    assert all(path.resolve().is_relative_to(tmp_path / "out") for path in written())
    assert not list(tmp_path.parent.glob("out-of-it*"))
