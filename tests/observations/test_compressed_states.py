"""Texts that somebody compressed: a node's state and lists of pods, alone, in bundles and through a pipe."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import parse_address
from tests.support.lab import CAPTURES

FOLDER = CAPTURES / "proxy-arp-off"
CAPTURE = FOLDER / "cali14e7d81007d.pcap"
STATE = (FOLDER / "state.txt").read_bytes()
PODS = b"NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\nshop web 1/1 Running 0 1d 10.244.1.10 worker-1\n"
POD = parse_address("10.244.1.10")


def zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("backports.zstd")
    packed: bytes = zstandard.compress(data)
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress, "zst": zstd,
}  # fmt: skip


def confirmed(analysis: Analysis) -> set[str]:
    suspects = (suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    return {suspect.cause.id for suspect in suspects if suspect.status == "confirmed"}


def packed(folder: Path, form: str, data: bytes = STATE, name: str = "state.txt") -> Path:
    path = folder / f"{name}.{form}"
    path.write_bytes(PACKERS[form](data))
    return path


@pytest.mark.parametrize("form", PACKERS)
def test_a_compressed_state_is_used(form: str, tmp_path: Path) -> None:
    path = packed(tmp_path, form)
    assert confirmed(analyze(CAPTURE, node_state=path)) == {"proxy-arp-off"}
    # Found among the captures, too, and in a bundle.
    assert confirmed(analyze(CAPTURE, path)) == {"proxy-arp-off"}
    assert analyze_state(path).verdict == "fail"


@pytest.mark.parametrize("form", ["gz", "xz"])
def test_a_state_whose_end_is_missing_says_so_and_proves_nothing_by_that(form: str, tmp_path: Path) -> None:
    """A copy broke off within a line of a routing table: the route behind it is not missing on the node."""
    routes = b"$ ip route\n10.244.1.10 dev cali14e7d81007d scope link\n" + b"".join(
        f"10.{number}.{number * 7 % 256}.0/24 via 192.0.2.{number} dev eth0\n".encode() for number in range(1, 250)
    )
    path = packed(tmp_path, form, b"$ ip addr\n1: lo: <UP> mtu 65536\n" + routes)
    path.write_bytes(path.read_bytes()[:-400])
    analysis = analyze(CAPTURES / "healthy" / "cali14e7d81007d.pcap", path)
    assert analysis.verdict == "pass"
    (line,) = analysis.not_understood
    assert "is cut near its byte" in line
    assert "proves nothing" in line


def test_a_compressed_file_of_a_known_bundle(tmp_path: Path) -> None:
    """Its name says which command printed it."""
    node = tmp_path / "calico-diagnostics-20260101_000000" / "nodes" / "worker-1"
    node.mkdir(parents=True)
    packed(node, "gz", b"10.244.1.10 dev cali14e7d81007d scope link \n", "ip-route.txt")
    (host,) = analyze_state(tmp_path).described
    assert "worker-1" in str(host)


@pytest.mark.parametrize("form", ["plain", "gz", "folder", "tar"])
def test_pods_are_named_by_a_list_wherever_it_is(form: str, tmp_path: Path) -> None:
    plain = tmp_path / "b" / "pods.txt"
    plain.parent.mkdir()
    plain.write_bytes(PODS)
    (tmp_path / "b" / "note.txt").write_text("Hi, this is the list.\n")
    tar = tmp_path / "b.tar.gz"
    with tarfile.open(tar, "w:gz") as archive:
        archive.add(plain.parent, "b")
    given = {"plain": plain, "folder": plain.parent, "tar": tar}.get(form) or packed(tmp_path, form, PODS, "pods.txt")
    analysis = analyze(CAPTURE, pods=given)
    assert analysis.pods is not None
    assert analysis.pods.by_address(POD) == "shop/web"
    assert not analysis.skipped


def test_a_bundle_without_a_list_is_said_once(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"note-{number}.txt").write_text("Hi\n")
    (skipped,) = analyze(CAPTURE, pods=tmp_path).skipped
    assert "no pod" in skipped.message or "nothing in it was understood" in skipped.message


def test_a_state_that_comes_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(STATE),), daemon=True)
    writer.start()
    assert analyze_state(pipe).verdict == "fail"
    writer.join(10)


def test_what_unpacks_to_far_too_much_costs_a_line(tmp_path: Path) -> None:
    path = tmp_path / "state.txt.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        for _ in range(20):
            out.write(b"\n" * (1 << 20))
    (skipped,) = analyze(CAPTURE, node_state=path).skipped
    assert "larger than 16 MiB" in skipped.message
