"""Files in archives: what is one is read, what is not is left out with a line, and nothing is written anywhere."""

from __future__ import annotations

import gzip
import io
import os
import struct
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck.capture.archives import open_archive, unpacking_limit
from pcapcheck.capture.inputs import Inputs
from pcapcheck.errors import CaptureError
from tests.support.bundles import Files, packed, zipped

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
