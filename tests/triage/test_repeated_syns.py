"""Connections that were answered to a repeated SYN only: no failure, but a remark."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.wire import BEGIN, MS, SECOND, answer, ask, tcp, tcp_back, write_pcap

SYN, SYN_ACK = 0x02, 0x12


@pytest.mark.parametrize(("tries", "remarked"), [(1, False), (2, True), (3, True)])
def test_what_was_answered_late_is_remarked_on(tries: int, remarked: bool, tmp_path: Path) -> None:
    syns = [(BEGIN + n * SECOND, tcp(SYN, seq=100)) for n in range(tries)]
    last = syns[-1][0]
    frames = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer()), *syns, (last + MS, tcp_back(SYN_ACK, seq=7, ack=101))]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert analysis.verdict == "pass"
    texts = [remark.text for remark in analysis.remarks if "SYN" in remark.text]
    assert bool(texts) is remarked
    if remarked:
        (text,) = texts
        assert f"10.244.1.10's to 10.244.1.11 port 80 after {tries - 1} s (frame 3 of" in text


def test_a_frame_recorded_twice_is_no_repeat(tmp_path: Path) -> None:
    frames = [
        (BEGIN - 2 * MS, ask()),
        (BEGIN - MS, answer()),
        (BEGIN, tcp(SYN, seq=100)),
        (BEGIN + 5000, tcp(SYN, seq=100)),
        (BEGIN + MS, tcp_back(SYN_ACK, seq=7, ack=101)),
    ]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert not [remark for remark in analysis.remarks if "SYN" in remark.text]
