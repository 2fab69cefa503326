"""Packets that go round in a circle between two routers, by their MACs or by their TTL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

A, B, C = (f"02:00:00:00:00:0{number}" for number in "abc")
SAID = "what 192.0.2.9 sends to 10.66.0.5 goes round in a circle"
SYN = "192.0.2.9.40000 > 10.66.0.5.443: Flags [S], seq 7, win 64240, length 0"
PING = "192.0.2.9 > 10.66.0.5: ICMP echo request, id 5, seq {}, length 64"


def _frame(second: float, src: str, dst: str, what: str) -> str:
    return f"12:00:{second:09.6f} {src} > {dst}, ethertype IPv4 (0x0800), length 98: {what}"


@pytest.mark.parametrize("what", [SYN, PING.format(1)])
def test_a_router_that_sends_back_what_it_was_sent(what: str, tmp_path: Path) -> None:
    later = what.replace("seq 1", "seq 2")
    lines = [_frame(1, A, B, what), _frame(1.0002, B, A, what), _frame(2, A, B, later), _frame(2.0002, B, A, later)]
    analysis = judged(tmp_path, "\n".join(["# tcpdump -nei eth1", *lines, _frame(9, A, B, later)]) + "\n")
    (told,) = (remark for remark in analysis.remarks if SAID in remark.text)
    assert f"{B} sends back to {A} what it was sent by it (frames 1 and 2 of report.txt)" in told.text


def test_a_router_that_hands_it_on_and_hosts_that_ping_each_other(tmp_path: Path) -> None:
    on = [_frame(1, A, B, PING.format(1)), _frame(1.0002, B, C, PING.format(1)), _frame(2, A, B, PING.format(2))]
    other = "10.66.0.5 > 192.0.2.9: ICMP echo request, id 5, seq 1, length 64"
    both = [_frame(1, A, B, PING.format(1)), _frame(1.0002, B, A, other), _frame(3, A, B, PING.format(2))]
    for lines in (on, both):
        analysis = judged(tmp_path, "\n".join(["# tcpdump -nei eth1", *lines]) + "\n")
        assert not any("in a circle" in remark.text for remark in analysis.remarks)


def _verbose(ttls: range | list[int], number: int = 900) -> str:
    lines = [
        f"IP (tos 0x0, ttl {ttl}, id {number}, offset 0, flags [DF], proto ICMP (1), length 84)\n    {PING.format(1)}"
        for ttl in ttls
    ]
    return "\n".join(["$ tcpdump -nv -i r2-eth1", *lines]) + "\n"


def test_one_packet_whose_ttl_falls(tmp_path: Path) -> None:
    analysis = judged(tmp_path, _verbose(range(63, 57, -1)))
    assert SAID in analysis.headline
    assert any("with a lower TTL (63 to" in remark.text for remark in analysis.remarks)


@pytest.mark.parametrize("ttls", [[64, 63], [64, 64, 64], [1, 2, 3]])
def test_a_packet_on_both_sides_of_a_router_and_probes_of_a_traceroute(ttls: list[int], tmp_path: Path) -> None:
    assert "in a circle" not in judged(tmp_path, _verbose(ttls)).headline


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        (PING.format(1), "10.66.0.5 > 192.0.2.9: ICMP echo reply, id 5, seq 1, length 64"),
        (SYN, "10.66.0.5.443 > 192.0.2.9.40000: Flags [S.], seq 9, ack 8, win 64240, length 0"),
    ],
)
def test_a_firewall_with_one_arm_hands_on_what_is_answered(what: str, answer: str, tmp_path: Path) -> None:
    lines = [_frame(1, A, B, what), _frame(1.0002, B, A, what), _frame(1.001, A, B, answer)]
    analysis = judged(tmp_path, "\n".join(["# tcpdump -nei eth1", *lines]) + "\n")
    assert not any("in a circle" in remark.text for remark in analysis.remarks)
