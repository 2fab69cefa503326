"""Files in archives: what is one is read, what is not is left out with a line, and nothing is written anywhere."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck.capture.archives import open_archive, unpacking_limit
from pcapcheck.capture.inputs import Inputs
from pcapcheck.errors import CaptureError
from tests.support.bundles import Files, packed, zipped
from tests.support.memory import peak_memory

GOOD: Files = {"node1/a.txt": b"a" * 3000, "node2/b.txt": b"b"}


class Opened:
    """The files of an archive, and what was left out."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        self.left: dict[str, str] = {}
        self.files: Files = {}
        for file in open_archive.files_of(path, most, lambda name, why, kind: self.left.update({name: why})):
            with file.open() as stream:
                self.files[str(file.path.relative_to(path))] = stream.read()


def written(tmp_path: Path, data: bytes, name: str = "bundle") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def tar_of(*members: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 1, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size if kind == tarfile.REGTYPE else 0, link
    return info


@pytest.mark.parametrize("pack", [*("", "gz", "bz2", "xz"), "zip"])
def test_files_of_an_archive(pack: str, tmp_path: Path) -> None:
    path = written(tmp_path, zipped(GOOD) if pack == "zip" else packed(GOOD, pack))
    assert open_archive.is_archive(path)
    opened = Opened(path)
    assert (opened.files, opened.left) == (GOOD, {})


def test_zstd(tmp_path: Path) -> None:
    path = written(tmp_path, packed(GOOD, ""))
    try:
        subprocess.run(["zstd", "-q", str(path), "-o", str(tmp_path / "b.zst")], check=True)
    except FileNotFoundError:
        pytest.skip("zstd is not here")
    assert Opened(tmp_path / "b.zst").files == GOOD


def test_other_files_are_no_archives(tmp_path: Path) -> None:
    for data in (b"", b"words", gzip.compress(b"words" * 200), bytes(600)):
        assert not open_archive.is_archive(written(tmp_path, data))


def test_a_file_is_read_at_any_place(tmp_path: Path) -> None:
    """Several at once, each from its own beginning, as two captures of a bundle are."""
    path = written(tmp_path, packed(GOOD))
    first, second = open_archive.files_of(path, None, lambda *_: None)
    with first.open() as one, second.open() as other:
        assert (one.read(2), other.read(9), one.read(1)) == (b"aa", b"b", b"a")


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (member("../../etc/passwd"), "leads out of the archive"),
        (member("a/../../b"), "leads out of the archive"),
        (member("/etc/passwd"), "leads out of the archive"),
        (member("C:/x"), "leads out of the archive"),
        (member("null", tarfile.CHRTYPE), "a device"),
        (member("disk", tarfile.BLKTYPE), "a device"),
        (member("pipe", tarfile.FIFOTYPE), "a named pipe"),
    ],
    ids=lambda value: value.name if isinstance(value, tarfile.TarInfo) else "",
)
def test_what_is_no_file_is_left_out(info: tarfile.TarInfo, said: str, tmp_path: Path) -> None:
    opened = Opened(written(tmp_path, tar_of(info, member("good"))))
    assert list(opened.files) == ["good"]
    assert said in opened.left[info.name]


def test_a_file_with_an_absolute_name_is_said_to_be_in_the_archive(tmp_path: Path) -> None:
    path = written(tmp_path, tar_of(member("/etc/passwd"), member("good")))
    inputs = Inputs()
    inputs.open_archive(path)
    assert [skipped.path for skipped in inputs.skipped] == [str(path / "etc/passwd")]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_not_followed(kind: bytes, tmp_path: Path) -> None:
    opened = Opened(written(tmp_path, tar_of(member("a", kind, link="/etc/passwd"), member("good"))))
    assert (list(opened.files), opened.left) == (["good"], {"": "1 link in it not followed"})


