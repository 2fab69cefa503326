"""Connections that were answered to a repeated SYN only: no failure, but a remark."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.headline import heading
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
        assert f"10.244.1.10's to 10.244.1.11 port 80, answered after {tries - 1} s (frame 3 of" in text


@pytest.mark.parametrize(
    ("late", "prompt", "heading_"), [(2, 0, "pass"), (3, 12, "warn"), (3, 13, "pass"), (8, 0, "warn")]
)
def test_many_that_were_answered_late_are_warned_of(late: int, prompt: int, heading_: str, tmp_path: Path) -> None:
    """As where one of several back ends is dead, whatever comes to it."""
    frames = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer())]
    for n in range(late + prompt):
        begin, ports = BEGIN + n * 5 * SECOND, (40000 + n, 80)
        tries = 2 if n < late else 1
        frames += [(begin + again * SECOND, tcp(SYN, ports, seq=100)) for again in range(tries)]
        frames.append((begin + (tries - 1) * SECOND + MS, tcp_back(SYN_ACK, ports[::-1], seq=7, ack=101)))
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert (analysis.verdict, heading(analysis)) == ("pass", heading_)
    said = f"{late} of {late + prompt} answered connections from cali14e7d81007d had to send the SYN again"
    assert (said in analysis.headline) == (heading_ == "warn")


def test_those_that_were_answered_late_while_others_were_at_once(tmp_path: Path) -> None:
    """Connections that are made at a time: the first that are answered are those that need no second SYN."""
    frames = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer())]
    for n in range(12):
        begin, ports, last = BEGIN + n * MS, (40000 + n, 80), SECOND if n % 3 == 0 else 0
        frames += [(begin + again, tcp(SYN, ports, seq=100)) for again in sorted({0, last})]
        frames.append((begin + last + MS // 2, tcp_back(SYN_ACK, ports[::-1], seq=7, ack=101)))
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", sorted(frames)))
    assert (analysis.verdict, heading(analysis)) == ("pass", "warn")
    assert "4 of 12 answered connections from cali14e7d81007d had to send the SYN again" in analysis.headline


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
