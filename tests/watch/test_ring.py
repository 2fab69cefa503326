"""The ring holds what was recorded last and what is around failures, in the memory that it was given."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.capture.reread import read_again
from pcapcheck.capture.source import Source
from pcapcheck.errors import CaptureError
from pcapcheck.watch.ring import Ring
from tests.support import wire
from tests.support.watching import Onlooker, cut, watched
from tests.support.wire import MS

CALI = Path("cali14e7d81007d.pcap")
LIMIT = 1 << 18
COUNT = 6000
LOST = 1200


def pings(path: Path, write: object) -> bytes:
    """Thousands of pings; one of them early on gets no reply."""
    frames = [(wire.BEGIN, wire.ask()), (wire.BEGIN + 1000, wire.answer())]
    for number in range(COUNT):
        at = wire.BEGIN + (number + 1) * 10 * MS
        frames.append((at, wire.request(number % 65536, ident=number >> 16)))
        if number != LOST:
            frames.append((at + MS, wire.reply(number % 65536, ident=number >> 16)))
    write(path, frames)  # type: ignore[operator]
    return path.read_bytes()


def look_then_go_on(data: bytes, onlooker: Onlooker) -> Iterator[bytes]:
    """The rest comes when the first part was looked at: what comes faster may be gone before anybody looks."""
    beyond = len(data) * (LOST + 200) // COUNT
    yield from cut(data[:beyond], 10)
    assert onlooker.looked.wait(60)
    yield from cut(data[beyond:], 200)


def kept_of(data: bytes, keep: Path | None = None) -> Analysis:
    """What comes of watching with a ring that is much smaller than the stream."""
    assert len(data) > 3 * LIMIT
    onlooker = Onlooker()
    return watched({CALI: look_then_go_on(data, onlooker)}, onlooker, ring=LIMIT, keep=keep)


@pytest.mark.slow
@pytest.mark.parametrize("write", [wire.write_pcap, wire.write_pcapng], ids=["pcap", "pcapng"])
def test_the_packets_of_an_early_failure_are_kept(write: object, tmp_path: Path) -> None:
    keep = tmp_path / "kept.pcap"
    analysis = kept_of(pings(tmp_path / "whole", write), keep)
    (finding,) = analysis.failures
    assert (finding.rule.id, finding.failed) == ("echo-answered", 1)
    assert keep.stat().st_size <= LIMIT
    kept = analyze(keep)
    assert not kept.captures[0].problems
    # The request without a reply is in there, and so is the last packet of all.
    assert [failed.rule.id for failed in kept.failures] == ["echo-answered"]
    latest = [max(group.last or 0 for group in each.captures[0].groups) for each in (kept, analysis)]
    assert latest[0] == latest[1]


@pytest.mark.slow
def test_packets_keep_their_numbers(tmp_path: Path) -> None:
    """Evidence is read again from what is left of a stream: the packets with these numbers, or none."""
    analysis = kept_of(pings(tmp_path / "whole", wire.write_pcap))
    source, total = analysis.captures[0].source, analysis.captures[0].frames
    every = range(1, total + 1)
    whole = {record.number: record.data for record in read_again(Source(tmp_path / "whole"), every)}
    left = {record.number: record.data for record in read_again(source, every)}
    assert not source.complete
    assert len(left) < total
    assert {analysis.failures[0].evidence[0].frames[0], total} <= left.keys()
    assert all(whole[number] == frame for number, frame in left.items())


def test_it_is_bounded_and_holds_on_to_what_failed() -> None:
    ring = Ring(10_000)
    ring.add(b"h" * 24, 1, 0, 1)
    for number in range(1, 1001):
        ring.add(b"x" * 100, number, 1, 1)
        if number == 50:
            ring.hold([40])
    assert ring.size <= 10_000
    assert 5_000 - 700 < ring.held <= 5_000


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    ring = Ring()
    ring.add(b"h" * 24, 1, 0, 1)
    with pytest.raises(CaptureError, match="name a file that can be written"):
        ring.write(tmp_path / "no" / "such" / "folder.pcap")


@pytest.mark.slow
def test_tcpdump_reads_what_was_kept(tmp_path: Path) -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    keep = tmp_path / "kept.pcap"
    kept_of(pings(tmp_path / "whole", wire.write_pcap), keep)
    done = subprocess.run(["tcpdump", "-n", "-r", str(keep)], capture_output=True, text=True, check=True)
    assert f"echo request, id 0, seq {LOST}," in done.stdout
    assert f"echo reply, id 0, seq {LOST}," not in done.stdout
    assert f"seq {COUNT - 1}," in done.stdout
