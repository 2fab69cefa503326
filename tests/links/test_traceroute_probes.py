"""Echo requests that a traceroute sent to expire: that a router on the way says nothing is no fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.headline import heading
from tests.support.wire import BEGIN, MS, NODE_IP, OTHER, SECOND, Frame, answer, ask, error, reply, request, write_pcap

FAR = "203.0.113.10"
NIC, ROUTER = "0a:58:ac:1f:ba:01", OTHER


def traced(reached: bool, src: str | None = None) -> list[Frame]:
    """Three rounds of TTL 1 (the node says that it expired), 2 (silence) and 3; then ten quiet seconds."""
    sender: dict[str, object] = {} if src is None else {"src": src, "eth": (NIC, ROUTER)}
    back: dict[str, object] = {} if src is None else {"dst": src, "eth": (ROUTER, NIC)}
    frames: list[Frame] = []
    for number in range(9):
        at, ttl = BEGIN + number * SECOND, number % 3 + 1
        probe = request(number, dst=FAR, ttl=ttl, **sender)
        frames.append((at, probe))
        if ttl == 1 and src is None:
            frames.append((at + MS, error(11, 0, probe, NODE_IP)))
        elif ttl == 3 and reached:
            frames.append((at + MS, reply(number, src=FAR, **back)))
    return frames


def on_a_link(tmp_path: Path, frames: list[Frame]) -> Analysis:
    ending = [(BEGIN + 20 * SECOND, ask()), (BEGIN + 20 * SECOND + MS, answer())]
    begun = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer())]
    return analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", [*begun, *frames, *ending]))


def test_a_silent_router_on_the_way_to_a_host_that_answers_is_no_fault(tmp_path: Path) -> None:
    analysis = on_a_link(tmp_path, traced(reached=True))
    assert heading(analysis) == "pass"
    (finding,) = [finding for finding in analysis.findings if finding.rule.id == "echo-answered"]
    assert (finding.status, finding.checked, finding.unknown) == ("pass", 3, 3)
    assert "3 echo requests are not judged: a traceroute sent them" in analysis.headline


def test_a_host_that_no_probe_reaches_is_still_a_fault(tmp_path: Path) -> None:
    assert on_a_link(tmp_path, traced(reached=False)).verdict == "fail"


@pytest.mark.parametrize("reached", [True, False])
def test_on_a_nic_it_is_no_question_either(reached: bool, tmp_path: Path) -> None:
    last = request(99, dst=FAR, src=NODE_IP, eth=(NIC, ROUTER)), reply(99, src=FAR, dst=NODE_IP, eth=(ROUTER, NIC))
    after = [(BEGIN + 20 * SECOND + n * MS, frame) for n, frame in enumerate(last)]
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", [*traced(reached, NODE_IP), *(after if reached else [])]))
    assert bool(analysis.asked_in_vain) is not reached
