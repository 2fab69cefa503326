"""Compressed captures: the same verdicts as unpacked, whatever the compression; damage and bombs are reported."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import lz4.frame
import pytest

from pcapcheck import CaptureError, analyze
from pcapcheck.capture import compressed
from pcapcheck.capture.source import Source
from tests.support.lab import CAPTURES, statuses
from tests.support.memory import peak_memory

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "lz4": partial(lz4.frame.compress, content_checksum=True),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}
CAPTURE = CAPTURES / "proxy-arp-off-cached" / "cali14e7d81007d.pcap"
WHOLE = CAPTURE.read_bytes()
EVERY = pytest.mark.parametrize("name", PACK)


def incompressible(size: int) -> bytes:
    """A capture of one frame that does not pack, so that a cut anywhere falls into it."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    frames = [os.urandom(1400) for _ in range(size // 1416)]
    return head + b"".join(struct.pack("<IIII", 1, n, 1400, 1400) + frame for n, frame in enumerate(frames))


@EVERY
def test_verdicts_are_those_of_the_unpacked_capture(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"cali14e7d81007d.pcap.{name}"
    path.write_bytes(PACK[name](WHOLE))
    packed, plain = analyze(path), analyze(CAPTURE)
    assert statuses(packed) == statuses(plain)
    assert packed.captures[0].problems == []
    assert list(packed.echo["time"]) == list(plain.echo["time"])


@EVERY
def test_what_the_tools_write_is_read(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    path = tmp_path / "packed"
    with path.open("wb") as out:
        subprocess.run([name, "-c", CAPTURE], stdout=out, check=True)
    assert analyze(path).captures[0].frames == analyze(CAPTURE).captures[0].frames


@EVERY
def test_members_follow_each_other(name: str, tmp_path: Path) -> None:
    """As after gzip -c A >> B, and where pigz, pzstd or pbzip2 packed piece by piece."""
    path = tmp_path / "members"
    pieces = [WHOLE[:100], b"", WHOLE[100:101], WHOLE[101:]]
    path.write_bytes(b"".join(PACK[name](piece) for piece in pieces))
    analysis = analyze(path)
    assert analysis.captures[0].frames == analyze(CAPTURE).captures[0].frames
    assert analysis.captures[0].problems == []


@EVERY
@pytest.mark.parametrize("padding", [4, 512, 200_000])
def test_zeros_after_the_last_member_are_padding(name: str, padding: int, tmp_path: Path) -> None:
    path = tmp_path / "padded"
    path.write_bytes(PACK[name](WHOLE) + bytes(padding))
    assert analyze(path).captures[0].problems == []


@EVERY
def test_a_cut_stream_keeps_what_came_before(name: str, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    data = incompressible(3_000_000)
    packed = PACK[name](data)
    path.write_bytes(packed[: len(packed) * 2 // 3])
    with Source(path).open() as reader:
        for _ in reader.batches():
            pass
    # bzip2 packs blocks of 900 kB; a cut block is lost.
    assert 1200 < reader.frames < 1420
    assert [problem.kind for problem in reader.problems if problem.kind != "cut"] == ["damaged-compression"]
    assert any("is cut" in problem.message for problem in reader.problems)


@EVERY
def test_garbage_after_the_capture_is_reported(name: str, tmp_path: Path) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(PACK[name](WHOLE) + b"and so on")
    (problem,) = analyze(path).captures[0].problems
    assert "something else" in problem.message or "is cut" in problem.message


@EVERY
def test_a_damaged_stream_keeps_what_came_before(name: str, tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    packed = bytearray(PACK[name](incompressible(3_000_000)))
    middle = len(packed) * 2 // 3
    packed[middle : middle + 300] = bytes(300)
    path.write_bytes(packed)
    with Source(path).open() as reader:
        for _ in reader.batches():
            pass
    assert reader.frames > 600
    # Where what does not pack is stored as it is, the damage shows in the capture first.
    assert reader.problems != []


@EVERY
@pytest.mark.parametrize("rest", [b"", b"\0", b"xyz" * 50])
def test_what_cannot_be_unpacked_at_all_is_refused_in_one_line(name: str, rest: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(PACK[name](WHOLE)[:7] + rest)
    with pytest.raises(CaptureError, match=f"nothing can be unpacked from this {name} file"):
        analyze(path)


@EVERY
def test_packed_twice_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "twice"
    path.write_bytes(PACK[name](gzip.compress(WHOLE)))
    with pytest.raises(CaptureError, match=f"gzip inside {name}; unpack it once first"):
        analyze(path)


def bomb(path: Path, name: str, megabytes: int) -> Path:
    """A capture of frames full of zeros."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    record = struct.pack("<IIII", 1, 2, 65520, 65520) + bytes(65520)
    path.write_bytes(PACK[name](head) + PACK[name](record * 16) * megabytes)
    return path


@EVERY
def test_a_bomb_is_refused_at_the_limit(name: str, tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb", name, 8)
    with pytest.raises(CaptureError, match="unpack to more than 4194304; if that is meant, allow more with --unpack"):
        analyze(path, unpack_limit=4 << 20)
    assert analyze(path, unpack_limit=9 << 20).captures[0].frames == 8 * 16


def test_a_bomb_is_refused_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "LARGE", 1 << 20)
    with pytest.raises(CaptureError, match=r"unpack to more than \d+; if that is meant"):
        analyze(bomb(tmp_path / "bomb", "gzip", 4))


def test_what_packs_like_a_capture_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "LARGE", 1 << 20)
    path = tmp_path / "large"
    path.write_bytes(gzip.compress(incompressible(3_000_000)))
    assert analyze(path).captures[0].frames == 3_000_000 // 1416


@pytest.mark.parametrize("name", ["gzip", "zstd", "xz"])
def test_memory_does_not_grow_with_what_is_unpacked(name: str, tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb", name, 600)
    assert peak_memory("analyze", str(path), "--unpack-limit", "2G") < 120


def test_dictionaries_of_a_gigabyte_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "hungry"
    path.write_bytes(lzma.compress(WHOLE, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]))
    with pytest.raises(CaptureError, match="takes more than 128 MiB of memory"):
        analyze(path)
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 30})
    path.write_bytes(packer.compress(WHOLE) + packer.flush())
    with pytest.raises(CaptureError, match="takes more than 128 MiB of memory"):
        analyze(path)


@EVERY
def test_the_command_shown_reads_the_packed_file(name: str, tmp_path: Path) -> None:
    """The tshark line of a failure works as it stands."""
    path = tmp_path / f"cali14e7d81007d.pcap.{name}"
    path.write_bytes(PACK[name](WHOLE))
    for tool in ("tshark", name):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    command = [sys.executable, "-m", "pcapcheck", "analyze", str(path)]
    report = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    line = next(line.strip() for line in report.splitlines() if "tshark" in line)
    shown = subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
    assert "Echo (ping) request" in shown
