"""What a report says first where there is little to judge."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import headline
from pcapcheck.report.text import write_text
from tests.support.lab import captures
from tests.support.wire import BEGIN, SECOND, error, request, tcp, write_pcap

SYNS = [(BEGIN + n * SECOND, tcp(0x02)) for n in (0, 1, 3)]


def text(analysis: Analysis) -> str:
    stream = io.StringIO()
    write_text(analysis, stream)
    return stream.getvalue()


def test_syns_without_an_answer_are_told_off_the_pods_links(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", SYNS))
    assert analysis.verdict == "not-checked"
    asked = "10.244.1.10 asked 10.244.1.11 for a TCP connection to port 80 and got no answer"
    assert headline(analysis).endswith(f"; but {asked} there")
    report = text(analysis)
    assert f"! {asked} on eth0 (frame 1 of eth0.pcap)" in report
    assert "record the cali interfaces of both pods too" in report
    assert [one["text"] for one in analysis.to_dict()["remarks"]] == [one.text for one in analysis.remarks]


def test_a_warning_says_what_it_is_about(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", SYNS))
    assert headline(analysis).endswith(
        "; tcp-answered failed, but only warns: "
        "10.244.1.10's attempts at TCP connections to 10.244.1.11 port 80 get no answer"
    )
    assert analysis.remarks == []


def test_a_lone_icmp_error_is_told(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, error(3, 1, request()))]))
    assert headline(analysis).endswith("; but 172.31.186.250 says host unreachable (3/1), 1x")
    assert "which ended no echo request, TCP handshake or DNS query of eth0.pcap: to see" in text(analysis)


def test_the_noise_of_the_internet_is_not_told(tmp_path: Path) -> None:
    noise = [(BEGIN + n * SECOND, tcp(0x02, src="8.8.8.8", dst="172.31.186.250")) for n in (0, 1, 3)]
    assert analyze(write_pcap(tmp_path / "eth0.pcap", noise)).remarks == []


@pytest.mark.parametrize("scenario", ["traceroute", "frag-needed", "healthy", "tcp-busy", "node-port", "tcp-dropped"])
def test_what_the_rules_are_about_is_told_once(scenario: str) -> None:
    assert analyze(*captures(scenario)).remarks == []


@pytest.mark.parametrize(("kind", "code"), [(11, 0), (3, 4)])
def test_errors_that_healthy_traffic_causes_are_not_told(kind: int, code: int, tmp_path: Path) -> None:
    assert analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, error(kind, code, request()))])).remarks == []
