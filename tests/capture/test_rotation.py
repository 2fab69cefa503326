"""Rotated sets are one capture, in the order in which they were recorded."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.capture.rotation import bare_name, set_key
from tests.support.wire import BEGIN, MS, SECOND, Frame, answer, ask, reply, request, write_pcap, write_pcapng

# Four exchanges, cut where each request and its answer go to different files.
FRAMES: list[Frame] = [
    (BEGIN, ask()),
    (BEGIN + MS // 10, answer()),
    (BEGIN + MS, request(1)),
    (BEGIN + 2 * MS, reply(1)),
    (BEGIN + SECOND, request(2)),
    (BEGIN + SECOND + MS, reply(2)),
    (BEGIN + 2 * SECOND, request(3)),
    (BEGIN + 2 * SECOND + MS, reply(3)),
    (BEGIN + 4 * SECOND, request(4)),
    (BEGIN + 4 * SECOND + MS, reply(4)),
]
PIECES = [FRAMES[:1], FRAMES[1:3], FRAMES[3:7], FRAMES[7:]]


@pytest.mark.parametrize(
    "names",
    [
        # tcpdump -C, tcpdump -C -W 12 once it wrapped around, tcpdump -G, dumpcap -b
        ["cap.pcap", "cap.pcap1", "cap.pcap2", "cap.pcap10"],
        ["cap.pcap10", "cap.pcap11", "cap.pcap00", "cap.pcap01"],
        ["c-2025-01-19_01:57.pcap", "c-2025-01-19_01:58.pcap", "c-2025-01-19_01:59.pcap", "c-2025-01-19_02:00.pcap"],
        ["c.1732320000.pcap", "c.1732320060.pcap", "c.1732320120.pcap", "c.1732320180.pcap"],
        ["20250119-015740.pcap", "20250119-015741.pcap", "20250119-015742.pcap1", "20250119-015743.pcap"],
        [f"cap_{n:05}_2025011901574{n}.pcap" for n in range(1, 5)],
    ],
)
def test_exchanges_go_on_from_file_to_file(names: list[str], tmp_path: Path) -> None:
    for name, frames in zip(names, PIECES, strict=True):
        write_pcap(tmp_path / name, frames)
    for given in ([tmp_path], sorted(tmp_path.iterdir()), [tmp_path / "*"]):
        analysis = analyze(*given)
        (capture,) = analysis.captures
        assert capture.frames == len(FRAMES)
        assert list(analysis.arp["outcome"]) == ["answered"]
        assert list(analysis.echo["outcome"]) == ["replied"] * 4
        assert [file["path"] for file in analysis.to_dict()["captures"][0]["files"]] == [
            str(tmp_path / name) for name in names
        ]


@pytest.mark.parametrize(
    "names",
    [
        ["node1.pcap", "node2.pcap"],
        ["cali14e7d81007d.pcap", "calieabe7761b00.pcap"],
        ["cali1111111111a.pcap", "cali1222222222a.pcap"],
        ["cap.pcap", "cap.pcapng"],
        ["a-2025-01-19.pcap", "b-2025-01-20.pcap"],
    ],
)
def test_captures_of_different_places_stay_apart(names: list[str], tmp_path: Path) -> None:
    for name, frames in zip(names, (FRAMES[:6], FRAMES[6:]), strict=True):
        write = write_pcapng if name.endswith("ng") else write_pcap
        write(tmp_path / name, frames)
    assert len(analyze(tmp_path).captures) == 2
    assert len({set_key(tmp_path / name) for name in names}) == 2


def test_files_of_different_folders_stay_apart(tmp_path: Path) -> None:
    for folder, frames in zip(("node1", "node2"), (FRAMES[:6], FRAMES[6:]), strict=True):
        (tmp_path / folder).mkdir()
        write_pcap(tmp_path / folder / "cap.pcap0", frames)
    assert len(analyze(tmp_path).captures) == 2


def test_an_interface_described_again_in_every_file_is_one(tmp_path: Path) -> None:
    for number, frames in enumerate(PIECES):
        write_pcapng(tmp_path / f"cap_{number:05}_20250119015740.pcapng", frames, "cali14e7d81007d", drops=number)
    capture = analyze(tmp_path).captures[0]
    assert [(interface.name, interface.frames, interface.drops) for interface in capture.interfaces] == [
        ("cali14e7d81007d", 10, 0 + 1 + 2 + 3)
    ]


def test_interfaces_are_distinguished_in_every_file(tmp_path: Path) -> None:
    if shutil.which("mergecap") is None:
        pytest.skip("mergecap is not installed")
    for number, frames in enumerate(PIECES):
        first = write_pcapng(tmp_path / "one", frames, "cali14e7d81007d")
        other = write_pcapng(tmp_path / "other", frames, "calieabe7761b00")
        # Described the other way round in every second file.
        order = [first, other][:: -1 if number % 2 else 1]
        merged = tmp_path / f"cap_{number:05}_20250119015740.pcapng"
        subprocess.run(["mergecap", "-I", "none", "-w", merged, *order], check=True)
    first.unlink()
    other.unlink()
    analysis = analyze(tmp_path)
    assert {point.name: point.capture_point.frames for point in analysis.points} == {
        "cali14e7d81007d": 10,
        "calieabe7761b00": 10,
    }


def test_evidence_is_shown_with_its_file(tmp_path: Path) -> None:
    """Frames are numbered through; the command names the file and counts as tshark does."""
    for number, frames in enumerate((FRAMES[:4], FRAMES[4:5], FRAMES[6:])):
        write_pcap(tmp_path / f"cali14e7d81007d.pcap{number}", frames)
    from tests.cli.test_cli import run

    shown = run("analyze", str(tmp_path)).stdout
    assert "frame 5: " in shown
    assert f"tshark -r {tmp_path / 'cali14e7d81007d.pcap1'} -Y 'frame.number in {{1}}'" in shown


def test_damage_names_its_file(tmp_path: Path) -> None:
    for number, frames in enumerate(PIECES):
        write_pcap(tmp_path / f"cap.pcap{number}", frames)
    cut = tmp_path / "cap.pcap1"
    cut.write_bytes(cut.read_bytes()[:-5])
    (problem,) = analyze(tmp_path).captures[0].problems
    assert (problem.kind, problem.frame) == ("cut", 2)
    assert problem.message.startswith("cap.pcap1: ")


def test_files_without_packets_come_last(tmp_path: Path) -> None:
    for number, frames in enumerate([*PIECES, []]):
        write_pcap(tmp_path / f"cap.pcap{9 - number}", frames)
    analysis = analyze(tmp_path)
    assert [part.before for part in analysis.captures[0].source.parts] == [0, 1, 3, 7, 10]  # type: ignore[union-attr]
    assert analysis.captures[0].frames == 10


def test_of_a_file_packed_and_unpacked_one_is_read(tmp_path: Path) -> None:
    write_pcap(tmp_path / "cap.pcap", FRAMES)
    (tmp_path / "cap.pcap.gz").write_bytes((tmp_path / "cap.pcap").read_bytes())
    analysis = analyze(tmp_path)
    assert analysis.captures[0].frames == len(FRAMES)
    (skipped,) = analysis.skipped
    assert "cap.pcap.gz: given twice, packed and unpacked (cap.pcap)" in skipped.message


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("cali14e7d81007d.pcap", "cali14e7d81007d"),
        ("worker2-vxlan.calico.pcap3.gz", "worker2-vxlan.calico"),
        ("eth0_00001_20250119015740.pcapng.zst", "eth0"),
        ("node-1_eth0-2025-01-19T01:57:40.pcap", "node-1_eth0"),
        ("node1-eth0.txt", "node1-eth0"),
        ("node1-eth0.pcap.txt.gz", "node1-eth0"),
        ("capture", "capture"),
        ("2025-01-19.pcap", "2025-01-19.pcap"),
    ],
)
def test_bare_names(name: str, bare: str) -> None:
    assert bare_name(Path(name)) == bare
