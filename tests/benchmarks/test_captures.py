"""The captures of benchmarks hold what their names say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.benchmarks.captures import names, traffic
from tests.benchmarks.rounds import write_capture
from tests.support.wire import read_frames


@pytest.mark.parametrize("name", names())
def test_as_many_frames_as_asked_for(name: str, tmp_path: Path) -> None:
    """Whole rounds and a part of one, in order of time."""
    of_this = traffic(name)
    frames = len(of_this.begin) + 2 * len(of_this.round) + 1
    read = read_frames(write_capture(tmp_path / "capture.pcap", frames, of_this))
    assert len(read) == frames
    assert sorted(time for time, _ in read) == [time for time, _ in read]


@pytest.mark.parametrize(
    ("name", "failed"),
    [
        ("pings", []),
        ("lossy", ["echo-answered"]),
        ("errors", ["echo-answered"]),
        ("arp-silent", ["gateway-arp-answered"]),
        ("pod-silent", ["pod-answers-arp"]),
        ("nd-answered", []),
        ("dns-lossy", ["dns-answered"]),
        ("names-lost", ["dns-answered"]),
        ("dns-refused", ["dns-not-refused"]),
        ("connections", []),
        ("syn-lost", ["tcp-answered"]),
        ("dns-tcp", []),
        ("stalled", ["tcp-progresses"]),
        ("stalled-download", ["tcp-progresses"]),
        ("udp", []),
        ("udp-stream", []),
        ("udp-lost", ["udp-answered"]),
        ("sctp-lost", ["sctp-answered"]),
        ("node-pings", []),
        ("node-service", []),
    ],
)
def test_a_kind_is_healthy_or_fails(name: str, failed: list[str], tmp_path: Path) -> None:
    analysis = analyze(write_capture(tmp_path / "capture.pcap", 25_000, traffic(name)))
    assert [finding.rule.id for finding in analysis.findings if finding.status == "fail"] == failed
