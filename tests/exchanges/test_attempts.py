"""Attempts: SYNs between the same two ports that belong together, and those of another attempt."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    PEER_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    ethernet,
    tcp,
    tcp_back,
)
from tests.support.wire import write_pcap as written

SYN, SYN_ACK = 0x02, 0x12
RESOLVED = [(BEGIN, ask()), (BEGIN + MS, answer())]
LINK = "cali14e7d81007d.pcap"
FIRST, SECOND_ISN = 3_000_000_000, 1_000_000_000
MINUTES = 300


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


def syn(seq: int) -> bytes:
    return tcp(SYN, seq=seq)


def syn_ack(seq: int) -> bytes:
    return tcp_back(SYN_ACK, seq=700, ack=seq + 1)


def recorded(folder: Path, *frames: Frame) -> Analysis:
    return analyze(written(folder / LINK, [*RESOLVED, *frames]))


def attempts(analysis: Analysis, table: str = "connections") -> list[tuple[str, int]]:
    rows = getattr(analysis, table).sort_values("time")
    return list(zip(rows["outcome"], rows["attempts"], strict=True))


IN_VAIN = [at(n, syn(FIRST)) for n in (1, 2, 4)]
ANSWERED = [at(MINUTES, syn(SECOND_ISN)), at(MINUTES + 0.001, syn_ack(SECOND_ISN))]


def test_a_connection_minutes_later_does_not_answer_what_nobody_answered(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *IN_VAIN, *ANSWERED)
    assert attempts(analysis) == [("unanswered", 3), ("replied", 1)]
    assert "1 of 2" in analysis.headline
    assert "gets no answer" in analysis.headline


@pytest.mark.parametrize("answered", [True, False])
def test_whoever_asks_with_other_numbers_within_seconds_has_asked_in_vain_before(
    answered: bool, tmp_path: Path
) -> None:
    """As a client that connects from a port of its choice, again as soon as it has given up."""
    tries = [at(n, syn(FIRST + n)) for n in (1, 2, 3)]
    came = [at(3.1, syn_ack(FIRST + 3))] if answered else []
    analysis = recorded(tmp_path, *tries, *came, at(9, ask()))
    assert attempts(analysis) == [("unanswered", 1)] * 2 + [("replied" if answered else "unanswered", 1)]


def test_a_syn_whose_number_is_changed_on_its_way_is_the_same(tmp_path: Path) -> None:
    """Firewalls choose another: the machine sees the SYN twice, at once."""
    frames = [at(1, syn(FIRST)), at(1.002, syn(FIRST + 99)), at(1.01, syn_ack(FIRST + 99))]
    assert attempts(recorded(tmp_path, *frames)) == [("replied", 2)]


def test_what_is_sent_again_is_the_same_for_two_minutes(tmp_path: Path) -> None:
    """Also where nothing but the time tells, as in texts that count from 0: every attempt has the same number."""
    repeated = [at(n, syn(FIRST)) for n in (1, 2, 4, 8, 16, 32, 64, 128, 248)]
    later = [at(600, syn(FIRST)), at(600.1, syn_ack(FIRST))]
    assert attempts(recorded(tmp_path, *repeated, *later)) == [("unanswered", 9), ("replied", 1)]


def test_its_transfer_begins_with_the_attempt_that_was_answered(tmp_path: Path) -> None:
    more = [at(MINUTES + 1, tcp(0x18, seq=SECOND_ISN + 1, ack=701, data=bytes(9)))]
    table = recorded(tmp_path, *IN_VAIN, *ANSWERED, *more).transfers
    assert list(table["asker.segments"]) == [2]
    assert table["duration"].iloc[0].total_seconds() == pytest.approx(1)


def test_a_handshake_that_was_not_finished_is_not_hidden_by_a_later_one(tmp_path: Path) -> None:
    repeats = [at(n, each) for n in (1, 2, 4) for each in (syn(FIRST), syn_ack(FIRST))]
    analysis = recorded(tmp_path, *repeats, *ANSWERED)
    assert any("is not made" in question.sentence for question in analysis.unanswered)


def init(tag: int) -> bytes:
    chunk = struct.pack(">BBHIIHHI", 1, 0, 20, tag, 65535, 1, 1, 7)
    return _sctp(40000, 38412, chunk, (POD_IP, PEER_IP), (POD, NODE))


def init_ack() -> bytes:
    chunk = struct.pack(">BBHIIHHI", 2, 0, 20, 9, 65535, 1, 1, 7)
    return _sctp(38412, 40000, chunk, (PEER_IP, POD_IP), (NODE, POD))


def _sctp(port: int, other: int, chunk: bytes, ends: tuple[str, str], macs: tuple[str, str]) -> bytes:
    body = struct.pack(">HHII", port, other, 0, 0) + chunk
    addresses = b"".join(bytes(map(int, end.split("."))) for end in ends)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 132, 0) + addresses
    return ethernet(*macs, 0x0800, head + body)


def test_associations_likewise(tmp_path: Path) -> None:
    """Each attempt has an initiate tag of its own (RFC 9260, section 3.3.2)."""
    in_vain = [at(n, init(5)) for n in (1, 4, 7)]
    analysis = recorded(tmp_path, *in_vain, at(60, init(6)), at(60.001, init_ack()))
    assert attempts(analysis, "associations") == [("unanswered", 3), ("replied", 1)]


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_text_shows_the_same(tmp_path: Path) -> None:
    recorded(tmp_path, *IN_VAIN, *ANSWERED)
    text = transcript(tmp_path / LINK, tmp_path, "-e")
    assert text is not None
    assert attempts(analyze(text)) == [("unanswered", 3), ("replied", 1)]


def _count_from_zero(text: str) -> str:
    return text.replace(f"seq {FIRST}", "seq 0").replace(f"seq {SECOND_ISN}", "seq 0")


def _leave_out(text: str) -> str:
    return text.replace(f", seq {FIRST}", "").replace(f", seq {SECOND_ISN}", "")


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("changed", [_count_from_zero, _leave_out])
def test_a_text_without_the_numbers_has_the_times(changed: Callable[[str], str], tmp_path: Path) -> None:
    recorded(tmp_path, *IN_VAIN, *ANSWERED)
    text = transcript(tmp_path / LINK, tmp_path, "-e")
    assert text is not None
    text.write_text(changed(text.read_text()))
    assert attempts(analyze(text)) == [("unanswered", 3), ("replied", 1)]


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_plain_and_compiled_agree(tmp_path: Path) -> None:
    compiled = recorded(tmp_path, *IN_VAIN, *ANSWERED).connections
    with plain_loops():
        plain = recorded(tmp_path, *IN_VAIN, *ANSWERED).connections
    assert compiled.equals(plain)
