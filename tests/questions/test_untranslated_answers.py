"""SYN-ACKs of a back end that never pass the node that translated the SYN, on one capture point."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.headline import heading, headline
from tests.support.wire import BEGIN, OTHER, PEER_IP, POD, POD_IP, Frame, tcp, write_pcap

PEER, SERVICE = "92:dc:e0:5d:fb:15", "10.103.175.29"
SYN, SYN_ACK, RST, ACK = 0x02, 0x12, 0x04, 0x10
BACK = {"src": PEER_IP, "dst": POD_IP, "ports": (80, 40000)}


def on_bridge(folder: Path, *last: bytes) -> Analysis:
    """A SYN to a service, the same as translated, the back end's answer, and what follows."""
    frames = [
        tcp(SYN, dst=SERVICE, eth=(POD, OTHER)),
        tcp(SYN, eth=(OTHER, PEER), ttl=63),
        tcp(SYN_ACK, eth=(PEER, POD), **BACK),  # type: ignore[arg-type]
        *last,
    ]
    times: list[Frame] = [(BEGIN + number * 100_000, frame) for number, frame in enumerate(frames)]
    return analyze(write_pcap(folder / "cni0.pcap", times))


def test_a_reset_of_what_was_not_asked_for_shows_it(tmp_path: Path) -> None:
    analysis = on_bridge(tmp_path, tcp(RST, eth=(POD, PEER)))
    assert heading(analysis) == "warn"
    asked = f"{POD_IP}'s connection to {SERVICE} port 80"
    assert headline(analysis).startswith(
        f"{asked} is answered by the back end {PEER_IP} itself, and reset by its asker"
    )
    (diagnosis,) = analysis.diagnoses
    assert diagnosis.suspects[0].cause.id == "reply-not-translated"


@pytest.mark.parametrize(
    "last",
    [
        (),
        (tcp(ACK, eth=(POD, PEER)),),
        (
            tcp(SYN_ACK, src=SERVICE, dst=POD_IP, ports=(80, 40000), eth=(OTHER, POD)),
            tcp(RST, dst=SERVICE, eth=(POD, OTHER)),
        ),
    ],
    ids=["nothing follows", "accepted", "translated back"],
)
def test_others_are_no_fault(tmp_path: Path, last: tuple[bytes, ...]) -> None:
    assert not any("back end" in question.sentence for question in on_bridge(tmp_path, *last).unanswered)
