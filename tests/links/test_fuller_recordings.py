"""A pod's link recorded twice, where one recording holds answers that the other lacks."""

from __future__ import annotations

from pathlib import Path

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import headline
from tests.support.wire import BEGIN, MS, SECOND, Frame, answer, ask, reply, request, write_pcap

CALI = "cali2b8f04a6d19"


def failed(analysis: Analysis) -> set[str]:
    return {finding.rule.id for finding in analysis.findings if finding.status == "fail"}


def recorded(path: Path, answered: set[int], asked: int = 4, late: int = 0) -> Path:
    """What a pod asks once per second, and the answers that were recorded."""
    frames: list[Frame] = [(BEGIN + late, ask()), (BEGIN + late + MS, answer())]
    for number in range(1, asked + 1):
        frames.append((BEGIN + late + number * SECOND, request(number)))
        if number in answered:
            frames.append((BEGIN + late + number * SECOND + MS, reply(number)))
    frames.append((BEGIN + late + (asked + 2) * SECOND, ask()))
    frames.append((BEGIN + late + (asked + 2) * SECOND + MS, answer()))
    return write_pcap(path, frames)


def test_answers_that_come_to_the_pod_past_its_link_are_no_loss(tmp_path: Path) -> None:
    """As Calico's eBPF data plane delivers them, where no state of the node says that it is on."""
    past = recorded(tmp_path / f"{CALI}.pcap", set())
    assert failed(analyze(past)) == {"echo-answered"}
    analysis = analyze(past, recorded(tmp_path / "eth0.pcap", {1, 2, 3, 4}, late=MS // 100))
    assert (analysis.verdict, failed(analysis)) == ("pass", set())
    assert f"eth0 recorded answers to the same pod that {CALI} did not" in headline(analysis)


def test_a_packet_that_one_of_two_recorders_lost_is_no_loss(tmp_path: Path) -> None:
    whole = recorded(tmp_path / "capture.pcap", {1, 2, 3, 4}, late=MS // 100)
    assert failed(analyze(recorded(tmp_path / f"{CALI}.pcap", {1, 3, 4}), whole)) == set()


def test_what_neither_recording_holds_is_lost(tmp_path: Path) -> None:
    paths = recorded(tmp_path / f"{CALI}.pcap", {1}), recorded(tmp_path / "eth0.pcap", {1, 2}, late=MS // 100)
    assert failed(analyze(*paths)) == {"echo-answered"}


def test_a_recording_that_ended_before_says_nothing_of_later_answers(tmp_path: Path) -> None:
    before = recorded(tmp_path / "eth0.pcap", {1, 2}, asked=2, late=MS // 100)
    assert failed(analyze(recorded(tmp_path / f"{CALI}.pcap", {1}, asked=9), before)) == {"echo-answered"}


def test_a_recording_of_other_questions_says_nothing_of_these(tmp_path: Path) -> None:
    """As with two filters, and as many packets in each."""
    other = recorded(tmp_path / "eth0.pcap", {1, 2, 3, 4}, late=100 * MS)
    assert failed(analyze(recorded(tmp_path / f"{CALI}.pcap", {1, 2}), other)) == {"echo-answered"}