def test_names_and_links_in_zips(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("node1\\deep\\a.txt", b"windows")
        archive.writestr("..\\evil", b"")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        secret = zipfile.ZipInfo("secret")
        archive.writestr(secret, b"")
        secret.flag_bits |= 1
    opened = Opened(written(tmp_path, out.getvalue()))
    assert opened.files == {"node1/deep/a.txt": b"windows"}
    assert set(opened.left) == {"..\\evil", "link", "secret"}
    assert "encrypted" in opened.left["secret"]


def test_archives_inside_are_opened_one_level_deep(tmp_path: Path) -> None:
    deepest = zipped({"deep.txt": b""})
    inside = packed({"in.txt": b"in", "deepest.zip": deepest})
    opened = Opened(written(tmp_path, zipped({"node1.tar.gz": inside, "top.txt": b"top"})))
    assert opened.files == {"node1.tar.gz/in.txt": b"in", "top.txt": b"top"}
    assert "unpack it first" in opened.left["node1.tar.gz/deepest.zip"]


@pytest.mark.parametrize("pack", [packed, zipped], ids=["tar.gz", "zip"])
def test_a_bomb_is_refused(pack: Callable[[Files], bytes], tmp_path: Path) -> None:
    path = written(tmp_path, pack({"a": b"a", "bomb": bytes(1 << 22)}))
    with pytest.raises(CaptureError, match="unpack"):
        Opened(path, most=1 << 20)


def test_bombs_inside_count_together(tmp_path: Path) -> None:
    inside = zipped({"bomb": bytes(1 << 19)})
    with pytest.raises(CaptureError, match="--unpack-limit"):
        Opened(written(tmp_path, zipped({f"{number}.zip": inside for number in range(5)})), most=1 << 20)


@pytest.mark.parametrize("pack", [packed, zipped], ids=["tar.gz", "zip"])
def test_of_too_many_files_the_first_are_read(
    pack: Callable[[Files], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking_limit, "MOST_FILES", 20)
    path = written(tmp_path, pack({f"{number:03}": b"" for number in range(50)}))
    seen: list[Path] = []
    files = open_archive.files_of(path, None, lambda *_: None)
    with pytest.raises(CaptureError, match="more than 20 files"):
        seen.extend(file.path for file in files)
    assert len(seen) == 20


def overlapping(count: int, size: int) -> bytes:
    """A zip whose directory names one packed file many times (Fifield, A better zip bomb)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(bytes(size)) + packer.flush()
    sizes = (zlib.crc32(bytes(size)), len(body), size)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, *sizes, 2, 0) + b"f0" + body
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, *sizes, 2, 0, 0, 0, 0, 0, 0)
    listed = b"".join(entry + f"f{number}".encode() for number in range(count))
    return local + listed + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), len(local), 0)


def test_files_that_overlap_are_left_out_with_one_line(tmp_path: Path) -> None:
    opened = Opened(written(tmp_path, overlapping(9, 1 << 20)))
    assert {name: len(data) for name, data in opened.files.items()} == {"f0": 1 << 20}
    assert opened.left == {"": "8 files in it overlap others, as in a zip bomb; left out"}


@pytest.mark.slow
def test_a_million_files_cost_a_line(tmp_path: Path) -> None:
    """In a zip the list of them is longer than what is read of it; of a tar the first are read."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    listed = b"".join(entry + f"{number:07}".encode() for number in range(10**6))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(listed), 4, 0)
    for data in (b"PK\3\4" + listed + end, member("x", size=0).tobuf() * 10**6 + bytes(1024)):
        path = written(tmp_path, data)
        with pytest.raises(CaptureError, match="more than 20000 files are in it"):
            Opened(path)
        assert peak_memory("analyze", str(path)) < 200


def test_a_zip_with_a_directory_that_is_too_long_has_too_many_files(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 5 << 20, 4, 0)
    with pytest.raises(CaptureError, match="more than 20000 files are in it: unpack it"):
        Opened(written(tmp_path, b"PK\3\4" + bytes(5 << 20) + end))


def test_a_zip_that_was_cut_is_said_to_be_cut(tmp_path: Path) -> None:
    opened = Opened(written(tmp_path, zipped({"a.txt": os.urandom(9000)})[:4000]))
    assert opened.files == {}
    assert opened.left[""].startswith("a zip archive that is cut off: the list of its files, at its end, is missing")


class Pipe(io.RawIOBase):
    """Where nothing can be written over: the sizes of files then stand behind them."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_of_a_zip_that_was_cut_whole_files_are_used(method: int, streamed: bool, tmp_path: Path) -> None:
    """Wherever it was cut; behind one whose size stands behind it, where only deflate says where it ends."""
    files = {"n1/a.txt": b"a" * 700, "n1/empty": b"", "n2/b.txt": os.urandom(900), "n2/c.txt": b"c" * 300}
    out = Pipe() if streamed else io.BytesIO()
    ends = {}
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
            ends[name] = len(out.data) if isinstance(out, Pipe) else out.tell()
    data = bytes(out.data) if isinstance(out, Pipe) else out.getvalue()
    lost = streamed and method != zipfile.ZIP_DEFLATED
    for cut in range(4, len(data) - 22, 61):
        opened = Opened(written(tmp_path, data[:cut]))
        whole = {name: data for name, data in files.items() if ends[name] <= cut and not lost}
        assert opened.files == whole, cut
        counted = f"; {len(whole)} whole file{'s' * (len(whole) != 1)} before that" if whole else "; copy it again"
        assert counted in opened.left[""], cut


def test_a_wrong_checksum_costs_that_file(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": b"aaa", "b.txt": b"bbb"}))
    for mark, at in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
        data[data.index(mark) + at] ^= 0xFF
    opened = Opened(written(tmp_path, bytes(data)))
    assert opened.files == {"b.txt": b"bbb"}
    assert "Bad CRC-32" in opened.left["a.txt"]
    assert opened.left["a.txt"].endswith("nothing of it can be unpacked")


@pytest.mark.parametrize("pack", ["tar", "zip"])
def test_of_files_with_one_name_the_last_is_used(pack: str, tmp_path: Path) -> None:
    """As when it is unpacked: tar appends the newer file."""
    out = io.BytesIO()
    if pack == "zip":
        with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for text in ("old", "new"):
                archive.writestr("a.txt", text)
    else:
        with tarfile.open(fileobj=out, mode="w") as tar:
            for data in (b"old", b"new"):
                tar.addfile(member("a.txt", size=3), io.BytesIO(data))
    inputs = Inputs()
    (file,) = inputs.open_archive(written(tmp_path, out.getvalue()))
    assert file.open().read() == b"new"
    assert [skipped.message.partition(": ")[2] for skipped in inputs.skipped] == [
        "in the archive more than once; the last is used"
    ]


@pytest.mark.parametrize("name", ["a" * 300, "/".join(["b" * 250] * 20)])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_name_that_no_file_can_have(name: str, form: int, tmp_path: Path) -> None:
    inputs = Inputs()
    inputs.open_archive(written(tmp_path, tar_of(member(name), member("good"), form=form)))
    (skipped,) = inputs.skipped
    assert skipped.message.endswith(f"…: its name is too long ({len(name)} characters)")
    assert len(skipped.message) < 300 + 2 * len(str(tmp_path))


def test_a_long_extended_header_is_read(tmp_path: Path) -> None:
    info = member("a.txt")
    info.pax_headers = {"comment": "y" * 100_000}
    assert list(Opened(written(tmp_path, tar_of(info))).files) == ["a.txt"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_behind(number: int, tmp_path: Path) -> None:
    """While an archive is unpacked from a pipe that has not ended yet."""
    (tmp_path / "temporary").mkdir()
    data = packed({f"{number}.txt": os.urandom(1 << 16) for number in range(64)})
    running = subprocess.Popen(
        [sys.executable, "-m", "pcapcheck", "analyze", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        cwd=tmp_path,
    )
    assert running.stdin is not None
    running.stdin.write(data)
    running.stdin.flush()
    running.send_signal(number)
    with contextlib.suppress(BrokenPipeError):
        running.stdin.close()
    running.wait(60)
    assert [entry.name for entry in tmp_path.iterdir()] == ["temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_stands_before_a_cut_is_used(tmp_path: Path) -> None:
    whole = packed({"a": b"a" * 700, "b": os.urandom(9000), "c": b"c"}, "")
    opened = Opened(written(tmp_path, whole[:4000]))
    assert opened.files["a"] == b"a" * 700
    assert len(opened.files["b"]) == 4000 - 512 - 1024 - 512
    assert "cut inside it" in opened.left["b"]
    squeezed = packed({"a": b"a" * 700, "b": os.urandom(9000)})
    opened = Opened(written(tmp_path, squeezed[:3000]))
    assert opened.files["a"] == b"a" * 700
    assert "cut" in opened.left[""]


def test_a_damaged_header_is_said(tmp_path: Path) -> None:
    data = bytearray(packed({"a": b"a", "b": b"b"}, ""))
    data[1024:1100] = b"\xff" * 76
    opened = Opened(written(tmp_path, bytes(data)))
    assert (opened.files, list(opened.left)) == ({"a": b"a"}, [""])


def test_hostile_headers_end_the_archive(tmp_path: Path) -> None:
    """Sizes below zero, headers of gigabytes, a thousand long names one after the other: no hang, no memory."""
    long_name = member("x", tarfile.GNUTYPE_LONGNAME)
    long_name.size = 1 << 33
    chain = b"".join(member("././@LongLink", tarfile.GNUTYPE_LONGNAME).tobuf() for _ in range(3000))
    backward = bytearray(member("b").tobuf())
    backward[124:136] = b"\xff" * 12
    checked = sum(backward[:148]) + 8 * 32 + sum(backward[156:512])
    backward[148:156] = f"{checked:06o}\0 ".encode()
    for hostile in (long_name.tobuf(format=tarfile.GNU_FORMAT), chain, bytes(backward)):
        opened = Opened(written(tmp_path, tar_of(member("good"))[:1024] + hostile + bytes(2048)))
        assert list(opened.files)[:1] == ["good"]
        assert "" in opened.left


def test_a_zip_with_a_directory_of_gigabytes(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60000, 60000, 0xFFFFFFF0, 0, 0)
    opened = Opened(written(tmp_path, b"PK\x03\x04" + bytes(100) + end))
    assert (opened.files, list(opened.left)) == ({}, [""])


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files have no name; what they need is room."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    path = written(tmp_path, packed(GOOD | {"../out": b"x"}))
    for file in open_archive.files_of(path, None, lambda *_: None):
        assert list(folder.iterdir()) == []
        assert file.open().read(1)
    assert {entry.name for entry in tmp_path.iterdir()} == {"temporary", "bundle"}
