"""When a missing answer is late: by the capture's clock, and on a quiet link by this machine's."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapcheck.watch.watching import Until
from tests.support import wire
from tests.support.captures import shifted
from tests.support.lab import CAPTURES
from tests.support.watching import Onlooker, watched
from tests.support.wire import MS, SECOND, write_pcap

# They wait for this machine's clock.
pytestmark = pytest.mark.slow
CALI = Path("cali14e7d81007d.pcap")


def bytes_of(folder: Path, *frames: tuple[int, bytes]) -> bytes:
    return write_pcap(folder / "made.pcap", frames, nanoseconds=True).read_bytes()


def healthy(at: int) -> list[tuple[int, bytes]]:
    """The gateway is asked for and answers, and an echo is replied to."""
    return [
        (at, wire.ask()),
        (at + MS, wire.answer()),
        (at + 2 * MS, wire.request(1)),
        (at + 3 * MS, wire.reply(1)),
    ]


def quiet(data: bytes, onlooker: Onlooker, seconds: float) -> Iterator[bytes]:
    """The data, then silence until something is seen or some time has passed."""
    yield data
    onlooker.seen.wait(seconds)


def test_a_quiet_link_is_judged_by_this_machines_clock(tmp_path: Path) -> None:
    """Nothing comes after the question, and yet it becomes certain that it was not answered."""
    now = time.time_ns()
    data = bytes_of(tmp_path, *healthy(now - 10 * MS), (now, wire.request(2)))
    onlooker = Onlooker("failure")
    analysis = watched({CALI: quiet(data, onlooker, 60)}, onlooker, Until("fail", 60))
    failure = next(event for event in onlooker.events if event.event == "failure")
    assert (failure.rule, failure.severity) == ("echo-answered", "error")
    assert analysis.verdict == "fail"


def test_an_old_recording_proves_nothing_by_being_quiet(tmp_path: Path) -> None:
    """A packet of years ago says nothing about what this machine's clock shows."""
    data = bytes_of(tmp_path, *healthy(wire.BEGIN), (wire.BEGIN + 10 * MS, wire.request(2)))
    onlooker = Onlooker("failure")
    analysis = watched({CALI: quiet(data, onlooker, 4)}, onlooker)
    assert "failure" not in onlooker.names()
    assert analysis.verdict == "pass"


def test_a_recorder_that_holds_packets_back_proves_nothing(tmp_path: Path) -> None:
    """Half of a packet came: the answer may be in what the recorder has not written so far."""
    now = time.time_ns()
    data = bytes_of(tmp_path, *healthy(now - 10 * MS), (now, wire.request(2)), (now + MS, wire.reply(2)))
    onlooker = Onlooker("failure")

    def in_two() -> Iterator[bytes]:
        yield data[:-20]
        onlooker.seen.wait(4)
        yield data[-20:]

    analysis = watched({CALI: in_two()}, onlooker)
    assert "failure" not in onlooker.names()
    assert analysis.verdict == "pass"


def test_an_answer_that_comes_after_all_withdraws_the_failure(tmp_path: Path) -> None:
    now = time.time_ns()
    data = bytes_of(tmp_path, *healthy(now - 10 * MS), (now, wire.request(2)))
    late = bytes_of(tmp_path, (now + 4 * SECOND, wire.reply(2)))[24:]
    onlooker = Onlooker("failure")

    def in_two() -> Iterator[bytes]:
        yield data
        assert onlooker.seen.wait(60)
        yield late

    analysis = watched({CALI: in_two()}, onlooker)
    assert onlooker.names()[-2:] == ["withdrawn", "end"]
    assert analysis.verdict == "pass"


def by_second(link: str, begin: int) -> list[bytes]:
    """A ping between two healthy pods as a link shows it: what was recorded in each of its three seconds."""
    data = shifted(CAPTURES / "healthy" / f"{link}.pcap", begin)
    pieces, place = [data[:24], b"", b""], 24
    while place < len(data):
        seconds, _, length = struct.unpack_from("<III", data, place)
        pieces[seconds - begin] += data[place : place + 16 + length]
        place += 16 + length
    return pieces


@pytest.mark.parametrize("ends", [False, True])
def test_a_recorder_that_is_behind_or_was_stopped_lost_nothing(ends: bool) -> None:
    """Of two links one shows requests that the other does not: its recorder writes them later, or does not run."""
    begin = int(time.time())
    one, other = by_second("cali14e7d81007d", begin), by_second("calieabe7761b00", begin)
    onlooker, done = Onlooker("failure"), threading.Event()

    def behind() -> Iterator[bytes]:
        yield other[0]
        if not ends:
            onlooker.seen.wait(2.7)
            done.set()
            yield b"".join(other[1:])

    def ahead() -> Iterator[bytes]:
        for piece in one:
            yield piece
            onlooker.seen.wait(1)
        (onlooker.seen if ends else done).wait(2)

    analysis = watched({CALI: ahead(), Path("calieabe7761b00.pcap"): behind()}, onlooker)
    assert "failure" not in onlooker.names()
    assert analysis.verdict == "pass"


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_until_ends_a_stream_that_goes_on(verdict: str, tmp_path: Path) -> None:
    """PASS only once nothing is open any more."""
    now = time.time_ns()
    frames = healthy(now - 10 * MS)
    if verdict == "fail":
        frames += [(now + n * SECOND, wire.request(2 + n)) for n in range(3)]
    onlooker = Onlooker("end")
    began = time.monotonic()
    analysis = watched({CALI: quiet(bytes_of(tmp_path, *frames), onlooker, 120)}, onlooker, Until(verdict))
    assert analysis.verdict == verdict
    assert time.monotonic() - began < 100
