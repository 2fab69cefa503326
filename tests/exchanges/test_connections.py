"""Attempts at TCP connections: a SYN with its repeats asks, a SYN-ACK or an RST answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import Finding
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    reply,
    request,
    tcp,
    tcp_back,
    write_pcap,
    write_pcapng,
)

SYN, SYN_ACK, RST, ACK = 0x02, 0x12, 0x14, 0x10
RESOLVED = [(BEGIN, ask()), (BEGIN + MS, answer())]


def recorded(folder: Path, *frames: Frame, name: str = "cali14e7d81007d.pcap") -> Analysis:
    """The frames behind a resolution of the gateway, judged."""
    return analyze(write_pcap(folder / name, [*RESOLVED, *frames]))


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + int(seconds * SECOND), frame


def finding(analysis: Analysis) -> Finding:
    (found,) = [finding for finding in analysis.findings if finding.rule.id == "tcp-answered"]
    return found


@pytest.mark.parametrize(("flags", "said"), [(SYN_ACK, "accepted"), (RST, "refused")])
def test_either_answer_will_do(flags: int, said: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(0.1, tcp(SYN)), at(0.2, tcp_back(flags)), at(5, request()))
    assert (finding(analysis).status, finding(analysis).checked) == ("pass", 1), said
    assert analysis.connections[["dst_port", "src_port", "outcome", "answered", "attempts"]].values.tolist() == [
        [80, 40000, "replied", True, 1]
    ]
    assert analysis.connections["latency"].dt.total_seconds().tolist() == [0.1]


def test_a_syn_sent_again_asks_for_the_same_connection(tmp_path: Path) -> None:
    sent = [at(n, tcp(SYN)) for n in (0.1, 1.1, 3.1, 7.1)]
    silent = recorded(tmp_path, *sent)
    assert (finding(silent).status, finding(silent).checked) == ("fail", 1)
    assert silent.connections["attempts"].tolist() == [4]
    (evidence,) = finding(silent).evidence
    assert evidence.headline == "10.244.1.10's connection to 10.244.1.11 port 80 gets no answer"
    assert evidence.observed.startswith("SYN sent 4x from port 40000, no answer")
    late = recorded(tmp_path, *sent, at(7.2, tcp_back(SYN_ACK)))
    assert (finding(late).status, finding(late).checked) == ("pass", 1)


def test_the_same_ports_again_are_another_connection(tmp_path: Path) -> None:
    analysis = recorded(
        tmp_path, at(0.1, tcp(SYN)), at(0.2, tcp_back(SYN_ACK)), at(2, tcp(SYN, seq=99)), at(9, request())
    )
    assert (finding(analysis).checked, finding(analysis).failed) == (2, 1)


def test_a_syn_just_before_the_end_proves_nothing(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, tcp(SYN)), at(1.2, request()))
    assert finding(analysis).status == "not-checked"
    assert "the recording ended before a reply was due" in finding(analysis).reason


def test_an_echo_with_the_numbers_of_the_ports_is_something_else(tmp_path: Path) -> None:
    """Identifier 40000 and sequence number 80 between the same addresses."""
    frames = [at(0.1, tcp(SYN)), at(0.2, reply(80, ident=40000)), at(0.3, request(81, ident=40000)), at(9, ask())]
    analysis = recorded(tmp_path, *frames)
    assert finding(analysis).status == "fail"
    assert analysis.echo["outcome"].tolist() == ["unanswered"]


def test_an_error_about_a_syn_is_reported(tmp_path: Path) -> None:
    syn = tcp(SYN)
    analysis = recorded(tmp_path, at(0.1, syn), at(0.2, error(3, 13, syn)), at(5, request()))
    (evidence,) = finding(analysis).evidence
    assert "prohibited by the node 172.31.186.250 (administratively prohibited, 3/13)" in evidence.observed
    assert len(evidence.frames) == 2
    (diagnosis,) = [diagnosis for diagnosis in analysis.diagnoses if "tcp-answered" in diagnosis.case.failed]
    assert diagnosis.suspects[0].cause.id == "firewall-rejects"


def test_a_handshake_that_goes_on_shows_that_one_direction_was_recorded(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", [at(0.1, tcp(SYN)), at(0.2, tcp(ACK)), at(5, tcp(ACK))])
    assert finding(analyze(path)).status == "not-checked"


def test_a_one_sided_filter_proves_nothing(tmp_path: Path) -> None:
    frames = [*RESOLVED, at(0.1, tcp(SYN)), at(5, request())]
    path = write_pcapng(tmp_path / "a.pcapng", frames, "cali14e7d81007d", capture_filter="tcp dst port 80")
    assert "may have kept the answers out" in finding(analyze(path)).reason


def test_segments_of_a_connection_that_began_before_say_nothing(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(0.1, tcp(ACK)), at(0.2, tcp_back(RST)), at(0.3, tcp_back(SYN_ACK)), at(5, ask()))
    assert (finding(analysis).status, finding(analysis).reason) == (
        "not-checked",
        "no TCP connection attempt was recorded",
    )


def test_a_pod_that_does_not_answer_shows_on_its_own_link(tmp_path: Path) -> None:
    """The SYN is handed to the pod: what remains is the pod's."""
    to_pod = tcp(SYN, src="10.244.1.99", dst="10.244.1.10", eth=(NODE, POD), ttl=63)
    (diagnosis,) = recorded(tmp_path, at(0.1, to_pod), at(1.1, to_pod), at(5, ask())).diagnoses
    assert diagnosis.packet_evidence["lost"] == "at-pod"
    assert "pod-firewall" in [suspect.cause.id for suspect in diagnosis.suspects[:3]]
    assert "vxlan-checksum-offload" not in [suspect.cause.id for suspect in diagnosis.suspects]


def test_where_ping_passes_no_route_is_to_blame(tmp_path: Path) -> None:
    pinged = [at(0.1, request()), at(0.2, reply(ttl=62))]
    (diagnosis,) = recorded(tmp_path, *pinged, *(at(n, tcp(SYN)) for n in (1, 2, 4))).diagnoses
    assert diagnosis.packet_evidence["only_tcp"] is True
    named = [suspect.cause.id for suspect in diagnosis.suspects]
    assert "vxlan-checksum-offload" in named[:3]
    assert not {"host-route-missing", "route-dead-end", "pod-link-down", "encapsulation-blocked"} & set(named)
